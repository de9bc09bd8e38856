/** Copies on their way between a device's cell and the store (design: MO cache rules). */
import { describe, expect, it } from 'vitest';
import { DeviceCell } from '../../src/bridge/device-cell.ts';
import { invalidateCache, readCacheEntry } from '../../src/bridge/mo-cache.ts';
import type { CacheRow, DeviceState } from '../../src/bridge/ports.ts';
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

/** A store that does something whenever a row is read. */
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
  await store.upsert('IMEI:1', () => ({ ...deviceRecord('IMEI:1'), cache: CACHE }));
  const version = (await store.load('IMEI:1'))?.version ?? 0;
  await store.commit('IMEI:1', version, { cacheWritten: rows });
  const state: DeviceState | undefined = await store.load('IMEI:1');
  if (state === undefined) throw new Error('no device');
  return { cell: new DeviceCell(store, state), store };
}

describe('a copy', () => {
  it('is read from the store', async () => {
    const { cell } = await cellWith([ROW]);
    expect(await readCacheEntry(cell, ASK, 1)).toEqual(COPY);
  });

  it('is none when the store has let it go', async () => {
    const { cell } = await cellWith([]);
    expect(await readCacheEntry(cell, ASK, 1)).toBeUndefined();
  });

  it('is none when the store has one of other content', async () => {
    const { cell } = await cellWith([{ ...ROW, validator: 'other' }]);
    expect(await readCacheEntry(cell, ASK, 1)).toBeUndefined();
  });

  it('is none when it was touched while the store was reading', async () => {
    const { cell, store } = await cellWith([ROW]);
    store.onRead = () => invalidateCache(cell, [{ locUri: parseLocUri('./A'), change: 'value' }]);
    expect(await readCacheEntry(cell, ASK, 1)).toBeUndefined();
  });

  it('can be read before it is stored, and after', async () => {
    const { cell } = await cellWith([]);
    cell.writeCacheRow(ROW);
    expect(await readCacheEntry(cell, ASK, 1)).toEqual(COPY);
    await cell.commit();
    expect(await readCacheEntry(cell, ASK, 1)).toEqual(COPY);
  });

  it('is gone as soon as it is dropped, stored or not', async () => {
    const { cell, store } = await cellWith([ROW]);
    cell.dropCacheRows(['k']);
    expect(await readCacheEntry(cell, ASK, 1)).toBeUndefined();
    await cell.commit();
    expect(await store.readCache('IMEI:1', 'k', 'v')).toBeUndefined();
  });

  it('that is dropped and read again before anything was stored is the new one', async () => {
    const { cell, store } = await cellWith([ROW]);
    cell.dropCacheRows(['k']);
    cell.writeCacheRow({ ...ROW, validator: 'w' });
    await cell.commit();
    expect(await store.readCache('IMEI:1', 'k', 'w')).toEqual(ROW.value);
    expect(await store.readCache('IMEI:1', 'k', 'v')).toBeUndefined();
  });
});
