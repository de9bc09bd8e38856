import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type ClientUri,
  concreteClientUri,
  formatClientUri,
  formatPathFromRoot,
  hasWildcard,
  parseClientUri,
  parsePathFromRoot,
  withoutQuery,
} from '../../src/dm2/client-uri.ts';
import { DecodeError } from '../../src/errors.ts';
import { type Miid, parseMiid } from '../../src/mo/miid.ts';
import { parseMoid } from '../../src/mo/moid.ts';
import { moidRecognizer } from '../support/dm2/moid-recognizer.ts';

const M = 'urn:oma:mo:moid:1.0';
const PRODUCT = 'com.example/1.2/Product';
const moids = moidRecognizer([M, PRODUCT]);
const parse = (text: string) => parseClientUri(text, moids);
const name = (text: string) => ({ kind: 'name', name: text });
const miid = (text: string) => ({ kind: 'miid', miid: text });
const x = (letter: string) => ({ kind: 'x', name: letter });
const ALL = { kind: 'all' };
const ONLY = { kind: 'only' };

describe('MOID, mo-inst and path', () => {
  test.each<[string, string, object, readonly object[]]>([
    ['the root', `${M}/left/`, miid('left'), []],
    ['the root without a slash', `${M}/left`, miid('left'), []],
    ['the root of the only instance', `${M}//`, ONLY, []],
    ['the same without a slash', `${M}/`, ONLY, []],
    ['all instances', `${M}/*/`, ALL, []],
    ['a path', `${M}/left/Data/1/Value`, miid('left'), [name('Data'), name('1'), name('Value')]],
    ['a path with a slash at its end', `${M}/left/Data/`, miid('left'), [name('Data')]],
    ['a wildcard in the path', `${M}//Data/*/Value`, ONLY, [name('Data'), ALL, name('Value')]],
    ['percent encoding', `${M}/a%2Fb/urn%3Aoma/%C5%82`, miid('a/b'), [name('urn:oma'), name('ł')]],
    ['raw colons', `${M}/a:b/urn:oma:mo`, miid('a:b'), [name('urn:oma:mo')]],
    ['an encoded wildcard is a name', `${M}/%2A/%2A`, miid('*'), [name('*')]],
    ['an encoded x-name is a name', `${M}/%28x%29/(x%29`, miid('(x)'), [name('(x)')]],
    ['brackets around more than a letter', `${M}/(xy)/(1)`, miid('(xy)'), [name('(1)')]],
    ['a wildcard is a segment of its own', `${M}/a*/b*`, miid('a*'), [name('b*')]],
    ['a plus is a plus', `${M}/a+b/`, miid('a+b'), []],
  ])('parseClientUri reads %s', (_, text, instance, path) => {
    expect(parse(text)).toStrictEqual({ text, moid: M, writtenMoid: M, instance, path, conditions: [] });
  });

  test.each<[string, string, string, object, readonly object[]]>([
    ['unknown: at the first slash', 'urn:x:y:1.0/a/b', 'urn:x:y:1.0', miid('a'), [name('b')]],
    ['unknown with slashes: at the first one, too', 'org.example/1.2/P', 'org.example', miid('1.2'), [name('P')]],
    ['unknown with %2F', 'org.example%2F1.2/a/b', 'org.example/1.2', miid('a'), [name('b')]],
    ['without urn:', 'oma:mo:moid:1.0/a/b', 'oma:mo:moid:1.0', miid('a'), [name('b')]],
    ['known with slashes', `${PRODUCT}/a/b`, PRODUCT, miid('a'), [name('b')]],
    ['known with %2F', 'com.example%2F1.2%2FProduct//b', PRODUCT, ONLY, [name('b')]],
  ])('parseClientUri finds the end of a MOID, %s', (_, text, moid, instance, path) => {
    expect(parse(text)).toMatchObject({ moid, instance, path });
  });

  test('parseClientUri ignores a recognized MOID without a slash behind it', () => {
    const hasty = { longestMoid: () => 'urn:oma' };
    expect(parseClientUri(`${M}//`, hasty).moid).toBe(M);
  });
});

