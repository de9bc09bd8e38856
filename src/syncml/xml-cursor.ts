/**
 * What can be read or skipped at a place in an XML text without knowing the tree: white space, names, literals,
 * references, comments, processing instructions.
 *
 * Every step looks at a character at most a fixed number of times; searches are for literal strings only.
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

/** Refuses the document at an offset. */
export function syntaxError(message: string, offset: number): DecodeError {
  return new DecodeError('ERR_XML_SYNTAX', message, { place: { offset } });
}

/** Refuses the document for its size in some respect. */
export function limitError(message: string, offset: number): DecodeError {
  return new DecodeError('ERR_XML_LIMIT', message, { place: { offset } });
}

/** A tag as an error names it, whatever its length. */
export function quoted(name: string): string {
  return `<${name.length > 40 ? `${name.slice(0, 40)}…` : name}>`;
}

/** The offset of the first such part from `from` on, the length where there is none. */
export function findOrEnd(text: string, part: string, from: number): number {
  const at = text.indexOf(part, from);
  return at < 0 ? text.length : at;
}

/** White space of XML §2.3; CR is gone by then, or stands only where LF would do. */
export function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x09 || code === 0x0d;
}

/** The first offset from `at` on that is no white space. */
export function skipSpace(text: string, at: number): number {
  let i = at;
  while (isSpace(text.charCodeAt(i))) i++;
  return i;
}

/** The offset after the name that starts at `at`, the colon being part of it. */
export function nameEnd(text: string, at: number): number {
  let i = at;
  for (let code = text.charCodeAt(i); code === COLON || isNameCharacter(code); code = text.charCodeAt(i)) i++;
  return i;
}

/** A QName, divided; `prefix` is '' where there is none. */
export function qName(text: string, start: number, end: number): { readonly prefix: string; readonly local: string } {
  const name = text.slice(start, end);
  const colon = name.indexOf(':');
  const prefix = colon < 0 ? '' : name.slice(0, colon);
  const local = detach(name.slice(colon + 1));
  if (!isNcName(local) || (colon >= 0 && !isNcName(prefix))) throw syntaxError('not a name', start);
  return { prefix, local };
}

/** The offset after the comment whose `<!--` is at `at`. */
export function skipComment(text: string, at: number): number {
  const end = text.indexOf('--', at + 4);
  if (end < 0) throw syntaxError('comment without end', at);
  if (text.charCodeAt(end + 2) !== GT) throw syntaxError('"--" in a comment', end);
  return end + 3;
}

/** The offset after the processing instruction whose `<?` is at `at`. */
export function skipInstruction(text: string, at: number): number {
  const targetEnd = nameEnd(text, at + 2);
  const { prefix, local } = qName(text, at + 2, targetEnd);
  if (prefix !== '' || /^xml$/i.test(local)) throw syntaxError('not a processing instruction target', at + 2);
  const end = text.indexOf('?>', targetEnd);
  if (end < 0) throw syntaxError('processing instruction without end', at);
  if (end > targetEnd && !isSpace(text.charCodeAt(targetEnd)))
    throw syntaxError('not a processing instruction target', at + 2);
  return end + 2;
}

/** Resolves the references in a piece of the document that starts at `offset`. */
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

/** Whether a code is one of the two quotes of XML. */
export function isQuote(code: number): boolean {
  return code === QUOTE || code === APOSTROPHE;
}
