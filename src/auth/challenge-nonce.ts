/**
 * The nonce of a challenge, computed instead of stored.
 *
 * Strangers must not be able to make the bridge write (design: strangers), and a challenge repeated for the same message
 * must be the same bytes. So the nonce is a keyed hash of who asks, of the time slot, and of the nonce last accepted
 * from that device: accepting it changes the inputs, which makes it good once without a list of used nonces.
 *
 * @see OMA-TS-DM_Protocol 1.3 §9.1
 */
import { createHmac } from 'node:crypto';
import { deviceKey } from '../device/dev-id.ts';

const SLOT_MS = 5 * 60_000;
const NONCE_BYTES = 16;

/** What a device's challenge depends on. */
export interface NonceSubject {
  /** As the message's Source names it. */
  readonly devId: string;
  /** Base64: the nonce last accepted from this device; '' for a stranger. */
  readonly usedNonce: string;
}

/** The number of the slot that a time is in. */
export function slotOf(now: number): number {
  return Math.floor(now / SLOT_MS);
}

/** Base64 of the nonce that a challenge sent now carries. */
export function challengeNonce(key: Uint8Array, subject: NonceSubject, now: number): string {
  return slotNonce(key, subject, slotOf(now));
}

/** Base64 of the challenge nonces that count now: this slot's and the one's before. */
export function validChallengeNonces(key: Uint8Array, subject: NonceSubject, now: number): readonly string[] {
  const slot = slotOf(now);
  return [slotNonce(key, subject, slot), slotNonce(key, subject, slot - 1)];
}

function slotNonce(key: Uint8Array, { devId, usedNonce }: NonceSubject, slot: number): string {
  // NUL cannot stand in a LocURI or in base64, so no two subjects share an input.
  const input = `${deviceKey(devId)}\0${slot}\0${usedNonce}`;
  return createHmac('sha256', key).update(input).digest().subarray(0, NONCE_BYTES).toString('base64');
}
