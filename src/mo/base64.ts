/**
 * Base64 as devices and repositories write it: white space anywhere is allowed. Without its padding a text is none, because most
 * words would be base64 then.
 *
 * @see RFC 4648 §4
 */

/** True for the base64 of some bytes. A text that only looks like it, such as one of an impossible length, is none. */
export function isBase64(text: string): boolean {
  const compact = withoutWhiteSpace(text);
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(compact)) return false;
  // Four characters stand for three bytes.
  return compact.length % 4 === 0;
}

/** The base64 without line breaks and blanks. */
export function withoutWhiteSpace(base64: string): string {
  return base64.replaceAll(/\s+/g, '');
}
