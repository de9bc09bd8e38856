import { describe, expect, test } from 'vitest';
import { isMediaType, negotiate, parseMediaType } from '../../src/dm2/media-type.ts';
import { DecodeError } from '../../src/errors.ts';

const MO = 'application/dmmo+json';
const TNDS = 'application/vnd.syncml.dmtnds+xml';

describe('parseMediaType', () => {
  test.each<[string, string, Record<string, string>]>([
    ['text/plain', 'text/plain', {}],
    [' Application/DMMO+JSON ', 'application/dmmo+json', {}],
    ['text/plain; Charset=UTF-8;', 'text/plain', { charset: 'UTF-8' }],
    ['a/b;x=1;X=2', 'a/b', { x: '1' }],
    ['multipart/form-data; boundary="a;b\\"c,d"; y=z', 'multipart/form-data', { boundary: 'a;b"c,d', y: 'z' }],
    ['a/b; empty=""', 'a/b', { empty: '' }],
  ])('parseMediaType reads "%s"', (text, essence, parameters) => {
    expect(parseMediaType(text)).toEqual({ essence, parameters: new Map(Object.entries(parameters)) });
  });

  test.each([
    '',
    'text',
    'text/',
    '/plain',
    'text/plain/x',
    'te xt/plain',
    'a/b; c',
    'a/b; c=',
    'a/b; c="d',
    'a/b\r\nx: y',
  ])('parseMediaType refuses "%s"', (text) => {
    expect(() => parseMediaType(text)).toThrowError(DecodeError);
  });
});

test('isMediaType ignores parameters and case', () => {
  expect(isMediaType('Application/DMMO+json; charset=utf-8', MO)).toBe(true);
  expect(isMediaType('application/json', MO)).toBe(false);
  expect(isMediaType(undefined, MO)).toBe(false);
});

describe('negotiate', () => {
  test.each<[string, string | undefined, readonly string[], string | undefined]>([
    ['no header takes the first', undefined, [MO, TNDS], MO],
    ['an empty header takes the first', ' ', [MO, TNDS], MO],
    ['a header with one type chooses it', TNDS, [MO, TNDS], TNDS],
    ['any type takes the first', '*/*', [MO, TNDS], MO],
    ['any subtype takes the first of its type', 'text/*', [MO, 'text/plain'], 'text/plain'],
    ['the higher q wins', `${MO};q=0.4, ${TNDS};q=0.5`, [MO, TNDS], TNDS],
    ['with equal q the order of the offer decides, not that of the header', `${TNDS}, ${MO}`, [MO, TNDS], MO],
    ['without q it is 1', `${MO};q=0.9, ${TNDS}`, [MO, TNDS], TNDS],
    ['the more specific range decides, even when it is lower', `*/*, ${MO};q=0.1`, [MO, TNDS], TNDS],
    ['q=0 excludes what a wildcard would take', `*/*;q=0.1, ${MO};q=0`, [MO], undefined],
    ['undefined when nothing fits', 'text/html, image/*', [MO, TNDS], undefined],
    ['an offer that is no media type is not taken', '*/*', ['plain', MO], MO],
    ['undefined when nothing is offered', '*/*', [], undefined],
    ['case does not matter', 'APPLICATION/DMMO+JSON', [MO], MO],
    ['a parameter must be there', 'text/html;level=1', ['text/html'], undefined],
    [
      'a parameter is more specific (RFC 2616 §14.1)',
      'text/html;q=0.7, text/html;level=1;q=0.3',
      ['text/html;level=1', 'text/html'],
      'text/html',
    ],
    ['what follows q is no parameter of the type', `${MO};q=0.5;ext=1`, [MO], MO],
    ['a range that cannot be read is skipped', `nonsense, ;, ${TNDS}`, [MO, TNDS], TNDS],
    ['a q that cannot be read, too', `${MO};q=high, ${TNDS};q=0.1`, [MO, TNDS], TNDS],
    ['a q above 1, too', `${MO};q=2, ${TNDS};q=0.1`, [MO, TNDS], TNDS],
    ['a comma in quotes does not separate', `a/b;c="x,${MO}", ${TNDS}`, [MO, TNDS], TNDS],
  ])('negotiate chooses by this rule: %s', (_, accept, offered, chosen) => {
    expect(negotiate(accept, offered)).toBe(chosen);
  });
});
