/** Paths of names below an MO root. */
import { expect, test } from 'vitest';
import { isSamePath, namesAfter, startsWith } from '../../src/mo/node-path.ts';

test.each<[readonly string[], readonly string[], readonly string[] | undefined]>([
  [['A', 'B'], ['A'], ['B']],
  [['A', 'B'], [], ['A', 'B']],
  [['A'], ['A'], []],
  [['A'], ['A', 'B'], undefined],
  [['A', 'B'], ['B'], undefined],
  [['AB'], ['A'], undefined],
])('of %j the names after %j are %j', (path, prefix, rest) => {
  expect(namesAfter(prefix, path)).toEqual(rest);
  expect(startsWith(path, prefix)).toBe(rest !== undefined);
  expect(isSamePath(path, prefix)).toBe(rest?.length === 0);
});
