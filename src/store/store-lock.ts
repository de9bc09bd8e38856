/**
 * The lock of a SQLite store: one bridge serves a file.
 *
 * Two bridges on one file would each keep devices in memory and run the same work. The lock is an open write transaction on
 * a file of its own, `<store>.lock`, so that the system frees it however the process ends. The process id in `<store>.pid`
 * only serves the message. Commands that work beside a bridge do not take the lock.
 */
import { existsSync, mkdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { StoreError } from '../errors.ts';
import { toLockError, toOpenError } from './store-failure.ts';

export interface StoreLock {
  release(): void;
}

/** Longer than another command needs to see whether the lock is free. */
const LOCK_TIMEOUT_MS = 500;
const SQLITE_BUSY = 5;

/**
 * Takes the lock of the store in `file`, which need not exist.
 * @throws StoreError ERR_STORE_IN_USE when another process has it, ERR_STORE_UNUSABLE when it cannot be taken
 */
export function lockStore(file: string): StoreLock {
  const { lockFile, pidFile } = filesOf(file);
  const db = takeLock(lockFile);
  if (db === undefined) {
    throw new StoreError('ERR_STORE_IN_USE', `the store ${file} is in use by ${holderOf(pidFile)}`, {
      place: { file },
    });
  }
  try {
    writeFileSync(pidFile, `${process.pid}\n`, { mode: 0o600 });
  } catch (error) {
    db.close();
    throw toOpenError(error, file);
  }
  return {
    release() {
      if (!db.isOpen) return;
      rmSync(pidFile, { force: true });
      db.close();
    },
  };
}

/** The process that serves the store in `file`, such as `process 123`; undefined when none does. */
export function storeUser(file: string): string | undefined {
  const { lockFile, pidFile } = filesOf(file);
  if (!existsSync(lockFile)) return undefined;
  const db = takeLock(lockFile);
  db?.close();
  return db === undefined ? holderOf(pidFile) : undefined;
}

/** The open transaction; undefined when another process has one. */
function takeLock(lockFile: string): DatabaseSync | undefined {
  let db: DatabaseSync | undefined;
  try {
    mkdirSync(dirname(lockFile), { recursive: true });
    db = new DatabaseSync(lockFile, { timeout: LOCK_TIMEOUT_MS });
    // Nothing is ever written, so no journal is needed beside it.
    db.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
    return db;
  } catch (error) {
    db?.close();
    if (error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY) return undefined;
    throw toLockError(error, lockFile);
  }
}

/** The files are beside the real file, so that two links to one store have one lock. */
function filesOf(file: string): { readonly lockFile: string; readonly pidFile: string } {
  const folder = dirname(file);
  const real = existsSync(file)
    ? realpathSync(file)
    : join(existsSync(folder) ? realpathSync(folder) : folder, basename(file));
  return { lockFile: `${real}.lock`, pidFile: `${real}.pid` };
}

function holderOf(pidFile: string): string {
  try {
    const pid = readFileSync(pidFile, 'utf8').trim();
    return /^\d+$/.test(pid) ? `process ${pid}` : 'another process';
  } catch {
    return 'another process';
  }
}
