/** A message that only repeats that the device is there leaves the stored record alone. */
import { expect, test } from 'vitest';
import { seenRecord } from '../../src/bridge/seen-record.ts';
import { deviceRecord } from '../store/values.ts';

const AT = 1_700_000_000_000;

test('the record stays the same object for a minute', () => {
  const first = seenRecord(deviceRecord('IMEI:1'), {}, AT);
  expect(first.lastSeen).toBe(AT);
  expect(seenRecord(first, {}, AT + 59_999)).toBe(first);
  expect(seenRecord(first, {}, AT + 60_000)).toStrictEqual({ ...first, lastSeen: AT + 60_000 });
});

test('a record whose time lies ahead by a minute gets the right time', () => {
  const ahead = deviceRecord('IMEI:1', { lastSeen: AT + 60_000 });
  expect(seenRecord(ahead, {}, AT).lastSeen).toBe(AT);
});

test('what an authentication changes is stored at once, with the time', () => {
  const record = deviceRecord('IMEI:1', { lastSeen: AT });
  expect(seenRecord(record, { clientNonce: 'bg==' }, AT + 1)).toStrictEqual({
    ...record,
    clientNonce: 'bg==',
    lastSeen: AT + 1,
  });
});
