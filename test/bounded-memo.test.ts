import { expect, test } from 'vitest';
import { BoundedMemo } from '../src/bounded-memo.ts';

test('a memo returns the result of a key until it is full', () => {
  const memo = new BoundedMemo<string, number>(2);
  memo.set('a', 1);
  memo.set('b', 2);
  expect([memo.get('a'), memo.get('b'), memo.get('c')]).toEqual([1, 2, undefined]);
});

test('a full memo begins anew with the next result', () => {
  const memo = new BoundedMemo<string, number>(2);
  for (const [at, key] of ['a', 'b', 'c'].entries()) memo.set(key, at);
  expect([memo.get('a'), memo.get('b'), memo.get('c')]).toEqual([undefined, undefined, 2]);
});
