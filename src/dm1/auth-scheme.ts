/**
 * The ways in which a device can prove who it is, by the names of the configuration.
 *
 * Cred proves once for a session (212). What travels beside the message, `x-syncml-hmac`, HTTP credentials and the client
 * certificate, proves the one request that it came with, so a session opened by it needs it with every message (DM-1.3 §9.1:
 * the type of a security layer stays the same for the session).
 *
 * @see OMA-TS-DM_Protocol 1.3 §9
 */
import type { CredType } from './cred.ts';

export const AUTH_SCHEMES = [
  'md5',
  'basic',
  'sha256',
  'hmac-md5',
  'hmac-sha256',
  'http-basic',
  'http-digest',
  'tls',
] as const;
export type AuthScheme = (typeof AUTH_SCHEMES)[number];
export type MacScheme = 'hmac-md5' | 'hmac-sha256';
export type HttpScheme = 'http-basic' | 'http-digest';

/** What a device may use: its own list where it has one, else that of the configuration. */
export function acceptedSchemes(
  own: readonly string[] | undefined,
  configured: readonly string[],
): readonly AuthScheme[] {
  const known = knownSchemes(own ?? []);
  return known.length > 0 ? known : knownSchemes(configured);
}

/** Whether every message of a session that was opened by this scheme must bring it anew. */
export function provesOneMessage(scheme: AuthScheme): boolean {
  return !isCredScheme(scheme);
}

/** Whether the proof lies in the request around the message, so that the same bytes from elsewhere prove nothing. */
export function provesRequest(scheme: AuthScheme): boolean {
  return scheme === 'tls' || isHttpScheme(scheme);
}

export function isCredScheme(scheme: AuthScheme): scheme is CredType {
  return scheme === 'md5' || scheme === 'basic' || scheme === 'sha256';
}

export function isMacScheme(scheme: AuthScheme): scheme is MacScheme {
  return scheme === 'hmac-md5' || scheme === 'hmac-sha256';
}

export function isHttpScheme(scheme: AuthScheme): scheme is HttpScheme {
  return scheme === 'http-basic' || scheme === 'http-digest';
}

function knownSchemes(names: readonly string[]): readonly AuthScheme[] {
  return names.flatMap((name) => AUTH_SCHEMES.find((scheme) => scheme === name) ?? []);
}
