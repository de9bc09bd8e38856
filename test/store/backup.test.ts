/** Copies of a store, and what they need to be opened. */
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parseDevId } from '../../src/device/dev-id.ts';
import { backupStore, storeInfo } from '../../src/store/backup.ts';
import { loadOrCreateKey } from '../../src/store/key-file.ts';
import { openSqliteStore } from '../../src/store/sqlite-store.ts';
import { lockStore } from '../../src/store/store-lock.ts';
import { deviceRecord, dmSession, outboxItem } from './values.ts';

const DEVICE = parseDevId('IMEI:1');
const SECRETS = { server: { user: 'srv', password: 'hush' } };
const BOTH = ['store', 'nonce'] as const;

let folder = '';
let file = '';
let copy = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'dmbridge-backup-'));
  file = join(folder, 'bridge.db');
  copy = join(folder, 'copy.db');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function fill() {
  const store = openSqliteStore({ file });
  const record = deviceRecord(DEVICE, SECRETS);
  await store.commit(DEVICE, 0, { record, session: dmSession(DEVICE), outboxAdded: [outboxItem(1), outboxItem(2)] });
  return { store, record };
}

describe('a backup', () => {
  test('a copy of a store that is in use has all that was committed, and opens with its keys', async () => {
    const { store, record } = await fill();
    const nonceKey = loadOrCreateKey(file, 'nonce');
    const report = backupStore(file, copy, BOTH);
    await store.close();
    expect(report).toEqual({ bytes: statSync(copy).size, keysFile: `${copy}.keys` });
    rmSync(`${file}.key`);
    const again = openSqliteStore({ file: copy });
    expect(await again.load(DEVICE)).toMatchObject({ state: { version: 1, record, outbox: { kept: 2 } } });
    await again.close();
    expect(Buffer.from(loadOrCreateKey(copy, 'nonce'))).toEqual(Buffer.from(nonceKey));
    expect(existsSync(`${copy}.key`) || existsSync(`${copy}.nonce-key`)).toBe(false);
  });

  test('a copy of a copy has the same keys', async () => {
    await (await fill()).store.close();
    backupStore(file, copy, BOTH);
    const second = join(folder, 'second.db');
    backupStore(copy, second, BOTH);
    expect(readFileSync(`${second}.keys`, 'utf8')).toBe(readFileSync(`${copy}.keys`, 'utf8'));
  });

  test('only its owner can read the two files, and nothing else is left', async () => {
    const { store } = await fill();
    const before = readdirSync(folder);
    backupStore(file, copy, BOTH);
    expect([copy, `${copy}.keys`].map((each) => statSync(each).mode & 0o777)).toEqual([0o600, 0o600]);
    expect(readdirSync(folder).sort()).toEqual([...before, 'copy.db', 'copy.db.keys'].sort());
    await store.close();
  });

  test('a key of the configuration is not in the file of keys', async () => {
    const store = openSqliteStore({ file, key: 'configured' });
    await store.close();
    backupStore(file, copy, ['nonce']);
    expect(JSON.parse(readFileSync(`${copy}.keys`, 'utf8'))).toEqual({});
    expect(() => openSqliteStore({ file: copy })).toThrow(/needs its key/);
    await openSqliteStore({ file: copy, key: 'configured' }).close();
  });

  test.for(['copy.db', 'copy.db.keys'])('it never writes over a file: %s', async (name) => {
    await (await fill()).store.close();
    writeFileSync(join(folder, name), 'mine');
    const before = readdirSync(folder).sort();
    expect(() => backupStore(file, copy, BOTH)).toThrow(`${join(folder, name)} is there already`);
    expect(readFileSync(join(folder, name), 'utf8')).toBe('mine');
    expect(readdirSync(folder).sort()).toEqual(before);
  });

  test('a store that is not there is not made, and a folder that is not there is named', async () => {
    expect(() => backupStore(file, copy, BOTH)).toThrow(/bridge\.db cannot be opened: ENOENT/);
    expect(readdirSync(folder)).toEqual([]);
    await (await fill()).store.close();
    expect(() => backupStore(file, join(folder, 'none', 'x.db'), BOTH)).toThrow(/x\.db cannot be written: ENOENT/);
  });
});

describe('the facts of a store', () => {
  test('what a store holds is counted, beside the process that serves it', async () => {
    const { store } = await fill();
    const wal = statSync(`${file}-wal`).size;
    const info = {
      schema: expect.any(Number),
      devices: 1,
      openSessions: 1,
      outbox: 2,
      bytes: statSync(file).size + wal,
    };
    expect(storeInfo(file)).toEqual({ ...info, user: undefined });
    const lock = lockStore(file);
    expect(storeInfo(file)).toEqual({ ...info, user: `process ${process.pid}` });
    lock.release();
    expect(storeInfo(file)).toEqual({ ...info, user: undefined });
    await store.close();
  });

  test('to count changes nothing', async () => {
    await (await fill()).store.close();
    const before = readFileSync(file);
    storeInfo(file);
    expect(readFileSync(file)).toEqual(before);
  });
});

describe('a copy without its write-ahead log', () => {
  test('the start warns when keys lie beside a store that has never seen one', async () => {
    const logged: unknown[] = [];
    const journal = { log: (event: string, facts: object) => void logged.push({ event, ...facts }), trace: () => {} };
    await openSqliteStore({ file, journal }).close();
    expect(logged).toEqual([]);
    const { store } = await fill();
    // Only the main file of a store whose log was never written back.
    new DatabaseSync(copy).close();
    renameSync(copy, join(folder, 'young.db'));
    writeFileSync(join(folder, 'young.db.key'), readFileSync(`${file}.key`));
    await store.close();
    await openSqliteStore({ file: join(folder, 'young.db'), journal }).close();
    expect(logged).toEqual([
      { event: 'store.log_missing', file: join(folder, 'young.db'), beside: join(folder, 'young.db.key') },
    ]);
    await openSqliteStore({ file: join(folder, 'young.db'), journal }).close();
    expect(logged).toHaveLength(1);
  });
});
