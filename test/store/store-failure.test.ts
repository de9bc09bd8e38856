/** Files that cannot be a store: the message names the file and the reason; writes that fail, and the tries after them. */
import {
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { parseDevId } from '../../src/device/dev-id.ts';
import { StoreError } from '../../src/errors.ts';
import { openSqliteStore } from '../../src/store/sqlite-store.ts';
import { isMediumFailure, toOpenError, toStoreError } from '../../src/store/store-failure.ts';
import { lockStore } from '../../src/store/store-lock.ts';
import { WriteOutcome } from '../../src/store/write-outcome.ts';
import { deviceRecord, outboxItem } from './values.ts';

const DEVICE = parseDevId('IMEI:1');
const RESTORE =
  /^the store \S+bridge\.db is damaged, or it is no SQLite file: restore a backup \(docs\/operations\/backup\.md\)$/;

let folder = '';
let file = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'dmbridge-failure-'));
  file = join(folder, 'bridge.db');
});
afterEach(() => {
  vi.useRealTimers();
  rmSync(folder, { recursive: true, force: true });
});

/** An error as node:sqlite throws it. */
function sqliteError(errcode: number, message: string): Error {
  return Object.assign(new Error(message), { code: 'ERR_SQLITE_ERROR', errcode });
}

describe('a store that cannot be opened', () => {
  test('a folder in place of the file', () => {
    mkdirSync(file);
    expect(() => openSqliteStore({ file })).toThrow(/^the store \S+bridge\.db cannot be opened: EISDIR \(/);
  });

  test('a file in place of the folder', () => {
    writeFileSync(join(folder, 'x'), '');
    expect(() => openSqliteStore({ file: join(folder, 'x', 'bridge.db') })).toThrow(
      /bridge\.db cannot be opened: (ENOTDIR|EEXIST)/,
    );
  });

  test('a link that leads to itself, which no user can open', () => {
    symlinkSync(file, file);
    expect(() => openSqliteStore({ file })).toThrow(/bridge\.db cannot be opened: ELOOP/);
  });

  test('a file that is no SQLite file stays as it is', () => {
    writeFileSync(file, 'garbage '.repeat(1_000));
    const before = readFileSync(file);
    expect(() => openSqliteStore({ file })).toThrow(RESTORE);
    expect(readFileSync(file)).toEqual(before);
  });

  test.for(['a page of the schema', 'a page of devices'])('a damaged store is found at the start: %s', async (what) => {
    const store = openSqliteStore({ file });
    for (let at = 0; at < 200; at += 1) {
      const devId = parseDevId(`IMEI:${at}`);
      await store.commit(devId, 0, { record: deviceRecord(devId) });
    }
    await store.close();
    const handle = openSync(file, 'r+');
    const middle = Math.floor(statSync(file).size / 2);
    const start = what === 'a page of the schema' ? 100 : middle - (middle % 4096);
    writeSync(handle, Buffer.alloc(4000, 0x5a), 0, 4000, start);
    const opening = () => openSqliteStore({ file });
    expect(opening).toThrow(StoreError);
    expect(opening).toThrow(RESTORE);
  });
});

describe('the reason of a failure', () => {
  test.for([
    [13, 'database or disk is full', 'the store FILE failed: ENOSPC (no space left on the device)'],
    [5, 'database is locked', 'the store FILE failed: EBUSY (another process keeps the file locked)'],
    [
      8,
      'attempt to write a readonly database',
      'the store FILE failed: EROFS (the file or its folder cannot be written)',
    ],
    [778, 'disk I/O error', 'the store FILE failed: EIO (disk I/O error)'],
    [
      11,
      'database disk image is malformed',
      'the store FILE is damaged, or it is no SQLite file: restore a backup (docs/operations/backup.md)',
    ],
    [1, 'SQL logic error', 'the store FILE failed: SQL logic error'],
  ] as const)('SQLite code %i, %s', ([code, text, message]) => {
    writeFileSync(file, '');
    const error = toStoreError(sqliteError(code, text), file);
    expect(error).toBeInstanceOf(StoreError);
    expect(error).toMatchObject({ code: 'ERR_STORE_FAILED', message: message.replace('FILE', file), place: { file } });
  });

  test('an error that is none of the store is passed on, and one of the store stays the same', () => {
    const bug = new TypeError('x');
    expect(toStoreError(bug, file)).toBe(bug);
    const known = new StoreError('ERR_STORE_STALE', 'stale');
    expect([toStoreError(known, file), toOpenError(known, file)]).toEqual([known, known]);
  });

  test('a contradiction in what is written is no failure of the medium', () => {
    expect([13, 778, 8, 11].map((code) => isMediumFailure(sqliteError(code, '')))).toEqual([true, true, true, true]);
    expect([2067, 787, 18].map((code) => isMediumFailure(sqliteError(code, '')))).toEqual([false, false, false]);
  });

  test('a refused contradiction leaves the store ready', async () => {
    const store = openSqliteStore({ file });
    await store.commit(DEVICE, 0, { record: deviceRecord(DEVICE), outboxAdded: [outboxItem(1)] });
    await expect(store.commit(DEVICE, 1, { outboxAdded: [outboxItem(1)] })).rejects.toThrow(StoreError);
    await expect(store.check()).resolves.toBeUndefined();
    await store.close();
  });
});

describe('the outcome of the last write', () => {
  test('after a failure a small write is tried at intervals until one succeeds', async () => {
    vi.useFakeTimers();
    const events: string[] = [];
    const journal = { log: (event: string) => void events.push(event), trace: () => {} };
    const failure = new StoreError('ERR_STORE_FAILED', 'full');
    let isFull = true;
    let tries = 0;
    const outcome = new WriteOutcome(async () => {
      tries += 1;
      if (isFull) outcome.failed(failure);
      else outcome.succeeded();
    }, journal);
    outcome.check();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(tries).toBe(0);
    outcome.failed(failure);
    expect(() => outcome.check()).toThrow(failure);
    expect(() => outcome.check()).toThrow(failure);
    await vi.advanceTimersByTimeAsync(15_000);
    expect(tries).toBe(3);
    isFull = false;
    await vi.advanceTimersByTimeAsync(5_000);
    outcome.check();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(tries).toBe(4);
    expect(events).toEqual(['store.write_failed', 'store.recovered']);
  });

  test('to ask for it writes nothing', async () => {
    const store = openSqliteStore({ file });
    const before = statSync(`${file}-wal`).size;
    for (let at = 0; at < 10; at += 1) await store.check();
    expect(statSync(`${file}-wal`).size).toBe(before);
    await store.close();
    await expect(store.check()).rejects.toThrow(StoreError);
  });
});

describe('the lock', () => {
  test('a store that is locked cannot be locked again, by whatever path, until it is released', () => {
    const lock = lockStore(file);
    expect(() => lockStore(file)).toThrow(`the store ${file} is in use by process ${process.pid}`);
    expect(() => lockStore(join(folder, '.', 'bridge.db'))).toThrow(/in use/);
    lock.release();
    lock.release();
    lockStore(file).release();
  });

  test('a lock without its process id is still a lock', () => {
    const lock = lockStore(file);
    rmSync(`${file}.pid`);
    expect(() => lockStore(file)).toThrow('is in use by another process');
    lock.release();
  });
});
