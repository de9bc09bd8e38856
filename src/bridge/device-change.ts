/** The difference between a device as it was stored and the working copy of it, as one change for the store. */
import type { DeviceRecord } from '../device/record.ts';
import type { Mutable } from '../mutable.ts';
import type { Notification } from '../notification/notification.ts';
import { type ChangedRows, removedKeys, writtenRows } from './changed-rows.ts';
import type { Outbox } from './outbox.ts';
import type { CacheRow, DeviceChange, DeviceState } from './ports.ts';
import { type DmSession, type Report, SESSION_FORMAT, type StoredAnswer } from './session.ts';
import { packSession, unpackSession } from './stored-session.ts';

/** The values of a device that the store has. */
export interface CommittedState {
  readonly version: number;
  readonly record: DeviceRecord;
  readonly session: DmSession | undefined;
  readonly answer: StoredAnswer | undefined;
}

/** The working copy: values and rows that may be new. */
interface WorkingCopy extends Omit<CommittedState, 'version'> {
  readonly outbox: Outbox;
  readonly reportsAdded: readonly Report[];
  readonly reportsRemoved: readonly string[];
  readonly notifications: ChangedRows<number, Notification>;
  readonly cacheRows: ChangedRows<string, CacheRow>;
}

/** A change of the notifications of a device. */
export interface NotificationRows {
  readonly written: readonly Notification[];
  /** The `seq` of each. */
  readonly removed: readonly number[];
}

/** The change from the stored state to the working copy; without members when nothing is new. */
export function deviceChange(before: CommittedState, copy: WorkingCopy): DeviceChange {
  const { record, session, answer, outbox, reportsAdded, reportsRemoved, notifications, cacheRows } = copy;
  const change: Mutable<DeviceChange> = {};
  if (record !== before.record) change.record = record;
  if (session !== before.session) change.session = session ? packSession(session) : null;
  if (answer !== before.answer) change.answer = answer ?? null;
  if (outbox.added.length > 0) change.outboxAdded = outbox.added;
  if (outbox.removed.length > 0) change.outboxRemoved = outbox.removed;
  if (reportsAdded.length > 0) change.reportsAdded = reportsAdded;
  if (reportsRemoved.length > 0) change.reportsRemoved = reportsRemoved;
  if (notifications.size > 0) {
    change.notificationsWritten = writtenRows(notifications);
    change.notificationsRemoved = removedKeys(notifications);
  }
  if (cacheRows.size > 0) {
    change.cacheDropped = removedKeys(cacheRows);
    change.cacheWritten = writtenRows(cacheRows);
  }
  return change;
}

/** The state as the store has it, and what of it the device goes on from. */
interface ReadState {
  readonly committed: CommittedState;
  readonly session: DmSession | undefined;
  readonly answer: StoredAnswer | undefined;
}

/** A session of another format is not resumed, and its last answer not repeated; the next commit removes both. */
export function readState({ version, record, answer, session: stored }: DeviceState): ReadState {
  if (stored !== undefined && stored.format !== SESSION_FORMAT) {
    return { committed: { version, record, session: stored, answer }, session: undefined, answer: undefined };
  }
  const session = stored && unpackSession(stored);
  return { committed: { version, record, session, answer }, session, answer };
}

/** The stored notifications with the changes that are not stored yet. */
export function withChanged(
  stored: readonly Notification[],
  changed: ChangedRows<number, Notification>,
): readonly Notification[] {
  return [...stored.filter(({ seq }) => !changed.has(seq)), ...writtenRows(changed)];
}
