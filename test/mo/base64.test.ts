import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isBase64, withoutWhiteSpace } from '../../src/mo/base64.ts';

test.each(['', 'AAE=', 'AA==', 'AAEC', 'AAE', 'AA', ' A A\nE\r\nC\t', 'AA =\n=', '+/+/'])('%j is base64', (text) => {
  expect(isBase64(text)).toBe(true);
});

test.each([
  'A',
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

test('the base64 of any bytes is base64, with line breaks and without padding, too', () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.nat({ max: 20 }), (bytes, width) => {
      const text = Buffer.from(bytes).toString('base64');
      const broken = text.replaceAll(new RegExp(`.{${width + 1}}`, 'gu'), '$&\r\n ');
      expect([text, broken, text.replace(/=+$/u, '')].map(isBase64)).toEqual([true, true, true]);
      expect(withoutWhiteSpace(broken)).toBe(text);
    }),
  );
});
