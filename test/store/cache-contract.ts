/** What every store adapter promises of the rows of the MO cache; part of the store contract. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { CachedValue, CacheRow, Store } from '../../src/bridge/ports.ts';
import { type DevId, parseDevId } from '../../src/device/dev-id.ts';
import { StoreError } from '../../src/errors.ts';
import { parseLocUri, ROOT } from '../../src/mo/loc-uri.ts';
import type { FoundRoot } from '../../src/workflow/device-tree.ts';
import { cacheRow, deviceRecord, dmSession, outboxItem } from './values.ts';

const DEVICE = parseDevId('IMEI:493005100592800');
const OTHER = parseDevId('IMEI:2');

/** `open` takes the bound of the cache in bytes. */
export function cacheContract(name: string, open: (cacheBytes?: number) => Store | Promise<Store>): void {
  let store: Store;

  const commit = async (devId: DevId, ...changes: readonly Parameters<Store['commit']>[2][]) => {
    for (const change of changes) await store.commit(devId, (await store.load(devId))?.state.version ?? 0, change);
  };
  const write = (devId: DevId, ...rows: readonly CacheRow[]) => commit(devId, { cacheWritten: rows });
  const read = ({ key, validator }: CacheRow, devId = DEVICE) => store.readCache(devId, key, validator);
  const openWithDevices = async (cacheBytes?: number) => {
    store = await open(cacheBytes);
    for (const devId of [DEVICE, OTHER]) await store.upsert(devId, () => deviceRecord(devId));
  };

  describe(`store contract, MO cache: ${name}`, () => {
    beforeEach(() => openWithDevices());
    afterEach(() => store.close());

    test('a tree and what discovery found are read as they were written, for the device in any case', async () => {
      const tree = cacheRow('tree', 'v1');
      const roots: readonly FoundRoot[] = [{ locUri: parseLocUri('./DevInfo'), type: '' }];
      const value: CachedValue = { roots, places: { [ROOT]: ['DevInfo'] } };
      const discovered: CacheRow = { key: 'roots', validator: 'r1', value };
      await write(DEVICE, tree, discovered);
      expect(await read(tree)).toStrictEqual(tree.value);
      expect(await read(discovered, parseDevId(' imei:493005100592800'))).toStrictEqual(value);
    });

    test('another device, key or validator, and a device nobody knows, find nothing', async () => {
      const row = cacheRow('tree', 'v1');
      await write(DEVICE, row);
      await write(OTHER, { ...row, validator: 'v2' });
      for (const [devId, key, validator] of [
        [OTHER, 'tree', 'v1'],
        [DEVICE, 'Tree', 'v1'],
        [DEVICE, 'tree', 'v2'],
        [parseDevId('IMEI:3'), 'tree', 'v1'],
      ] as const) {
        expect(await store.readCache(devId, key, validator)).toBeUndefined();
      }
    });

    test('a value is decoded once and shared, and is never the one that was committed', async () => {
      const row = cacheRow('tree', 'v1');
      await write(DEVICE, row);
      const value = await read(row);
      expect(value).not.toBe(row.value);
      expect(await read(row)).toBe(value);
    });

    test('a later row of the same key takes its place, also in one change and with the same validator', async () => {
      const [one, two, three] = [cacheRow('k', 'v1', 'one'), cacheRow('k', 'v2', 'two'), cacheRow('k', 'v3', 'three')];
      await write(DEVICE, one);
      expect(await read(one)).toEqual(one.value);
      await write(DEVICE, two, three);
      expect([await read(one), await read(two), await read(three)]).toEqual([undefined, undefined, three.value]);
      await write(DEVICE, { ...one, validator: 'v3' });
      expect(await read(three)).toEqual(one.value);
    });

    test('keys are dropped before rows are written; other keys and devices stay', async () => {
      const rows = [cacheRow('a', 'v'), cacheRow('b', 'v'), cacheRow('c', 'v')] as const;
      await write(DEVICE, ...rows);
      await write(OTHER, ...rows);
      const again = cacheRow('b', 'v', 'again');
      await commit(DEVICE, { cacheDropped: ['a', 'b', 'never'], cacheWritten: [again] });
      expect([await read(rows[0]), await read(again), await read(rows[2])]).toEqual([
        undefined,
        again.value,
        rows[2].value,
      ]);
      for (const row of rows) expect(await read(row, OTHER)).toEqual(row.value);
    });

    test('rows stay when the device is committed or imported without them', async () => {
      const row = cacheRow('tree', 'v1');
      await commit(
        parseDevId('IMEI:new'),
        { record: deviceRecord('IMEI:new'), cacheWritten: [row] },
        { session: null },
      );
      await store.upsert(parseDevId('IMEI:new'), () => deviceRecord('IMEI:new', { clientNonce: 'bg==' }));
      expect(await read(row, parseDevId('imei:NEW'))).toEqual(row.value);
    });

    test('a commit that is refused or fails writes and drops nothing', async () => {
      const [kept, lost] = [cacheRow('kept', 'v'), cacheRow('lost', 'v')];
      await commit(DEVICE, { cacheWritten: [kept], outboxAdded: [outboxItem(1)] });
      const version = (await store.load(DEVICE))?.state.version ?? 0;
      const change = { cacheDropped: ['kept'], cacheWritten: [lost] };
      for (const failing of [
        store.commit(DEVICE, version - 1, change),
        store.commit(DEVICE, version, { ...change, outboxAdded: [outboxItem(1)] }),
      ]) {
        await expect(failing).rejects.toThrow(StoreError);
        expect([await read(kept), await read(lost)]).toEqual([kept.value, undefined]);
      }
    });

    test('a closed store refuses to read', async () => {
      const row = cacheRow('tree', 'v');
      await write(DEVICE, row);
      await read(row);
      await store.close();
      await expect(read(row)).rejects.toThrow(StoreError);
    });
  });

  describe(`store contract, the bound of the MO cache: ${name}`, () => {
    afterEach(() => store.close());

    /** Rows of 1,000 bytes each, key and validator included. */
    const row = (key: string, bytes = 1_000) => {
      const bare = cacheRow(key, 'v', '');
      return cacheRow(key, 'v', 'x'.repeat(bytes - key.length - 1 - JSON.stringify(bare.value).length));
    };
    const present = async (devId: DevId, ...keys: readonly string[]) => {
      const values = await Promise.all(keys.map((key) => store.readCache(devId, key, 'v')));
      return keys.filter((_, index) => values[index] !== undefined).join(' ');
    };

    test('rows that were written longest ago go first, whosever they are and however often they are read', async () => {
      await openWithDevices(5_000);
      await write(OTHER, row('o1'));
      await write(DEVICE, row('d1'), row('d2'), row('d3'), row('d4'));
      expect(await present(OTHER, 'o1')).toBe('o1');
      await write(DEVICE, row('d1'));
      expect(await present(DEVICE, 'd1', 'd2')).toBe('d1 d2');
      await write(DEVICE, row('d5'), row('d6'));
      expect(await present(OTHER, 'o1')).toBe('');
      expect(await present(DEVICE, 'd1', 'd2', 'd3', 'd4', 'd5', 'd6')).toBe('d1 d3 d4 d5 d6');
    });

    test('exactly the bound fits, one byte more does not', async () => {
      await openWithDevices(4_000);
      await write(DEVICE, row('a'), row('b'), row('c'), row('d', 800), row('e', 200));
      expect(await present(DEVICE, 'a', 'b', 'c', 'd', 'e')).toBe('a b c d e');
      await write(DEVICE, row('d', 801));
      expect(await present(DEVICE, 'a', 'b', 'c', 'd', 'e')).toBe('b c d e');
    });

    test('bytes are counted as UTF-8', async () => {
      await openWithDevices(4_000);
      const wide = (key: string) => cacheRow(key, 'v', 'ä'.repeat(400));
      await write(DEVICE, ...['a', 'b', 'c', 'd', 'e'].map(wide));
      expect(await present(DEVICE, 'a', 'b', 'c', 'd', 'e')).toBe('b c d e');
    });

    test('a row larger than a quarter of the bound is not kept, pushes out nobody and takes its forerunner along', async () => {
      await openWithDevices(4_000);
      await write(DEVICE, row('a'), row('b'), row('c'), row('d'));
      await write(DEVICE, row('e', 1_001), row('b', 1_001));
      expect(await present(DEVICE, 'a', 'b', 'c', 'd', 'e')).toBe('a c d');
    });

    test('a bound of 0 keeps nothing', async () => {
      await openWithDevices(0);
      await write(DEVICE, row('a', 200));
      expect(await present(DEVICE, 'a')).toBe('');
    });

    test('what was dropped, replaced or not committed does not count', async () => {
      await openWithDevices(4_000);
      await commit(DEVICE, { outboxAdded: [outboxItem(1)] });
      for (let round = 0; round < 5; round += 1) {
        const [one, two] = [
          (await store.load(DEVICE))?.state.version ?? 0,
          (await store.load(OTHER))?.state.version ?? 0,
        ];
        const results = await Promise.allSettled([
          store.commit(OTHER, two, { cacheWritten: [row('o')], session: dmSession(OTHER) }),
          store.commit(DEVICE, one, { cacheWritten: [row('lost')], outboxAdded: [outboxItem(1)] }),
        ]);
        expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
        await commit(DEVICE, { cacheWritten: [row('a'), row('a'), row('b')] }, { cacheDropped: ['a', 'b'] });
      }
      await write(DEVICE, row('a'), row('b'), row('c'));
      expect(await present(OTHER, 'o')).toBe('o');
      expect(await present(DEVICE, 'a', 'b', 'c', 'lost')).toBe('a b c');
    });
  });
}
