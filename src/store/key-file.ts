/**
 * Keys that are not configured: made at the first start and kept beside the store, readable by its owner alone.
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

const KEY_BYTES = 32;

/**
 * The key in `file`, as base64 text; made when there is none.
 * @throws StoreError ERR_STORE_UNUSABLE when the file holds no key or cannot be used
 */
export function loadOrCreateKey(file: string): Uint8Array {
  try {
    if (!existsSync(file)) createKey(file);
    return readKey(file);
  } catch (cause) {
    if (cause instanceof StoreError) throw cause;
    throw new StoreError('ERR_STORE_UNUSABLE', `the key file ${file} cannot be used`, { cause, place: { file } });
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

function readKey(file: string): Uint8Array {
  const text = readFileSync(file, 'utf8').trim();
  const key = Buffer.from(text, 'base64');
  if (key.length !== KEY_BYTES || key.toString('base64') !== text) {
    throw new StoreError('ERR_STORE_UNUSABLE', `the key file ${file} does not hold a key`, { place: { file } });
  }
  return key;
}
