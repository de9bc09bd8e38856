import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ACL_COMMANDS, type Acl, formatAcl, parseAcl, parseServerIdentifier } from '../../src/dm1/acl.ts';
import {
  accessRightsOf,
  authoritiesOf,
  inexpressibleCommands,
  type NodeAcls,
  RIGHT,
  withAccessRights,
  withoutExpressedRights,
} from '../../src/translate/access-rights.ts';

const S1 = parseServerIdentifier('S1');
const S2 = parseServerIdentifier('S2');

function nodeAcls(kind: 'interior' | 'leaf', acl: string, parent?: string): NodeAcls {
  const own = { kind, acl: parseAcl(acl) };
  return parent === undefined ? own : { ...own, parentAcl: parseAcl(parent) };
}

describe('the access rights of an ACL', () => {
  test.each([
    ['Get', nodeAcls('leaf', 'Get=S1'), RIGHT.read],
    ['Exec', nodeAcls('leaf', 'Exec=S1'), RIGHT.execute],
    ['Add, Delete and Replace of an interior node', nodeAcls('interior', 'Add=S1&Delete=S1&Replace=S1'), 2 + 8],
    ['Delete and Replace of a leaf', nodeAcls('leaf', 'Delete=S1&Replace=S1'), RIGHT.write],
    ['Delete and Replace of an interior node', nodeAcls('interior', 'Delete=S1&Replace=S1'), RIGHT.delegate],
    ['Replace of a leaf alone', nodeAcls('leaf', 'Replace=S1'), 0],
    ['Replace of the parent', nodeAcls('leaf', 'Get=S1', 'Replace=S1'), 1 + 8],
    ['Replace of an interior node', nodeAcls('interior', 'Replace=S1'), RIGHT.delegate],
    ['all commands', nodeAcls('interior', 'Add=S1&Delete=S1&Exec=S1&Get=S1&Replace=S1'), 15],
    ['a right of all servers and one of its own', nodeAcls('leaf', 'Get=*&Exec=S1'), 1 + 4],
    ['no command', nodeAcls('interior', 'Get=S2', 'Replace=S2'), 0],
  ])('follow from %s', (_what, node, rights) => expect(accessRightsOf(node, S1)).toBe(rights));

  test.each([
    ['everyone reads A/1, S3 delegates it', nodeAcls('leaf', 'Get=*', 'Get=S3&Replace=S3'), { '*': 1, S3: 9 }],
    ['B/3/5', nodeAcls('leaf', 'Get=S1+S2&Replace=S1', 'Get=S2&Replace=S2&Delete=S2'), { S1: 1, S2: 9 }],
    ['B', nodeAcls('interior', 'Get=S1&Replace=S1', 'Add=*&Get=*'), { S1: 9 }],
    ['B/3', nodeAcls('interior', 'Get=S2&Replace=S2&Delete=S2', 'Get=S1&Replace=S1'), { S1: 8, S2: 9 }],
  ])('are those of the example tree of DM-2.0 §13.2: %s', (_what, node, rights) => {
    const table = authoritiesOf(node).map((authority) => [authority, accessRightsOf(node, authority)]);
    expect(Object.fromEntries(table)).toEqual(rights);
  });

  test.each([
    ['Replace of a leaf without Delete', nodeAcls('leaf', 'Replace=S1&Get=S1'), ['Replace']],
    ['Add and Delete without Replace', nodeAcls('interior', 'Add=S1&Delete=S1'), ['Add', 'Delete']],
    ['Add without the others', nodeAcls('interior', 'Add=S1&Replace=S1'), ['Add']],
    ['no command of a full ACL', nodeAcls('interior', 'Add=S1&Delete=S1&Exec=S1&Get=S1&Replace=S1'), []],
  ])('do not express %s', (_what, node, commands) => expect(inexpressibleCommands(node, S1)).toEqual(commands));
});

