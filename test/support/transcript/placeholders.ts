/**
 * Placeholders `{{name}}` for values that a transcript cannot know, such as nonces. The first message of the bridge that
 * has the value binds the name, and later messages must have the same value. In messages that the player sends, bound
 * names are filled in, and `{{md5 user password name}}` becomes the digest of the nonce `name` (DM-1.3 §9, MD5 form).
 */
import { createHash } from 'node:crypto';

const PLACEHOLDER = /\{\{([^{}]+)\}\}/gu;

/** The values that are bound, by name. */
export type Bindings = Map<string, string>;

/**
 * Returns the expected value with its placeholders replaced by the text at the same place in `actual`, and binds their
 * names. A text that does not match keeps its placeholders, so that the comparison shows the difference.
 */
export function fillFrom(expected: unknown, actual: unknown, bindings: Bindings): unknown {
  if (typeof expected === 'string') return fillText(expected, actual, bindings);
  if (Array.isArray(expected)) {
    return expected.map((one, at) => fillFrom(one, Array.isArray(actual) ? actual[at] : undefined, bindings));
  }
  if (typeof expected !== 'object' || expected === null) return expected;
  const known = new Map<string, unknown>(typeof actual === 'object' && actual !== null ? Object.entries(actual) : []);
  return Object.fromEntries(
    Object.entries(expected).map(([key, one]) => [key, fillFrom(one, known.get(key), bindings)]),
  );
}

function fillText(expected: string, actual: unknown, bindings: Bindings): unknown {
  if (!expected.includes('{{')) return expected;
  const names: string[] = [];
  const pieces = expected.split(PLACEHOLDER).map((piece, at) => {
    if (at % 2 === 0) return escapeForPattern(piece);
    const value = bindings.get(piece);
    if (value !== undefined) return escapeForPattern(value);
    names.push(piece);
    return '(.+?)';
  });
  const match = typeof actual === 'string' ? new RegExp(`^${pieces.join('')}$`, 'su').exec(actual) : null;
  if (match === null) return expected.replace(PLACEHOLDER, (whole, name) => bindings.get(name) ?? whole);
  names.forEach((name, at) => {
    bindings.set(name, match[at + 1] ?? '');
  });
  return actual;
}

/** Returns a text with every placeholder filled in; `quote` escapes the values. */
export function fillIn(text: string, bindings: Bindings, quote: (value: string) => string = (value) => value): string {
  return text.replace(PLACEHOLDER, (_whole, name: string) => quote(lookUp(name, bindings)));
}

function lookUp(name: string, bindings: Bindings): string {
  const [first, user = '', password = '', nonce = ''] = name.split(' ');
  if (first === 'md5') return md5Digest(user, password, lookUp(nonce, bindings));
  const value = bindings.get(name);
  if (value === undefined) throw new Error(`{{${name}}} is not bound yet`);
  return value;
}

function md5Digest(user: string, password: string, nonce: string): string {
  const account = createHash('md5').update(`${user}:${password}`).digest('base64');
  const bytes = Buffer.concat([Buffer.from(`${account}:`), Buffer.from(nonce, 'base64')]);
  return createHash('md5').update(bytes).digest('base64');
}

function escapeForPattern(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/gu, '\\$&');
}

/** Escapes a value for XML text. */
export function escapeXml(value: string): string {
  return value.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}

/** Escapes a value for a JSON string. */
export function escapeJson(value: string): string {
  return JSON.stringify(value).slice(1, -1);
}
