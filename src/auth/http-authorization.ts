/** The header `Authorization` of a device's request (RFC 9110 §11.6.2). */
import type { HttpScheme } from '../dm1/auth-scheme.ts';
import type { AuthInput } from './auth-input.ts';
import type { CheckInput } from './check.ts';

const AUTHORIZATION = /^\s*(basic|digest)\s+(.*)$/isu;

/** The scheme that the header names, when it is one of ours. */
export function presentedHttpScheme({ request }: AuthInput): HttpScheme | undefined {
  const [, name] = AUTHORIZATION.exec(request?.authorization ?? '') ?? [];
  if (name === undefined) return undefined;
  return name.toLowerCase() === 'basic' ? 'http-basic' : 'http-digest';
}

/**
 * The text behind the scheme's name; undefined when the header has another scheme, or one that is not accepted. Such a
 * header is no failed attempt, because proxies on the way use it, too.
 */
export function httpCredentials(check: CheckInput, scheme: HttpScheme): string | undefined {
  if (presentedHttpScheme(check) !== scheme || !check.schemes.includes(scheme)) return undefined;
  return authorizationText(check.request?.authorization);
}

/** The text behind the name of the scheme, Basic or Digest; undefined when the header has another scheme, or is absent. */
export function authorizationText(authorization = ''): string | undefined {
  return AUTHORIZATION.exec(authorization)?.[2];
}
