/** Subscriptions during a session of their device: some are to be compared with it, and of some the nodes have changed. */
import { hash } from 'node:crypto';
import { deviceKey } from '../../device/dev-id.ts';
import type { TreeChange } from '../../mo/tree-change.ts';
import { withDue, withTouched } from '../../tree/subscribed-places.ts';
import type { ChangedContent } from '../../workflow/effect.ts';
import type { DeviceCell } from '../device-cell.ts';
import type { BridgeOptions } from '../options.ts';

/** Commands change these nodes, or the device says that they have changed. */
export function touchSubscriptions({ index }: BridgeOptions, cell: DeviceCell, changes: readonly TreeChange[]): void {
  const touched = withTouched(index, cell.record, changes);
  if (touched !== cell.record) cell.record = { ...cell.record, ...touched };
}

/** Package#1 is complete. A device that has not reported its changes may have some. */
export function recheckSubscriptions({ clock, subscriptionRecheck }: BridgeOptions, cell: DeviceCell): void {
  const { record, session } = cell;
  const { subscriptions } = record;
  if (subscriptions === undefined || subscriptionRecheck === 0 || session?.treeStateReported === true) return;
  const before = clock.now() - subscriptionRecheck;
  // A time in the future is that of a clock that was set back.
  const isOld = (checkedAt: number) => checkedAt <= before || checkedAt > clock.now();
  const touched = withDue(record, subscriptions, ({ checkedAt }) => isOld(checkedAt));
  if (touched !== record) cell.record = { ...record, ...touched };
}

/** Stores the content; it is sent as soon as the message is stored. */
export function addChangeReport(
  { clock }: BridgeOptions,
  cell: DeviceCell,
  account: string,
  { clientUri, serverUri, validator, forms }: ChangedContent,
): void {
  const { devId } = cell.record;
  const now = clock.now();
  const id = hash('sha256', JSON.stringify([deviceKey(devId), account, clientUri]), 'base64url');
  const content = { clientUri, serverUri, validator, forms };
  cell.addReport({ ...content, kind: 'change', id, devId, account, dueAt: now, since: now, tries: 0 });
}
