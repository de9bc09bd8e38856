import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatMoData, parseMoData } from '../../src/dm2/mo-data.ts';
import { validateMoData } from '../../src/dm2/package-schema.ts';
import * as printed from './spec-examples.ts';

test('the example of §7.2.1.4 is read and written', () => {
  const members = parseMoData(printed.MO_DATA);
  expect(members).toHaveLength(1);
  expect(members[0]).toMatchObject({ ClientURI: 'oma:mo:oma-dm-devinfo:1.0//', CV: '686897696a7c876b7e' });
  expect(formatMoData(members)).toBe(JSON.stringify(JSON.parse(printed.MO_DATA)));
});

describe('parseMoData', () => {
  test.each([
    ['an empty list', '[]', []],
    ['an empty interior node', '[{"ClientURI":"m//","MOData":{"a":{}}}]', [{ ClientURI: 'm//', MOData: { a: {} } }]],
    ['undefined properties', '[{"x":1,"ClientURI":"m//","MOData":{}}]', [{ ClientURI: 'm//', MOData: {} }]],
  ])('parseMoData accepts %s', (_, text, members) => {
    expect(parseMoData(text)).toEqual(members);
    expect(parseMoData({ text })).toEqual(members);
  });

  test.each([
    ['the single object of Appendix F', printed.MO_DATA_APPENDIX_F],
    ['no JSON', 'IMEI:493005100592800'],
    ['a member without MOData', '[{"ClientURI":"m//"}]'],
    ['a node with two values', '[{"ClientURI":"m//","MOData":{"a":{"b":1,"b":2}}}]'],
    ['two nodes of one name', '[{"ClientURI":"m//","MOData":{"a":{},"a":{}}}]'],
    ['a member with two addresses', '[{"ClientURI":"m//","ClientURI":"n//","MOData":{}}]'],
    ['MO data deeper than any MO', `[{"ClientURI":"m//","MOData":${'{"a":'.repeat(127)}1${'}'.repeat(127)}}]`],
  ])('parseMoData refuses %s', (_, text) => {
    expect(() => parseMoData(text)).toThrowError(expect.objectContaining({ code: 'ERR_MO_DATA_SHAPE' }));
  });

  test('parseMoData accepts the deepest MO data that is allowed', () => {
    expect(parseMoData(`[{"ClientURI":"m//","MOData":${'{"a":'.repeat(126)}1${'}'.repeat(126)}}]`)).toHaveLength(1);
  });

  test('parseMoData refuses bytes that are not UTF-8', () => {
    expect(() => parseMoData({ base64: '/w==' })).toThrowError(expect.objectContaining({ code: 'ERR_MO_DATA_SHAPE' }));
  });
});

test('written MO data is valid by the schema and is read as the same', () => {
  const MOData = fc.dictionary(fc.string(), fc.oneof(fc.jsonValue(), fc.constant({})));
  const member = fc.record(
    { DDF: fc.string(), ClientURI: fc.string(), CV: fc.string(), MOData },
    { requiredKeys: ['ClientURI', 'MOData'] },
  );
  fc.assert(
    fc.property(fc.array(member), (members) => {
      const text = formatMoData(members);
      expect(validateMoData(JSON.parse(text)).ok).toBe(true);
      expect(parseMoData(text)).toEqual(JSON.parse(JSON.stringify(members)));
    }),
  );
});
