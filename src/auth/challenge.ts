/**
 * What a device is asked for: Chal in the Status for SyncHdr, and `WWW-Authenticate` where HTTP credentials are wanted.
 *
 * @see OMA-TS-DM_Protocol 1.3 §9.1; RFC 9110 §11.6.1
 */

import { type AuthScheme, isCredScheme, isHttpScheme, isMacScheme } from '../dm1/auth-scheme.ts';
import { type CredType, credTypeName, HTTP_REALM, MAC_TYPE, X509_TYPE } from '../dm1/cred.ts';
import type { Chal } from '../syncml/message.ts';
import { type AuthInput, subjectOf } from './auth-input.ts';
import { challengeNonce } from './challenge-nonce.ts';
import { digestChallenges } from './http-digest.ts';
import { httpNonce } from './http-nonce.ts';

/** Chal of a digest; Basic has no nonce (DM-1.3 §9.4.1). */
export function digestChal(type: CredType, nonce: string, { sha256Type }: Pick<AuthInput, 'sha256Type'>): Chal {
  const meta = { type: credTypeName(type, sha256Type), format: 'b64' };
  return { meta: type === 'basic' ? meta : { ...meta, nextNonce: nonce } };
}

/** Chal of `x-syncml-hmac`. */
export function macChal(nonce: string): Chal {
  return { meta: { type: MAC_TYPE, format: 'b64', nextNonce: nonce } };
}

/**
 * The Chal that asks for this scheme. For HTTP credentials it names the first scheme of SyncML that would do as well; where
 * there is none, `WWW-Authenticate` is the challenge.
 */
export function challengeFor(asked: AuthScheme, schemes: readonly AuthScheme[], input: AuthInput): Chal | undefined {
  const scheme = isHttpScheme(asked) ? schemes.find((each) => isCredScheme(each) || isMacScheme(each)) : asked;
  if (scheme === undefined || isHttpScheme(scheme)) return undefined;
  if (scheme === 'tls') return { meta: { type: X509_TYPE } };
  const nonce = challengeNonce(input.nonceKey, subjectOf(input), input.now);
  return isMacScheme(scheme) ? macChal(nonce) : digestChal(scheme, nonce, input);
}

/** Values of `WWW-Authenticate`: what is asked for first, then the other HTTP scheme where it is accepted. */
export function httpChallengesFor(
  asked: AuthScheme,
  schemes: readonly AuthScheme[],
  { nonceKey, header, record, now }: AuthInput,
  isStale: boolean,
): readonly string[] | undefined {
  if (!isHttpScheme(asked)) return undefined;
  const offered = new Set([asked, ...schemes.filter(isHttpScheme)]);
  return [...offered].flatMap((scheme) =>
    scheme === 'http-basic'
      ? [`Basic realm="${HTTP_REALM}", charset="UTF-8"`]
      : digestChallenges(httpNonce(nonceKey, header.source.locUri, now, record?.httpCount ?? 0), isStale),
  );
}
