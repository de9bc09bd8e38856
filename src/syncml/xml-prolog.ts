/**
 * What may stand around the root element: the XML declaration, a DOCTYPE, comments, processing instructions.
 *
 * A DOCTYPE may name a DTD, as old devices do, but declare nothing: there is no internal subset to read, and so no
 * entity that could expand.
 *
 * @see XML 1.0 (Fifth Edition) §2.8 "Prolog and Document Type Declaration"
 */
import {
  GT,
  isQuote,
  isSpace,
  LT,
  nameEnd,
  qName,
  skipComment,
  skipInstruction,
  skipSpace,
  syntaxError,
} from './xml-cursor.ts';

const BYTE_ORDER_MARK = 0xfeff;

/** Skips everything before the root; answers where its `<` stands. */
export function skipProlog(text: string, onDoctype: () => void): number {
  let at = skipXmlDeclaration(text, text.charCodeAt(0) === BYTE_ORDER_MARK ? 1 : 0);
  let doctype = false;
  for (;;) {
    at = skipSpace(text, at);
    if (text.startsWith('<!--', at)) at = skipComment(text, at);
    else if (text.startsWith('<?', at)) at = skipInstruction(text, at);
    else if (text.startsWith('<!DOCTYPE', at) && !doctype) {
      at = skipDoctype(text, at);
      doctype = true;
      onDoctype();
    } else if (text.charCodeAt(at) === LT) return at;
    else throw syntaxError('no root element', at);
  }
}

/** Checks that nothing but comments, processing instructions and white space follows the root. */
export function checkEpilog(text: string, from: number): void {
  for (let at = skipSpace(text, from); at < text.length; at = skipSpace(text, at)) {
    if (text.startsWith('<!--', at)) at = skipComment(text, at);
    else if (text.startsWith('<?', at)) at = skipInstruction(text, at);
    else throw syntaxError('content after the root element', at);
  }
}

const XML_DECLARATION =
  /<\?xml[\t\n\r ]+version[\t\n\r ]*=[\t\n\r ]*(?:"1\.\d+"|'1\.\d+')(?:[\t\n\r ]+encoding[\t\n\r ]*=[\t\n\r ]*(?:"[A-Za-z][\w.-]*"|'[A-Za-z][\w.-]*'))?(?:[\t\n\r ]+standalone[\t\n\r ]*=[\t\n\r ]*(?:"(?:yes|no)"|'(?:yes|no)'))?[\t\n\r ]*\?>/y;
/** Longer than any honest declaration, so that padding cannot make the expression above work. */
const DECLARATION_LENGTH = 512;

/** The offset after the XML declaration, when there is one at `at`. */
function skipXmlDeclaration(text: string, at: number): number {
  if (!text.startsWith('<?xml', at) || !isSpace(text.charCodeAt(at + 5))) return at;
  XML_DECLARATION.lastIndex = 0;
  const declaration = text.slice(at, at + DECLARATION_LENGTH);
  if (!XML_DECLARATION.test(declaration)) throw syntaxError('not an XML declaration', at);
  return at + XML_DECLARATION.lastIndex;
}

/** The offset after the DOCTYPE at `at`, which may name a DTD but declare nothing. */
function skipDoctype(text: string, at: number): number {
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
