/**
 * The characters of XML: the forbidden ones, references, escaping, and copies that do not keep their message in memory.
 *
 * Only the five predefined entities and character references exist. A document cannot declare entities, so nothing can
 * expand.
 *
 * @see XML 1.0 (Fifth Edition) §2.2 Char, §4.1 references, §4.6 predefined entities
 */

/** C0 controls but for tab, LF and CR, and the two noncharacters. C1 controls and DEL are allowed. */
const FORBIDDEN = /[[\p{Cc}--[\t\n\r\x7F-\x9F]]\uFFFE\uFFFF]/v;
const FORBIDDEN_ALL = new RegExp(FORBIDDEN, 'gv');

/**
 * The offset of the first character that XML 1.0 §2.2 forbids; -1 when there is none. `trailingNul`: a NUL directly before a
 * tag does not count.
 */
export function indexOfForbidden(text: string, trailingNul = false): number {
  const control = trailingNul ? indexOfControl(text) : text.search(FORBIDDEN);
  if (control >= 0 || text.isWellFormed()) return control;
  return text.search(/\p{Surrogate}/u);
}

function indexOfControl(text: string): number {
  for (const { index } of text.matchAll(FORBIDDEN_ALL)) if (!isTrailingNul(text, index)) return index;
  return -1;
}

function isTrailingNul(text: string, at: number): boolean {
  const [next = '', after = ''] = [text[at + 1], text[at + 2]];
  return text[at] === '\0' && next === '<' && after !== '' && after !== '!' && after !== '?';
}

const CR = 0x0d;
const LF = 0x0a;

/** Replaces every line end by one LF (§2.11). */
export function normaliseLineEnds(text: string): string {
  return text.includes('\r') ? text.replace(/\r\n?/g, '\n') : text;
}

/** The offset in `text` of the character at an offset in `normaliseLineEnds(text)`. */
export function originalOffset(text: string, normalised: number): number {
  let i = 0;
  for (let passed = 0; passed < normalised; passed++) {
    i += text.charCodeAt(i) === CR && text.charCodeAt(i + 1) === LF ? 2 : 1;
  }
  return i;
}

/** True when an XML document can hold the text. {@link escapeText} changes any other text. */
export function isXmlText(text: string): boolean {
  return !FORBIDDEN.test(text) && text.isWellFormed();
}

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '\r': '&#13;' };

/**
 * Returns the text as character data. CR becomes a reference, because a reader would turn it into LF (§2.11). A forbidden
 * character becomes U+FFFD: otherwise the receiver could not read the message at all.
 */
export function escapeText(text: string): string {
  if (isPlain(text)) return text;
  return escapeReserved(isXmlText(text) ? text : text.toWellFormed().replace(FORBIDDEN_ALL, '\uFFFD'));
}

/** The same, but leaves forbidden characters as they are: for the text of a value, which no XML reader will read. */
export function escapeReserved(text: string): string {
  return text.replace(/[&<>\r]/g, (character) => ESCAPES[character] ?? character);
}

/** Up to this length a loop is faster than a regular expression. */
const LOOP_LENGTH = 64;
const NOT_PLAIN = /[^\t\n -%'-;=?-\uD7FF\uE000-\uFFFD]/;
const plainAscii = Uint8Array.from({ length: 128 }, (_, code) => (NOT_PLAIN.test(String.fromCharCode(code)) ? 0 : 1));

/** True when the text needs no escaping. */
function isPlain(text: string): boolean {
  if (text.length > LOOP_LENGTH) return !NOT_PLAIN.test(text);
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 128 ? plainAscii[code] === 0 : code >= 0xd800) return false;
  }
  return true;
}

/**
 * The character of a reference, given without `&` and `;` (§4.1, §4.6).
 * @returns `undefined` for an unknown entity or a character that XML forbids
 */
export function resolveReference(name: string): string | undefined {
  switch (name) {
    case 'amp':
      return '&';
    case 'lt':
      return '<';
    case 'gt':
      return '>';
    case 'quot':
      return '"';
    case 'apos':
      return "'";
    default:
      return /^#(?:\d+|x[\dA-Fa-f]+)$/.test(name) ? fromCode(name) : undefined;
  }
}

function fromCode(reference: string): string | undefined {
  const code = reference.startsWith('#x')
    ? Number.parseInt(reference.slice(2), 16)
    : Number.parseInt(reference.slice(1), 10);
  if (code > 0x10ffff) return undefined;
  const character = String.fromCodePoint(code);
  return isXmlText(character) ? character : undefined;
}

/** V8 copies a slice up to this length. A longer slice keeps the string in memory from which it was cut. */
const COPIED_LENGTH = 12;

/** Returns the text as a string of its own, which does not keep the message in memory from which it was cut. */
export function detach(text: string): string {
  return text.length <= COPIED_LENGTH ? text : `\n${text}`.slice(1);
}
