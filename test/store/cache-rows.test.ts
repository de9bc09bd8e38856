/** What only the SQLite store promises of its cache rows: they outlive the process, a damaged file, a smaller bound. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { CacheRow, Store } from '../../src/bridge/ports.ts';
import { parseDevId } from '../../src/device/dev-id.ts';
import { openSqliteStore } from '../../src/store/sqlite-store.ts';
import { cacheRow, deviceRecord } from './values.ts';

const DEVICE = parseDevId('IMEI:1');

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'dmbridge-cache-'));
  file = join(folder, 'bridge.db');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function withStore(work: (store: Store) => Promise<void>, cacheBytes?: number): Promise<void> {
  const store = openSqliteStore({ file, cacheBytes });
  try {
    await work(store);
  } finally {
    await store.close();
  }
}

async function write(store: Store, ...rows: readonly CacheRow[]): Promise<void> {
  const version = (await store.load(DEVICE))?.state.version ?? 0;
  await store.commit(DEVICE, version, {
    ...(version === 0 ? { record: deviceRecord(DEVICE) } : {}),
    cacheWritten: rows,
  });
}

const read = (store: Store, { key, validator }: CacheRow) => store.readCache(DEVICE, key, validator);

/** As another process would. */
function inFile<T>(work: (db: DatabaseSync) => T): T {
  const db = new DatabaseSync(file);
  try {
    return work(db);
  } finally {
    db.close();
  }
}

const countRows = () => inFile((db) => db.prepare('SELECT count(*) AS n FROM mo_cache').get()?.n);

/** The sum that is kept, and what it must be. */
const sums = () =>
  inFile((db) => [
    db.prepare("SELECT value FROM meta WHERE name = 'cacheBytes'").get()?.value,
    db.prepare('SELECT coalesce(sum(bytes), 0) AS n FROM mo_cache').get()?.n,
  ]);

describe('rows in the file', () => {
  const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((key) => cacheRow(key, 'v', 'x'.repeat(1_000)));
  if (!a || !b || !c || !d) throw new Error('four rows');

  test('are there after closing and opening again', async () => {
    await withStore((store) => write(store, a, b));
    await withStore(async (store) => expect(await read(store, a)).toStrictEqual(a.value));
  });

  test.each([
    ['without secrets', deviceRecord(DEVICE)],
    ['with secrets', deviceRecord(DEVICE, { notificationSecret: 'secret' })],
  ])('are packed in the file, of a device %s, and count with their size before', async (_, record) => {
    await withStore(async (store) => {
      await store.commit(DEVICE, 0, { record, cacheWritten: [a] });
      expect(await read(store, a)).toStrictEqual(a.value);
    });
    const row = inFile((db) => db.prepare('SELECT bytes, length(value) AS stored FROM mo_cache').get());
    expect(row?.bytes).toBeGreaterThan(1_000);
    expect(row?.stored).toBeLessThan(200);
    await withStore(async (store) => expect(await read(store, a)).toStrictEqual(a.value));
  });

  test('give way in small steps when the bound is lower than it was', async () => {
    const many = Array.from({ length: 700 }, (_, index) => cacheRow(`k${index}`, 'v', 'x'.repeat(100)));
    await withStore((store) => write(store, ...many));
    await withStore(async (store) => {
      const counts: unknown[] = [];
      for (let step = 0; step < 3; step += 1) {
        await write(store, cacheRow('last', 'v', String(step)));
        counts.push(countRows());
      }
      expect(counts).toEqual([701 - 257, 701 - 2 * 257, 4]);
      expect(await read(store, cacheRow('k699', 'v'))).toBeDefined();
    }, 4 * 250);
  });

  test('count against one bound, whichever process wrote them', async () => {
    await withStore(async (one) => {
      await withStore(async (two) => {
        await write(one, a, b);
        await write(two, c, d);
        expect(await read(one, a)).toEqual(a.value);
        await write(one, cacheRow('e', 'v', 'x'.repeat(1_000)));
        expect([await read(two, a), await read(two, b)]).toEqual([undefined, b.value]);
      }, 5_000);
    }, 5_000);
    const [sum, real] = sums();
    expect(sum).toBe(real);
  });

  test('a row that another process wrote is read, and not the decoded one before it', async () => {
    await withStore(async (one) => {
      await withStore(async (two) => {
        await write(one, a);
        expect(await read(one, a)).toEqual(a.value);
        const newer = cacheRow('a', 'v', 'newer');
        await write(two, newer);
        expect(await read(one, newer)).toEqual(newer.value);
      });
    });
  });

  test('are parsed once, however often they are read', async () => {
    await withStore(async (store) => {
      await write(store, a);
      await read(store, a);
      const parse = vi.spyOn(JSON, 'parse');
      await read(store, a);
      expect(parse).not.toHaveBeenCalled();
      parse.mockRestore();
    });
  });
});

