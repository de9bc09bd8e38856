/**
 * Finds the nonce with which a digest was made: the stored one, or one of a challenge; never the one used last.
 *
 * @see OMA-TS-DM_Protocol 1.3 §9.1; ADR 3
 */
import { parseBase64 } from '../dm1/digest.ts';
import type { AuthChanges } from './auth-decision.ts';
import { NONCE_BYTES, nonceSubject, validChallengeNonces } from './challenge-nonce.ts';
import type { Account, CheckInput } from './check.ts';

/** A nonce that counts. */
interface CurrentNonce {
  readonly kind: 'current';
  /** Base64. */
  readonly nonce: string;
  /** True when the device hashed the base64 text instead of the bytes behind it. */
  readonly asText: boolean;
  /** True when the nonce is that of a challenge to a digest from before the last answer. */
  readonly hasNotSeenAnswer: boolean;
}

export type NonceMatch = CurrentNonce | { readonly kind: 'usedLast' };

/** Takes the place of a stored or earlier nonce, as long as one, so that the work does not tell how many there are. */
const NO_NONCE = Buffer.alloc(NONCE_BYTES, 'no nonce').toString('base64');

/**
 * Tries the nonces that count, then, where a repetition is allowed, the one used last. `matches` checks the digest. A digest
 * that matches none takes the same work whatever the device's record holds.
 */
export function matchNonce(
  check: CheckInput,
  mayRepeat: boolean,
  matches: (nonce: Uint8Array) => boolean,
): NonceMatch | undefined {
  const { account, nonceKey, now } = check;
  const usedLast = account.usedNonce;
  const issued = validChallengeNonces(nonceKey, nonceSubject(check), now);
  const unseen = validChallengeNonces(nonceKey, nonceSubject(check, true), now);
  for (const nonce of [account.clientNonce ?? NO_NONCE, ...issued, ...unseen]) {
    const form = matchingForm(nonce, matches);
    const counts = nonce !== usedLast && nonce !== NO_NONCE;
    if (form === undefined || !counts) continue;
    return { kind: 'current', nonce, asText: form === 'text', hasNotSeenAnswer: unseen.includes(nonce) };
  }
  if (!mayRepeat) return undefined;
  const isUsedLast = matchingForm(usedLast ?? NO_NONCE, matches) !== undefined;
  return isUsedLast && usedLast !== undefined ? { kind: 'usedLast' } : undefined;
}

/** Replaces the nonce by the next one, and remembers how the device reads NextNonce. */
export function nonceChanges({ nonce, asText }: CurrentNonce, next: string, { facts }: Account): AuthChanges {
  const changes: AuthChanges = { clientNonce: next, usedNonce: nonce };
  const isLearned = asText !== (facts.nonceAsText ?? false);
  return isLearned ? { ...changes, facts: { ...facts, nonceAsText: asText } } : changes;
}

const EARLIER_NONCES = 3;

/**
 * True when the digest was made with a nonce from before the last answer that acknowledged alerts. It takes the same work for
 * every record.
 */
export function isFromBeforeAnswer({ record }: CheckInput, matches: (nonce: Uint8Array) => boolean): boolean {
  const nonces = record?.unseenAnswer?.nonces ?? [];
  let isEarlier = false;
  for (let at = 0; at < EARLIER_NONCES; at += 1) {
    const nonce = nonces[at];
    const isMatch = matchingForm(nonce ?? NO_NONCE, matches) !== undefined;
    if (isMatch && nonce !== undefined) isEarlier = true;
  }
  return isEarlier;
}

/** Bytes are the rule; some clients hash the base64 text of the nonce as NextNonce has it. */
function matchingForm(nonce: string, matches: (nonce: Uint8Array) => boolean): 'bytes' | 'text' | undefined {
  if (matches(parseBase64(nonce) ?? Buffer.from(nonce))) return 'bytes';
  return matches(Buffer.from(nonce)) ? 'text' : undefined;
}
