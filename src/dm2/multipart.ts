/**
 * Package#3 together with the data of its GETs: `multipart/form-data` in the one form of DM-2.0 Appendix F.
 *
 * The first part is the package, then one part for each GET with 200, `name` = the command's index from 0. The boundary
 * is chosen from the content, so the same content gives the same bytes and no randomness is needed. The reader is
 * strict: it takes what the writer writes, without preamble, padding or epilogue.
 */
import { DecodeError } from '../errors.ts';
import { contentBytes, contentFromBytes } from './content.ts';
import { parseMediaType, parseParameters, splitOutsideQuotes, toHeaderValue } from './media-type.ts';
import { type Content, type DataPart, MEDIA_TYPES } from './package.ts';

/** One part as it stands in a body. */
export interface MultipartPart {
  readonly name?: string;
  readonly contentType: string;
  readonly content: Uint8Array;
}

const CRLF = '\r\n';
const BOUNDARY_PREFIX = 'dmbridge-';
const BOUNDARY_DIGITS = 8;
/** RFC 2046 §5.1.1 */
const BOUNDARY = /^[0-9A-Za-z'()+_,\-./:=? ]{0,69}[0-9A-Za-z'()+_,\-./:=?]$/;

/** The HTTP body and its Content-Type for a Package#3 that carries data (DM-2.0 Appendix F). */
export function writeMultipart(
  package3Json: string,
  parts: readonly DataPart[],
): { readonly contentType: string; readonly body: Content } {
  const contents: readonly Content[] = [{ text: package3Json }, ...parts.map(({ content }) => content)];
  // Mostly all is text and stays so; else every character of a body stands for a byte.
  const texts = contents.flatMap((content) => ('text' in content ? [content.text] : []));
  const isText = texts.length === contents.length;
  const bodies = isText ? texts : contents.map((content) => Buffer.from(contentBytes(content)).toString('latin1'));
  const boundary = chooseBoundary(bodies);
  const heads = [
    partHead('form-data', MEDIA_TYPES.package3),
    ...parts.map(({ index, contentType }) => partHead(`form-data; name="${index}"`, contentType)),
  ];
  const written = bodies.map((body, at) => `--${boundary}${CRLF}${heads[at]}${body}${CRLF}`);
  const whole = `${written.join('')}--${boundary}--${CRLF}`;
  return {
    contentType: `multipart/form-data; boundary=${boundary}`,
    body: isText ? { text: whole } : contentFromBytes(Buffer.from(whole, 'latin1')),
  };
}

/** Reads a body that `writeMultipart` could have written, whatever its boundary. */
export function readMultipart(contentType: string, body: Uint8Array): readonly MultipartPart[] {
  const { essence, parameters } = parseMediaType(contentType);
  const boundary = parameters.get('boundary') ?? '';
  if (essence !== 'multipart/form-data' || !BOUNDARY.test(boundary)) {
    throw new DecodeError('ERR_MULTIPART_SYNTAX', `not multipart/form-data with a boundary: "${contentType}"`);
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
    const closed = startsWithAt(bytes, closing, end);
    if (!closed && !startsWithAt(bytes, CRLF + opening, end)) fail('has a damaged boundary', end);
    at = end + (closed ? closing.length : CRLF.length + opening.length);
    if (closed) break;
  }
  if (at !== bytes.length && bytes.subarray(at).toString('latin1') !== CRLF) fail('goes on after its end', at);
  return parts;
}

/**
 * One scan collects every number that already stands behind the prefix, then the first free one is taken: a device that
 * sends look-alike boundaries costs no more than any other.
 */
function chooseBoundary(bodies: readonly string[]): string {
  const taken = new Set(bodies.flatMap(numbersBehindPrefix));
  let number = 0;
  while (taken.has(boundaryNumber(number))) number++;
  return BOUNDARY_PREFIX + boundaryNumber(number);
}

/** Fixed width: no boundary is the beginning of another. */
function boundaryNumber(number: number): string {
  return String(number).padStart(BOUNDARY_DIGITS, '0');
}

function numbersBehindPrefix(text: string): readonly string[] {
  const numbers: string[] = [];
  for (let at = text.indexOf(BOUNDARY_PREFIX); at !== -1; at = text.indexOf(BOUNDARY_PREFIX, at + 1)) {
    const start = at + BOUNDARY_PREFIX.length;
    numbers.push(text.slice(start, start + BOUNDARY_DIGITS));
  }
  return numbers;
}

function partHead(disposition: string, contentType: string): string {
  return `Content-Disposition: ${disposition}${CRLF}Content-Type: ${toHeaderValue(contentType)}${CRLF}${CRLF}`;
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
  const [disposition, ...parameters] = splitOutsideQuotes(headers.get('content-disposition') ?? '', ';');
  if (disposition?.trim().toLowerCase() !== 'form-data') fail('has a part that is not form-data', offset);
  const name = parseParameters(parameters.map((text) => text.trim())).get('name');
  return {
    ...(name !== undefined && { name }),
    contentType: headers.get('content-type') ?? 'text/plain',
    content: new Uint8Array(bytes.subarray(blank + 2 * CRLF.length)),
  };
}

function startsWithAt(bytes: Buffer, text: string, at: number): boolean {
  return bytes.toString('latin1', at, at + text.length) === text;
}

function fail(what: string, offset: number): never {
  throw new DecodeError('ERR_MULTIPART_SYNTAX', `the multipart body ${what}`, { place: { offset } });
}
