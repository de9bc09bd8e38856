/**
 * Skips the prolog and checks the end of a document: the XML declaration, a DOCTYPE, comments, processing instructions.
 *
 * Old devices send a DOCTYPE that names a DTD. Such a DOCTYPE is accepted. One with an internal subset is refused, so a
 * document cannot declare entities, and nothing can expand.
 *
 * @see XML 1.0 (Fifth Edition) §2.8 "Prolog and Document Type Declaration"
 */
import {
  BANG,
  GT,
  isQuote,
  isSpace,
  LT,
  nameEnd,
  QUESTION,
  qName,
  skipComment,
  skipInstruction,
  skipSpace,
  syntaxError,
} from './xml-cursor.ts';

const BYTE_ORDER_MARK = 0xfeff;

/**
 * Skips everything before the root element and calls `onDoctype` for a DOCTYPE.
 * @returns the offset of the `<` of the root element
 */
export function skipProlog(text: string, onDoctype: () => void): number {
  let at = skipXmlDeclaration(text, text.charCodeAt(0) === BYTE_ORDER_MARK ? 1 : 0);
  let hasDoctype = false;
  for (;;) {
    at = skipSpace(text, at);
    if (text.charCodeAt(at) !== LT) throw syntaxError('no root element', at);
    const next = text.charCodeAt(at + 1);
    if (next !== BANG && next !== QUESTION) return at;
    if (next === QUESTION) at = skipInstruction(text, at);
    else if (text.startsWith('<!--', at)) at = skipComment(text, at);
    else if (text.startsWith('<!DOCTYPE', at) && !hasDoctype) {
      at = skipDoctype(text, at);
      hasDoctype = true;
      onDoctype();
    } else return at;
  }
}

/** Checks that only comments, processing instructions and white space follow the root element. */
export function checkEpilog(text: string, from: number): void {
  for (let at = skipSpace(text, from); at < text.length; at = skipSpace(text, at)) {
    if (text.startsWith('<!--', at)) at = skipComment(text, at);
    else if (text.startsWith('<?', at)) at = skipInstruction(text, at);
    else throw syntaxError('content after the root element', at);
  }
}

const XML_DECLARATION =
  /<\?xml[\t\n\r ]+version[\t\n\r ]*=[\t\n\r ]*(?:"1\.\d+"|'1\.\d+')(?:[\t\n\r ]+encoding[\t\n\r ]*=[\t\n\r ]*(?:"[A-Za-z][\w.-]*"|'[A-Za-z][\w.-]*'))?(?:[\t\n\r ]+standalone[\t\n\r ]*=[\t\n\r ]*(?:"(?:yes|no)"|'(?:yes|no)'))?[\t\n\r ]*\?>/y;
/** The declaration must end within this length. The limit bounds the time of the regular expression. */
const DECLARATION_LENGTH = 512;

/** Skips the XML declaration at `at`, if there is one, and returns the offset after it. */
function skipXmlDeclaration(text: string, at: number): number {
  if (!text.startsWith('<?xml', at) || !isSpace(text.charCodeAt(at + 5))) return at;
  XML_DECLARATION.lastIndex = 0;
  const declaration = text.slice(at, at + DECLARATION_LENGTH);
  if (!XML_DECLARATION.test(declaration)) throw syntaxError('not an XML declaration', at);
  return at + XML_DECLARATION.lastIndex;
}

/** Skips the DOCTYPE at `at`, which must not have an internal subset, and returns the offset after it. */
function skipDoctype(text: string, at: number): number {
  const start = skipSpace(text, at + 9);
  let i = nameEnd(text, start);
  qName(text, start, i);
  const spaced = skipSpace(text, i);
  const external = text.slice(spaced, spaced + 6);
  if (spaced > i && (external === 'PUBLIC' || external === 'SYSTEM')) {
    i = skipLiteral(text, spaced + 6);
    // Some devices leave out the system identifier after a public one, as HTML does.
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
