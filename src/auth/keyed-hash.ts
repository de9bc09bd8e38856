/** HMAC with SHA-256 under a key that serves many messages. */
import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';

/** Node makes a key object of each key that it gets as bytes, which takes longer than the hash of a short text. */
const keyObjects = new WeakMap<Uint8Array, KeyObject>();

/** The hash of a text, 32 bytes. */
export function keyedHash(key: Uint8Array, text: string): Buffer {
  return createHmac('sha256', keyObjectOf(key)).update(text).digest();
}

function keyObjectOf(key: Uint8Array): KeyObject {
  const known = keyObjects.get(key);
  if (known !== undefined) return known;
  const made = createSecretKey(key);
  keyObjects.set(key, made);
  return made;
}
