import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ACL_COMMANDS, type Acl, formatAcl, parseAcl, parseServerIdentifier } from '../../src/dm1/acl.ts';
import {
  accessRightsOf,
  authoritiesOf,
  type GuardedNode,
  RIGHT,
  unsaidCommands,
  withAccessRights,
  withoutSaidRights,
} from '../../src/translate/access-rights.ts';

const S1 = parseServerIdentifier('S1');
const S2 = parseServerIdentifier('S2');

function guarded(kind: 'interior' | 'leaf', acl: string, parent?: string): GuardedNode {
  return { kind, acl: parseAcl(acl), ...(parent !== undefined && { parentAcl: parseAcl(parent) }) };
}

describe('an ACL as access rights', () => {
  test.each([
    ['Get', guarded('leaf', 'Get=S1'), RIGHT.read],
    ['Exec', guarded('leaf', 'Exec=S1'), RIGHT.execute],
    ['Add, Delete and Replace of an interior node', guarded('interior', 'Add=S1&Delete=S1&Replace=S1'), 2 + 8],
    ['Delete and Replace of a leaf', guarded('leaf', 'Delete=S1&Replace=S1'), RIGHT.write],
    ['Delete and Replace of an interior node', guarded('interior', 'Delete=S1&Replace=S1'), RIGHT.delegate],
    ['Replace of a leaf alone', guarded('leaf', 'Replace=S1'), 0],
    ['Replace of the parent', guarded('leaf', 'Get=S1', 'Replace=S1'), 1 + 8],
    ['Replace of an interior node', guarded('interior', 'Replace=S1'), RIGHT.delegate],
    ['everything', guarded('interior', 'Add=S1&Delete=S1&Exec=S1&Get=S1&Replace=S1'), 15],
    ['what everybody has', guarded('leaf', 'Get=*&Exec=S1'), 1 + 4],
    ['nothing', guarded('interior', 'Get=S2', 'Replace=S2'), 0],
  ])('%s', (_what, node, rights) => expect(accessRightsOf(node, S1)).toBe(rights));

  test.each([
    ['everyone reads A/1, S3 delegates it', guarded('leaf', 'Get=*', 'Get=S3&Replace=S3'), { '*': 1, S3: 9 }],
    ['B/3/5', guarded('leaf', 'Get=S1+S2&Replace=S1', 'Get=S2&Replace=S2&Delete=S2'), { S1: 1, S2: 9 }],
    ['B', guarded('interior', 'Get=S1&Replace=S1', 'Add=*&Get=*'), { S1: 9 }],
    ['B/3', guarded('interior', 'Get=S2&Replace=S2&Delete=S2', 'Get=S1&Replace=S1'), { S1: 8, S2: 9 }],
  ])('the example tree: %s', (_what, node, rights) => {
    const table = authoritiesOf(node).map((authority) => [authority, accessRightsOf(node, authority)]);
    expect(Object.fromEntries(table)).toEqual(rights);
  });

  test.each([
    ['Replace of a leaf without Delete', guarded('leaf', 'Replace=S1&Get=S1'), ['Replace']],
    ['Add and Delete without Replace', guarded('interior', 'Add=S1&Delete=S1'), ['Add', 'Delete']],
    ['Add without the others', guarded('interior', 'Add=S1&Replace=S1'), ['Add']],
    ['what is said in full', guarded('interior', 'Add=S1&Delete=S1&Exec=S1&Get=S1&Replace=S1'), []],
  ])('does not say %s', (_what, node, commands) => expect(unsaidCommands(node, S1)).toEqual(commands));
});

