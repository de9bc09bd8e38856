/**
 * With which nonce was this digest made? The stored one, or one of a challenge; never the one used last.
 *
 * @see OMA-TS-DM_Protocol 1.3 §9.1; ADR 3
 */
import { parseBase64 } from '../dm1/cred.ts';
import { type Account, type AuthChanges, type AuthInput, subjectOf } from './auth-input.ts';
import { validChallengeNonces } from './challenge-nonce.ts';

export type NonceProof =
  | {
      readonly kind: 'fresh';
      /** Base64. */
      readonly nonce: string;
      readonly asText: boolean;
    }
  | { readonly kind: 'repeated' };

/** Tries the nonces that count; `mayRepeat`: the one used last is taken as a repetition, which changes nothing. */
export function proveNonce(
  account: Account,
  input: AuthInput,
  mayRepeat: boolean,
  matches: (nonce: Uint8Array) => boolean,
): NonceProof | undefined {
  const used = account.usedNonce;
  const issued = validChallengeNonces(input.nonceKey, subjectOf(input), input.now);
  const stored = account.clientNonce === undefined ? [] : [account.clientNonce];
  for (const nonce of [...stored, ...issued]) {
    if (nonce === used) continue;
    const form = nonceForm(nonce, matches);
    if (form !== undefined) return { kind: 'fresh', nonce, asText: form === 'text' };
  }
  if (used === undefined || !mayRepeat) return undefined;
  return nonceForm(used, matches) === undefined ? undefined : { kind: 'repeated' };
}

/** The nonce moves on; what the device makes of NextNonce is remembered. */
export function nonceChanges(
  { nonce, asText }: Extract<NonceProof, { kind: 'fresh' }>,
  clientNonce: string,
  { facts }: Account,
): AuthChanges {
  const changes: AuthChanges = { clientNonce, usedNonce: nonce };
  const isLearned = asText !== (facts.nonceAsText ?? false);
  return isLearned ? { ...changes, facts: { ...facts, nonceAsText: asText } } : changes;
}

/** Bytes are the rule; some clients hash the base64 text of the nonce as it stands in NextNonce. */
function nonceForm(nonce: string, matches: (nonce: Uint8Array) => boolean): 'bytes' | 'text' | undefined {
  if (matches(parseBase64(nonce) ?? Buffer.from(nonce))) return 'bytes';
  return matches(Buffer.from(nonce)) ? 'text' : undefined;
}
