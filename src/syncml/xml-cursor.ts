/**
 * Reads and skips the parts of an XML text that need no knowledge of the tree: white space, names, references, comments,
 * processing instructions.
 *
 * Every function takes linear time: it looks at each character a fixed number of times, and searches literal strings only.
 *
 * @see XML 1.0 (Fifth Edition) §2.3 names, §2.5 comments, §2.6 processing instructions, §4.1 references
 */
import { DecodeError } from '../errors.ts';
import { isNcName } from '../wbxml/nc-name.ts';
import { isNameCharacter } from './xml-names.ts';
import { detach, resolveReference } from './xml-text.ts';

const QUOTE = 0x22;
const APOSTROPHE = 0x27;
export const BANG = 0x21;
export const SLASH = 0x2f;
export const COLON = 0x3a;
export const LT = 0x3c;
export const GT = 0x3e;
export const QUESTION = 0x3f;

/** The error for a document that is not well-formed; `offset` is that of the fault, in characters. */
export function syntaxError(message: string, offset: number): DecodeError {
  return new DecodeError('ERR_XML_SYNTAX', message, { place: { offset } });
}

/** The error for a document above one of the limits; `offset` is where it exceeds the limit. */
export function limitError(message: string, offset: number): DecodeError {
  return new DecodeError('ERR_XML_LIMIT', message, { place: { offset } });
}

/** A tag in an error message; a long name is cut short. */
export function quoted(name: string): string {
  return `<${name.length > 40 ? `${name.slice(0, 40)}…` : name}>`;
}

/** The offset of the first `part` from `from` on; the length of the text when there is none. */
export function findOrEnd(text: string, part: string, from: number): number {
  const at = text.indexOf(part, from);
  return at < 0 ? text.length : at;
}

/** True for white space (§2.3). */
export function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x09 || code === 0x0d;
}

/** The first offset from `at` on that is not white space. */
export function skipSpace(text: string, at: number): number {
  let i = at;
  while (isSpace(text.charCodeAt(i))) i++;
  return i;
}

/** The offset after the qualified name that starts at `at`. */
export function nameEnd(text: string, at: number): number {
  let i = at;
  for (let code = text.charCodeAt(i); code === COLON || isNameCharacter(code); code = text.charCodeAt(i)) i++;
  return i;
}

/** The two parts of a qualified name; `prefix` is '' when it has none. */
export function qName(text: string, start: number, end: number): { readonly prefix: string; readonly local: string } {
  const name = text.slice(start, end);
  const colon = name.indexOf(':');
  const prefix = colon < 0 ? '' : name.slice(0, colon);
  const local = detach(name.slice(colon + 1));
  if (!isNcName(local) || (colon >= 0 && !isNcName(prefix))) throw syntaxError('not a name', start);
  return { prefix, local };
}

/** Skips the comment whose `<!--` is at `at` and returns the offset after it. */
export function skipComment(text: string, at: number): number {
  const end = text.indexOf('--', at + 4);
  if (end < 0) throw syntaxError('comment without end', at);
  if (text.charCodeAt(end + 2) !== GT) throw syntaxError('"--" in a comment', end);
  return end + 3;
}

/** Skips the processing instruction whose `<?` is at `at` and returns the offset after it. */
export function skipInstruction(text: string, at: number): number {
  const targetEnd = nameEnd(text, at + 2);
  const { prefix, local } = qName(text, at + 2, targetEnd);
  if (prefix !== '' || /^xml$/i.test(local)) throw syntaxError('not a processing instruction target', at + 2);
  const end = text.indexOf('?>', targetEnd);
  if (end < 0) throw syntaxError('processing instruction without end', at);
  if (end > targetEnd && !isSpace(text.charCodeAt(targetEnd))) {
    throw syntaxError('not a processing instruction target', at + 2);
  }
  return end + 2;
}

/** Resolves the references in a part of the document; `offset` is where that part starts. */
export function decodeReferences(raw: string, offset: number): string {
  let from = 0;
  let decoded = '';
  for (let at = raw.indexOf('&'); at >= 0; at = raw.indexOf('&', from)) {
    const end = raw.indexOf(';', at);
    const character = end < 0 ? undefined : resolveReference(raw.slice(at + 1, end));
    if (character === undefined) throw syntaxError('"&" without a known entity', offset + at);
    decoded += raw.slice(from, at) + character;
    from = end + 1;
  }
  return from === 0 ? raw : decoded + raw.slice(from);
}

/** True for one of the two quotes of XML. */
export function isQuote(code: number): boolean {
  return code === QUOTE || code === APOSTROPHE;
}