describe('access rights as an edit of the ACL', () => {
  test.each([
    ['Read is given', 'interior', '', RIGHT.read, 'Get=S1'],
    ['Read is taken', 'interior', 'Get=S1+S2', 0, 'Get=S2'],
    ['Execute is given beside another server', 'leaf', 'Exec=S2', RIGHT.execute, 'Exec=S1+S2'],
    ['Write and Delegate of an interior node', 'interior', '', 2 + 8, 'Add=S1&Delete=S1&Replace=S1'],
    ['Write of a leaf', 'leaf', '', RIGHT.write, 'Delete=S1&Replace=S1'],
    ['Write is taken, Delegate stays', 'interior', 'Add=S1&Delete=S1&Replace=S1', RIGHT.delegate, 'Replace=S1'],
    ['what cannot be said survives', 'leaf', 'Replace=S1', RIGHT.read, 'Get=S1&Replace=S1'],
    ['nothing changes', 'leaf', 'Get=S2&Add=S1', 0, 'Add=S1&Get=S2'],
  ] as const)('%s', (_what, kind, acl, rights, expected) => {
    const edited = withAccessRights(guarded(kind, acl), S1, rights);
    expect(edited === undefined ? undefined : formatAcl(edited)).toBe(expected);
  });

  test.each([
    ['Write without Delegate on an interior node', guarded('interior', ''), RIGHT.write],
    ['Delegate of a leaf', guarded('leaf', ''), RIGHT.delegate],
    ['a right that everybody has, taken from one', guarded('leaf', 'Get=*'), 0],
    ["Delegate that the parent's ACL gives, taken", guarded('interior', '', 'Replace=S1'), 0],
  ])('refuses %s', (_what, node, rights) => expect(withAccessRights(node, S1, rights)).toBeUndefined());

  test('of everybody leaves the servers that are named', () => {
    expect(formatAcl(withAccessRights(guarded('leaf', 'Get=S2'), '*', 0) ?? new Map())).toBe('Get=S2');
    expect(formatAcl(withAccessRights(guarded('leaf', 'Get=S2'), '*', RIGHT.read) ?? new Map())).toBe('Get=*');
  });

  test.each([
    ['all that is said', guarded('interior', 'Add=S1&Delete=S1&Exec=S1+S2&Get=S1&Replace=S1'), S1, 'Exec=S2'],
    ['Replace that Delegate tells, not Add beside it', guarded('interior', 'Add=S1&Replace=S1'), S1, 'Add=S1'],
    ['Replace of its own, though the parent gives Delegate', guarded('interior', 'Replace=S1', 'Replace=S1'), S1, ''],
    ['not Replace of a leaf without Delete', guarded('leaf', 'Get=S1&Replace=S1'), S1, 'Replace=S1'],
    ['not what everybody has', guarded('leaf', 'Get=*&Exec=S1'), S1, 'Get=*'],
    ['from everybody, not from those that are named', guarded('leaf', 'Get=*&Exec=S1'), '*' as const, 'Exec=S1'],
  ])('taken away: %s', (_what, node, authority, expected) => {
    expect(formatAcl(withoutSaidRights(node, authority))).toBe(expected);
  });

  const servers = fc.uniqueArray(fc.constantFrom(S1, S2), { minLength: 1 }).map((each) => new Set(each));
  const acl: fc.Arbitrary<Acl> = fc
    .uniqueArray(fc.tuple(fc.constantFrom(...ACL_COMMANDS), fc.oneof(fc.constant('*' as const), servers)), {
      selector: ([command]) => command,
    })
    .map((entries) => new Map(entries));
  const node: fc.Arbitrary<GuardedNode> = fc.record({
    kind: fc.constantFrom('interior' as const, 'leaf' as const),
    acl,
    parentAcl: acl,
  });

  test('gives what was wanted, or nothing; rights of the other server stay', () => {
    fc.assert(
      fc.property(node, fc.integer({ min: 0, max: 15 }), (before, wanted) => {
        const edited = withAccessRights(before, S1, wanted);
        if (edited === undefined) return;
        const after = { ...before, acl: edited };
        expect(accessRightsOf(after, S1)).toBe(wanted);
        expect(accessRightsOf(after, S2)).toBe(accessRightsOf(before, S2));
      }),
    );
  });

  test('of the rights that are there changes nothing', () => {
    fc.assert(
      fc.property(node, (each) => {
        expect(withAccessRights(each, S1, accessRightsOf(each, S1))).toBe(each.acl);
      }),
    );
  });
});
