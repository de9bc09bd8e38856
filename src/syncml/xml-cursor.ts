/**
 * A place in an XML text, and what can be skipped or read there without knowing the tree: white space, comments,
 * processing instructions, the XML declaration, DOCTYPE, attribute lists.
 *
 * Every step looks at a character at most a fixed number of times; searches are for literal strings only.
 *
 * @see XML 1.0 (Fifth Edition) §2.5 comments, §2.6 processing instructions, §2.8 prolog, §3.1 tags
 */
import { DecodeError } from '../errors.ts';
import { isNameCharacter, isNcName } from './xml-names.ts';
import { detach, resolveReference } from './xml-text.ts';

export const LF = 0x0a;
export const QUOTE = 0x22;
export const APOSTROPHE = 0x27;
export const SLASH = 0x2f;
export const COLON = 0x3a;
export const LT = 0x3c;
export const EQUALS = 0x3d;
export const GT = 0x3e;

/** One attribute as written; `value` has its references resolved and its white space made spaces (§3.3.3). */
export interface Attribute {
  readonly prefix: string;
  readonly local: string;
  readonly value: string;
}

/** Refuses the document at an offset. */
export function syntaxError(message: string, offset: number): DecodeError {
  return new DecodeError('ERR_XML_SYNTAX', message, { place: { offset } });
}

/** White space of XML §2.3; CR is gone by then, or stands only where LF would do. */
export function isSpace(code: number): boolean {
  return code === 0x20 || code === LF || code === 0x09 || code === 0x0d;
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

const XML_DECLARATION =
  /<\?xml[\t\n\r ]+version[\t\n\r ]*=[\t\n\r ]*(?:"1\.\d+"|'1\.\d+')(?:[\t\n\r ]+encoding[\t\n\r ]*=[\t\n\r ]*(?:"[A-Za-z][\w.-]*"|'[A-Za-z][\w.-]*'))?(?:[\t\n\r ]+standalone[\t\n\r ]*=[\t\n\r ]*(?:"(?:yes|no)"|'(?:yes|no)'))?[\t\n\r ]*\?>/y;
/** Longer than any honest declaration, so that padding cannot make the expression above work. */
const DECLARATION_LENGTH = 512;

/** The offset after the XML declaration, when there is one at `at`. */
export function skipXmlDeclaration(text: string, at: number): number {
  if (!text.startsWith('<?xml', at) || !isSpace(text.charCodeAt(at + 5))) return at;
  XML_DECLARATION.lastIndex = 0;
  const declaration = text.slice(at, at + DECLARATION_LENGTH);
  if (!XML_DECLARATION.test(declaration)) throw syntaxError('not an XML declaration', at);
  return at + XML_DECLARATION.lastIndex;
}

/** The offset after the DOCTYPE at `at`, which may name a DTD but declare nothing. */
export function skipDoctype(text: string, at: number): number {
  const start = skipSpace(text, at + 9);
  let i = nameEnd(text, start);
  qName(text, start, i);
  const spaced = skipSpace(text, i);
  const external = text.slice(spaced, spaced + 6);
  if (spaced > i && (external === 'PUBLIC' || external === 'SYSTEM')) {
    i = skipLiteral(text, spaced + 6);
    // HTML habit: some writers leave the system identifier of a public one out.
    const second = skipSpace(text, i);
    if (external === 'PUBLIC' && isQuote(text.charCodeAt(second))) i = skipLiteral(text, i);
  }
  const end = skipSpace(text, i);
  if (start === at + 9 || text.charCodeAt(end) !== GT) {
    throw syntaxError('a DOCTYPE may name a DTD and nothing else', at);
  }
  return end + 1;
}

function skipLiteral(text: string, at: number): number {
  const start = skipSpace(text, at);
  const quote = text.charCodeAt(start);
  const end = isQuote(quote) ? text.indexOf(String.fromCharCode(quote), start + 1) : -1;
  if (end < 0 || start === at) throw syntaxError('not a quoted literal', at);
  return end + 1;
}

function isQuote(code: number): boolean {
  return code === QUOTE || code === APOSTROPHE;
}

/** Reads the attributes from `at` to the `>` or `/>` that ends the tag; answers where that stands. */
export function readAttributes(text: string, at: number, into: Attribute[]): number {
  let i = at;
  for (;;) {
    const start = skipSpace(text, i);
    const code = text.charCodeAt(start);
    if (code === GT || code === SLASH) return start;
    if (start === i) throw syntaxError('no white space before an attribute', i);
    const end = nameEnd(text, start);
    const { prefix, local } = qName(text, start, end);
    const equals = skipSpace(text, end);
    if (text.charCodeAt(equals) !== EQUALS) throw syntaxError('attribute without value', start);
    const opening = skipSpace(text, equals + 1);
    const quote = text.charCodeAt(opening);
    const closing = isQuote(quote) ? text.indexOf(String.fromCharCode(quote), opening + 1) : -1;
    if (closing < 0) throw syntaxError('attribute value without its quotes', opening);
    into.push({ prefix, local, value: attributeValue(text, opening + 1, closing) });
    i = closing + 1;
  }
}

function attributeValue(text: string, start: number, end: number): string {
  const raw = text.slice(start, end);
  const lt = raw.indexOf('<');
  if (lt >= 0) throw syntaxError('"<" in an attribute value', start + lt);
  return decodeReferences(raw.replace(/[\t\n\r]/g, ' '), start);
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
