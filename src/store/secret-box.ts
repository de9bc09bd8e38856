/**
 * Secrets at rest: AES-256-GCM with a key for each context, so that a sealed value opens only in its own context.
 *
 * The context (which device, which field) goes into the key. That also keeps the number of random nonces under one key
 * far below the 2^32 that GCM allows, however long the store lives.
 */
import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  type KeyObject,
  randomBytes,
  scryptSync,
} from 'node:crypto';
import { StoreError } from '../errors.ts';

const FORMAT = 1;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const HEAD_BYTES = 1 + NONCE_BYTES + TAG_BYTES;

export class SecretBox {
  readonly #key: KeyObject;

  /** @param key 32 bytes: from a key file, or of `keyFromText`. */
  constructor(key: Uint8Array) {
    this.#key = createSecretKey(key);
  }

  /** Layout: format byte, nonce, tag, ciphertext. */
  seal(content: string | Uint8Array, context: string): Uint8Array {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.#keyFor(context), nonce);
    const body = cipher.update(typeof content === 'string' ? Buffer.from(content, 'utf8') : content);
    cipher.final();
    return Buffer.concat([Uint8Array.of(FORMAT), nonce, cipher.getAuthTag(), body]);
  }

  /** @throws StoreError ERR_STORE_FAILED when the key or the context is another one, or the bytes were changed. */
  open(sealed: Uint8Array, context: string): string {
    return Buffer.from(this.openBytes(sealed, context)).toString('utf8');
  }

  /** Like `open`, for content that is no text. */
  openBytes(sealed: Uint8Array, context: string): Uint8Array {
    if (sealed[0] !== FORMAT || sealed.length < HEAD_BYTES)
      throw new StoreError('ERR_STORE_FAILED', 'not a sealed secret');
    const nonce = sealed.subarray(1, 1 + NONCE_BYTES);
    const decipher = createDecipheriv('aes-256-gcm', this.#keyFor(context), nonce);
    decipher.setAuthTag(sealed.subarray(1 + NONCE_BYTES, HEAD_BYTES));
    try {
      return Buffer.concat([decipher.update(sealed.subarray(HEAD_BYTES)), decipher.final()]);
    } catch (cause) {
      throw new StoreError('ERR_STORE_FAILED', 'a secret in the store cannot be opened with this store key', { cause });
    }
  }

  /** A key object, because Node takes longer for a cipher whose key is bytes. */
  #keyFor(context: string): KeyObject {
    return createSecretKey(createHmac('sha256', this.#key).update(context).digest());
  }
}

/** Derives the key from a text of the configuration; slow on purpose, because people choose such texts. */
export function keyFromText(text: string): Uint8Array {
  return scryptSync(text, 'dmbridge store key', 32);
}
