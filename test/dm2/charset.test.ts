import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { textOf } from '../../src/dm2/charset.ts';
import { contentFromBytes } from '../../src/dm2/content.ts';
import { parseMediaType } from '../../src/dm2/media-type.ts';

const read = (bytes: Uint8Array, contentType?: string) =>
  textOf(contentFromBytes(bytes), contentType === undefined ? undefined : parseMediaType(contentType));

/** The text in big-endian UTF-16. */
const utf16be = (text: string) => Buffer.from(text, 'utf16le').swap16();
const bytes = (...values: readonly number[]) => Buffer.from(values);
const joined = (...parts: readonly Uint8Array[]) => Buffer.concat(parts);

describe('the text of a resource', () => {
  test.each([
    ['text/plain', Buffer.from('grün €')],
    ['text/plain; charset=utf-8', Buffer.from('grün €')],
    ['text/plain; charset="UTF-8"', Buffer.from('grün €')],
    ['text/plain; CHARSET=utf8', Buffer.from('grün €')],
    ['text/plain; charset=utf-16le', Buffer.from('grün €', 'utf16le')],
    ['text/plain; charset=UTF-16BE', utf16be('grün €')],
    ['text/plain; charset=utf-16', joined(bytes(0xff, 0xfe), Buffer.from('grün €', 'utf16le'))],
    ['text/plain; charset=utf-16', joined(bytes(0xfe, 0xff), utf16be('grün €'))],
    ['text/plain; charset=windows-1252', bytes(0x67, 0x72, 0xfc, 0x6e, 0x20, 0x80)],
    ['application/json; charset=utf-16le', Buffer.from('grün €', 'utf16le')],
    [undefined, Buffer.from('grün €')],
    ['application/octet-stream', Buffer.from('grün €')],
  ])('%s is read', (contentType, body) => {
    expect(read(body, contentType)).toEqual({ text: 'grün €' });
  });

  test.each([
    ['text/plain; charset=iso-8859-1', bytes(0x67, 0xfc, 0x80), 'gü\u0080'],
    ['text/xml; charset=ISO_8859-1', bytes(0x3c, 0xe4, 0x3e), '<ä>'],
    ['text/plain; charset=us-ascii', Buffer.from('plain'), 'plain'],
    ['text/plain; charset=ascii', Buffer.from('plain'), 'plain'],
    ['text/html; charset=cp1252', bytes(0x93, 0x78, 0x94), '“x”'],
  ])('%s is read byte by byte', (contentType, body, text) => {
    expect(read(body, contentType)).toEqual({ text });
  });

  test.each([
    ['text/plain; charset=iso-8859-1', joined(bytes(0xef, 0xbb, 0xbf), Buffer.from('grün'))],
    ['text/plain; charset=utf-8', joined(bytes(0xff, 0xfe), Buffer.from('grün', 'utf16le'))],
    ['text/plain', joined(bytes(0xfe, 0xff), utf16be('grün'))],
    ['application/xml', joined(bytes(0xfe, 0xff), utf16be('grün'))],
    ['application/foo+xml; charset=us-ascii', joined(bytes(0xff, 0xfe), Buffer.from('grün', 'utf16le'))],
    ['text/plain; charset=no-such', joined(bytes(0xff, 0xfe), Buffer.from('grün', 'utf16le'))],
  ])('a byte order mark decides before %s, and is dropped', (contentType, body) => {
    expect(read(body, contentType)).toEqual({ text: 'grün' });
  });

  test.each(['text/xml', 'text/html', undefined])(
    'a byte order mark of UTF-8 in %s is part of the text',
    (contentType) => {
      expect(read(Buffer.from('\uFEFF<a/>'), contentType)).toEqual({ text: '\uFEFF<a/>' });
    },
  );

  test.each([
    ['text/plain; charset=koi8-r', Buffer.from('x'), 'unknown charset "koi8-r"'],
    ['text/plain; charset=utf-16', utf16be('x'), 'unknown charset "utf-16"'],
    ['text/plain', bytes(0xff, 0xfe, 0, 0, 0x41, 0, 0, 0), 'unknown charset "utf-32"'],
    ['application/xml; charset=utf-16', bytes(0xff, 0xfe, 0, 0, 0x41, 0, 0, 0), 'unknown charset "utf-32"'],
    ['text/plain; charset=utf-8', bytes(0, 0, 0xfe, 0xff, 0, 0, 0, 0x41), 'unknown charset "utf-32"'],
    ['application/json; charset=utf-32', Buffer.from('x'), 'unknown charset "utf-32"'],
    ['text/plain', bytes(0xff, 0x00), 'bytes that are not utf-8'],
    ['text/plain; charset=us-ascii', Buffer.from('ü'), 'bytes that are not us-ascii'],
    ['text/plain; charset=windows-1252', bytes(0x81), 'bytes that are not windows-1252'],
    ['text/plain; charset=utf-16le', bytes(0x41), 'bytes that are not utf-16le'],
    ['text/plain; charset=utf-16le', bytes(0x00, 0xd8, 0x41, 0x00), 'bytes that are not utf-16le'],
    ['text/plain; charset=utf-16be', bytes(0xd8, 0x00), 'bytes that are not utf-16be'],
    ['image/png', bytes(0xff, 0x00), 'bytes that are not UTF-8'],
    [undefined, bytes(0xff, 0x00), 'bytes that are not UTF-8'],
  ])('%s is no text when its bytes are not what it claims', (contentType, body, problem) => {
    expect(read(body, contentType)).toEqual({ problem });
  });

  test('every text comes back from every encoding of Unicode, with or without a mark', () => {
    // UTF-16 that begins with a NUL looks like UTF-32.
    const text = fc.string({ unit: 'binary' }).filter((each) => !/^[\0\uFEFF]/.test(each));
    fc.assert(
      fc.property(text, (each) => {
        expect(read(Buffer.from(each), 'text/plain')).toEqual({ text: each });
        expect(read(Buffer.from(`\uFEFF${each}`), 'text/plain')).toEqual({ text: each });
        expect(read(utf16be(`\uFEFF${each}`), 'text/plain')).toEqual({ text: each });
        expect(read(Buffer.from(`\uFEFF${each}`, 'utf16le'), 'text/xml; charset=utf-8')).toEqual({ text: each });
      }),
    );
  });
});
