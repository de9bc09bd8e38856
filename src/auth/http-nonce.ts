/**
 * The nonce of HTTP Digest, computed instead of stored, as that of a SyncML challenge is (ADR 3).
 *
 * It is one block: the time slot and the number of requests of the device that were accepted before, enciphered under a key
 * of that device's own. So it cannot be forged, and it does not show whether the device is registered. The count of a request
 * is that number plus its `nc`; a request whose count is not above the last accepted one is a replay.
 *
 * @see RFC 7616 §3.3, §5.4
 */
import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject } from 'node:crypto';
import { type DevId, deviceKey } from '../device/dev-id.ts';
import { slotOf } from './challenge-nonce.ts';
import { keyedHash } from './keyed-hash.ts';

const BLOCK_BYTES = 16;

/** Base64url; the same until a request of the device is accepted or the slot ends. */
export function httpNonce(key: Uint8Array, devId: DevId, now: number, count: number): string {
  const block = Buffer.alloc(BLOCK_BYTES);
  block.writeBigUInt64BE(BigInt(slotOf(now)), 0);
  block.writeBigUInt64BE(BigInt(count), 8);
  const cipher = createCipheriv('aes-256-ecb', keyOf(key, devId), null).setAutoPadding(false);
  return Buffer.concat([cipher.update(block), cipher.final()]).toString('base64url');
}

/** The number of accepted requests in a nonce; undefined when it is not of this slot or the one before. */
export function readHttpNonce(key: Uint8Array, devId: DevId, now: number, nonce: string): number | undefined {
  const bytes = Buffer.from(nonce, 'base64url');
  if (bytes.length !== BLOCK_BYTES || bytes.toString('base64url') !== nonce) return undefined;
  const decipher = createDecipheriv('aes-256-ecb', keyOf(key, devId), null).setAutoPadding(false);
  const block = Buffer.concat([decipher.update(bytes), decipher.final()]);
  const age = BigInt(slotOf(now)) - block.readBigUInt64BE(0);
  return age === 0n || age === 1n ? Number(block.readBigUInt64BE(8)) : undefined;
}

/** ECB is enough for a single block: all that is needed is a permutation under the device's own key. */
function keyOf(key: Uint8Array, devId: DevId): KeyObject {
  return createSecretKey(keyedHash(key, `http\0${deviceKey(devId)}\0\0`));
}
