import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  ACL_COMMANDS,
  type Acl,
  effectiveAcl,
  formatAcl,
  grants,
  parseAcl,
  parseServerIdentifier,
} from '../../src/dm1/acl.ts';
import { DecodeError } from '../../src/errors.ts';

const identifier = fc.stringMatching(/^[A-Za-z0-9.:_-]{1,8}$/).map(parseServerIdentifier);
const holders = fc.oneof(
  fc.constant('*' as const),
  fc.uniqueArray(identifier, { minLength: 1, maxLength: 4 }).map((servers) => new Set(servers)),
);
const acls: fc.Arbitrary<Acl> = fc
  .uniqueArray(fc.tuple(fc.constantFrom(...ACL_COMMANDS), holders), { selector: ([command]) => command })
  .map((entries) => new Map(entries));

describe('parseAcl', () => {
  test.each([
    ['no value', '', ''],
    ['several servers', 'Add=srvA&Delete=srvA&Replace=srvA+srvB&Get=*', 'Add=srvA&Delete=srvA&Get=*&Replace=srvA+srvB'],
    ['a wildcard beside servers', 'Get=a+*+b', 'Get=*'],
    ['a command twice', 'Get=b&Get=a', 'Get=a+b'],
    ['a command twice, once with a wildcard', 'Get=*&Get=a', 'Get=*'],
    ['a server twice', 'Exec=a+a', 'Exec=a'],
    ['characters of identifiers', 'Get=urn:x/1.0#é', 'Get=urn:x/1.0#é'],
  ])('reads %s', (_, text, canonical) => expect(formatAcl(parseAcl(text))).toBe(canonical));
  test.each([
    ['an unknown command', 'Copy=*'],
    ['a command in other letters', 'get=*'],
    ['a command without servers', 'Get='],
    ['no equals sign', 'Get'],
    ['two equals signs', 'Get=a=b'],
    ['an empty entry', 'Get=*&'],
    ['an empty server', 'Get=a++b'],
    ['white space', 'Get=a b'],
  ])('refuses %s', (_, text) => {
    expect(() => parseAcl(text)).toThrow(expect.objectContaining({ code: 'ERR_ACL_SYNTAX' }));
    expect(() => parseAcl(text)).toThrow(DecodeError);
  });
});

test('parseAcl reads every ACL that formatAcl writes', () => {
  fc.assert(
    fc.property(acls, (acl) => {
      expect(parseAcl(formatAcl(acl))).toEqual(acl);
    }),
  );
});

test('parseAcl reads any text or refuses it with a DecodeError', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      try {
        parseAcl(text);
      } catch (error) {
        expect(error).toBeInstanceOf(DecodeError);
      }
    }),
  );
});

/** The printed example: a tree of ACLs, each node's own. */
const TREE: Readonly<Record<string, string>> = {
  '.': 'Add=*&Get=*',
  A: 'Get=S3&Replace=S3',
  'A/1': 'Get=*',
  B: 'Get=S1&Replace=S1',
  'B/2': '',
  'B/3': 'Get=S2&Replace=S2&Delete=S2',
  'B/3/4': '',
  'B/3/5': 'Get=S1+S2&Replace=S1',
};

function aclOf(path: string): Acl {
  const names = path.split('/');
  const nodes = ['.', ...names.map((_, at) => names.slice(0, at + 1).join('/'))];
  return effectiveAcl(nodes.map((each) => parseAcl(TREE[each] ?? '')));
}

describe('the ACL that applies to a node (DM-TND §7.7.1)', () => {
  const may = (server: string, command: (typeof ACL_COMMANDS)[number], path: string) =>
    grants(aclOf(path), command, parseServerIdentifier(server));

  test.each([
    ['every server reads A/1', 'S9', 'Get', 'A/1', true],
    ['no server writes A/1', 'S3', 'Replace', 'A/1', false],
    ['S3 changes the ACL of A/1, for it may replace A', 'S3', 'Replace', 'A', true],
    ['S1 writes B/3/5', 'S1', 'Replace', 'B/3/5', true],
    ['S1 does not change its ACL, for it may not replace B/3', 'S1', 'Replace', 'B/3', false],
    ['S2 deletes B/3', 'S2', 'Delete', 'B/3', true],
    ['B/3/4 inherits the rights of B/3', 'S2', 'Get', 'B/3/4', true],
    ['B/3/4 inherits no other rights', 'S1', 'Get', 'B/3/4', false],
    ['S1 reads B/2 by inheritance', 'S1', 'Get', 'B/2', true],
  ] as const)('is that of the example: %s', (_, server, command, path, expected) =>
    expect(may(server, command, path)).toBe(expected),
  );

  test('is the default when no node has a value', () => {
    expect(formatAcl(effectiveAcl([parseAcl(''), parseAcl('')]))).toBe('Add=*&Get=*');
  });

  test('grants a right to all servers only by the wildcard', () => {
    expect(grants(aclOf('A/1'), 'Get', '*')).toBe(true);
    expect(grants(aclOf('A'), 'Get', '*')).toBe(false);
  });
});