describe('a damaged row', () => {
  const row = cacheRow('tree', 'v1');
  const neighbour = cacheRow('other', 'v1');

  test.for([
    ['cut JSON', "UPDATE mo_cache SET value = '{\"name\":' WHERE key = 'tree'"],
    ['no text', "UPDATE mo_cache SET value = 7 WHERE key = 'tree'"],
    ['JSON that is no cached value', "UPDATE mo_cache SET value = '[1]' WHERE key = 'tree'"],
    ['JSON null', "UPDATE mo_cache SET value = 'null' WHERE key = 'tree'"],
    ['sealed bytes that do not open', "UPDATE mo_cache SET value = x'0102' WHERE key = 'tree'"],
  ] as const)('%s: nothing is read, the row goes, the next one is kept', async ([, sql]) => {
    await withStore(async (store) => {
      await write(store, row, neighbour);
      inFile((db) => db.exec(sql));
      expect(await read(store, row)).toBeUndefined();
      expect(countRows()).toBe(1);
      expect(await read(store, neighbour)).toEqual(neighbour.value);
      await write(store, row);
      expect(await read(store, row)).toEqual(row.value);
    });
    const [sum, real] = sums();
    expect(sum).toBe(real);
  });

  test.for(["UPDATE meta SET value = 1e12 WHERE name = 'cacheBytes'", "DELETE FROM meta WHERE name = 'cacheBytes'"])(
    'a damaged sum stops no commit: %s',
    async (sql) => {
      await withStore(async (store) => {
        await write(store, row);
        inFile((db) => db.exec(sql));
        await write(store, neighbour);
        await store.commit(DEVICE, 2, { session: null });
      });
    },
  );

  test('one that cannot be removed is none all the same', async () => {
    await withStore(async (store) => {
      await write(store, row);
      inFile((db) => {
        db.exec("UPDATE mo_cache SET value = 'damaged'");
        db.exec("CREATE TRIGGER stuck BEFORE DELETE ON mo_cache BEGIN SELECT RAISE(ABORT, 'stuck'); END");
      });
      expect(await read(store, row)).toBeUndefined();
      expect(countRows()).toBe(1);
    });
  });
});

describe('secrets in cached trees', () => {
  const everything = () => Buffer.concat(readdirSync(folder).map((name) => readFileSync(join(folder, name))));
  const secret = cacheRow('account', 'v1', 'server-password');
  const guarded = deviceRecord(DEVICE, { server: { user: 'srv', password: 'server-password' } });

  test('do not stand in the file from the very commit that brings server credentials', async () => {
    await withStore(async (store) => {
      await store.upsert(DEVICE, () => deviceRecord(DEVICE));
      await store.commit(DEVICE, 1, { record: guarded, cacheWritten: [secret] });
      expect(everything().includes('server-password')).toBe(false);
    });
    await withStore(async (store) =>
      expect(await store.readCache(parseDevId('imei:1'), 'account', 'v1')).toEqual(secret.value),
    );
    const [sum, real] = sums();
    expect(sum).toBe(real);
  });

  test('open only under their own key', async () => {
    await withStore(async (store) => {
      await store.commit(DEVICE, 0, { record: guarded, cacheWritten: [secret] });
      inFile((db) => db.exec("UPDATE mo_cache SET key = 'moved'"));
      expect(await store.readCache(DEVICE, 'moved', 'v1')).toBeUndefined();
    });
  });
});
