/**
 * Errors of SQLite and of the file system as errors of the store, with the reason that the system gave and the path.
 *
 * SQLite does not pass on the system's error code. Where its own code leaves the reason open, the access to the file and its
 * folder is asked for, because an operator can act on EACCES or EROFS and not on "unable to open database file".
 */
import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { DmError, StoreError } from '../errors.ts';

/** Primary result codes of SQLite, the low byte of an error code (https://sqlite.org/rescode.html). */
const ERROR = 1;
const BUSY = 5;
const READONLY = 8;
const IOERR = 10;
const CORRUPT = 11;
const FULL = 13;
const CANTOPEN = 14;
const TOOBIG = 18;
const CONSTRAINT = 19;
const NOTADB = 26;

const RESTORE = 'restore a backup (docs/operations/backup.md)';

/** The error of a call that needed the open store; an error that is none of SQLite's is returned as it is. */
export function toStoreError(error: unknown, file: string): unknown {
  const code = sqliteCode(error);
  if (code === undefined && !isUnreadableRow(error)) return error;
  const isDamaged = code === undefined || isDamage(code);
  const message = isDamaged ? damaged(file) : `the store ${file} failed: ${reasonFor(code, error, file)}`;
  return new StoreError('ERR_STORE_FAILED', message, { cause: error, place: { file } });
}

/** The error of opening the file, or of a first look at its tables. */
export function toOpenError(error: unknown, file: string): StoreError {
  if (error instanceof StoreError) return error;
  const code = sqliteCode(error);
  // The statements fit every store, so one that SQLite refuses shows that a table is not there, or there twice.
  const isDamaged = code !== undefined && (isDamage(code) || code === ERROR);
  const message = isDamaged ? damaged(file) : `the store ${file} cannot be opened: ${reasonFor(code, error, file)}`;
  return new StoreError('ERR_STORE_UNUSABLE', message, { cause: error, place: { file } });
}

/** The error of taking the lock in the file. It holds nothing, so a damaged one can be removed. */
export function toLockError(error: unknown, file: string): StoreError {
  const code = sqliteCode(error);
  if (code === undefined || !isDamage(code)) return toOpenError(error, file);
  const message = `the lock file ${file} is damaged: remove it when no bridge serves the store`;
  return new StoreError('ERR_STORE_UNUSABLE', message, { cause: error, place: { file } });
}

/** The error of copying the store in `file` to `target`. */
export function toBackupError(error: unknown, file: string, target: string): StoreError {
  if (error instanceof StoreError) return error;
  const code = sqliteCode(error);
  if (code !== undefined && isDamage(code)) return damagedStore(file);
  const message = `the backup ${target} cannot be written: ${reasonFor(code, error, target)}`;
  return new StoreError('ERR_STORE_UNUSABLE', message, { cause: error, place: { file: target } });
}

/** The error for a file whose content contradicts itself. */
export function damagedStore(file: string): StoreError {
  return new StoreError('ERR_STORE_UNUSABLE', damaged(file), { place: { file } });
}

function damaged(file: string): string {
  return `the store ${file} is damaged, or it is no SQLite file: ${RESTORE}`;
}

/** True for the error of a row whose text is no JSON, or whose packed bytes cannot be unpacked. */
function isUnreadableRow(error: unknown): boolean {
  return error instanceof SyntaxError || (error instanceof Error && 'code' in error && /^Z_/.test(String(error.code)));
}

function isDamage(code: number): boolean {
  return code === CORRUPT || code === NOTADB;
}

/** True when the medium failed, false when what was to be written contradicts what is stored. */
export function isMediumFailure(error: unknown): boolean {
  const code = sqliteCode(error);
  return code !== undefined && code !== CONSTRAINT && code !== TOOBIG;
}

/** The primary result code, 0 for an error of Node's binding; undefined for an error of something else. */
function sqliteCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('code' in error) || !String(error.code).startsWith('ERR_')) return undefined;
  if (error instanceof DmError) return undefined;
  return 'errcode' in error && typeof error.errcode === 'number' ? error.errcode & 0xff : 0;
}

function reasonFor(code: number | undefined, error: unknown, file: string): string {
  if (code === FULL) return 'ENOSPC (no space left on the device)';
  if (code === BUSY) return 'EBUSY (another process keeps the file locked)';
  const system = systemCode(error) ?? probe(file);
  if (code === READONLY) return `${system ?? 'EROFS'} (the file or its folder cannot be written)`;
  if (code === CANTOPEN) return `${system ?? 'ENOENT'} (the file or its folder cannot be opened)`;
  const text = error instanceof Error ? error.message : String(error);
  if (code === IOERR) return `${system ?? 'EIO'} (${text})`;
  return system === undefined || text.startsWith(system) ? text : `${system} (${text})`;
}

function systemCode(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return /^E[A-Z0-9]+$/.test(code) ? code : undefined;
}

/**
 * The system's code when it forbids now to read or write the file or its folder; undefined when it allows both. The file is not
 * opened, because closing it would release the locks that SQLite has on it.
 */
function probe(file: string): string | undefined {
  try {
    accessSync(dirname(file), constants.R_OK | constants.W_OK | constants.X_OK);
    if (existsSync(file)) accessSync(file, constants.R_OK | constants.W_OK);
    return statSync(file, { throwIfNoEntry: false })?.isDirectory() === true ? 'EISDIR' : undefined;
  } catch (error) {
    return systemCode(error);
  }
}
