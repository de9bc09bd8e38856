/** LocURIs: their parsers, and relations between nodes of a device's tree (DM-TND, URI rules). */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DecodeError } from '../../src/errors.ts';
import {
  ancestorsOf,
  childOf,
  commonAncestor,
  descendantOf,
  isAtOrBelow,
  isBelow,
  isDevInfo,
  isNodeName,
  locUriOfTarget,
  nameOf,
  namesBelow,
  namesOf,
  overlaps,
  parentOf,
  parseLocUri,
  ROOT,
  readLocUri,
  readLocUriLeniently,
} from '../../src/mo/loc-uri.ts';

describe('the parsers of LocURIs', () => {
  test.each([
    ['./DevInfo/DevId', './DevInfo/DevId'],
    ['DevInfo/DevId', './DevInfo/DevId'],
    ['.', '.'],
    ['./', '.'],
    [' ./A ', './A'],
    ['./A?list=TNDS+ACL', './A'],
    ['./A?prop=ACL?x', './A'],
    ['.?list=MORoot', '.'],
    ['./a%2Fb', './a%2Fb'],
    ['./A/..b', './A/..b'],
  ])('read "%s" as "%s"', (text, expected) => {
    expect(parseLocUri(text)).toBe(expected);
    expect(readLocUri(text)).toBe(expected);
    expect(readLocUriLeniently(text)).toBe(expected);
  });

  test.each([
    '',
    '/A',
    './A//b',
    '../A',
    './A/../B',
    './A/./B',
    '[x]/A',
    'urn:oma:mo:oma-fumo:1.0',
    '?list=TNDS',
    'http://a/b',
  ])('refuse "%s"', (text) => {
    expect(() => parseLocUri(text)).toThrow(DecodeError);
    expect(readLocUri(text)).toBeUndefined();
    expect(readLocUriLeniently(text)).toBeUndefined();
  });

  test.each([
    ['./A/', './A'],
    ['A//?list=Struct', './A'],
    ['.//', '.'],
  ])('only the lenient one reads "%s", as "%s"', (text, expected) => {
    expect(readLocUri(text)).toBeUndefined();
    expect(readLocUriLeniently(text)).toBe(expected);
  });

  test('the LocURI of a Target is the text before the query', () => {
    expect([locUriOfTarget('./A/B?list=TNDS'), locUriOfTarget('./A')]).toEqual(['./A/B', './A']);
  });
});

describe('a LocURI', () => {
  const a = parseLocUri('./A');
  const ab = parseLocUri('./A/B');

  test('has a name, a parent and ancestors', () => {
    expect([nameOf(ab), nameOf(ROOT)]).toEqual(['B', '.']);
    expect([parentOf(ab), parentOf(a), parentOf(ROOT)]).toEqual(['./A', '.', undefined]);
    expect([ancestorsOf(ab), ancestorsOf(ROOT)]).toEqual([['.', './A'], []]);
    expect([namesOf(ab), namesOf(ROOT)]).toEqual([['A', 'B'], []]);
  });

  test('leads to children and descendants', () => {
    expect([childOf(ROOT, 'A'), childOf(a, 'B')]).toEqual([a, ab]);
    expect([descendantOf(ROOT, ['A', 'B']), descendantOf(a, [])]).toEqual([ab, a]);
  });

  test.each([
    ['./A/B', './A', ['B']],
    ['./A', '.', ['A']],
    ['./A/B/C', '.', ['A', 'B', 'C']],
    ['./A', './A', []],
    ['.', '.', []],
    ['./AB', './A', undefined],
    ['./A', './A/B', undefined],
    ['.', './A', undefined],
  ])('%s relative to %s has the names %j', (text, above, names) => {
    const [uri, ancestor] = [parseLocUri(text), parseLocUri(above)];
    expect(namesBelow(uri, ancestor)).toEqual(names);
    expect(isAtOrBelow(uri, ancestor)).toBe(names !== undefined);
    expect(isBelow(uri, ancestor)).toBe(names !== undefined && names.length > 0);
    expect(overlaps(uri, ancestor)).toBe(names !== undefined || isBelow(ancestor, uri));
  });

  test.each([
    [['./A/B/C', './A/B/D'], './A/B'],
    [['./A/B', './A/B/D'], './A/B'],
    [['./A/BC', './A/B'], './A'],
    [['./A', './B'], '.'],
    [['./A', '.'], '.'],
    [['./A/B'], './A/B'],
    [[], undefined],
  ])('the common ancestor of %j is %s', (texts, ancestor) => {
    expect(commonAncestor(texts.map(parseLocUri))).toBe(ancestor);
  });

  test.each([
    ['./DevInfo', true],
    ['Devinfo/DevId', true],
    ['./DEVINFO/Ext/x', true],
    ['./DevInfoX', false],
    ['./A/DevInfo', false],
    ['', false],
  ])('"%s" is in DevInfo, compared without case: %s', (text, expected) => {
    expect(isDevInfo(text)).toBe(expected);
  });

  test.each([
    ['a b', true],
    ['..b', true],
    ['', false],
    ['.', false],
    ['..', false],
    ['a/b', false],
    ['a?b', false],
  ])('a node can have the name "%s": %s', (name, expected) => {
    expect(isNodeName(name)).toBe(expected);
  });
});

test('any address is its own normal form, and the child of its parent', () => {
  const names = fc.array(fc.stringMatching(/^[A-Za-z0-9_%-]{1,8}$/u), { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(names, (path) => {
      const uri = parseLocUri(path.join('/'));
      const parent = parentOf(uri);
      expect(parseLocUri(uri)).toBe(uri);
      expect(namesOf(uri)).toEqual(path);
      expect(descendantOf(ROOT, path)).toBe(uri);
      expect(parent !== undefined && childOf(parent, nameOf(uri))).toBe(uri);
      expect(parent !== undefined && isBelow(uri, parent)).toBe(true);
      expect(ancestorsOf(uri).at(-1)).toBe(parent);
    }),
  );
});
