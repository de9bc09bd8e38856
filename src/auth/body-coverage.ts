/** Credentials that cover the whole body of a request: a MAC, and HTTP Digest with `auth-int`. No part of the body proves them. */
import { parseMacHeader } from '../dm1/mac-header.ts';
import type { RequestCredentials } from './auth-input.ts';
import { authorizationText } from './http-authorization.ts';
import { parseDigestCredentials } from './http-digest-header.ts';

/** True when the request has such credentials in a form that can be read. Its device plays no part. */
export function hasBodyCredentials({ mac, authorization }: Pick<RequestCredentials, 'mac' | 'authorization'>): boolean {
  if (mac !== undefined && parseMacHeader(mac) !== undefined) return true;
  return parseDigestCredentials(authorizationText(authorization) ?? '')?.qop?.name === 'auth-int';
}
