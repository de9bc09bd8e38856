/**
 * Characters in XML: which may stand in a document, references, escaping, and copies that let go of their message.
 *
 * Only the five predefined entities and numeric references exist here; nothing is ever declared, so nothing can expand.
 *
 * @see XML 1.0 (Fifth Edition) §2.2 Char, §4.1 references, §4.6 predefined entities
 */

// biome-ignore lint/suspicious/noControlCharactersInRegex: finding them is its purpose.
const FORBIDDEN = /[\0-\x08\x0B\x0C\x0E-\x1F\uFFFE\uFFFF]/;

/** Offset of the first character that XML 1.0 §2.2 forbids, -1 where there is none. */
export function forbiddenAt(text: string): number {
  const control = text.search(FORBIDDEN);
  if (control >= 0 || text.isWellFormed()) return control;
  return text.search(/\p{Surrogate}/u);
}

/** Makes every line end one LF (§2.11). */
export function normaliseLineEnds(text: string): string {
  return text.includes('\r') ? text.replace(/\r\n?/g, '\n') : text;
}

/** Where the character at an offset of `normaliseLineEnds(text)` stands in `text`. */
export function originalOffset(text: string, normalised: number): number {
  let i = 0;
  for (let passed = 0; passed < normalised; passed++) i += text.startsWith('\r\n', i) ? 2 : 1;
  return i;
}

/** Whether a text can stand in an XML document at all; one that cannot would be changed by {@link escapeText}. */
export function isXmlText(text: string): boolean {
  return !FORBIDDEN.test(text) && text.isWellFormed();
}

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '\r': '&#13;' };
const FORBIDDEN_ALL = new RegExp(FORBIDDEN, 'g');

/**
 * Writes text as character data. CR is written as a reference because a reader would turn it into LF (§2.11). What no
 * XML document can hold becomes U+FFFD: a message that arrives damaged in one character beats one that nobody can read.
 */
export function escapeText(text: string): string {
  if (isPlain(text)) return text;
  const legal = isXmlText(text) ? text : text.toWellFormed().replace(FORBIDDEN_ALL, '\uFFFD');
  return legal.replace(/[&<>\r]/g, (character) => ESCAPES[character] ?? character);
}

/** Texts up to here are looked through faster by a loop than by a regular expression. */
const LOOP_LENGTH = 64;
const NOT_PLAIN = /[^\t\n -%'-;=?-\uD7FF\uE000-\uFFFD]/;
const plainAscii = Uint8Array.from({ length: 128 }, (_, code) => (NOT_PLAIN.test(String.fromCharCode(code)) ? 0 : 1));

function isPlain(text: string): boolean {
  if (text.length > LOOP_LENGTH) return !NOT_PLAIN.test(text);
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 128 ? plainAscii[code] === 0 : code >= 0xd800) return false;
  }
  return true;
}

/** What a reference stands for, `&` and `;` left out; `undefined` for an unknown entity or a character XML forbids. */
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

/** V8 copies up to here when it slices; beyond, a slice keeps the string alive that it was cut from. */
const COPIED_LENGTH = 12;

/** The same text as a string of its own: a value that is kept must not keep the message it was read from. */
export function detach(text: string): string {
  return text.length <= COPIED_LENGTH ? text : `\n${text}`.slice(1);
}
