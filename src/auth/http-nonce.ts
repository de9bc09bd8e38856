/**
 * The nonce of HTTP Digest, computed instead of stored, as that of a SyncML challenge is (ADR 3).
 *
 * It is one block: the time slot and how many requests of the device were accepted before, enciphered under a key of that
 * device's own. So nobody else can make one, and it tells nobody whether the device is known. A request counts as that number
 * plus its `nc`; what does not count above the last accepted is a replay.
 *
 * @see RFC 7616 §3.3, §5.4
 */
import { createCipheriv, createDecipheriv, createHmac } from 'node:crypto';
import { deviceKey } from '../device/dev-id.ts';
import { slotOf } from './challenge-nonce.ts';

const BLOCK = 16;

/** Base64url; the same until a request of the device is accepted or the slot ends. */
export function httpNonce(key: Uint8Array, devId: string, now: number, count: number): string {
  const block = Buffer.alloc(BLOCK);
  block.writeBigUInt64BE(BigInt(slotOf(now)), 0);
  block.writeBigUInt64BE(BigInt(count), 8);
  const cipher = createCipheriv('aes-256-ecb', keyOf(key, devId), null).setAutoPadding(false);
  return Buffer.concat([cipher.update(block), cipher.final()]).toString('base64url');
}

/** From where a nonce counts; undefined when it is none of this slot or the one before. */
export function readHttpNonce(key: Uint8Array, devId: string, now: number, nonce: string): number | undefined {
  const bytes = Buffer.from(nonce, 'base64url');
  if (bytes.length !== BLOCK || bytes.toString('base64url') !== nonce) return undefined;
  const decipher = createDecipheriv('aes-256-ecb', keyOf(key, devId), null).setAutoPadding(false);
  const block = Buffer.concat([decipher.update(bytes), decipher.final()]);
  const age = BigInt(slotOf(now)) - block.readBigUInt64BE(0);
  return age === 0n || age === 1n ? Number(block.readBigUInt64BE(8)) : undefined;
}

/** One block under this key is a permutation of it, which is all that is asked of the cipher. */
function keyOf(key: Uint8Array, devId: string): Buffer {
  return createHmac('sha256', key)
    .update(`http\0${deviceKey(devId)}\0\0`)
    .digest();
}
