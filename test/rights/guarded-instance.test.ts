/** What decides on the nodes of an instance, by what was read of it (DM-TND §7.7.1). */
import { describe, expect, test } from 'vitest';
import { formatAcl, parseAcl, parseServerIdentifier } from '../../src/dm1/acl.ts';
import { type MoMapping, UNCHANGED } from '../../src/mapping/mapping.ts';
import { type LocUri, parseLocUri } from '../../src/mo/loc-uri.ts';
import { parseMoid } from '../../src/mo/moid.ts';
import type { MoNode } from '../../src/mo/node.ts';
import { guardedPlaces, mayTouch, type OwnAcl, placesWithEntry } from '../../src/rights/guarded-instance.ts';

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

function places(own: Readonly<Record<string, string>>, tree: Partial<MoNode> = {}) {
  const acls = Object.entries(own).map(([locUri, acl]): readonly [LocUri, OwnAcl] => [
    parseLocUri(locUri),
    acl === 'hidden' ? acl : parseAcl(acl),
  ]);
  const whole: MoNode = { name: 'X', format: 'node', children: [], ...tree };
  return guardedPlaces({ mapping, root: parseLocUri('./Y/X'), tree: whole, own: new Map(acls) });
}

describe('the ACL in force', () => {
  test.each([
    ['its own', { '.': 'Get=A', './Y': 'Get=B', './Y/X': 'Get=C' }, 'Get=C', 'Get=B'],
    ['the nearest above it, whole', { '.': 'Get=A', './Y': 'Exec=B', './Y/X': '' }, 'Exec=B', 'Exec=B'],
    ['that of the root of the tree', { '.': 'Get=A', './Y': '', './Y/X': '' }, 'Get=A', 'Get=A'],
    ['what the root has by nature', { './Y/X': '' }, 'Add=*&Get=*', 'Add=*&Get=*'],
    ['its own below one that is hidden', { '.': 'Get=*', './Y': 'hidden', './Y/X': 'Get=C' }, 'Get=C', ''],
    ['nothing that anybody knows of, below one that is hidden', { '.': 'Get=*', './Y': 'hidden' }, '', ''],
  ])('is %s', (_, own, acl, parent) => {
    const [root] = places(own);
    expect(formatAcl(root?.acl ?? new Map())).toBe(acl);
    expect(formatAcl(root?.parentAcl ?? new Map())).toBe(parent);
  });

  test('of the root of the tree has no parent', () => {
    const tree: MoNode = { name: '.', format: 'node', children: [] };
    const [root] = guardedPlaces({ mapping, root: parseLocUri('.'), tree, own: new Map() });
    expect(root).toEqual({ path: [], locUri: '.', kind: 'interior', acl: parseAcl('Add=*&Get=*') });
  });
});

test('a node without children whose format nobody told is what the MO says of it', () => {
  const bare = ['Box', 'Leaf', 'Other'].map((name): MoNode => ({ name, format: 'chr' }));
  const valued: MoNode = { name: 'Box', format: 'chr', value: '' };
  const kinds = (children: readonly MoNode[]) => places({}, { children }).map(({ path, kind }) => [path[0], kind]);
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

test('a node that was not asked for has no entry, one without ACL neither', () => {
  const children: readonly MoNode[] = ['Box', 'Leaf'].map((name): MoNode => ({ name, format: 'chr' }));
  const all = places({ './Y/X': 'Get=*', './Y/X/Box': '' }, { children });
  expect(all.map(({ own }) => own?.size)).toEqual([1, 0, undefined]);
  expect(placesWithEntry(all).map(({ path }) => path)).toEqual([[]]);
});

test.each([
  ['any command on any node', { './Y/X': 'Get=B', './Y/X/Leaf': 'Delete=A' }, true],
  ['Delegate that the parent gives', { './Y': 'Replace=A', './Y/X': 'Get=B' }, true],
  ['what everybody may', { './Y/X': 'Exec=*' }, true],
  ['nothing', { './Y': 'Get=A', './Y/X': 'Get=B' }, false],
])('a server may touch an instance by %s', (_, own, expected) => {
  const all = places(own, { children: [{ name: 'Leaf', format: 'chr' }] });
  expect(mayTouch(all, parseServerIdentifier('A'))).toBe(expected);
});
