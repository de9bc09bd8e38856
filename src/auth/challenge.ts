/**
 * Challenges: Chal in the Status for SyncHdr, and `WWW-Authenticate` where HTTP credentials are asked for.
 *
 * @see OMA-TS-DM_Protocol 1.3 §9.1; RFC 9110 §11.6.1
 */

import { devIdOf } from '../device/dev-id.ts';
import { type AuthScheme, isCredScheme, isHttpScheme, isMacScheme } from '../dm1/auth-scheme.ts';
import { type CredType, credTypeName, X509_TYPE } from '../dm1/cred.ts';
import { HTTP_REALM } from '../dm1/digest.ts';
import { MAC_TYPE } from '../dm1/mac-header.ts';
import type { Chal } from '../syncml/message.ts';
import type { AuthInput } from './auth-input.ts';
import { challengeNonce, nonceSubject } from './challenge-nonce.ts';
import type { CheckInput } from './check.ts';
import { digestChallenges } from './http-digest-header.ts';
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
 * The Chal that asks for this scheme; `hasNotSeenAnswer` goes into its nonce. For HTTP credentials it names the first accepted scheme of SyncML, which would do as
 * well; where there is none, `WWW-Authenticate` is the challenge.
 */
export function challengeFor(asked: AuthScheme, check: CheckInput, hasNotSeenAnswer: boolean): Chal | undefined {
  const scheme = isHttpScheme(asked) ? check.schemes.find((each) => isCredScheme(each) || isMacScheme(each)) : asked;
  if (scheme === undefined || isHttpScheme(scheme)) return undefined;
  if (scheme === 'tls') return { meta: { type: X509_TYPE } };
  const nonce = challengeNonce(check.nonceKey, nonceSubject(check, hasNotSeenAnswer), check.now);
  return isMacScheme(scheme) ? macChal(nonce) : digestChal(scheme, nonce, check);
}

/** Values of `WWW-Authenticate`: the scheme that is asked for, then the other HTTP scheme where it is accepted. */
export function httpChallengesFor(
  asked: AuthScheme,
  { schemes, nonceKey, header, record, now }: CheckInput,
  isStale: boolean,
): readonly string[] | undefined {
  if (!isHttpScheme(asked)) return undefined;
  const offered = new Set([asked, ...schemes.filter(isHttpScheme)]);
  return [...offered].flatMap((scheme) => {
    if (scheme === 'http-basic') return [`Basic realm="${HTTP_REALM}", charset="UTF-8"`];
    return digestChallenges(httpNonce(nonceKey, devIdOf(header), now, record?.httpCount ?? 0), isStale);
  });
}
