/**
 * Content codings of HTTP bodies (RFC 9110 §8.4): the decoding of a whole body, within a limit that counts decoded bytes.
 *
 * A body of a few bytes may decode to gigabytes, so that each coding stops as soon as its output exceeds the limit.
 */
import { promisify } from 'node:util';
import { type BrotliOptions, brotliDecompress, gunzip, inflate, inflateRaw, type ZlibOptions } from 'node:zlib';

/** The codings that `decodeBody` can undo, as the value of `Accept-Encoding`. */
export const ACCEPT_ENCODING = 'gzip, deflate, br';

/** A body with more codings than this is refused: no server needs them, and each may be a bomb. */
const MAX_CODINGS = 3;

/** `tooLarge`: more bytes than the limit. `coding`: an unknown coding, or a body that its coding cannot have made. */
export type BodyFault = { readonly failure: 'tooLarge' | 'coding'; readonly reason: string };

/** The work of a decoder is done outside the main thread. */
type Decoder = (bytes: Uint8Array, maxOutputLength: number) => Promise<Uint8Array>;

const decodeGzip = promisify<Uint8Array, ZlibOptions, Uint8Array>(gunzip);
const decodeZlib = promisify<Uint8Array, ZlibOptions, Uint8Array>(inflate);
const decodeBareDeflate = promisify<Uint8Array, ZlibOptions, Uint8Array>(inflateRaw);
const decodeBrotli = promisify<Uint8Array, BrotliOptions, Uint8Array>(brotliDecompress);

/** gzip alone may consist of several members (RFC 1952 §2.2); its decoder refuses everything else behind the first. */
const DECODERS: Readonly<Record<string, Decoder>> = {
  gzip: (bytes, maxOutputLength) => decodeGzip(bytes, { maxOutputLength }),
  'x-gzip': (bytes, maxOutputLength) => decodeGzip(bytes, { maxOutputLength }),
  deflate: decodeDeflate,
  br: (bytes, maxOutputLength) => decodeBrotli(bytes, { maxOutputLength, rejectGarbageAfterEnd: true }),
};

/** The codings of a `Content-Encoding` header, in the order in which they were applied; or the reason why they cannot be undone. */
export function parseCodings(header: string | undefined): readonly string[] | BodyFault {
  if (header === undefined) return [];
  const names = header.split(',').map((name) => name.trim().toLowerCase());
  const codings = names.filter((name) => name !== '' && name !== 'identity');
  const unknown = codings.find((name) => !Object.hasOwn(DECODERS, name));
  if (unknown !== undefined) return fault('coding', `unknown content coding ${quoted(unknown)}`);
  if (codings.length > MAX_CODINGS) return fault('coding', `${codings.length} content codings`);
  return codings;
}

/**
 * The largest number of bytes that a body with codings may have on its way when `limit` bytes may come out: a coding
 * makes what it cannot compress a little longer.
 */
export function maxCodedBytes(limit: number): number {
  return limit + Math.ceil(limit / 64) + 1024;
}

/** Undoes the codings, the last one first. An empty body has no coding that could be undone, and stays empty. */
export async function decodeBody(
  body: Uint8Array,
  codings: readonly string[],
  limit: number,
): Promise<Uint8Array | BodyFault> {
  let bytes = body;
  for (const [at, name] of [...codings.entries()].toReversed()) {
    const decode = DECODERS[name];
    if (decode === undefined) return fault('coding', `unknown content coding ${quoted(name)}`);
    if (bytes.length === 0) return bytes;
    const maxOutputLength = at === 0 ? limit : maxCodedBytes(limit);
    try {
      bytes = await decode(bytes, maxOutputLength);
    } catch (error) {
      const isTooLarge = error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE';
      return isTooLarge ? tooLarge(limit) : fault('coding', `damaged content coding ${quoted(name)}`);
    }
  }
  return bytes;
}

/** The fault of a body that has more than `limit` bytes. */
export function tooLarge(limit: number): BodyFault {
  return fault('tooLarge', `the response has more than ${limit} bytes`);
}

/** `deflate` is the zlib format; some servers send the bare deflate format (RFC 9110 §8.4.1.2). */
function decodeDeflate(bytes: Uint8Array, maxOutputLength: number): Promise<Uint8Array> {
  const [first = 0, second = 0] = bytes;
  const isZlib = (first & 0x0f) === 8 && ((first << 8) | second) % 31 === 0;
  const decode = isZlib ? decodeZlib : decodeBareDeflate;
  return decode(bytes, { maxOutputLength, rejectGarbageAfterEnd: true });
}

/** A name from a header as it may be logged. */
function quoted(name: string): string {
  return `"${name.replaceAll(/[^\w.+-]/g, '?').slice(0, 40)}"`;
}

function fault(failure: BodyFault['failure'], reason: string): BodyFault {
  return { failure, reason };
}
