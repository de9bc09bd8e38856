/**
 * The notations inside configuration values: durations, listen addresses, URLs, secrets.
 *
 * Each parser returns the value, or a message that says what the value must be. The caller knows file, line and key.
 */
import { isIP } from 'node:net';
import { secretBytes } from '../device/credentials.ts';
import type { ListenAddress } from './config.ts';

/** The value, or the reason why the text cannot be read. */
export type Reading<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly message: string };

const MS_PER_UNIT: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
/** The longest time that a timer can wait: 2^31 - 1 ms. */
const MAX_DURATION_MS = 2_147_483_647;
const MAX_PSK_IDENTITY = 128;
const MIN_PSK_BYTES = 16;

/** Reads `500ms`, `20s`, `15m`, `1.5h` or `1d`; in milliseconds. */
export function parseDuration(text: string): Reading<number> {
  return readDuration(text, { min: 1, max: MAX_DURATION_MS, rule: 'between 1ms and 24d' });
}

/** Makes a parser of durations between two numbers of milliseconds; `rule` names them. */
export function parseDurationBetween(min: number, max: number, rule: string): (text: string) => Reading<number> {
  return (text) => readDuration(text, { min, max, rule });
}

function readDuration(
  text: string,
  { min, max, rule }: { readonly min: number; readonly max: number; readonly rule: string },
): Reading<number> {
  const [, count, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text.trim()) ?? [];
  const factor = MS_PER_UNIT[unit ?? ''];
  if (count === undefined || factor === undefined) return bad('must be a duration such as 500ms, 20s, 15m, 1h or 1d');
  const milliseconds = Math.round(Number(count) * factor);
  if (milliseconds < min || milliseconds > max) return bad(`must be a duration ${rule}`);
  return { ok: true, value: milliseconds };
}

/** Reads `127.0.0.1:8080`, `[::1]:8080` or `localhost:0`. */
export function parseListen(text: string): Reading<ListenAddress> {
  const [, bracketed, plain, digits] = /^(?:\[([^\]]+)\]|([^:[\]\s/]+)):(\d{1,5})$/.exec(text.trim()) ?? [];
  const host = bracketed ?? plain;
  const port = Number(digits);
  if (host === undefined || port > 65_535 || (bracketed !== undefined && isIP(bracketed) !== 6)) {
    return bad('must be an address and a port such as 127.0.0.1:8080 or [::1]:8080');
  }
  return { ok: true, value: { host, port } };
}

/** True for addresses that only this machine can reach. */
export function isLoopbackHost(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

/** The host as a URL has it: IPv6 in brackets. A wildcard address becomes loopback, because a client cannot call it. */
export function urlHost(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  if (host === '::') return '[::1]';
  return isIP(host) === 6 ? `[${host}]` : host;
}

/** Reads an absolute http or https URL without credentials or fragment; the text stays as written. */
export function parseHttpUrl(text: string): Reading<string> {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || (url.protocol !== 'http:' && url.protocol !== 'https:'))
    return bad('must be an http or https URL');
  if (url.username !== '' || url.password !== '') return bad('must not hold credentials');
  if (url.hash !== '') return bad('must not have a fragment');
  return { ok: true, value: text };
}

/** Reads an http or https URL to which paths are appended: no query, trailing slashes removed. */
export function parseBaseUrl(text: string): Reading<string> {
  const reading = parseHttpUrl(text);
  if (!reading.ok) return reading;
  if (new URL(text).search !== '') return bad('must not have a query');
  return { ok: true, value: text.replace(/\/+$/, '') };
}

/** Reads an absolute path without query; trailing slashes are removed. */
export function parseUrlPath(text: string): Reading<string> {
  if (!/^\/[^?#\s]*$/.test(text)) return bad('must be a path such as /dm');
  return { ok: true, value: text.replace(/\/+$/, '') };
}

/** Reads an IP address, or a network such as `10.0.0.0/8`. */
export function parseNetwork(text: string): Reading<string> {
  const [address = '', prefix, ...rest] = text.trim().split('/');
  const family = isIP(address);
  const bits = prefix === undefined ? 0 : Number(prefix);
  const isPrefix = prefix === undefined || /^\d{1,3}$/.test(prefix);
  if (family === 0 || rest.length > 0 || !isPrefix || bits > (family === 4 ? 32 : 128)) {
    return bad('must be an IP address, or a network such as 10.0.0.0/8');
  }
  return { ok: true, value: text.trim() };
}

/** Reads the rule that finds a DevID in a name of a certificate: text with `{devId}` once, or a regular expression. */
export function parseCertificatePattern(text: string): Reading<string> {
  const count = text.split('{devId}').length - 1;
  if (count > 1) return bad('must have {devId} once');
  if (count === 1) return { ok: true, value: text };
  try {
    new RegExp(`^(?:${text})$`, 'iu');
    return { ok: true, value: text };
  } catch {
    return bad('must be text with {devId}, or a regular expression');
  }
}

/** Reads text, or `base64:` and canonical base64. */
export function parseSecret(text: string): Reading<string> {
  if (!text.startsWith('base64:')) return { ok: true, value: text };
  const encoded = text.slice('base64:'.length);
  const bytes = Buffer.from(encoded, 'base64');
  if (bytes.length === 0 || bytes.toString('base64') !== encoded)
    return bad('must be text, or base64: and valid base64');
  return { ok: true, value: text };
}

/** Reads the identity of a pre-shared key (RFC 4279 §5.3, with the length that OpenSSL takes). */
export function parsePskIdentity(text: string): Reading<string> {
  const length = Buffer.byteLength(text, 'utf8');
  const isRight = length >= 1 && length <= MAX_PSK_IDENTITY && !text.includes('\0');
  return isRight ? { ok: true, value: text } : bad(`must be 1 to ${MAX_PSK_IDENTITY} bytes of UTF-8`);
}

/** Reads a pre-shared key: `hex:` and hexadecimal digits, `base64:` and canonical base64, or text; in hexadecimal. */
export function parsePskKey(text: string): Reading<string> {
  const key = keyBytes(text);
  if (key === undefined) return bad('must be text, hex: and pairs of hexadecimal digits, or base64: and valid base64');
  if (key.length < MIN_PSK_BYTES) return bad(`must be at least ${MIN_PSK_BYTES} bytes`);
  return { ok: true, value: key.toString('hex') };
}

function keyBytes(text: string): Buffer | undefined {
  if (text.startsWith('hex:')) {
    const digits = text.slice('hex:'.length);
    return /^(?:[0-9A-Fa-f]{2})*$/.test(digits) ? Buffer.from(digits, 'hex') : undefined;
  }
  return parseSecret(text).ok ? secretBytes(text) : undefined;
}

function bad(message: string): { readonly ok: false; readonly message: string } {
  return { ok: false, message };
}
