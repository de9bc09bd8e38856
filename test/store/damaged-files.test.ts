/** Damaged files: each way to open a store finds the damage, or the store works; no damage ends in a fault of the program. */
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Store } from '../../src/bridge/ports.ts';
import { parseDevId } from '../../src/device/dev-id.ts';
import { StoreError } from '../../src/errors.ts';
import { backupStore, storeInfo } from '../../src/store/backup.ts';
import { openSqliteStore } from '../../src/store/sqlite-store.ts';
import { lockStore } from '../../src/store/store-lock.ts';
import { deviceRecord, dmSession, outboxItem, storedAnswer } from './values.ts';

const PAGE = 4096;
const DAMAGED =
  /^the store \S+ is damaged, or it is no SQLite file: restore a backup \(docs\/operations\/backup\.md\)$/;
const DEVICES = Array.from({ length: 40 }, (_, at) => parseDevId(`IMEI:${at}`));

let folder = '';
let whole = new Uint8Array();
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'dmbridge-damaged-'));
  const file = join(folder, 'whole.db');
  const store = openSqliteStore({ file });
  const change = { session: dmSession('IMEI:1'), answer: storedAnswer(), outboxAdded: [outboxItem(1), outboxItem(2)] };
  for (const devId of DEVICES) await store.commit(devId, 0, { record: deviceRecord(devId), ...change });
  await store.close();
  whole = readFileSync(file);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const WAYS: Readonly<Record<string, (file: string) => void>> = {
  'store info': (file) => void storeInfo(file),
  'store backup': (file) => void backupStore(file, `${file}.copy`, ['store']),
  start: (file) => void openSqliteStore({ file }).close(),
};

/** The outcome of each way to open a store with these bytes. */
function outcomes(bytes: Uint8Array): readonly string[] {
  return Object.values(WAYS).map((open) => {
    const file = fileOf(bytes);
    try {
      open(file);
      return 'works';
    } catch (error) {
      if (error instanceof StoreError) return DAMAGED.test(error.message) ? 'damaged' : 'unusable';
      throw error;
    }
  });
}

/** A store of its own with these bytes. */
function fileOf(bytes: Uint8Array): string {
  const file = join(mkdtempSync(join(folder, 'x-')), 'bridge.db');
  writeFileSync(file, bytes);
  for (const side of ['.key', '.nonce-key']) {
    const from = join(folder, `whole.db${side}`);
    if (existsSync(from)) copyFileSync(from, `${file}${side}`);
  }
  return file;
}

const SAME = ['works', 'works', 'works'];
const FOUND = ['damaged', 'damaged', 'damaged'];

test('a whole file works in each way', () => {
  expect(outcomes(whole)).toEqual(SAME);
});

test.each([0, 0x5a])('each page filled with %i is found in each way', (byte) => {
  for (let start = 0; start < whole.length; start += PAGE) {
    const bytes = Uint8Array.from(whole);
    bytes.fill(byte, start, start + PAGE);
    expect([start, ...outcomes(bytes)]).toEqual([start, ...FOUND]);
  }
});

test('a file that was cut off is found in each way', () => {
  for (let length = 1; length < whole.length; length += PAGE - 100) {
    expect([length, ...outcomes(whole.subarray(0, length))]).toEqual([length, ...FOUND]);
  }
});

test('an empty file is no store that could be read', () => {
  expect(outcomes(new Uint8Array()).slice(0, 2)).toEqual(['damaged', 'damaged']);
});

test('after a changed bit each way finds the same, and what opens works or says what is wrong', async () => {
  const found = new Set<string>();
  for (let at = 0; at < whole.length; at += 2_999) {
    const bytes = Uint8Array.from(whole);
    bytes[at] = (bytes[at] ?? 0) ^ (1 << (at % 8));
    const [info, backup, start] = outcomes(bytes);
    expect([at, backup, start]).toEqual([at, info, info]);
    found.add(String(info));
    if (start === 'works') await readAll(openSqliteStore({ file: fileOf(bytes) }));
  }
  expect(found).toContain('damaged');
});

/** @throws every error that is not one of the store */
async function readAll(store: Store): Promise<void> {
  for (const devId of DEVICES) {
    try {
      await store.load(devId, { outbox: { state: 'kept', from: 0, limit: 10 } });
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
    }
  }
  await store.close();
}

test.each([
  ['a record', "UPDATE device SET record = substr(record, 5) WHERE key LIKE '%7'"],
  ['a session', 'UPDATE progress SET session = NULL; UPDATE progress SET session = substr(answer, 3)'],
  ['an answer', 'UPDATE progress SET answer = substr(answer, 3)'],
  ['an alert', 'UPDATE outbox SET item = substr(item, 3)'],
  ['a report', "INSERT INTO report (id, due_at, body) VALUES ('r', 1, '{')"],
  ['a table', 'DROP TABLE outbox'],
  ['a column', 'ALTER TABLE progress RENAME COLUMN large TO larger'],
])('damage that SQLite does not see is found in each way: %s', (_what, sql) => {
  const file = fileOf(whole);
  const db = new DatabaseSync(file);
  db.exec(sql);
  db.close();
  expect(outcomes(readFileSync(file))).toEqual(FOUND);
});

test('a damaged lock file can be removed, and the store is not called damaged', () => {
  const file = fileOf(whole);
  writeFileSync(`${file}.lock`, Buffer.alloc(3 * PAGE, 0x5a));
  const advice = /^the lock file \S+\.lock is damaged: remove it when no bridge serves the store$/;
  expect(() => lockStore(file)).toThrow(advice);
  expect(() => storeInfo(file)).toThrow(advice);
  rmSync(`${file}.lock`);
  lockStore(file).release();
});

test('a row that is damaged while the store is open fails with the sentence of a damaged store', async () => {
  const file = fileOf(whole);
  const store = openSqliteStore({ file });
  const db = new DatabaseSync(file);
  db.exec("UPDATE device SET record = substr(record, 5) WHERE key LIKE '%:7'");
  db.exec("UPDATE device SET record = '', packed = x'020001' WHERE key LIKE '%:8'");
  db.close();
  for (const devId of ['IMEI:7', 'IMEI:8']) {
    const failing = store.load(parseDevId(devId));
    await expect(failing).rejects.toMatchObject({ code: 'ERR_STORE_FAILED', message: expect.stringMatching(DAMAGED) });
  }
  expect(await store.load(parseDevId('IMEI:9'))).toBeDefined();
  await store.close();
});
