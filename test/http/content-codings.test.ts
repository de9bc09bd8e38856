import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeBody, maxCodedBytes, parseCodings } from '../../src/http/content-codings.ts';

const ENCODERS: Readonly<Record<string, (bytes: Uint8Array) => Uint8Array>> = {
  gzip: (bytes) => gzipSync(bytes),
  'x-gzip': (bytes) => gzipSync(bytes),
  deflate: (bytes) => deflateSync(bytes),
  br: (bytes) => brotliCompressSync(bytes),
};

const encode = (bytes: Uint8Array, codings: readonly string[]): Uint8Array =>
  codings.reduce((coded, name) => ENCODERS[name]?.(coded) ?? coded, bytes);

const HELLO = Buffer.from('hello');
const LIMIT = 100;

describe('Content-Encoding', () => {
  test.each([
    [undefined, []],
    ['', []],
    ['identity', []],
    ['gzip', ['gzip']],
    [' X-GZIP ,identity,, Br', ['x-gzip', 'br']],
    ['gzip, gzip, gzip', ['gzip', 'gzip', 'gzip']],
  ])('the header %s names the codings %j', (header, expected) => {
    expect(parseCodings(header)).toEqual(expected);
  });

  test.each([
    ['zstd', 'unknown content coding "zstd"'],
    ['gzip, compress', 'unknown content coding "compress"'],
    ['gzip;q=1', 'unknown content coding "gzip?q?1"'],
    ['constructor', 'unknown content coding "constructor"'],
    ['gzip, gzip, gzip, gzip', '4 content codings'],
  ])('the header %s is refused: %s', (header, reason) => {
    expect(parseCodings(header)).toEqual({ failure: 'coding', reason });
  });
});

describe('a coded body', () => {
  test('bytes come back from up to three codings, whatever their order', async () => {
    const codings = fc.array(fc.constantFrom(...Object.keys(ENCODERS)), { maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 300 }), codings, async (bytes, names) => {
        // What cannot be compressed grows on its way; the limit counts what comes out.
        const decoded = await decodeBody(encode(bytes, names), names, bytes.length);
        expect(Buffer.from(decoded as Uint8Array)).toEqual(Buffer.from(bytes));
      }),
      { numRuns: 200 },
    );
  });

  test('codings that grow an incompressible body stay within the bytes that may be on their way', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2000 }), fc.constantFrom(...Object.keys(ENCODERS)), (bytes, name) => {
        expect(encode(bytes, [name, name, name]).length).toBeLessThanOrEqual(maxCodedBytes(bytes.length));
      }),
    );
  });

  test.each([
    ['bare deflate', deflateRawSync(HELLO), ['deflate'], 'hello'],
    ['several gzip members', Buffer.concat([gzipSync(HELLO), gzipSync(HELLO)]), ['gzip'], 'hellohello'],
    ['gzip of a gzip file', gzipSync(gzipSync(HELLO)), ['gzip', 'gzip'], 'hello'],
    ['nothing', Buffer.alloc(0), ['gzip'], ''],
    ['a body at the limit', gzipSync(Buffer.alloc(LIMIT, 'x')), ['gzip'], 'x'.repeat(LIMIT)],
  ])('%s is undone', async (_name, body, codings, expected) => {
    expect(Buffer.from((await decodeBody(body, codings, LIMIT)) as Uint8Array).toString()).toBe(expected);
  });

  test.each([
    ['a byte over the limit', gzipSync(Buffer.alloc(LIMIT + 1)), ['gzip']],
    ['a bomb', gzipSync(Buffer.alloc(10_000_000)), ['gzip']],
    ['a bomb of Brotli', brotliCompressSync(Buffer.alloc(10_000_000)), ['br']],
    ['a bomb of bare deflate', deflateRawSync(Buffer.alloc(10_000_000)), ['deflate']],
    ['a bomb in the outer coding', gzipSync(gzipSync(Buffer.alloc(3_000_000, 'ab'), { level: 0 })), ['gzip', 'gzip']],
  ])('%s is too large', async (_name, body, codings) => {
    const reason = `the response has more than ${LIMIT} bytes`;
    expect(await decodeBody(body, codings, LIMIT)).toEqual({ failure: 'tooLarge', reason });
  });

  test.each([
    ['what is not coded', HELLO, 'gzip'],
    ['another coding', brotliCompressSync(HELLO), 'gzip'],
    ['a truncated gzip', gzipSync(HELLO).subarray(0, -3), 'gzip'],
    ['a truncated second member', Buffer.concat([gzipSync(HELLO), gzipSync(HELLO).subarray(0, 12)]), 'gzip'],
    ['a gzip with another checksum', withByte(gzipSync(HELLO), -6), 'gzip'],
    ['a gzip with bytes behind it', Buffer.concat([gzipSync(HELLO), HELLO]), 'gzip'],
    ['a truncated deflate', deflateSync(HELLO).subarray(0, -2), 'deflate'],
    ['a deflate with bytes behind it', Buffer.concat([deflateSync(HELLO), HELLO]), 'deflate'],
    ['a truncated bare deflate', deflateRawSync(HELLO).subarray(0, 3), 'deflate'],
    ['a truncated Brotli', brotliCompressSync(HELLO).subarray(0, -2), 'br'],
    ['a Brotli with bytes behind it', Buffer.concat([brotliCompressSync(HELLO), HELLO]), 'br'],
  ])('%s is damaged', async (_name, body, coding) => {
    const reason = `damaged content coding "${coding}"`;
    expect(await decodeBody(body, [coding], LIMIT)).toEqual({ failure: 'coding', reason });
  });
});

function withByte(bytes: Buffer, at: number): Buffer {
  const changed = Buffer.from(bytes);
  changed[changed.length + at] = (changed.at(at) ?? 0) ^ 1;
  return changed;
}