describe('an edit of access rights', () => {
  test.each([
    ['gives Read', 'interior', '', RIGHT.read, 'Get=S1'],
    ['takes Read away', 'interior', 'Get=S1+S2', 0, 'Get=S2'],
    ['gives Execute beside another server', 'leaf', 'Exec=S2', RIGHT.execute, 'Exec=S1+S2'],
    ['gives Write and Delegate of an interior node', 'interior', '', 2 + 8, 'Add=S1&Delete=S1&Replace=S1'],
    ['gives Write of a leaf', 'leaf', '', RIGHT.write, 'Delete=S1&Replace=S1'],
    ['takes Write away without Delegate', 'interior', 'Add=S1&Delete=S1&Replace=S1', RIGHT.delegate, 'Replace=S1'],
    ['keeps a right that AR cannot express', 'leaf', 'Replace=S1', RIGHT.read, 'Get=S1&Replace=S1'],
    ['changes nothing for the same rights', 'leaf', 'Get=S2&Add=S1', 0, 'Add=S1&Get=S2'],
  ] as const)('%s', (_what, kind, acl, rights, expected) => {
    const edited = withAccessRights(nodeAcls(kind, acl), S1, rights);
    expect(edited === undefined ? undefined : formatAcl(edited)).toBe(expected);
  });

  test.each([
    ['Write without Delegate on an interior node', nodeAcls('interior', ''), RIGHT.write],
    ['Delegate of a leaf', nodeAcls('leaf', ''), RIGHT.delegate],
    ['to take from one server a right that all have', nodeAcls('leaf', 'Get=*'), 0],
    ["to take away Delegate that the parent's ACL gives", nodeAcls('interior', '', 'Replace=S1'), 0],
  ])('is refused: %s', (_what, node, rights) => expect(withAccessRights(node, S1, rights)).toBeUndefined());

  test('of all servers keeps the servers that the ACL names', () => {
    expect(formatAcl(withAccessRights(nodeAcls('leaf', 'Get=S2'), '*', 0) ?? new Map())).toBe('Get=S2');
    expect(formatAcl(withAccessRights(nodeAcls('leaf', 'Get=S2'), '*', RIGHT.read) ?? new Map())).toBe('Get=*');
  });

  test.each([
    ['all expressed rights', nodeAcls('interior', 'Add=S1&Delete=S1&Exec=S1+S2&Get=S1&Replace=S1'), S1, 'Exec=S2'],
    ['Replace that Delegate expresses, but not Add', nodeAcls('interior', 'Add=S1&Replace=S1'), S1, 'Add=S1'],
    ['its own Replace, although the parent gives Delegate', nodeAcls('interior', 'Replace=S1', 'Replace=S1'), S1, ''],
    ['Get, but not Replace of a leaf without Delete', nodeAcls('leaf', 'Get=S1&Replace=S1'), S1, 'Replace=S1'],
    ['its own Exec, but not the Get of all servers', nodeAcls('leaf', 'Get=*&Exec=S1'), S1, 'Get=*'],
    ['Get of all servers, but not Exec of a named one', nodeAcls('leaf', 'Get=*&Exec=S1'), '*' as const, 'Exec=S1'],
  ])('takes from an authority %s', (_what, node, authority, expected) => {
    expect(formatAcl(withoutExpressedRights(node, authority))).toBe(expected);
  });

  const servers = fc.uniqueArray(fc.constantFrom(S1, S2), { minLength: 1 }).map((each) => new Set(each));
  const acl: fc.Arbitrary<Acl> = fc
    .uniqueArray(fc.tuple(fc.constantFrom(...ACL_COMMANDS), fc.oneof(fc.constant('*' as const), servers)), {
      selector: ([command]) => command,
    })
    .map((entries) => new Map(entries));
  const node: fc.Arbitrary<NodeAcls> = fc.record({
    kind: fc.constantFrom('interior' as const, 'leaf' as const),
    acl,
    parentAcl: acl,
  });

  test('results in the wanted rights or is refused, and keeps the rights of another server', () => {
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

  test('to the present rights returns the same ACL', () => {
    fc.assert(
      fc.property(node, (each) => {
        expect(withAccessRights(each, S1, accessRightsOf(each, S1))).toBe(each.acl);
      }),
    );
  });
});
