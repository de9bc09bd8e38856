/** The ACLs in force on the nodes of an instance, computed from the ACLs that were read (DM-TND §7.7.1). */
import { describe, expect, test } from 'vitest';
import { formatAcl, parseAcl, parseServerIdentifier } from '../../src/dm1/acl.ts';
import { type MoMapping, UNCHANGED } from '../../src/mapping/mapping.ts';
import { type LocUri, parseLocUri } from '../../src/mo/loc-uri.ts';
import { parseMoid } from '../../src/mo/moid.ts';
import type { MoNode } from '../../src/mo/node.ts';
import { hasAnyRight, instanceNodeAcls, nodesWithEntry, type OwnAcl } from '../../src/rights/instance-acls.ts';

const nodeOf = (name: string, format: 'node' | 'chr') =>
  ({ name, format, access: [], occurrence: 'One', scope: 'dynamic', children: [] }) as const;
const mapping: MoMapping = {
  ...UNCHANGED,
  moid: parseMoid('urn:x:1.0'),
  name: 'X',
  dm1Moids: [],
  find: 'type',
  places: [],
  description: { ...nodeOf('X', 'node'), children: [nodeOf('Box', 'node'), nodeOf('Leaf', 'chr')] },
  minimumAccess: true,
};

function nodesOf(own: Readonly<Record<string, string>>, tree: Partial<MoNode> = {}) {
  const acls = Object.entries(own).map(([locUri, acl]): readonly [LocUri, OwnAcl] => [
    parseLocUri(locUri),
    acl === 'hidden' ? acl : parseAcl(acl),
  ]);
  const root: MoNode = { name: 'X', format: 'node', children: [], ...tree };
  return instanceNodeAcls({ mapping, root: parseLocUri('./Y/X'), tree: root, own: new Map(acls) });
}

describe('the ACL in force on a node', () => {
  test.each([
    ['its own ACL', { '.': 'Get=A', './Y': 'Get=B', './Y/X': 'Get=C' }, 'Get=C', 'Get=B'],
    [
      'the whole ACL of the nearest node above with one',
      { '.': 'Get=A', './Y': 'Exec=B', './Y/X': '' },
      'Exec=B',
      'Exec=B',
    ],
    ['the ACL of the root of the tree', { '.': 'Get=A', './Y': '', './Y/X': '' }, 'Get=A', 'Get=A'],
    ['the default ACL of the root of the tree', { './Y/X': '' }, 'Add=*&Get=*', 'Add=*&Get=*'],
    ['its own ACL below a node with a hidden ACL', { '.': 'Get=*', './Y': 'hidden', './Y/X': 'Get=C' }, 'Get=C', ''],
    ['unknown, and so empty, below a node with a hidden ACL', { '.': 'Get=*', './Y': 'hidden' }, '', ''],
  ])('is %s', (_, own, acl, parent) => {
    const [root] = nodesOf(own);
    expect(formatAcl(root?.acl ?? new Map())).toBe(acl);
    expect(formatAcl(root?.parentAcl ?? new Map())).toBe(parent);
  });

  test('the root of the tree has no ACL of a parent', () => {
    const tree: MoNode = { name: '.', format: 'node', children: [] };
    const [root] = instanceNodeAcls({ mapping, root: parseLocUri('.'), tree, own: new Map() });
    expect(root).toEqual({ path: [], locUri: '.', kind: 'interior', acl: parseAcl('Add=*&Get=*') });
  });
});

test('a childless node without a reported format has the kind that the definition gives it', () => {
  const bare = ['Box', 'Leaf', 'Other'].map((name): MoNode => ({ name, format: 'chr' }));
  const valued: MoNode = { name: 'Box', format: 'chr', value: '' };
  const kinds = (children: readonly MoNode[]) => nodesOf({}, { children }).map(({ path, kind }) => [path[0], kind]);
  expect(kinds(bare)).toEqual([
    [undefined, 'interior'],
    ['Box', 'interior'],
    ['Leaf', 'leaf'],
    ['Other', 'leaf'],
  ]);
  expect(kinds([valued])).toEqual([
    [undefined, 'interior'],
    ['Box', 'leaf'],
  ]);
});

test('a node has no entry when its ACL was not read or is empty', () => {
  const children: readonly MoNode[] = ['Box', 'Leaf'].map((name): MoNode => ({ name, format: 'chr' }));
  const all = nodesOf({ './Y/X': 'Get=*', './Y/X/Box': '' }, { children });
  expect(all.map(({ own }) => own?.size)).toEqual([1, 0, undefined]);
  expect(nodesWithEntry(all).map(({ path }) => path)).toEqual([[]]);
});

test.each([
  ['with one command on one node', { './Y/X': 'Get=B', './Y/X/Leaf': 'Delete=A' }, true],
  ['with Replace in the ACL of the parent', { './Y': 'Replace=A', './Y/X': 'Get=B' }, true],
  ['with a right that all servers have', { './Y/X': 'Exec=*' }, true],
  ['with rights above the instance only', { './Y': 'Get=A', './Y/X': 'Get=B' }, false],
])('a server %s has a right to the instance or not', (_, own, expected) => {
  const all = nodesOf(own, { children: [{ name: 'Leaf', format: 'chr' }] });
  expect(hasAnyRight(all, parseServerIdentifier('A'))).toBe(expected);
});
