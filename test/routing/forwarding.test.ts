/** The target and the headers of a request on its way to another server. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { endToEnd, upstreamHeaders, upstreamTarget } from '../../src/routing/forwarding.ts';

test.each([
  ['/dm', '/dm', 'http://l/old/path', '/old/path'],
  ['/dm', '/dm', 'http://l/old/', '/old/'],
  ['/dm/a%2Fb;c?d&e?f', '/dm', 'http://l/old/', '/old/a%2Fb;c?d&e?f'],
  ['/dm/', '/dm', 'http://l/old', '/old/'],
  ['/dm?x', '/dm', 'http://l', '/?x'],
  ['/dm/x', '/dm', 'http://l', '/x'],
  ['/dmx', '/dm', 'http://l/old', '/dmx'],
  ['/else//../x', '/dm', 'http://l/old', '/else//../x'],
  ['/', '', 'http://l/old', '/old'],
  ['/a', '', 'http://l/old', '/old/a'],
  ['http://front.example/dm/a', '/dm', 'http://l/old', '/old/a'],
])('%s below %s goes to %s at %s', (target, southPath, url, expected) => {
  expect(upstreamTarget(target, southPath, url)).toBe(expected);
});

test('headers of the connection, and those that it names, are left out; all others keep order and spelling', () => {
  const raw = [
    'X-a',
    '1',
    'connection',
    'close, x-B',
    'x-b',
    '2',
    'TE',
    'x',
    'x-A',
    '3',
    'Connection',
    'X-C',
    'X-c',
    '',
  ];
  expect(endToEnd(raw)).toEqual(['X-a', '1', 'x-A', '3']);
});

test('a length that Connection names stays', () => {
  expect(endToEnd(['Connection', 'content-length', 'Content-Length', '3'])).toEqual(['Content-Length', '3']);
});

const CHANGES = { host: 'l:8', replacesHost: false, dropped: new Set<string>(), framing: [], added: [] };

test.each([
  [['HOST', 'a'], {}, ['HOST', 'a']],
  [['HOST', 'a'], { replacesHost: true }, ['HOST', 'l:8']],
  [['X', '1'], {}, ['Host', 'l:8', 'X', '1']],
  [['Host', 'a', 'X-Cert', 'forged'], { dropped: new Set(['x-cert']) }, ['Host', 'a']],
  [
    ['Host', 'a'],
    { framing: ['Content-Length', '1'], added: ['Via', 'b'] },
    ['Host', 'a', 'Content-Length', '1', 'Via', 'b'],
  ],
])('of the headers %j with %j the server gets %j', (raw, changes, expected) => {
  expect(upstreamHeaders(raw, { ...CHANGES, ...changes })).toEqual(expected);
});

test('headers that are not of the connection are never changed', () => {
  const name = fc.stringMatching(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,8}$/u).map((text) => `X-${text}`);
  fc.assert(
    fc.property(fc.array(fc.tuple(name, fc.string())), (headers) => {
      const raw = ['Host', 'a', ...headers.flat()];
      expect(upstreamHeaders(raw, CHANGES)).toEqual(raw);
    }),
  );
});
