/** The session's knowledge of the device's tree, and the changes that invalidate it. */
import { describe, expect, test } from 'vitest';
import { parseLocUri } from '../../src/mo/loc-uri.ts';
import { parseMoid } from '../../src/mo/moid.ts';
import type { MoNode } from '../../src/mo/node.ts';
import type { TreeChange } from '../../src/mo/tree-change.ts';
import type { TreeKnowledge } from '../../src/tree/tree-knowledge.ts';
import {
  forNextPackage,
  isOutdated,
  knownTreeAt,
  NOTHING_KNOWN,
  reportedBelow,
  withoutChanged,
  withoutRoots,
  withReported,
  withTrees,
} from '../../src/tree/tree-knowledge.ts';

const leaf = (name: string, value = ''): MoNode => ({ name, format: 'chr', value });
const node = (name: string, ...children: readonly MoNode[]): MoNode => ({ name, format: 'node', children });

const topsOf = ({ trees }: TreeKnowledge) => trees.map(({ locUri }) => locUri);

describe('knowledge of trees', () => {
  const known = withTrees(NOTHING_KNOWN, [
    { locUri: parseLocUri('./A'), tree: node('A', leaf('x', '1'), node('B', leaf('y'))) },
  ]);

  test.each([
    ['./A', 'present'],
    ['./A/B/y', 'present'],
    ['./A/z', 'absent'],
    ['./A/x/z', 'absent'],
    ['./C', 'unknown'],
    ['.', 'unknown'],
  ])('has %s as %s', (locUri, state) => {
    expect(knownTreeAt(known, parseLocUri(locUri)).state).toBe(state);
  });

  test('replaces smaller trees by a larger one that contains them', () => {
    expect(topsOf(withTrees(known, [{ locUri: parseLocUri('.'), tree: node('.') }]))).toEqual(['.']);
  });

  test('drops the oldest trees over the limit', () => {
    const big = leaf('v', 'x'.repeat(30_000));
    const all = ['./1', './2', './3'].reduce<TreeKnowledge>(
      (at, place) => withTrees(at, [{ locUri: parseLocUri(place), tree: big }]),
      NOTHING_KNOWN,
    );
    expect(topsOf(all)).toEqual(['./2', './3']);
  });

  test('drops the oldest of more than 256 trees, however small they are', () => {
    const places = Array.from({ length: 300 }, (_, at) => parseLocUri(`./${at}`));
    const atOnce = withTrees(
      NOTHING_KNOWN,
      places.map((locUri) => ({ locUri, tree: leaf('v') })),
    );
    const oneByOne = places.reduce((known, locUri) => withTrees(known, [{ locUri, tree: leaf('v') }]), NOTHING_KNOWN);
    expect(topsOf(atOnce)).toEqual(places.slice(-256));
    expect(oneByOne).toEqual(atOnce);
  });

  test.each<[TreeChange, readonly string[]]>([
    [{ locUri: parseLocUri('./A/x'), change: 'value' }, ['./C']],
    [{ locUri: parseLocUri('.'), change: 'instance' }, []],
    [{ locUri: parseLocUri('./D'), change: 'structure' }, ['./A', './C']],
    [{ locUri: parseLocUri('./D'), change: 'exec' }, []],
  ])('after %j still has %j', (change, left) => {
    const two = withTrees(known, [{ locUri: parseLocUri('./C'), tree: node('C') }]);
    expect(topsOf(withoutChanged(two, [change]))).toEqual(left);
    expect(isOutdated(parseLocUri('./C'), [change])).toBe(!left.includes('./C'));
  });

  test('has only the leaves of Package#1 after the next package of the backend', () => {
    const lang = { locUri: parseLocUri('./DevInfo/Lang'), tree: leaf('en') };
    const found: TreeKnowledge = {
      ...withReported(known, [lang]),
      discovered: { roots: [{ locUri: parseLocUri('./A'), type: parseMoid('t') }] },
    };
    const kept = forNextPackage(found);
    expect(topsOf(kept)).toEqual([]);
    expect(knownTreeAt(kept, lang.locUri).state).toBe('present');
    expect(kept.discovered).toEqual(found.discovered);
  });
});

describe('knowledge of the leaves that Package#1 has brought', () => {
  const top = parseLocUri('./DevInfo');
  const leaves = ['Lang', 'Ext/Plan'].map((path) => ({ locUri: parseLocUri(`./DevInfo/${path}`), tree: leaf(path) }));
  const reported = withReported(NOTHING_KNOWN, leaves);

  test('tells nothing of the nodes around them', () => {
    expect(knownTreeAt(reported, top).state).toBe('unknown');
    expect(knownTreeAt(reported, parseLocUri('./DevInfo/Ext')).state).toBe('unknown');
    expect(knownTreeAt(reported, parseLocUri('./DevInfo/Man')).state).toBe('unknown');
    expect(reportedBelow(reported, top)).toEqual(leaves);
    expect(reportedBelow(reported, parseLocUri('./DevInfo/Ext'))).toEqual(leaves.slice(1));
  });

  test('ends when the sub-tree is read, and with a change', () => {
    const read = withTrees(reported, [{ locUri: top, tree: node('DevInfo') }]);
    expect(reportedBelow(read, top)).toEqual([]);
    const changed = withoutChanged(reported, [{ locUri: parseLocUri('./DevInfo/Lang'), change: 'value' }]);
    expect(reportedBelow(changed, top)).toEqual(leaves.slice(1));
  });
});

describe('knowledge of instances', () => {
  const found: TreeKnowledge = {
    trees: [],
    discovered: {
      roots: ['./A/B', './A/BC', './D'].map((locUri) => ({ locUri: parseLocUri(locUri), type: parseMoid('t') })),
      places: { [parseLocUri('./A')]: ['B', 'BC'], [parseLocUri('./E')]: [] },
    },
  };

  test('loses a deleted sub-tree with all instances in it', () => {
    expect(withoutRoots(found, parseLocUri('./A/B')).discovered?.roots.map(({ locUri }) => locUri)).toEqual([
      './A/BC',
      './D',
    ]);
    expect(withoutRoots(found, parseLocUri('./A')).discovered?.roots.map(({ locUri }) => locUri)).toEqual(['./D']);
  });

  test.each<[TreeChange, readonly string[]]>([
    [{ locUri: parseLocUri('./A/B'), change: 'instance' }, ['./E']],
    [{ locUri: parseLocUri('./A'), change: 'structure' }, ['./E']],
    [{ locUri: parseLocUri('./A/B/C'), change: 'structure' }, ['./A', './E']],
    [{ locUri: parseLocUri('./A/B'), change: 'value' }, ['./A', './E']],
    [{ locUri: parseLocUri('./Z'), change: 'exec' }, []],
  ])('loses the names of children after %j', (change, left) => {
    const { discovered } = withoutChanged(found, [change]);
    expect(Object.keys(discovered?.places ?? {})).toEqual(left);
    expect(discovered?.roots).toHaveLength(3);
  });
});
