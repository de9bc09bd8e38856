/** The bound of the alerts that a backend has refused for good, and that wait for an operator. */
import type { DeviceCell } from './device-cell.ts';
import type { BridgeOptions } from './options.ts';
import { withoutRefused } from './outbox.ts';

/** Refused alerts of one device that are kept. */
const MAX_REFUSED = 1_000;

export function hasTooManyRefused({ outbox }: DeviceCell): boolean {
  return outbox.numbers.refused > MAX_REFUSED;
}

/** Drops the oldest refused alerts beyond the bound; the one that was refused last stays. */
export async function boundRefused(
  { journal }: Pick<BridgeOptions, 'journal'>,
  cell: DeviceCell,
  session: string,
): Promise<void> {
  if (!hasTooManyRefused(cell)) return;
  const excess = cell.outbox.numbers.refused - MAX_REFUSED;
  const oldest = await cell.refusedAlerts(0, excess);
  const seqs = oldest.map(({ seq }) => seq);
  cell.outbox = withoutRefused(cell.outbox, seqs);
  for (const { seq, item, refusal } of oldest) {
    const { status = 0, tries = 0 } = refusal ?? {};
    journal.log('alert.dropped', { device: cell.record.devId, session, seq, type: item.meta?.type, status, tries });
  }
}
