/** What a session knows of the device's tree, and when it stops believing it (design: ClientURI, Order). */
import { describe, expect, it } from 'vitest';
import type { MoNode } from '../../src/mo/node.ts';
import { disturbs, isAtOrBelow, overlaps, type TreeChange } from '../../src/mo/tree-change.ts';
import type { TreeKnowledge } from '../../src/tree/tree-knowledge.ts';
import {
  forget,
  isOutdated,
  keepForNextPackage,
  NOTHING_KNOWN,
  recallTree,
  rememberTrees,
  withoutRoots,
} from '../../src/tree/tree-knowledge.ts';

const leaf = (name: string, value = ''): MoNode => ({ name, format: 'chr', value });
const node = (name: string, ...children: readonly MoNode[]): MoNode => ({ name, format: 'node', children });

describe('places', () => {
  it.each([
    ['./A/B', './A', true],
    ['./A', './A', true],
    ['./AB', './A', false],
    ['./A', './A/B', false],
    ['./A', '.', true],
  ])('%s lies in %s: %s', (locUri, top, expected) => {
    expect(isAtOrBelow(locUri, top)).toBe(expected);
    expect(overlaps(locUri, top)).toBe(expected || isAtOrBelow(top, locUri));
  });

  it.each<[TreeChange['change'], string, 'tree' | 'existence', string, boolean]>([
    ['value', './A/B', 'tree', './A', true],
    ['value', './A/B', 'existence', './A/B', false],
    ['structure', './A', 'existence', './A/B', true],
    ['structure', './A', 'tree', './C', false],
    ['exec', './A', 'tree', './A/B', true],
    ['exec', './A', 'tree', './C', false],
  ])('%s at %s and the %s at %s: %s', (change, at, type, locUri, expected) => {
    expect(disturbs({ locUri: at, change }, { type, locUri })).toBe(expected);
  });

  it.each<[TreeChange['change'], string, boolean]>([
    ['instance', './Z', true],
    ['structure', './A', true],
    ['structure', './A/B/C', false],
    ['value', './A/B', false],
    ['exec', './A/B', false],
  ])('%s at %s can change which instances there are: %s', (change, locUri, expected) => {
    expect(disturbs({ locUri, change }, { type: 'roots', known: ['./A/B'] })).toBe(expected);
  });
});

describe('knowledge of trees', () => {
  const known = rememberTrees(NOTHING_KNOWN, [
    { locUri: './A', tree: node('A', leaf('x', '1'), node('B', leaf('y'))) },
  ]);

  it.each([
    ['./A', 'present'],
    ['./A/B/y', 'present'],
    ['./A/z', 'absent'],
    ['./A/x/z', 'absent'],
    ['./C', 'unknown'],
    ['.', 'unknown'],
  ])('%s is %s', (locUri, state) => {
    expect(recallTree(known, locUri).state).toBe(state);
  });

  it('a larger tree takes the place of the smaller ones in it', () => {
    expect(Object.keys(rememberTrees(known, [{ locUri: '.', tree: node('.') }]).trees)).toEqual(['.']);
  });

  it('what is too much is forgotten, oldest first', () => {
    const big = leaf('v', 'x'.repeat(30_000));
    const all = ['./1', './2', './3'].reduce<TreeKnowledge>(
      (at, place) => rememberTrees(at, [{ locUri: place, tree: big }]),
      NOTHING_KNOWN,
    );
    expect(Object.keys(all.trees)).toEqual(['./2', './3']);
  });

  it.each<[TreeChange, readonly string[]]>([
    [{ locUri: './A/x', change: 'value' }, ['./C']],
    [{ locUri: '.', change: 'instance' }, []],
    [{ locUri: './D', change: 'structure' }, ['./A', './C']],
    [{ locUri: './D', change: 'exec' }, []],
  ])('%j leaves %j', (change, left) => {
    const two = rememberTrees(known, [{ locUri: './C', tree: node('C') }]);
    expect(Object.keys(forget(two, [change]).trees)).toEqual(left);
    expect(isOutdated('./C', [change])).toBe(!left.includes('./C'));
  });

  it('when the backend speaks again only DevInfo is left', () => {
    const devInfo = rememberTrees(known, [{ locUri: './DevInfo', tree: node('DevInfo') }]);
    const found: TreeKnowledge = { ...devInfo, discovered: { roots: [{ locUri: './A', type: 't' }] } };
    const kept = keepForNextPackage(found);
    expect(Object.keys(kept.trees)).toEqual(['./DevInfo']);
    expect(kept.discovered).toEqual(found.discovered);
  });
});

describe('knowledge of instances', () => {
  const found: TreeKnowledge = {
    trees: {},
    discovered: {
      roots: ['./A/B', './A/BC', './D'].map((locUri) => ({ locUri, type: 't' })),
      places: { './A': ['B', 'BC'], './E': [] },
    },
  };

  it('a sub-tree goes with all that lies in it', () => {
    expect(withoutRoots(found, './A/B').discovered?.roots.map(({ locUri }) => locUri)).toEqual(['./A/BC', './D']);
    expect(withoutRoots(found, './A').discovered?.roots.map(({ locUri }) => locUri)).toEqual(['./D']);
  });

  it.each<[TreeChange, readonly string[]]>([
    [{ locUri: './A/B', change: 'instance' }, ['./E']],
    [{ locUri: './A', change: 'structure' }, ['./E']],
    [{ locUri: './A/B/C', change: 'structure' }, ['./A', './E']],
    [{ locUri: './A/B', change: 'value' }, ['./A', './E']],
    [{ locUri: './Z', change: 'exec' }, []],
  ])('the names that are taken are no longer known after %j', (change, left) => {
    const { discovered } = forget(found, [change]);
    expect(Object.keys(discovered?.places ?? {})).toEqual(left);
    expect(discovered?.roots).toHaveLength(3);
  });
});
