/**
 * Is the Cred of a message right? Basic, and the digests over a nonce.
 *
 * Ruling where DM 1.3 is silent: inside an authenticated session, a digest that repeats the nonce used last is answered 212
 * without Chal and changes nothing: some clients send the same Cred with every message, and 200 would oblige the others to
 * do so.
 *
 * @see OMA-TS-DM_Protocol 1.3 §9.3, §9.4
 */

import type { AuthScheme } from '../dm1/auth-scheme.ts';
import {
  type CredType,
  type DigestAlgorithm,
  parseCredType,
  SHA256_TYPE,
  verifyBasic,
  verifyDigest,
} from '../dm1/cred.ts';
import { type Account, type AuthInput, type Finding, isInSession } from './auth-input.ts';
import { digestChal } from './challenge.ts';
import { nonceChanges, proveNonce } from './nonce-proof.ts';

/** Cred of a type that is not accepted is wrong, however right it may be. */
export function proveCred(input: AuthInput, account: Account, schemes: readonly AuthScheme[]): Finding {
  const { cred } = input.header;
  if (cred === undefined) return 'absent';
  const type = presentedCredType(input);
  if (type === undefined || !schemes.includes(type)) return 'wrong';
  if (type !== 'basic') return proveDigest(type, cred.data, account, input);
  return verifyBasic(cred.data, account.forms.basic)
    ? { scheme: 'basic', verdict: { status: 212 }, changes: {} }
    : 'wrong';
}

/** The type that Cred names, as far as it is one of ours. */
export function presentedCredType({ header, sha256Type }: AuthInput): CredType | undefined {
  return parseCredType(header.cred?.meta?.type, sha256Type ?? SHA256_TYPE);
}

function proveDigest(type: DigestAlgorithm, data: string, account: Account, input: AuthInput): Finding {
  const proof = proveNonce(account, input, isInSession(input, account), (nonce) =>
    verifyDigest(type, data, account.forms[type], nonce),
  );
  // Some clients leave LocName out; then it can only be the registered user. Checked last, so that time tells nothing.
  const named = input.header.source.locName?.trim() ?? '';
  if (proof === undefined || (named !== '' && named !== account.forms.user)) return 'wrong';
  if (proof.kind === 'repeated') return { scheme: type, verdict: { status: 212 }, changes: {} };
  const next = Buffer.from(input.freshNonce).toString('base64');
  const verdict = { status: 212, chal: digestChal(type, next, input) } as const;
  return { scheme: type, verdict, changes: nonceChanges(proof, next, account) };
}
