/**
 * A strict reader of `multipart/form-data` (DM-2.0 Appendix F): it accepts what the bridge writes, without preamble,
 * padding or epilogue.
 */
import { parseMediaType } from '../../../src/dm2/media-type.ts';

/** One part of a body. */
export interface MultipartPart {
  readonly name?: string;
  readonly contentType: string;
  readonly content: Uint8Array;
}

const CRLF = '\r\n';
/** RFC 2046 §5.1.1 */
const BOUNDARY = /^[0-9A-Za-z'()+_,\-./:=? ]{0,69}[0-9A-Za-z'()+_,\-./:=?]$/;
const DISPOSITION = /^form-data(?:; *name=(?:"([^"]*)"|([^\s";]+)))?$/i;

/** Reads a body, whatever its boundary; throws an Error that says where the body is damaged. */
export function readMultipart(contentType: string, body: Uint8Array): readonly MultipartPart[] {
  const { essence, parameters } = parseMediaType(contentType);
  const boundary = parameters.get('boundary') ?? '';
  if (essence !== 'multipart/form-data' || !BOUNDARY.test(boundary)) {
    throw new Error(`not multipart/form-data with a boundary: "${contentType}"`);
  }
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const opening = `--${boundary}${CRLF}`;
  const closing = `${CRLF}--${boundary}--`;
  if (!startsWithAt(bytes, opening, 0)) fail('does not start with its boundary', 0);
  const parts: MultipartPart[] = [];
  let at = opening.length;
  for (;;) {
    const end = bytes.indexOf(`${CRLF}--${boundary}`, at);
    if (end === -1) fail('ends inside a part', bytes.length);
    parts.push(readPart(bytes.subarray(at, end), at));
    const isClosed = startsWithAt(bytes, closing, end);
    if (!isClosed && !startsWithAt(bytes, CRLF + opening, end)) fail('has a damaged boundary', end);
    at = end + (isClosed ? closing.length : CRLF.length + opening.length);
    if (isClosed) break;
  }
  if (at !== bytes.length && bytes.subarray(at).toString('latin1') !== CRLF) fail('goes on after its end', at);
  return parts;
}

function readPart(bytes: Buffer, offset: number): MultipartPart {
  const blank = bytes.indexOf(CRLF + CRLF);
  if (blank === -1) fail('has a part without an empty line after its header', offset);
  const headers = new Map<string, string>();
  for (const line of bytes.toString('latin1', 0, blank).split(CRLF)) {
    const [, name, value] = /^([!-9;-~]+):[ \t]*(.*?)[ \t]*$/.exec(line) ?? [];
    if (name === undefined || value === undefined) fail('has a malformed header line', offset);
    headers.set(name.toLowerCase(), value);
  }
  const disposition = DISPOSITION.exec(headers.get('content-disposition') ?? '');
  if (disposition === null) fail('has a part that is not form-data', offset);
  const contentType = headers.get('content-type') ?? 'text/plain';
  const content = new Uint8Array(bytes.subarray(blank + 2 * CRLF.length));
  const name = disposition[1] ?? disposition[2];
  return name === undefined ? { contentType, content } : { name, contentType, content };
}

function startsWithAt(bytes: Buffer, text: string, at: number): boolean {
  return bytes.toString('latin1', at, at + text.length) === text;
}

function fail(what: string, offset: number): never {
  throw new Error(`the multipart body ${what} (offset ${offset})`);
}
