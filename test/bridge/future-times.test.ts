/** Times of a record that are in the future, because the clock was set back: they count as now. */
import { expect, test } from 'vitest';
import { withoutFutureTimes } from '../../src/bridge/future-times.ts';
import type { CachedEntry } from '../../src/cache/mo-cache.ts';
import { parseLocUri } from '../../src/mo/loc-uri.ts';
import { deviceRecord } from '../store/values.ts';

const NOW = 1_700_000_000_000;
const YEAR = 365 * 24 * 3_600_000;

const entry = (at: number): CachedEntry => ({
  parts: [parseLocUri('./X')],
  of: 'values',
  validator: 'v',
  confirmable: true,
  at,
  version: '1',
  chain: 1,
});

function recordAt(shift: number) {
  const at = NOW + shift;
  return deviceRecord('IMEI:1', {
    facts: { strikes: [{ command: 'GET x', count: 3, at }], nonceAsText: true },
    cache: { copies: { a: entry(at), b: entry(NOW - 5) }, chain: 1, isRestless: false },
    pendingExecs: [],
  });
}

test.each([-YEAR, 0])('a record whose times are %i ms ahead stays the same object', (shift) => {
  const record = recordAt(shift);
  expect(withoutFutureTimes(record, NOW)).toBe(record);
});

test('a suspicion and a cached tree of the future are of now, and the rest stays', () => {
  expect(withoutFutureTimes(recordAt(YEAR), NOW)).toStrictEqual(recordAt(0));
});
