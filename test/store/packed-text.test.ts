/** Packed text is the same text again, whatever it is, and text that was packed before can be read for good. */
import { hash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isPacked, packText, unpackText } from '../../src/store/packed-text.ts';
import { deviceRecord } from './values.ts';

/** Written by the first program that packed text: not to be changed. */
const WRITTEN = {
  text: JSON.stringify({
    devId: 'IMEI:490154203237518',
    credentials: { user: 'Bruce2', md5: 'PtEdr8lBQ45IbT1bZIkrOQ==' },
    values: { manufacturer: 'Device Factory', model: 'SmartPhone2000', note: 'ä\u0000\u2028"' },
    facts: { list: 'StructData' },
    nextSeq: 1,
  }),
  packed:
    'AkMriE0sDQxNTYwMjI2MzU0NLXCWy05FpcmpRvDSOaDENaXIIscp0MTUMynEMCnKM7vIP9DWFm/565JalpmcquCWmFySX1SJVBoH5yYWlQRk5OelGhkYGIC7iSWgrH14SUypgYGBwaOGFTGoRTbW8hlRjtQCAA==',
};

/** The dictionary itself, packed: each byte of it is copied from there. Not to be changed. */
const WHOLE_DICTIONARY = 'Au3XwQAAAAADIZf5Q57GHmXRHM3RHM3RHM3RHM3RHM3RHM3RHO3maAE=';

test('any text of the right length is the same after packing', () => {
  const words = fc.constantFrom('"name":', '"DevInfo"', './DevDetail/FwV', 'ä', '\u0000', '\ud83d\udcf1', '{', ' ');
  const texts = fc
    .array(fc.oneof(words, fc.string({ unit: 'binary' })), { maxLength: 300 })
    .map((parts) => parts.join(''));
  fc.assert(
    fc.property(texts, (text) => {
      const packed = packText(text);
      expect(packed === undefined).toBe(text.length < 128 || text.length > 64 * 1024);
      if (packed === undefined) return;
      expect(isPacked(packed)).toBe(true);
      expect(unpackText(packed)).toBe(text);
    }),
  );
});

test('text that an earlier program packed is read', () => {
  expect(unpackText(Buffer.from(WRITTEN.packed, 'base64'))).toBe(WRITTEN.text);
});

test('the dictionary is the one with which stored text was packed', () => {
  expect(hash('sha256', unpackText(Buffer.from(WHOLE_DICTIONARY, 'base64')))).toBe(
    '914a6c3a60f27eb85242ba35cf3a679c6c3ccc9f4b233f2c1af2c37a53d5ad7a',
  );
});

test('short and long texts are not packed', () => {
  expect(packText('x'.repeat(127))).toBeUndefined();
  expect(packText('x'.repeat(128))).toBeDefined();
  expect(packText('x'.repeat(64 * 1024))).toBeDefined();
  expect(packText('x'.repeat(64 * 1024 + 1))).toBeUndefined();
});

test('JSON text is never taken for packed text', () => {
  const text = JSON.stringify(deviceRecord('IMEI:1'));
  expect(isPacked(Buffer.from(text))).toBe(false);
  expect(unpackText(Buffer.from(text))).toBe(text);
});

test('packed bytes that were cut are refused', () => {
  const packed = packText(JSON.stringify(deviceRecord('IMEI:1', { values: { note: 'x'.repeat(200) } })));
  expect(() => unpackText(packed?.subarray(0, 40) ?? Buffer.alloc(0))).toThrow();
});

test('the record of a device takes far less than its text', () => {
  const credentials = {
    user: 'Bruce2',
    md5: 'PtEdr8lBQ45IbT1bZIkrOQ==',
    sha256: 'R97sly7ZBZJBy453p8EcsTXjWZs9+cyuHXyPGRtKXlU=',
    basic: 'VZhEeAIpguKJvIj6YEP7O058tRW/9wVyd6ZkOU8IpdM=',
  };
  const facts = { usesRespUri: true, list: 'StructData' } as const;
  const text = JSON.stringify(
    deviceRecord('IMEI:1', { credentials, facts, values: { manufacturer: 'A', model: 'B' } }),
  );
  expect(packText(text)?.length).toBeLessThan(text.length / 2);
});
