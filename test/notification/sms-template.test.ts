/** Templates of SMS gateways. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fillJson, fillPairs, unknownPlaceholders } from '../../src/notification/sms-template.ts';
import { hex } from './hex.ts';

const PARTS = { to: '+49170', sessionId: 'A7', header: hex('06 05 04 0B 84 23 F0'), data: hex('00 26 FF 41') };

describe('pairs', () => {
  test('the form of Kannel has its bytes percent-encoded', () => {
    const pairs = {
      username: 'me',
      password: 'a&b=c',
      to: '{to}',
      coding: '1',
      udh: '{udh:bytes}',
      text: '{data:bytes}',
    };
    expect(fillPairs(pairs, PARTS)).toBe(
      'username=me&password=a%26b%3Dc&to=%2B49170&coding=1&udh=%06%05%04%0B%84%23%F0&text=%00%26%FF%41',
    );
  });

  test('every placeholder has its value', () => {
    const pairs = { a: 'x{sessionId}y', b: '{udh}', c: '{data}', d: '{udh:base64}', e: '{data:base64}' };
    expect([...new URLSearchParams(fillPairs(pairs, PARTS))]).toEqual([
      ['a', 'xA7y'],
      ['b', '0605040B8423F0'],
      ['c', '0026FF41'],
      ['d', 'BgUEC4Qj8A=='],
      ['e', 'ACb/QQ=='],
    ]);
  });

  test('no value of a device can add a pair', () => {
    fc.assert(
      fc.property(fc.string(), (to) => {
        const filled = fillPairs({ 'a&b': '{to}', c: 'd' }, { ...PARTS, to });
        expect(filled.split('&')).toHaveLength(2);
      }),
    );
  });
});

describe('JSON', () => {
  test('placeholders are filled in at every depth, and only in string values', () => {
    const body = {
      to: ['{to}'],
      part: { '{to}': 'n{sessionId}', size: 3, flag: true, none: null, hex: '{udh}{data}' },
    };
    expect(fillJson(body, PARTS)).toEqual({
      to: ['+49170'],
      part: { '{to}': 'nA7', size: 3, flag: true, none: null, hex: '0605040B8423F00026FF41' },
    });
  });

  test('a value with markup of JSON stays a value', () => {
    const to = '","admin":"{data}';
    expect(JSON.parse(JSON.stringify(fillJson({ to: '{to}' }, { ...PARTS, to })))).toEqual({ to });
  });
});

describe('unknown placeholders', () => {
  test.each([
    ['no unknown name in a query', { kind: 'query', pairs: { a: '{to}{udh:bytes}', b: 'text' } }, []],
    ['a wrong name', { kind: 'form', pairs: { a: '{number}', b: '{number}{dat}' } }, ['number', 'dat']],
    ['bytes in JSON', { kind: 'json', body: { a: { b: ['{data:bytes}', '{data}'] } } }, ['data:bytes']],
  ] as const)('%s', (_, template, names) => {
    expect(unknownPlaceholders(template)).toEqual(names);
  });
});
