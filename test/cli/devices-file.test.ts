/** The import of a devices file: checked whole, stored in batches, read again only when it has changed. */
import { appendFileSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { DeviceUpdate, ImportedFile } from '../../src/bridge/ports.ts';
import { importChangedFile, importDevicesFile } from '../../src/cli/server/devices-file.ts';
import { parseDevId } from '../../src/device/dev-id.ts';
import { ConfigError, StoreError } from '../../src/errors.ts';
import { MemoryStore } from '../../src/store/memory-store.ts';

const OPTIONS = { encodeDevIds: false, onProgress: () => {} };

let folder = '';
let file = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'dmbridge-devices-'));
  file = join(folder, 'devices.csv');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function write(rows: number, more = ''): void {
  const lines = Array.from({ length: rows }, (_, at) => `IMEI:${at},u${at},p${at}`);
  writeFileSync(file, `devId,user,password\n${lines.join('\n')}\n${more}`);
}

/** Counts transactions, and can fail in one of them. */
class WatchedStore extends MemoryStore {
  readonly batches: number[] = [];
  failsAt = Number.POSITIVE_INFINITY;

  override async importDevices(updates: readonly DeviceUpdate[], imported?: ImportedFile): Promise<void> {
    if (this.batches.length >= this.failsAt) throw new StoreError('ERR_STORE_FAILED', 'full');
    this.batches.push(updates.length);
    await super.importDevices(updates, imported);
  }
}

const modelOf = async (store: MemoryStore, devId: string) =>
  (await store.load(parseDevId(devId)))?.state.record.credentials.user;

test('a devices file is stored in transactions of at most 200 rows', async () => {
  write(1_050);
  const store = new WatchedStore();
  expect(await importDevicesFile(store, file, OPTIONS)).toEqual({ rows: 1_050 });
  expect(store.batches.reduce((sum, size) => sum + size, 0)).toBe(1_050);
  expect(Math.max(...store.batches)).toBeLessThanOrEqual(200);
  expect(await modelOf(store, 'IMEI:1049')).toBe('u1049');
});

test('a file with a wrong row at its end changes nothing', async () => {
  write(1_050, 'IMEI:x,u\n');
  const store = new WatchedStore();
  const failing = importDevicesFile(store, file, OPTIONS);
  await expect(failing).rejects.toThrow(ConfigError);
  await expect(failing).rejects.toThrow(`${file}:1052: 2 cells, but the header row has 3`);
  expect(store.batches).toEqual([]);
});

test('a file is imported again only when its size or time has changed', async () => {
  write(3);
  const store = new WatchedStore();
  expect(await importChangedFile(store, file, OPTIONS)).toEqual({ rows: 3 });
  expect(await importChangedFile(store, file, OPTIONS)).toBeUndefined();
  appendFileSync(file, 'IMEI:9,u9,p9\n');
  expect(await importChangedFile(store, file, OPTIONS)).toEqual({ rows: 4 });
  expect(await importChangedFile(store, file, OPTIONS)).toBeUndefined();
  utimesSync(file, 1_000, 1_000);
  expect(await importChangedFile(store, file, OPTIONS)).toEqual({ rows: 4 });
  expect(await importChangedFile(store, file, OPTIONS)).toBeUndefined();
  expect(await importChangedFile(store, file, { ...OPTIONS, encodeDevIds: true })).toEqual({ rows: 4 });
  expect(await importChangedFile(store, file, { ...OPTIONS, deliveries: ['sms'] })).toEqual({ rows: 4 });
  expect(await importChangedFile(store, file, { ...OPTIONS, deliveries: ['wap', 'http'] })).toEqual({ rows: 4 });
  expect(await importChangedFile(store, file, OPTIONS)).toBeUndefined();
  expect(await importChangedFile(store, file, { ...OPTIONS, encodeDevIds: true })).toEqual({ rows: 4 });
  expect(await importChangedFile(store, file, OPTIONS)).toEqual({ rows: 4 });
  appendFileSync(file, 'IMEI:10,u10,p10\n');
  utimesSync(file, 1_000, 1_000);
  expect(await importChangedFile(store, file, OPTIONS)).toEqual({ rows: 5 });
});

test('the import of another file does not bring back what the first one had', async () => {
  write(1);
  const store = new WatchedStore();
  await importChangedFile(store, file, OPTIONS);
  const other = join(folder, 'patch.csv');
  writeFileSync(other, 'devId,user,password\nIMEI:0,patched,p\n');
  await importDevicesFile(store, other, OPTIONS);
  expect(await importChangedFile(store, file, OPTIONS)).toBeUndefined();
  expect(await modelOf(store, 'IMEI:0')).toBe('patched');
});

test('an import that was interrupted starts again, and ends like one that was not', async () => {
  write(1_050);
  const store = new WatchedStore();
  store.failsAt = 3;
  await expect(importChangedFile(store, file, OPTIONS)).rejects.toThrow('full');
  store.failsAt = Number.POSITIVE_INFINITY;
  expect(await importChangedFile(store, file, OPTIONS)).toEqual({ rows: 1_050 });
  expect(await modelOf(store, 'IMEI:1049')).toBe('u1049');
});

test('a file that changes while it is imported is not noted as imported', async () => {
  write(1_050);
  const store = new WatchedStore();
  const importing = importChangedFile(
    Object.assign(store, {
      async importDevices(updates: readonly DeviceUpdate[], imported?: ImportedFile) {
        appendFileSync(file, 'IMEI:later,u,p\n');
        await WatchedStore.prototype.importDevices.call(store, updates, imported);
      },
    }),
    file,
    OPTIONS,
  );
  await expect(importing).rejects.toThrow(`${file}:1: the file changed while it was imported`);
  expect(await store.importedFile(file)).toBeUndefined();
});

test.for([
  ['a file that is not there', 'none.csv', /none\.csv:1: cannot be read \(ENOENT\)/],
  ['a folder', '.', /:1: cannot be read \(EISDIR\)/],
] as const)('%s is a problem of its first line', async ([_what, name, message]) => {
  await expect(importDevicesFile(new WatchedStore(), join(folder, name), OPTIONS)).rejects.toThrow(message);
});
