/**
 * ServerURI: where a command sends the DM Client (DM-2.0 §6.2), and whether it may go there.
 *
 * Expanding, parsing and allowing are separate because all three can fail differently. What is parsed is what is
 * requested: nobody may parse the text again in another way. Whether the host resolves to an address that may be reached
 * is checked where connections are made.
 */
import { DecodeError } from '../errors.ts';

/** A name in brackets; an IPv6 address such as `[::1]` is none. */
const PARAMETER = /\[([A-Za-z]+)\]/g;
/** "All non-supported values MUST be replaced with the integer value '-1'" (§6.2). */
const UNKNOWN = '-1';

/** Puts the device's values in place of `[DevID]`, `[MNC]` …, percent-encoded; what is unknown or empty becomes -1. */
export function expandServerUri(text: string, values: Readonly<Record<string, string | undefined>>): string {
  return text.replaceAll(PARAMETER, (_, name: string) => {
    const value = Object.hasOwn(values, name) ? values[name] : undefined;
    return value === undefined || value === '' ? UNKNOWN : encodeValue(value);
  });
}

/** Reads an expanded ServerURI: absolute, http or https, without user information. */
export function parseServerUri(text: string): URL {
  // The URL parser would quietly drop line breaks and take a backslash for a slash.
  const url = /[\s\\\p{Cc}]/u.test(text) ? null : URL.parse(text);
  if (url === null || !/^https?:\/\//i.test(text)) refuse('not an absolute http or https URI');
  if (url.username !== '' || url.password !== '') refuse('it has user information');
  return url;
}

/**
 * Whether a URL lies below one of the allowed ones: same scheme, host and port, and the allowed path's segments at the
 * beginning of its own. `/data` allows `/data` and `/data/x`, not `/database`; queries do not matter.
 */
export function isAllowed(url: URL, allowed: readonly string[]): boolean {
  if (!isHttp(url) || url.username !== '' || url.password !== '') return false;
  const path = segmentsOf(url);
  // The URL parser has resolved plain dot-segments; those left are hidden behind %2F or %5C, which a server may decode.
  if (
    path === undefined ||
    path.some((segment) => segment.split(/[/\\]/).some((part) => part === '.' || part === '..'))
  ) {
    return false;
  }
  return allowed.some((text) => {
    const base = URL.parse(text);
    const prefix = base === null || !isHttp(base) || base.origin !== url.origin ? undefined : segmentsOf(base);
    if (prefix === undefined) return false;
    const named = prefix.at(-1) === '' ? prefix.slice(0, -1) : prefix;
    return named.every((segment, at) => segment === path[at]);
  });
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

/** Everything but RFC 3986's unreserved characters: the value must not change the structure around it. */
function encodeValue(value: string): string {
  return encodeURIComponent(value.toWellFormed()).replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function refuse(why: string): never {
  // The text may hold the device's identity or a capability: it stays out of the message.
  throw new DecodeError('ERR_SERVER_URI_SYNTAX', `not a ServerURI: ${why}`);
}
