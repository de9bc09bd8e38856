import fc from 'fast-check';
import { expect, test } from 'vitest';
import { contentBytes, contentFromBytes } from '../../src/dm2/content.ts';

test('contentFromBytes makes text of UTF-8 and base64 of everything else', () => {
  expect(contentFromBytes(Buffer.from('żółw'))).toEqual({ text: 'żółw' });
  expect(contentFromBytes(new Uint8Array([0xff, 0x00]))).toEqual({ base64: '/wA=' });
});

test('contentBytes returns the same bytes, a byte order mark included', () => {
  const bom = new Uint8Array([0xef, 0xbb, 0xbf, 0x61]);
  expect(contentBytes(contentFromBytes(bom))).toEqual(bom);
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      expect(contentBytes(contentFromBytes(bytes))).toEqual(bytes);
    }),
  );
});