describe('query', () => {
  test.each<[string, string, Partial<ClientUri>]>([
    ['a level', '//?lv=2', { level: 2 }],
    ['a level with zeros', '//?lv=007', { level: 7 }],
    ['a cache validator', '//?cv=a%26b=c', { cv: 'a&b=c' }],
    ['fields that are not known', '//?vendor=1&lv=1&x&&=&LV=0', { level: 1, conditions: [] }],
    ['a question mark in the query', '//?cv=a?b', { cv: 'a?b' }],
    ['nothing behind the question mark', '//?', { conditions: [] }],
    ['an encoded question mark is no query', '//a%3Flv=0', { conditions: [] }],
    ['nv', '/(x)/?nv=(x)/ID:GPS', { conditions: [{ x: 'x', path: ['ID'], value: 'GPS' }] }],
    ['nv deep below', '/(x)/?nv=(x)/A/B:v', { conditions: [{ x: 'x', path: ['A', 'B'], value: 'v' }] }],
    ['nv of the node itself', '//(x)?nv=(x):v', { conditions: [{ x: 'x', path: [], value: 'v' }] }],
    [
      'nv split at the first colon',
      '/(x)/?nv=(x)/ID:urn:a/b',
      { conditions: [{ x: 'x', path: ['ID'], value: 'urn:a/b' }] },
    ],
    [
      'nv with an encoded colon before',
      '/(x)/?nv=(x)/a%3Ab:c',
      { conditions: [{ x: 'x', path: ['a:b'], value: 'c' }] },
    ],
    ['nv with encoded value', '/(x)/?nv=(x)/ID:a%26b%3Dc', { conditions: [{ x: 'x', path: ['ID'], value: 'a&b=c' }] }],
    ['nv with an equals sign', '/(x)/?nv=(x)/ID:a=b', { conditions: [{ x: 'x', path: ['ID'], value: 'a=b' }] }],
    ['nv with an empty value', '/(x)/?nv=(x)/ID:', { conditions: [{ x: 'x', path: ['ID'], value: '' }] }],
    [
      'several nv for one x-name and for two',
      '/(x)/D/(y)?nv=(x)/ID:GPS&nv=(y)/Date:12.2&lv=1&nv=(x)/S:1',
      {
        level: 1,
        conditions: [
          { x: 'x', path: ['ID'], value: 'GPS' },
          { x: 'y', path: ['Date'], value: '12.2' },
          { x: 'x', path: ['S'], value: '1' },
        ],
      },
    ],
  ])('parseClientUri reads in a query %s', (_, rest, expected) => {
    expect(parse(M + rest)).toMatchObject(expected);
  });

  test('parseClientUri distinguishes x-names by the case of their letters', () => {
    const { instance, path } = parse(`${M}/(x)/(X)?nv=(x)/a:1&nv=(X)/b:2`);
    expect([instance, ...path]).toEqual([x('x'), x('X')]);
  });
});

describe('a malformed ClientURI', () => {
  test.each([
    ['nothing', ''],
    ['no slash', M],
    ['no slash but one in the query', `${M}?nv=(x)/a:b`],
    ['no MOID', '/left/'],
    ['an empty name in the path', `${M}/left/a//b`],
    ['an empty name at the end', `${M}/left/a//`],
    ['an x-name without nv in mo-inst', `${M}/(x)/`],
    ['an x-name without nv in the path', `${M}//Data/(x)/Value`],
    ['an x-name with the nv of another', `${M}/(x)/(y)?nv=(x)/a:b`],
    ['an nv without its x-name', `${M}//Data?nv=(x)/a:b`],
    ['two x-names with one letter', `${M}/(x)/(x)?nv=(x)/a:b`],
    ['nv without a colon', `${M}/(x)/?nv=(x)/ID`],
    ['nv without an x-name', `${M}/(x)/?nv=ID:GPS`],
    ['nv with two letters', `${M}/(x)/?nv=(xy)/ID:GPS`],
    ['nv with an empty name', `${M}/(x)/?nv=(x)//ID:GPS`],
    ['nv without value or path', `${M}/(x)/?nv`],
    ['lv zero', `${M}//?lv=0`],
    ['lv negative', `${M}//?lv=-1`],
    ['lv empty', `${M}//?lv=`],
    ['lv without value', `${M}//?lv`],
    ['lv not an integer', `${M}//?lv=1.5`],
    ['lv in exponents', `${M}//?lv=1e3`],
    ['lv twice', `${M}//?lv=1&lv=1`],
    ['cv twice', `${M}//?cv=a&cv=a`],
    ['damaged percent encoding', `${M}//%zz`],
    ['percent encoding that is not UTF-8', `${M}/%ff/`],
  ])('parseClientUri refuses %s', (_, text) => {
    expect(() => parse(text)).toThrowError(expect.objectContaining({ code: 'ERR_CLIENT_URI_SYNTAX' }));
  });

  test('parseClientUri throws nothing but a DecodeError, whatever the text', () => {
    const piece = fc.constantFrom('/', '*', '(x)', '?', '&', 'nv=', 'lv=', ':', '%', '%2F', 'a', M);
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(piece).map((pieces) => pieces.join('')),
        ),
        (text) => {
          try {
            expect(parse(text).text).toBe(text);
          } catch (error) {
            expect(error).toBeInstanceOf(DecodeError);
          }
        },
      ),
    );
  });
});

