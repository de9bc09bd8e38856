/** Which texts can be a DevID, and the form in which the backend gets one. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { devIdHeader, devIdProblem, parseDevId } from '../../src/device/dev-id.ts';

const LONG = 'ä'.repeat(255);

test.for([
  ['IMEI:493005100592800', true, true],
  ['urn:uuid:f81d4fae-7dec-11d0-a765-00a0c9000001', true, true],
  ['a b%20~!"#', true, true],
  ['x'.repeat(255), true, true],
  ['x'.repeat(256), false, false],
  [LONG, false, true],
  [`${LONG}ä`, false, false],
  ['😀'.repeat(255), false, true],
  ['設備-1', false, true],
  ['gerät', false, true],
  ['a\u0000b', false, false],
  ['a\tb', false, false],
  ['a\u0085b', false, false],
  ['', false, false],
] as const)('the DevID %j is registered without encoding: %s, with encoding: %s', ([devId, plain, encoded]) => {
  expect([devIdProblem(devId, false), devIdProblem(devId, true)].map((problem) => problem === undefined)).toEqual([
    plain,
    encoded,
  ]);
});

test.for([
  ['IMEI:493005100592800', 'IMEI:493005100592800'],
  ['100%', '100%'],
  ['gerät-1', 'ger%C3%A4t-1'],
  ['設備 1', '%E8%A8%AD%E5%82%99 1'],
  ['100%ä', '100%25%C3%A4'],
  ['😀', '%F0%9F%98%80'],
] as const)('the header has %j as %j', ([devId, header]) => {
  expect(devIdHeader(parseDevId(devId))).toBe(header);
});

test('every DevID has a header in printable ASCII, from which an encoded one can be read back', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (text) => {
      const header = devIdHeader(parseDevId(text));
      expect(header).toMatch(/^[ -~]*$/u);
      if (header !== text) expect(decodeURIComponent(header)).toBe(text);
    }),
  );
});
