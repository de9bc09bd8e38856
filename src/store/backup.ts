/**
 * Copies a SQLite store while a bridge serves it, and counts what is in it.
 *
 * `VACUUM INTO` reads one state of the store and blocks no writer. The copy of a store is of no use without its keys, so they
 * go with it. Neither file is ever written over: each is made under another name and then linked to its own.
 */
import { randomUUID } from 'node:crypto';
import { closeSync, existsSync, fsyncSync, linkSync, openSync, rmSync, statSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { StoreError } from '../errors.ts';
import type { Mutable } from '../mutable.ts';
import { type BackupKeys, backupKeysFileOf, findKey } from './key-file.ts';
import { openDatabaseToRead, schemaVersion } from './sqlite-schema.ts';
import { toBackupError, toOpenError } from './store-failure.ts';
import { storeUser } from './store-lock.ts';

export interface Backup {
  readonly bytes: number;
  readonly keysFile: string;
}

/**
 * Copies the store in `file` to `target`, and its keys to `<target>.keys`, both readable by their owner alone.
 * @param kept the keys that are kept beside the store; one that the configuration gives stays out of the file
 * @throws StoreError ERR_STORE_UNUSABLE when the store cannot be read, or a file is there already or cannot be written
 */
export function backupStore(file: string, target: string, kept: readonly (keyof BackupKeys)[]): Backup {
  const keysFile = backupKeysFileOf(target);
  for (const each of [target, keysFile]) if (existsSync(each)) throw alreadyThere(each);
  const db = openDatabaseToRead(file);
  const draft = `${target}.${randomUUID()}`;
  try {
    copyInto(db, draft);
    // A copy that is there has its keys.
    writeKeys(keysFile, keysOf(file, kept));
    try {
      giveName(draft, target);
    } catch (error) {
      rmSync(keysFile, { force: true });
      throw error;
    }
    return { bytes: statSync(target).size, keysFile };
  } catch (error) {
    throw toBackupError(error, file, target);
  } finally {
    rmSync(draft, { force: true });
    db.close();
  }
}

/** The counts and sizes of a store. */
export interface StoreInfo {
  readonly schema: number;
  readonly devices: number;
  readonly openSessions: number;
  readonly outbox: number;
  /** Bytes of the file and of its write-ahead log. */
  readonly bytes: number;
  /** The process that serves it, such as `process 123`. */
  readonly user: string | undefined;
}

/** @throws StoreError ERR_STORE_UNUSABLE when the store cannot be read */
export function storeInfo(file: string): StoreInfo {
  const db = openDatabaseToRead(file);
  try {
    const count = (sql: string) => Number(db.prepare(`SELECT count(*) AS count FROM ${sql}`).get()?.count);
    return {
      schema: schemaVersion(db),
      devices: count('device'),
      openSessions: count('progress WHERE open_since_message IS NOT NULL'),
      outbox: count('outbox'),
      bytes: sizeOf(file) + sizeOf(`${file}-wal`),
      user: storeUser(file),
    };
  } catch (error) {
    throw toOpenError(error, file);
  } finally {
    db.close();
  }
}

function keysOf(file: string, kept: readonly (keyof BackupKeys)[]): BackupKeys {
  const keys: Mutable<BackupKeys> = {};
  for (const which of kept) {
    const key = findKey(file, which);
    if (key !== undefined) keys[which] = Buffer.from(key).toString('base64');
  }
  return keys;
}

function copyInto(db: DatabaseSync, draft: string): void {
  // SQLite writes into an empty file, which already has its mode here.
  closeSync(openSync(draft, 'wx', 0o600));
  db.prepare('VACUUM INTO ?').run(draft);
  const handle = openSync(draft, 'r+');
  fsyncSync(handle);
  closeSync(handle);
}

function writeKeys(keysFile: string, keys: BackupKeys): void {
  const draft = `${keysFile}.${randomUUID()}`;
  try {
    const handle = openSync(draft, 'wx', 0o600);
    writeSync(handle, `${JSON.stringify(keys)}\n`);
    fsyncSync(handle);
    closeSync(handle);
    giveName(draft, keysFile);
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Fails when there is a file of that name. */
function giveName(draft: string, target: string): void {
  try {
    linkSync(draft, target);
  } catch (error) {
    throw existsSync(target) ? alreadyThere(target) : error;
  }
  const folder = openSync(dirname(target), 'r');
  fsyncSync(folder);
  closeSync(folder);
}

function alreadyThere(file: string): StoreError {
  return new StoreError('ERR_STORE_UNUSABLE', `${file} is there already: a backup never writes over a file`, {
    place: { file },
  });
}

function sizeOf(file: string): number {
  return existsSync(file) ? statSync(file).size : 0;
}
