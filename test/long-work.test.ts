/** Work on a large tree is done in parts, none of which handles more than 2 000 nodes or so. */
import { describe, expect, test } from 'vitest';
import { cacheValidator } from '../src/dm2/cache-validator.ts';
import { finish, type LongWork, NodeCount } from '../src/long-work.ts';
import { loadMappings } from '../src/mapping/load.ts';
import { MoIndex } from '../src/mapping/mo-index.ts';
import { parseLocUri } from '../src/mo/loc-uri.ts';
import { parseMoid } from '../src/mo/moid.ts';
import type { MoNode } from '../src/mo/node.ts';
import { composeView } from '../src/translate/compose-view.ts';
import { fromMoData, toMoData } from '../src/translate/mo-data.ts';
import { treeFromStruct } from '../src/tree/results-tree.ts';
import { planWrites } from '../src/tree/write-plan.ts';
import { typedNode } from '../src/tree/writing/typed-node.ts';
import { formatTndsInParts } from '../src/xml-data/tnds.ts';

const index = new MoIndex(loadMappings().mappings);
const scomo = parseMoid('urn:oma:mo:oma-scomo:1.0');
const mapping = index.byMoid(scomo) ?? index.fallbackMapping(scomo);
const root = parseLocUri('./SCM');
const NODES = 10_000;
const PART = 2_000;

/** A flat tree, and a deep one in which the nodes are spread over many parents. */
const TREES: Readonly<Record<string, (value: string) => MoNode>> = {
  'with one parent': (value) => interior('SCM', leaves(NODES, value)),
  'with many parents': (value) => {
    const parents = Array.from({ length: NODES / 2 }, (_, at) => interior(`p${at}`, leaves(1, value)));
    return interior('SCM', [interior('Inventory', [interior('Deployed', parents)])]);
  },
};

function leaves(count: number, value: string): readonly MoNode[] {
  return Array.from({ length: count }, (_, at) => ({ name: `L${at}`, format: 'chr', value }));
}

function interior(name: string, children: readonly MoNode[]): MoNode {
  return { name, format: 'node', children };
}

const describeNothing = () => undefined;

function jsonOf({ children, value }: MoNode): unknown {
  if (children === undefined) return value;
  return Object.fromEntries(children.map((child) => [child.name, jsonOf(child)]));
}

function itemsOf(node: MoNode, source = './SCM'): { source: string; data: string }[] {
  return [
    { source, data: node.value ?? '' },
    ...(node.children ?? []).flatMap((child) => itemsOf(child, `${source}/${child.name}`)),
  ];
}

const place = { mapping, root, path: [] };
const WORK: Readonly<Record<string, (tree: (value: string) => MoNode) => LongWork<unknown>>> = {
  'Results become a tree': (tree) => treeFromStruct(root, itemsOf(tree('1')), { withData: true }),
  'the tree of a device becomes an instance': (tree) =>
    composeView(mapping, root, [], [{ part: { locUri: root }, node: tree('1') }]),
  'an instance gets its CV': (tree) => cacheValidator(tree('1')),
  'an instance becomes MO data': (tree) => toMoData(tree('1'), describeNothing),
  'MO data becomes an instance': (tree) => fromMoData(jsonOf(tree('1')), 'SCM', describeNothing, tree('2')),
  'a document gets the formats of the device': (tree) => {
    const destination = { name: 'SCM', describe: describeNothing, existing: tree('2'), count: new NodeCount() };
    return typedNode(tree('1'), destination);
  },
  'an instance becomes a TNDS document': (tree) => formatTndsInParts(tree('1')),
  'a new tree becomes Adds': (tree) => planWrites(place, undefined, tree('1')),
  'other values become Replaces': (tree) => planWrites(place, tree('1'), tree('2')),
  'an empty document becomes Deletes': (tree) => planWrites(place, tree('1'), interior('SCM', [])),
};

function partsOf(work: LongWork<unknown>): number {
  let parts = 1;
  while (work.next().done !== true) parts += 1;
  return parts;
}

describe.each(Object.keys(TREES))('work on a large tree %s is done in parts', (shape) => {
  const tree = TREES[shape] ?? (() => interior('SCM', []));

  test.each(Object.keys(WORK))('%s', (name) => {
    const work = () => WORK[name]?.(tree) ?? cacheValidator(interior('SCM', []));
    expect(partsOf(work())).toBeGreaterThanOrEqual(NODES / PART);
  });
});

test('work on a small tree is one part', () => {
  const small = () => interior('SCM', leaves(100, '1'));
  for (const work of Object.values(WORK)) expect(partsOf(work(small))).toBe(1);
});

test('the parts together have the result', () => {
  const work = function* (): LongWork<number> {
    let sum = 0;
    const count = new NodeCount();
    for (let at = 0; at < 5_000; at += 1) {
      if (count.endsPart()) yield;
      sum += at;
    }
    return sum;
  };
  expect(partsOf(work())).toBe(3);
  expect(finish(work())).toBe((5_000 * 4_999) / 2);
});
