/** Changes of the tree that can change the list of MO roots. */
import { expect, test } from 'vitest';
import { parseLocUri } from '../../src/mo/loc-uri.ts';
import { mayChangeRoots, type TreeChange } from '../../src/mo/tree-change.ts';

test.each<[TreeChange['change'], string, boolean]>([
  ['instance', './Z', true],
  ['structure', './A', true],
  ['structure', './A/B', true],
  ['structure', './A/B/C', false],
  ['structure', './D', false],
  ['value', './A/B', false],
  ['exec', './A/B', false],
])('a change of the kind %s at %s may change the list of MO roots: %s', (change, locUri, expected) => {
  expect(mayChangeRoots({ locUri: parseLocUri(locUri), change }, [parseLocUri('./A/B')])).toBe(expected);
});
