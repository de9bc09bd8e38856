/** A full map drops the entries that were set longest ago, a hundredth at a time. */
import { expect, test } from 'vitest';
import { BoundedMap } from '../src/bounded-map.ts';

test('a small map drops the entry that was set longest ago, one at a time', () => {
  const map = new BoundedMap<number>(2);
  expect([map.set('a', 1), map.set('b', 2), map.set('a', 3)]).toEqual([false, false, false]);
  expect(map.set('c', 4)).toBe(true);
  expect([map.get('a'), map.get('b'), map.get('c'), map.size]).toEqual([3, undefined, 4, 2]);
  map.delete('a');
  expect(map.set('d', 5)).toBe(false);
  expect(map.size).toBe(2);
});

test('a large map never has more than its capacity, and drops a hundredth at a time', () => {
  const map = new BoundedMap<number>(1_000);
  const drops: number[] = [];
  for (let at = 0; at < 2_500; at += 1) {
    if (map.set(`k${at}`, at)) drops.push(at);
    expect(map.size).toBeLessThanOrEqual(1_000);
  }
  expect(drops.slice(0, 3)).toEqual([1_000, 1_011, 1_022]);
  expect(map.get('k2499')).toBe(2_499);
  expect(map.get('k1400')).toBeUndefined();
});
