import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { contentBytes, contentFromBytes } from '../../src/dm2/content.ts';
import { writeMultipart } from '../../src/dm2/multipart.ts';
import type { DataPart } from '../../src/dm2/package.ts';
import { readMultipart } from '../support/dm2/multipart-reader.ts';

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('utf8');
const bytes = (value: string) => new Uint8Array(Buffer.from(value));
const PACKAGE = '{"Status":[{"sc":200}]}';

test('writeMultipart writes the form of Appendix F, byte for byte', () => {
  const { contentType, body } = writeMultipart(PACKAGE, [
    { index: 0, contentType: 'text/plain', content: { text: 'IMEI:493005100592800' } },
    { index: 2, contentType: 'application/dmmo+json', content: { text: '[]' } },
  ]);
  expect(contentType).toBe('multipart/form-data; boundary=dmbridge-00000000');
  expect(text(contentBytes(body))).toBe(
    [
      '--dmbridge-00000000',
      'Content-Disposition: form-data',
      'Content-Type: application/vnd.oma.dm.response+json',
      '',
      PACKAGE,
      '--dmbridge-00000000',
      'Content-Disposition: form-data; name="0"',
      'Content-Type: text/plain',
      '',
      'IMEI:493005100592800',
      '--dmbridge-00000000',
      'Content-Disposition: form-data; name="2"',
      'Content-Type: application/dmmo+json',
      '',
      '[]',
      '--dmbridge-00000000--',
      '',
    ].join('\r\n'),
  );
});

describe('the boundary', () => {
  test('the boundary of a multipart body occurs in no part', () => {
    const look = (number: string): DataPart => ({
      index: 0,
      contentType: 'text/plain',
      content: { text: `\r\n--dmbridge-${number}--\r\n` },
    });
    const { contentType } = writeMultipart(PACKAGE, [look('00000000'), look('00000001'), look('00000003')]);
    expect(contentType).toBe('multipart/form-data; boundary=dmbridge-00000002');
  });

  test('the boundary of a multipart body does not occur in the package', () => {
    const { contentType } = writeMultipart('{"x":"dmbridge-00000000"}', []);
    expect(contentType).toBe('multipart/form-data; boundary=dmbridge-00000001');
  });

  test('the boundary is found in one scan, however many similar texts a device sends', () => {
    const alikes = Array.from({ length: 100_000 }, (_, number) => `dmbridge-${String(number).padStart(8, '0')}`).join(
      '',
    );
    const { contentType } = writeMultipart(PACKAGE, [
      { index: 0, contentType: 'text/plain', content: { text: alikes } },
    ]);
    expect(contentType).toBe('multipart/form-data; boundary=dmbridge-00100000');
  });
});

test("a device's Type cannot add header lines", () => {
  const { contentType, body } = writeMultipart(PACKAGE, [
    { index: 0, contentType: 'text/plain\r\nX-Evil: 1', content: { text: 'v' } },
  ]);
  expect(text(contentBytes(body))).not.toContain('X-Evil');
  expect(readMultipart(contentType, contentBytes(body))[1]?.contentType).toBe('application/octet-stream');
});

test('a written multipart body is read as the same parts, binary data included', () => {
  const nasty = fc.constantFrom('\r\n', '\r\n\r\n', '--', '\r\n--dmbridge-00000000', '--dmbridge-00000000--', '');
  const content = fc.oneof(
    fc.uint8Array().map(contentFromBytes),
    fc.array(fc.oneof(nasty, fc.string())).map((pieces) => ({ text: pieces.join('') })),
  );
  const part = fc.record({ index: fc.nat(), contentType: fc.constantFrom('text/plain', 'image/png'), content });
  fc.assert(
    fc.property(fc.json(), fc.array(part), (json, parts) => {
      const { contentType, body } = writeMultipart(json, parts);
      expect(readMultipart(contentType, contentBytes(body))).toEqual([
        { contentType: 'application/vnd.oma.dm.response+json', content: bytes(json) },
        ...parts.map((each) => ({
          name: String(each.index),
          contentType: each.contentType,
          content: contentBytes(each.content),
        })),
      ]);
    }),
  );
});
