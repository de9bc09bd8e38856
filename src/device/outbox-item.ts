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
  /** Present when the backend has refused a Package#1 with this alert alone. */
  readonly refusal?: AlertRefusal;
}

/** `kept`: the next package carries it; the other states are explained in `AlertRefusal`. */
export type AlertState = 'kept' | AlertRefusal['state'];

export function alertState({ refusal }: OutboxItem): AlertState {
  return refusal?.state ?? 'kept';
}

/** The last refusal of an alert that the backend has refused alone. */
export interface AlertRefusal {
  /** `held`: it is tried again, alone, from `until` on; `refused`: only an operator puts it back. */
  readonly state: 'held' | 'refused';
  /** The HTTP status of the backend. */
  readonly status: number;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** The number of times that it went to the backend alone. */
  readonly tries: number;
  /** Milliseconds since 1970; of a held alert only. */
  readonly until?: number;
}
