/**
 * Writes Package#3 together with the data of its GETs as `multipart/form-data`, in the form of DM-2.0 Appendix F.
 *
 * The first part is the package. One part follows for each GET with status 200; its `name` is the index of the command,
 * from 0. The boundary is chosen from the content, so the same content gives the same bytes and no randomness is needed.
 */
import { contentBytes, contentFromBytes } from './content.ts';
import { toHeaderValue } from './media-type.ts';
import { type Content, type DataPart, MEDIA_TYPES } from './package.ts';

const CRLF = '\r\n';
const BOUNDARY_PREFIX = 'dmbridge-';
const BOUNDARY_DIGITS = 8;

/** The HTTP body and its Content-Type for a Package#3 that carries data (DM-2.0 Appendix F). */
export function writeMultipart(
  package3Json: string,
  parts: readonly DataPart[],
): { readonly contentType: string; readonly body: Content } {
  const contents: readonly Content[] = [{ text: package3Json }, ...parts.map(({ content }) => content)];
  // Usually every part is text and stays so. Otherwise each character of a body is one byte.
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

/**
 * Collects in one scan every number that follows the prefix in the content, and chooses the first free one. A device that
 * sends texts like boundaries thus costs no more time than any other.
 */
function chooseBoundary(bodies: readonly string[]): string {
  const taken = new Set(bodies.flatMap(numbersBehindPrefix));
  let number = 0;
  while (taken.has(boundaryNumber(number))) number++;
  return BOUNDARY_PREFIX + boundaryNumber(number);
}

/** Numbers have a fixed width, so that no boundary is the beginning of another. */
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
