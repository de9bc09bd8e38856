import type { PlainItem } from '../dm1/plain-item.ts';

/** One accepted alert Item that the backend has not taken yet. It is kept as received and translated at delivery (ADR 9). */
export interface OutboxItem {
  /** Rises by one with each Item of the device. */
  readonly seq: number;
  /** Milliseconds since 1970. */
  readonly receivedAt: number;
  readonly code: number;
  readonly correlator?: string;
  readonly item: PlainItem;
}
