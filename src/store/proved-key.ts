/** Checks the key of a store file when it is opened, not only at the first device that has a secret. */
import { randomBytes } from 'node:crypto';
import { StoreError } from '../errors.ts';
import type { Journal } from '../log-events.ts';
import { findKey, keyFileOf, loadOrCreateKey } from './key-file.ts';
import { keyFromText, SecretBox } from './secret-box.ts';
import { IN_MEMORY } from './sqlite-schema.ts';
import type { Statements } from './sqlite-statements.ts';

const KEY_PROOF = 'dmbridge';

/**
 * Opens the box of the store's secrets. The first start writes a sealed text, which later starts open as a proof of the key.
 * @param key text of the configuration; undefined: the key beside the store
 * @throws StoreError ERR_STORE_UNUSABLE when the key is lost, or not the one that the store was made with
 */
export function openBox(sql: Statements, file: string, key: string | undefined, journal?: Journal): SecretBox {
  const proof = sql.getMeta.get('keyProof')?.value;
  const keyFile = keyFileOf(file, 'store');
  if (proof !== undefined && key === undefined && findKey(file, 'store') === undefined) {
    throw new StoreError(
      'ERR_STORE_UNUSABLE',
      `the store ${file} needs its key: ${keyFile} is missing and no key is configured`,
    );
  }
  if (proof === undefined && journal !== undefined) warnOfForeignKeys(file, journal);
  const box = new SecretBox(readKey(file, key));
  if (proof instanceof Uint8Array) {
    try {
      box.open(proof, 'keyProof');
    } catch (cause) {
      const source = key === undefined ? `the key in ${keyFile}` : 'the configured store key';
      throw new StoreError('ERR_STORE_UNUSABLE', `${source} is not the one the store ${file} was made with`, { cause });
    }
  } else {
    sql.setMeta.run('keyProof', box.seal(KEY_PROOF, 'keyProof'));
  }
  return box;
}

/**
 * A store that has never seen a key, beside keys that were made for one: probably the store was copied without its
 * write-ahead log, which held everything.
 */
function warnOfForeignKeys(file: string, journal: Journal): void {
  for (const which of ['store', 'nonce'] as const) {
    if (file === IN_MEMORY || findKey(file, which) === undefined) continue;
    journal.log('store.log_missing', { file, beside: keyFileOf(file, which) });
    return;
  }
}

function readKey(file: string, key: string | undefined): Uint8Array {
  if (key !== undefined) return keyFromText(key);
  return file === IN_MEMORY ? randomBytes(32) : loadOrCreateKey(file, 'store');
}
