/**
 * The schemes by which a device can authenticate itself, by the names of the configuration.
 *
 * Cred authenticates a session once (212). `x-syncml-hmac`, HTTP credentials and the client certificate authenticate
 * only their own request, so a session opened by one of them needs it with every message (DM-1.3 §9.1: the type of a
 * security layer stays the same for the session).
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

/** The schemes that a device may use: its own list if it has one, else that of the configuration. */
export function acceptedSchemes(
  own: readonly string[] | undefined,
  configured: readonly string[],
): readonly AuthScheme[] {
  const known = own === undefined ? [] : knownSchemes(own);
  if (known.length > 0) return known;
  const kept = schemesOfLists.get(configured) ?? knownSchemes(configured);
  schemesOfLists.set(configured, kept);
  return kept;
}

/** The list of a configuration never changes. */
const schemesOfLists = new WeakMap<readonly string[], readonly AuthScheme[]>();

/** True when each message of a session needs this scheme again. */
export function provesOneMessage(scheme: AuthScheme): boolean {
  return !isCredScheme(scheme);
}

/**
 * True when the credentials belong to the HTTP request, so that the same message in another request is not
 * authenticated.
 */
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
  return names.filter(isAuthScheme);
}

function isAuthScheme(name: string): name is AuthScheme {
  return AUTH_SCHEMES.some((scheme) => scheme === name);
}
