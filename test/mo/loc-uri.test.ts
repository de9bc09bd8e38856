import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DecodeError } from '../../src/errors.ts';
import {
  childOf,
  compareLocUri,
  isAtOrBelow,
  isBelow,
  isDevInfo,
  isSameNode,
  lastSegment,
  parentOf,
  parseLocUri,
  readLocUri,
  segments,
  splitQuery,
} from '../../src/mo/loc-uri.ts';

describe('parseLocUri', () => {
  it.each([
    ['./DevInfo/DevId', './DevInfo/DevId'],
    ['DevInfo/DevId', './DevInfo/DevId'],
    ['.', '.'],
    ['./', '.'],
    [' ./A ', './A'],
    ['./A?list=TNDS+ACL', './A'],
    ['.?list=MORoot', '.'],
    ['./a%2Fb', './a%2Fb'],
    ['./A/..b', './A/..b'],
  ])('reads "%s" as "%s"', (text, expected) => {
    expect(parseLocUri(text)).toBe(expected);
  });

  it.each([
    '',
    '/A',
    './A/',
    './A//b',
    '../A',
    './A/../B',
    './A/./B',
    '[x]/A',
    'urn:oma:mo:oma-fumo:1.0',
    '?list=TNDS',
    'http://a/b',
  ])('refuses "%s"', (text) => {
    expect(() => parseLocUri(text)).toThrow(DecodeError);
    expect(readLocUri(text)).toBeUndefined();
  });
});

describe('the tree', () => {
  const a = parseLocUri('./A');
  const ab = parseLocUri('./A/B');
  const root = parseLocUri('.');

  it('knows parents and names', () => {
    expect([parentOf(ab), parentOf(a), parentOf(root)]).toEqual(['./A', '.', undefined]);
    expect([lastSegment(ab), lastSegment(root)]).toEqual(['B', '']);
    expect([childOf(root, 'A'), childOf(a, 'B')]).toEqual([a, ab]);
    expect(segments(ab)).toEqual(['A', 'B']);
  });

  it('knows what lies below what', () => {
    expect([isBelow(ab, a), isBelow(a, root), isBelow(a, a), isBelow(root, root)]).toEqual([true, true, false, false]);
    expect([isAtOrBelow(a, a), isBelow(parseLocUri('./AB'), a), isBelow(a, ab)]).toEqual([true, false, false]);
  });

  it('orders a node before its sub-tree, and keeps sub-trees all', () => {
    const sorted = ['.', './A', './A/B', './A/C', './A-', './B'].map(parseLocUri);
    expect(sorted.toReversed().sort(compareLocUri)).toEqual(sorted);
    expect(compareLocUri(a, a)).toBe(0);
  });

  it('compares what was written differently', () => {
    expect([isSameNode('./A', 'A'), isSameNode('./A', './a'), isSameNode('[x]', '[x]')]).toEqual([true, false, true]);
  });

  it('knows DevInfo in any letters', () => {
    expect(['./DevInfo', 'Devinfo/DevId', './DEVINFO/Ext/x', './DevInfoX', './A/DevInfo', ''].map(isDevInfo)).toEqual([
      true,
      true,
      true,
      false,
      false,
      false,
    ]);
  });

  it('splits at the first question mark', () => {
    expect(splitQuery('./A?prop=ACL?x')).toEqual({ path: './A', query: 'prop=ACL?x' });
    expect(splitQuery('./A')).toEqual({ path: './A' });
  });
});

const name = fc.stringMatching(/^[A-Za-z0-9_%-]{1,8}$/u);

describe('any address', () => {
  it('is its own normal form, and the child of its parent', () => {
    fc.assert(
      fc.property(fc.array(name, { minLength: 1, maxLength: 6 }), (names) => {
        const uri = parseLocUri(names.join('/'));
        const parent = parentOf(uri);
        expect(parseLocUri(uri)).toBe(uri);
        expect(segments(uri)).toEqual(names);
        expect(parent !== undefined && childOf(parent, lastSegment(uri))).toBe(uri);
        expect(parent !== undefined && isBelow(uri, parent)).toBe(true);
      }),
    );
  });

  it('has one place in the order', () => {
    const uri = fc
      .array(fc.constantFrom('a', 'b', 'a-'), { maxLength: 4 })
      .map((names) => parseLocUri(`./${names.join('/')}`));
    fc.assert(
      fc.property(uri, uri, (one, other) => {
        expect(Math.sign(compareLocUri(one, other))).toBe(-Math.sign(compareLocUri(other, one)) + 0);
        expect(compareLocUri(one, other) === 0).toBe(one === other);
        if (isBelow(other, one)) expect(compareLocUri(one, other)).toBeLessThan(0);
      }),
    );
  });
});
