import type { AuthChanges } from '../auth/auth-decision.ts';
import type { DeviceRecord } from '../device/record.ts';

/** `lastSeen` of a record is at most this old while messages come. */
const LAST_SEEN_STEP_MS = 60_000;

/**
 * The record of a device that has just sent an accepted message. It is the same object when the message changes only
 * `lastSeen`, and that by less than a minute: then the record need not be stored again with each message of a session.
 */
export function seenRecord(record: DeviceRecord, changes: AuthChanges, at: number): DeviceRecord {
  const isRecent = record.lastSeen !== undefined && Math.abs(at - record.lastSeen) < LAST_SEEN_STEP_MS;
  if (isRecent && Object.keys(changes).length === 0) return record;
  return { ...record, ...changes, lastSeen: at };
}
