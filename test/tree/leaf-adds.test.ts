import { describe, expect, test } from 'vitest';
import { parseLocUri } from '../../src/mo/loc-uri.ts';
import type { MoNode } from '../../src/mo/node.ts';
import { interiorsWithoutLeaf, withLeafAddsOnly } from '../../src/tree/leaf-adds.ts';
import { changeOf, planUndo, type Write } from '../../src/tree/write-plan.ts';

const leaf = (name: string): MoNode => ({ name, format: 'chr', value: 'v' });
const node = (name: string): MoNode => ({ name, format: 'node', children: [] });
const add = (locUri: string, of: MoNode, more: Partial<Write> = {}): Write => ({
  name: 'Add',
  locUri: parseLocUri(locUri),
  node: of,
  ...more,
});

const PLAN: readonly Write[] = [
  add('./A', node('A')),
  add('./A/x', node('x'), { newInstance: true }),
  add('./A/x/one', leaf('one')),
  add('./A/x/B', node('B')),
  add('./A/x/B/two', leaf('two')),
  { name: 'Replace', locUri: parseLocUri('./Z/z'), node: leaf('z'), before: leaf('z') },
  add('./C', leaf('C')),
];

describe('Adds of leaves only', () => {
  test('leave out interior nodes and name the topmost node that the device creates', () => {
    expect(withLeafAddsOnly(PLAN)).toEqual([
      { ...PLAN[2], createdTop: './A', newInstance: true },
      { ...PLAN[4], createdTop: './A', newInstance: true },
      PLAN[5],
      PLAN[6],
    ]);
  });

  test('are undone by one Delete of the topmost created node, whichever of them were applied', () => {
    const writes = withLeafAddsOnly(PLAN);
    const undone = (applied: readonly Write[]) => planUndo(applied).map(({ name, locUri }) => `${name} ${locUri}`);
    expect(undone(writes)).toEqual(['Delete ./C', 'Replace ./Z/z', 'Delete ./A']);
    expect(undone(writes.slice(1, 2))).toEqual(['Delete ./A']);
  });

  test('change the structure at the topmost created node', () => {
    expect(withLeafAddsOnly(PLAN).map(changeOf)).toEqual([
      { locUri: './A', change: 'instance' },
      { locUri: './A', change: 'instance' },
      { locUri: './Z/z', change: 'value' },
      { locUri: './C', change: 'structure' },
    ]);
  });

  test.each<[string, readonly Write[], readonly string[]]>([
    ['none, when all have a leaf', PLAN, []],
    ['one without a leaf', [...PLAN, add('./A/x/E', node('E'))], ['./A/x/E']],
    [
      'one whose sibling with a leaf has a name with the same beginning',
      [add('./A', node('A')), add('./AB', leaf('AB'))],
      ['./A'],
    ],
  ])('leave interior nodes without a leaf: %s', (_, writes, expected) => {
    expect(interiorsWithoutLeaf(writes)).toEqual(expected);
  });
});
