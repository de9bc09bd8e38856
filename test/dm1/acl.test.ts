import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
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

describe('reads', () => {
  it.each([
    ['no value', '', ''],
    ['several servers', 'Add=srvA&Delete=srvA&Replace=srvA+srvB&Get=*', 'Add=srvA&Delete=srvA&Get=*&Replace=srvA+srvB'],
    ['a wildcard beside servers', 'Get=a+*+b', 'Get=*'],
    ['a command twice', 'Get=b&Get=a', 'Get=a+b'],
    ['a command twice, once with a wildcard', 'Get=*&Get=a', 'Get=*'],
    ['a server twice', 'Exec=a+a', 'Exec=a'],
    ['characters of identifiers', 'Get=urn:x/1.0#é', 'Get=urn:x/1.0#é'],
  ])('%s', (_what, text, canonical) => expect(formatAcl(parseAcl(text))).toBe(canonical));
});

describe('refuses', () => {
  it.each([
    ['an unknown command', 'Copy=*'],
    ['a command in other letters', 'get=*'],
    ['a command without servers', 'Get='],
    ['no equals sign', 'Get'],
    ['two equals signs', 'Get=a=b'],
    ['an empty entry', 'Get=*&'],
    ['an empty server', 'Get=a++b'],
    ['white space', 'Get=a b'],
  ])('%s', (_what, text) => {
    expect(() => parseAcl(text)).toThrow(expect.objectContaining({ code: 'ERR_ACL_SYNTAX' }));
    expect(() => parseAcl(text)).toThrow(DecodeError);
  });
});

test('what is written reads the same', () => {
  fc.assert(
    fc.property(acls, (acl) => {
      expect(parseAcl(formatAcl(acl))).toEqual(acl);
    }),
  );
});

test('any text is read or refused', () => {
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

function inForce(path: string): Acl {
  const names = path.split('/');
  const way = ['.', ...names.map((_, at) => names.slice(0, at + 1).join('/'))];
  return effectiveAcl(way.map((each) => parseAcl(TREE[each] ?? '')));
}

describe('the ACL in force', () => {
  const may = (server: string, command: (typeof ACL_COMMANDS)[number], path: string) =>
    grants(inForce(path), command, parseServerIdentifier(server));

  it.each([
    ['everyone reads A/1', 'S9', 'Get', 'A/1', true],
    ['nobody writes A/1', 'S3', 'Replace', 'A/1', false],
    ['S3 changes the ACL of A/1, for it may replace A', 'S3', 'Replace', 'A', true],
    ['S1 writes B/3/5', 'S1', 'Replace', 'B/3/5', true],
    ['S1 does not change its ACL, for it may not replace B/3', 'S1', 'Replace', 'B/3', false],
    ['S2 deletes B/3', 'S2', 'Delete', 'B/3', true],
    ['B/3/4 inherits', 'S2', 'Get', 'B/3/4', true],
    ['and nothing beyond that', 'S1', 'Get', 'B/3/4', false],
    ['S1 reads B/2 by inheritance', 'S1', 'Get', 'B/2', true],
  ] as const)('%s', (_what, server, command, path, expected) => expect(may(server, command, path)).toBe(expected));

  it('is the default where nothing is said', () => {
    expect(formatAcl(effectiveAcl([parseAcl(''), parseAcl('')]))).toBe('Add=*&Get=*');
  });

  it('for everybody is only what everybody has', () => {
    expect(grants(inForce('A/1'), 'Get', '*')).toBe(true);
    expect(grants(inForce('A'), 'Get', '*')).toBe(false);
  });
});
