/** Cache rows between a device's cell and the store. */
import { describe, expect, test } from 'vitest';
import { DeviceCell } from '../../src/bridge/device-cell.ts';
import { invalidateCache, readCacheEntry } from '../../src/bridge/mo-cache.ts';
import type { CacheRow } from '../../src/bridge/ports.ts';
import { parseDevId } from '../../src/device/dev-id.ts';
import { parseLocUri } from '../../src/mo/loc-uri.ts';
import { MemoryStore } from '../../src/store/memory-store.ts';
import type { CacheEntryRequest } from '../../src/workflow/request.ts';
import { deviceRecord } from '../store/values.ts';

const ASK: CacheEntryRequest = { kind: 'cacheEntry', key: 'k', parts: [parseLocUri('./A')], of: 'values' };
const ROW: CacheRow = { key: 'k', validator: 'v', value: { name: 'A', format: 'chr', value: 'x' } };
const CACHE = {
  chain: 1,
  session: 's1',
  isRestless: false,
  copies: {
    k: { parts: [parseLocUri('./A')], of: 'values', validator: 'v', at: 1, chain: 1, version: '', confirmable: true },
  },
} as const;
const COPY = { validator: 'v', value: ROW.value };

/** A store that calls `onRead` whenever it has read a row. */
class WatchedStore extends MemoryStore {
  onRead: () => void = () => undefined;

  override async readCache(...parameters: Parameters<MemoryStore['readCache']>) {
    const value = await super.readCache(...parameters);
    this.onRead();
    return value;
  }
}

async function cellWith(
  rows: readonly CacheRow[],
): Promise<{ readonly cell: DeviceCell; readonly store: WatchedStore }> {
  const store = new WatchedStore();
  await store.upsert(parseDevId('IMEI:1'), () => ({ ...deviceRecord('IMEI:1'), cache: CACHE }));
  const version = (await store.load(parseDevId('IMEI:1')))?.state.version ?? 0;
  await store.commit(parseDevId('IMEI:1'), version, { cacheWritten: rows });
  const loaded = await store.load(parseDevId('IMEI:1'));
  if (loaded === undefined) throw new Error('no device');
  return { cell: new DeviceCell(store, loaded), store };
}

describe('a cache row of a cell', () => {
  test('a cache row is read from the store', async () => {
    const { cell } = await cellWith([ROW]);
    expect(await readCacheEntry(cell, ASK, 1)).toEqual(COPY);
  });

  test('a cache row that the store has dropped is absent', async () => {
    const { cell } = await cellWith([]);
    expect(await readCacheEntry(cell, ASK, 1)).toBeUndefined();
  });

  test('a cache row with another validator is absent', async () => {
    const { cell } = await cellWith([{ ...ROW, validator: 'other' }]);
    expect(await readCacheEntry(cell, ASK, 1)).toBeUndefined();
  });

  test('a cache row that is invalidated while the store reads it is absent', async () => {
    const { cell, store } = await cellWith([ROW]);
    store.onRead = () => invalidateCache(cell, [{ locUri: parseLocUri('./A'), change: 'value' }]);
    expect(await readCacheEntry(cell, ASK, 1)).toBeUndefined();
  });

  test('a new cache row can be read before and after the commit', async () => {
    const { cell } = await cellWith([]);
    cell.writeCacheRow(ROW);
    expect(await readCacheEntry(cell, ASK, 1)).toEqual(COPY);
    await cell.commit();
    expect(await readCacheEntry(cell, ASK, 1)).toEqual(COPY);
  });

  test('a dropped cache row is absent before and after the commit', async () => {
    const { cell, store } = await cellWith([ROW]);
    cell.dropCacheRows(['k']);
    expect(await readCacheEntry(cell, ASK, 1)).toBeUndefined();
    await cell.commit();
    expect(await store.readCache(parseDevId('IMEI:1'), 'k', 'v')).toBeUndefined();
  });

  test('a cache row that is dropped and written again before the commit is stored in its new form', async () => {
    const { cell, store } = await cellWith([ROW]);
    cell.dropCacheRows(['k']);
    cell.writeCacheRow({ ...ROW, validator: 'w' });
    await cell.commit();
    expect(await store.readCache(parseDevId('IMEI:1'), 'k', 'w')).toEqual(ROW.value);
    expect(await store.readCache(parseDevId('IMEI:1'), 'k', 'v')).toBeUndefined();
  });
});
