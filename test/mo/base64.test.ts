import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isBase64, withoutWhiteSpace } from '../../src/mo/base64.ts';

test.each(['', 'AAE=', 'AA==', 'AAEC', ' A A\nE\r\nC\t', 'AA =\n=', '+/+/'])('%j is base64', (text) => {
  expect(isBase64(text)).toBe(true);
});

test.each([
  'A',
  'AA',
  'AAE',
  'hello world',
  'AAECAwQFB',
  'AAE==',
  'AA=',
  'A===',
  'AA=A',
  '=',
  'AA-_',
  '%%',
  'größe',
  '-----BEGIN CERTIFICATE-----\nMIIB+zCCAWQ=\n-----END CERTIFICATE-----\n',
])('%j is no base64', (text) => {
  expect(isBase64(text)).toBe(false);
});

test('the base64 of any bytes is base64, with line breaks, too, and without padding it is none', () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.nat({ max: 20 }), (bytes, width) => {
      const text = Buffer.from(bytes).toString('base64');
      const broken = text.replaceAll(new RegExp(`.{${width + 1}}`, 'gu'), '$&\r\n ');
      const unpadded = text.replace(/=+$/u, '');
      expect([text, broken, unpadded].map(isBase64)).toEqual([true, true, unpadded === text]);
      expect(withoutWhiteSpace(broken)).toBe(text);
    }),
  );
});
