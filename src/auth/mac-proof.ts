/**
 * Is `x-syncml-hmac` right? The header alone authenticates, with or without Cred, and it vouches for every byte of the body.
 *
 * The answer is 200 with a Chal that holds the nonce of the next message, never 212: a MAC is good for one message.
 *
 * @see OMA-TS-DM_Security "Integrity"; OMA-TS-DM_Protocol 1.3 §9
 */

import { type AuthScheme, isMacScheme, type MacScheme } from '../dm1/auth-scheme.ts';
import { macVerifier, parseMacHeader } from '../dm1/cred.ts';
import type { Account, AuthInput, Finding } from './auth-input.ts';
import { macChal } from './challenge.ts';
import { nonceChanges, proveNonce } from './nonce-proof.ts';

/** A header that no accepted scheme reads does not count where MAC is not accepted at all. */
export function proveMac(input: AuthInput, account: Account, schemes: readonly AuthScheme[]): Finding {
  const { beside } = input;
  if (beside?.mac === undefined || !schemes.some(isMacScheme)) return 'absent';
  const header = parseMacHeader(beside.mac);
  const scheme = presentedMacScheme(input);
  if (header === undefined || scheme === undefined || !schemes.includes(scheme)) return 'wrong';
  const verify = macVerifier(header, account.forms[header.algorithm], beside.body);
  const proof = proveNonce(account, input, input.isRepetition === true, verify);
  if (proof === undefined || header.user !== account.forms.user) return 'wrong';
  if (proof.kind === 'repeated') return { scheme, verdict: { status: 200 }, changes: {} };
  const next = Buffer.from(input.freshNonce).toString('base64');
  return { scheme, verdict: { status: 200, chal: macChal(next) }, changes: nonceChanges(proof, next, account) };
}

/** The scheme that the header's `algorithm` names. */
export function presentedMacScheme({ beside }: AuthInput): MacScheme | undefined {
  const header = beside?.mac === undefined ? undefined : parseMacHeader(beside.mac);
  return header && `hmac-${header.algorithm}`;
}
