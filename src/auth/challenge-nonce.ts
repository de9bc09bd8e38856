/**
 * The nonce of a challenge, computed instead of stored.
 *
 * An unknown sender must not be able to make the bridge write, and a challenge repeated for the same message must have the
 * same bytes. So the nonce is a keyed hash of the device's name, of the time slot, and of the nonce last accepted from that
 * device: accepting it changes the inputs, which makes it good once without a list of used nonces (ADR 3).
 *
 * @see OMA-TS-DM_Protocol 1.3 §9.1
 */
import { type DevId, devIdOf, deviceKey } from '../device/dev-id.ts';
import type { AuthInput } from './auth-input.ts';
import { keyedHash } from './keyed-hash.ts';

const SLOT_MS = 5 * 60_000;
/** The length of every nonce that the bridge makes. */
export const NONCE_BYTES = 16;

/** The device whose challenge it is. */
export interface NonceSubject {
  /** As the message's Source names it. */
  readonly devId: DevId;
  /** Base64: the nonce last accepted from this device; '' when there is none. */
  readonly usedNonce: string;
  /** The challenge is for a digest with a nonce from before the last answer: accepting its nonce shows that (ADR 23). */
  readonly hasNotSeenAnswer?: boolean;
}

export function nonceSubject({ header, record }: AuthInput, hasNotSeenAnswer = false): NonceSubject {
  return { devId: devIdOf(header), usedNonce: record?.usedNonce ?? '', hasNotSeenAnswer };
}

/** The number of the time slot, five minutes long. */
export function slotOf(now: number): number {
  return Math.floor(now / SLOT_MS);
}

/** Base64 of the nonce that a challenge sent now carries. */
export function challengeNonce(key: Uint8Array, subject: NonceSubject, now: number): string {
  return slotNonce(key, subject, slotOf(now));
}

/** Base64 of the challenge nonces that count now: that of this slot and that of the slot before. */
export function validChallengeNonces(key: Uint8Array, subject: NonceSubject, now: number): readonly string[] {
  const slot = slotOf(now);
  return [slotNonce(key, subject, slot), slotNonce(key, subject, slot - 1)];
}

function slotNonce(key: Uint8Array, { devId, usedNonce, hasNotSeenAnswer }: NonceSubject, slot: number): string {
  // Neither a LocURI nor base64 contains NUL, so no two subjects share an input.
  const input = `${deviceKey(devId)}\0${slot}\0${usedNonce}${hasNotSeenAnswer === true ? '\0unseen' : ''}`;
  return keyedHash(key, input).subarray(0, NONCE_BYTES).toString('base64');
}
