/** The reader that the tests use is strict: a body that it accepts has the form of DM-2.0 Appendix F. */
import { describe, expect, test } from 'vitest';
import { readMultipart } from './multipart-reader.ts';

const bytes = (value: string) => new Uint8Array(Buffer.from(value));

describe('the reader of multipart bodies in tests', () => {
  const type = 'multipart/form-data; boundary=b';

  test('readMultipart accepts a foreign boundary in quotes and parts without a type', () => {
    const body = bytes('--x y\r\ncontent-disposition: Form-Data; name="0"\r\n\r\n\r\n--x y--');
    expect(readMultipart('Multipart/Form-Data; boundary="x y"', body)).toEqual([
      { name: '0', contentType: 'text/plain', content: bytes('') },
    ]);
  });

  test.each([
    ['another type', 'multipart/mixed; boundary=b', '--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--'],
    ['no boundary', 'multipart/form-data', '--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--'],
    ['a preamble', type, 'hello\r\n--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--'],
    ['an epilogue', type, '--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--\r\nbye'],
    ['no closing boundary', type, '--b\r\nContent-Disposition: form-data\r\n\r\nx'],
    ['a boundary that goes on', type, '--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--bc\r\n'],
    ['a part without an end of its header', type, '--b\r\nContent-Disposition: form-data\r\n--b--'],
    ['a boundary in place of the empty line', type, '--b\r\nContent-Disposition: form-data\r\n\r\n--b--'],
    ['a part without Content-Disposition', type, '--b\r\nContent-Type: text/plain\r\n\r\nx\r\n--b--'],
    ['a part that is no form-data', type, '--b\r\nContent-Disposition: inline\r\n\r\nx\r\n--b--'],
    ['a header line without a colon', type, '--b\r\nContent-Disposition\r\n\r\nx\r\n--b--'],
    ['bare line feeds', type, '--b\nContent-Disposition: form-data\n\nx\n--b--'],
    ['nothing', type, ''],
    ['no part', type, '--b--\r\n'],
  ])('readMultipart refuses %s', (_, contentType, body) => {
    expect(() => readMultipart(contentType, bytes(body))).toThrowError();
  });
});
