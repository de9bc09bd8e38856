/**
 * Keys that are not configured: made at the first start and kept beside the store, readable by its owner alone.
 *
 * `<store>.key` seals the secrets in the store, `<store>.nonce-key` makes the nonces of challenges. A copy by
 * `dmbridge store backup` has both in one file, `<store>.keys`, which counts where the other two are not there.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { StoreError } from '../errors.ts';
import type { Mutable } from '../mutable.ts';

const KEY_BYTES = 32;

/** The keys of a store, as `<store>.keys` holds them: base64 text. A key that the configuration gives is not in it. */
export interface BackupKeys {
  readonly store?: string;
  readonly nonce?: string;
}

/** The file that a key of the store in `file` is kept in. */
export function keyFileOf(file: string, which: keyof BackupKeys): string {
  return which === 'store' ? `${file}.key` : `${file}.nonce-key`;
}

/** The file that holds both keys of a copy. */
export function backupKeysFileOf(file: string): string {
  return `${file}.keys`;
}

/**
 * A key that is kept beside the store in `file`; undefined when it is not there.
 * @throws StoreError ERR_STORE_UNUSABLE when a file holds no key or cannot be used
 */
export function findKey(file: string, which: keyof BackupKeys): Uint8Array | undefined {
  const keyFile = keyFileOf(file, which);
  if (existsSync(keyFile)) return usable(keyFile, () => decodeKey(readFileSync(keyFile, 'utf8').trim(), keyFile));
  const keysFile = backupKeysFileOf(file);
  if (!existsSync(keysFile)) return undefined;
  return usable(keysFile, () => {
    const text = parseKeys(readFileSync(keysFile, 'utf8'), keysFile)[which];
    return text === undefined ? undefined : decodeKey(text, keysFile);
  });
}

/**
 * A key that is kept beside the store in `file`; made when it is not there.
 * @throws StoreError ERR_STORE_UNUSABLE when a file holds no key or cannot be used
 */
export function loadOrCreateKey(file: string, which: keyof BackupKeys): Uint8Array {
  const keyFile = keyFileOf(file, which);
  const found = findKey(file, which);
  if (found !== undefined) return found;
  return usable(keyFile, () => {
    createKey(keyFile);
    return decodeKey(readFileSync(keyFile, 'utf8').trim(), keyFile);
  });
}

function usable<T>(file: string, use: () => T): T {
  try {
    return use();
  } catch (cause) {
    if (cause instanceof StoreError) throw cause;
    const reason = cause instanceof Error && 'code' in cause ? ` (${cause.code})` : '';
    throw new StoreError('ERR_STORE_UNUSABLE', `the key file ${file} cannot be used${reason}`, {
      cause,
      place: { file },
    });
  }
}

/** Written aside and then linked: a second bridge that starts at the same time finds a whole key or none. */
function createKey(file: string): void {
  mkdirSync(dirname(file), { recursive: true });
  const draft = `${file}.${randomUUID()}`;
  const handle = openSync(draft, 'wx', 0o600);
  try {
    writeSync(handle, `${randomBytes(KEY_BYTES).toString('base64')}\n`);
    fsyncSync(handle);
    linkSync(draft, file);
  } catch (error) {
    if (!existsSync(file)) throw error;
  } finally {
    closeSync(handle);
    rmSync(draft, { force: true });
  }
}

function decodeKey(text: string, file: string): Uint8Array {
  const key = Buffer.from(text, 'base64');
  if (key.length !== KEY_BYTES || key.toString('base64') !== text) {
    throw new StoreError('ERR_STORE_UNUSABLE', `the key file ${file} does not hold a key`, { place: { file } });
  }
  return key;
}

function parseKeys(text: string, file: string): BackupKeys {
  try {
    const keys: unknown = JSON.parse(text);
    if (typeof keys === 'object' && keys !== null) {
      const [store, nonce] = ['store', 'nonce'].map((name): unknown => Reflect.get(keys, name));
      const found: Mutable<BackupKeys> = {};
      if (typeof store === 'string') found.store = store;
      if (typeof nonce === 'string') found.nonce = nonce;
      return found;
    }
  } catch {
    // Such a file is refused like one whose content is no object.
  }
  throw new StoreError('ERR_STORE_UNUSABLE', `the key file ${file} does not hold keys`, { place: { file } });
}
