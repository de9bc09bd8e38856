/** The SessionID of notifications. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  chooseSessionId,
  formatSessionId,
  parseSessionId,
  swappedBytes,
} from '../../src/notification/session-number.ts';

test.each([
  [0xa7, 'A7'],
  [1, '1'],
  [0xffff, 'FFFF'],
])('the SessionID %i is written %s', (number, text) => {
  expect(formatSessionId(number)).toBe(text);
});

test.each([
  ['A7', 0xa7],
  ['a7', 0xa7],
  ['00A7', 0xa7],
  ['0', undefined],
  ['10000', undefined],
  ['', undefined],
  ['x', undefined],
  ['-1', undefined],
])('the SessionID "%s" of a device is %s', (text, number) => {
  expect(parseSessionId(text)).toBe(number);
});

test('swapping the bytes twice gives the number back', () => {
  fc.assert(fc.property(fc.nat(0xffff), (number) => swappedBytes(swappedBytes(number)) === number));
  expect(swappedBytes(0x12ab)).toBe(0xab12);
});

test('a chosen SessionID is from 1 to FFFF and not taken', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 2, maxLength: 2 }), fc.array(fc.nat(0xffff)), (random, taken) => {
      const chosen = chooseSessionId(random, new Set(taken));
      expect(chosen).toBeGreaterThanOrEqual(1);
      expect(chosen).toBeLessThanOrEqual(0xffff);
      expect(taken).not.toContain(chosen);
    }),
  );
  expect(chooseSessionId(new Uint8Array([0, 0]), new Set([1]))).toBe(2);
  expect(chooseSessionId(new Uint8Array([0xff, 0xff]), new Set([0xffff]))).toBe(1);
});
