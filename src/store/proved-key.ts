/** Checks the key of a store file when it is opened, not only at the first device that has a secret. */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { StoreError } from '../errors.ts';
import { loadOrCreateKey } from './key-file.ts';
import { keyFromText, SecretBox } from './secret-box.ts';
import { IN_MEMORY } from './sqlite-schema.ts';
import type { Statements } from './sqlite-statements.ts';

const KEY_PROOF = 'dmbridge';

/**
 * Opens the box of the store's secrets. The first start writes a sealed text, which later starts open as a proof of the key.
 * @throws StoreError ERR_STORE_UNUSABLE when the key is lost, or not the one that the store was made with
 */
export function openBox(sql: Statements, file: string, key: string | undefined): SecretBox {
  const proof = sql.getMeta.get('keyProof')?.value;
  const keyFile = `${file}.key`;
  if (proof !== undefined && key === undefined && !existsSync(keyFile)) {
    throw new StoreError(
      'ERR_STORE_UNUSABLE',
      `the store ${file} needs its key: ${keyFile} is missing and no key is configured`,
    );
  }
  const box = new SecretBox(readKey(file, keyFile, key));
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

function readKey(file: string, keyFile: string, key: string | undefined): Uint8Array {
  if (key !== undefined) return keyFromText(key);
  return file === IN_MEMORY ? randomBytes(32) : loadOrCreateKey(keyFile);
}