test.each<[string, boolean]>([
  ['/left/Data', false],
  ['//Data?lv=1&cv=x', false],
  ['/*/Data', true],
  ['//Data/*', true],
  ['/(x)/Data?nv=(x)/a:b', false],
  ['//(x)/Data?nv=(x)/a:b', false],
  ['//(x)/*?nv=(x)/a:b', true],
])('hasWildcard judges %s', (rest, wildcard) => {
  expect(hasWildcard(parse(M + rest))).toBe(wildcard);
});

test('withoutQuery cuts at the first question mark', () => {
  expect(withoutQuery(`${M}//a?lv=1?b`)).toBe(`${M}//a`);
  expect(withoutQuery(`${M}//a`)).toBe(`${M}//a`);
});

/** A MIID; the empty text is that of the only instance. */
function toMiid(text: string): Miid | '' {
  return text === '' ? '' : parseMiid(text);
}

describe('formatClientUri', () => {
  test.each<[string, { moid: string; miid: string; path: string[] }, string]>([
    ['a root', { moid: M, miid: 'left', path: [] }, `${M}/left/`],
    ['an empty mo-inst', { moid: M, miid: '', path: ['CBT'] }, `${M}//CBT`],
    ['a MOID with slashes', { moid: PRODUCT, miid: 'a', path: ['b'] }, `${PRODUCT}/a/b`],
    ['what RFC 3986 allows raw', { moid: M, miid: "a:b@c!$&'()*+,;=", path: ['~-._'] }, `${M}/a:b@c!$&'()*+,;=/~-._`],
    ['what it does not', { moid: M, miid: 'a/b?c#d', path: ['% ł'] }, `${M}/a%2Fb%3Fc%23d/%25%20%C5%82`],
    [
      'names that look like a wildcard or an x-name',
      { moid: M, miid: '*', path: ['(x)', '**'] },
      `${M}/%2A/%28x%29/**`,
    ],
  ])('formatClientUri writes %s', (_, node, text) => {
    expect(formatClientUri({ ...node, moid: parseMoid(node.moid), miid: toMiid(node.miid) })).toBe(text);
  });

  test('parseClientUri reads what formatClientUri wrote', () => {
    const segment = fc.oneof(
      fc.string({ minLength: 1, unit: 'grapheme' }),
      fc.constantFrom('*', '(x)', '?', '/', '%2F', ':'),
    );
    const moid = fc.constantFrom(M, PRODUCT, 'urn:a?b%', 'x');
    fc.assert(
      fc.property(moid, fc.oneof(fc.constant(''), segment), fc.array(segment), (id, instance, path) => {
        const uri = parse(formatClientUri({ moid: parseMoid(id), miid: toMiid(instance), path }));
        expect(uri.moid).toBe(id);
        expect(uri.instance).toEqual(instance === '' ? ONLY : miid(instance));
        expect(uri.path).toEqual(path.map(name));
      }),
    );
  });
});

describe('a path-from-moroot alone', () => {
  test.each<[string, readonly string[]]>([
    ['', []],
    ['/', []],
    ['/Ext', ['Ext']],
    ['Ext/Vendor', ['Ext', 'Vendor']],
    ['/Ext/Vendor/', ['Ext', 'Vendor']],
    ['/%2A/%28x%29/a%2Fb', ['*', '(x)', 'a/b']],
  ])('parsePathFromRoot reads %j', (text, path) => expect(parsePathFromRoot(text)).toEqual(path));

  test.each(['/*', '/(x)', '/a//b', '//a', '/a?lv=1', '/%', '/%E0'])(
    'parsePathFromRoot finds no path of one node in %j',
    (text) => {
      expect(parsePathFromRoot(text)).toBeUndefined();
    },
  );

  test('parsePathFromRoot reads what formatPathFromRoot wrote', () => {
    const segment = fc.oneof(
      fc.string({ minLength: 1, unit: 'grapheme' }),
      fc.constantFrom('*', '(x)', '?', '/', '%2F'),
    );
    fc.assert(
      fc.property(fc.array(segment), (path) => {
        expect(parsePathFromRoot(formatPathFromRoot(path))).toEqual(path);
      }),
    );
  });
});

test.each<[string, string]>([
  [`${M}//Data/*?lv=1`, `${M}//Data/1`],
  [`oma:mo:moid:1.0/*/Data/*`, 'oma:mo:moid:1.0/left/Data/1'],
  [`com.example%2F1.2%2FProduct/(x)/*/*?nv=(x)/a:b`, 'com.example%2F1.2%2FProduct/left/Data/1'],
])('concreteClientUri writes a match of %s as %s', (text, concrete) => {
  expect(concreteClientUri(parse(text), parseMiid('left'), ['Data', '1'])).toBe(concrete);
});
