/**
 * ServerURI: the address at which a command lets the DM Client read or write data (DM-2.0 §6.2), and the check that this
 * address is allowed.
 *
 * Expanding, parsing and allowing are separate because each can fail in its own way. The parsed URL is the one that is
 * requested; the text is never parsed again. The network address of the host is checked where connections are made.
 */
import { DecodeError } from '../errors.ts';

/** An absolute http or https URI of a backend or of a Data Repository, without parameters in brackets. */
export type ServerUri = string & { readonly __brand: 'ServerUri' };

/** A name in brackets; an IPv6 address such as `[::1]` does not match. */
const PARAMETER = /\[([A-Za-z]+)\]/g;
/** A path that is encoded more often than this has no honest reason to be. */
const MAX_ENCODINGS = 5;
/** "All non-supported values MUST be replaced with the integer value '-1'" (§6.2). */
const UNKNOWN = '-1';

/** Replaces `[DevID]`, `[MNC]` … by the device's values, percent-encoded; an unknown or empty value becomes -1. */
export function expandServerUri(text: string, values: Readonly<Record<string, string | undefined>>): string {
  return text.replaceAll(PARAMETER, (_, name: string) => {
    const value = Object.hasOwn(values, name) ? values[name] : undefined;
    return value === undefined || value === '' ? UNKNOWN : encodeValue(value);
  });
}

/**
 * Reads an expanded ServerURI: absolute, http or https, without user information. The result is its normal form.
 * @throws DecodeError ERR_SERVER_URI_SYNTAX
 */
export function parseServerUri(text: string): ServerUri {
  return parseServerUrl(text).href as ServerUri;
}

/**
 * Reads the SrvURI of an account: any absolute http or https URL. It stays as it is written, because the DM Account MO
 * shows it to the backend (DM-2.0 §12.2).
 * @throws DecodeError ERR_SERVER_URI_SYNTAX
 */
export function parseAccountUri(text: string): ServerUri {
  const url = URL.parse(text);
  if (url === null || !isHttp(url)) refuse('not an absolute http or https URI');
  return text as ServerUri;
}

/**
 * Reads a ServerURI as a URL, for a request to it.
 * @throws DecodeError ERR_SERVER_URI_SYNTAX
 */
export function parseServerUrl(text: string): URL {
  // The URL parser would drop line breaks and read a backslash as a slash.
  const url = /[\s\\\p{Cc}]/u.test(text) ? null : URL.parse(text);
  if (url === null || !/^https?:\/\//i.test(text)) refuse('not an absolute http or https URI');
  if (url.username !== '' || url.password !== '') refuse('it has user information');
  return url;
}

/**
 * True when a URL is below one of the allowed ones: it has the same scheme, host and port, and its path begins with the
 * segments of the allowed path. `/data` allows `/data` and `/data/x`, but not `/database`; queries do not matter.
 */
export function isAllowed(url: URL, allowed: readonly string[]): boolean {
  if (!isHttp(url) || url.username !== '' || url.password !== '') return false;
  const path = segmentsOf(url);
  if (path === undefined || path.some(hasDotSegment)) return false;
  return allowed.some((text) => isBelow(url.origin, path, text));
}

/** True when some URL can be below this allowed one. */
export function canMatch(allowed: string): boolean {
  const base = URL.parse(allowed);
  // A star has no meaning here, and neither a host nor a value of a ServerURI holds one.
  if (base === null || !isHttp(base) || base.hostname.includes('*')) return false;
  const prefix = segmentsOf(base);
  return (
    prefix !== undefined && !prefix.some((segment) => hasDotSegment(segment) || /^(\*+|.*\[.*\].*)$/.test(segment))
  );
}

function isBelow(origin: string, path: readonly string[], allowed: string): boolean {
  const base = URL.parse(allowed);
  if (base === null || !isHttp(base) || base.origin !== origin) return false;
  const prefix = segmentsOf(base);
  if (prefix === undefined) return false;
  const named = prefix.at(-1) === '' ? prefix.slice(0, -1) : prefix;
  return named.every((segment, at) => segment === path[at]);
}

/**
 * The URL parser has resolved plain dot-segments. Others are hidden behind %2F or %5C, behind an encoding of the encoding, or in
 * front of a path parameter: a server may decode the first two, and some drop the third.
 */
function hasDotSegment(segment: string): boolean {
  let text = segment;
  for (let times = 0; times < MAX_ENCODINGS; times += 1) {
    if (text.split(/[/\\]/).some((part) => /^\.{1,2}(?:;|$)/.test(part))) return true;
    const decoded = decodeAscii(text);
    if (decoded === text) return false;
    text = decoded;
  }
  return true;
}

/** The text with each encoded byte of ASCII as its character. */
function decodeAscii(text: string): string {
  return text.replaceAll(/%([0-7][0-9a-f])/gi, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)));
}

function isHttp(url: URL): boolean {
  return url.protocol === 'http:' || url.protocol === 'https:';
}

function segmentsOf(url: URL): readonly string[] | undefined {
  try {
    return url.pathname.split('/').slice(1).map(decodeURIComponent);
  } catch {
    return undefined;
  }
}

/** Encodes all but the unreserved characters of RFC 3986, so that a value does not change the structure around it. */
function encodeValue(value: string): string {
  return encodeURIComponent(value.toWellFormed()).replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function refuse(why: string): never {
  // The text may contain the device's identity or a capability, so the message does not quote it.
  throw new DecodeError('ERR_SERVER_URI_SYNTAX', `not a ServerURI: ${why}`);
}
