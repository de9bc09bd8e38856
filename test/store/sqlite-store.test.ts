import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Store } from '../../src/bridge/ports.ts';
import { type DevId, parseDevId } from '../../src/device/dev-id.ts';
import type { DeviceRecord } from '../../src/device/record.ts';
import { StoreError } from '../../src/errors.ts';
import { SecretBox } from '../../src/store/secret-box.ts';
import { openDatabase } from '../../src/store/sqlite-schema.ts';
import { openSqliteStore } from '../../src/store/sqlite-store.ts';
import { storeContract } from './contract.ts';
import { cacheRow, deviceRecord, dmSession, loadAll, outboxItem, storedAnswer } from './values.ts';

let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'dmbridge-store-'));
  file = join(folder, 'data', 'bridge.db');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

storeContract('sqlite in memory', (cacheBytes) => openSqliteStore({ file: ':memory:', cacheBytes }));
storeContract('sqlite in a file', (cacheBytes) => openSqliteStore({ file, cacheBytes }));

const SECRET_RECORD = deviceRecord('IMEI:1', {
  server: { user: 'srv', password: 'server-password' },
  notificationSecret: 'notification-secret',
});

describe('the time of a load', () => {
  afterEach(() => void vi.restoreAllMocks());

  test.each([
    ['without secrets', deviceRecord('IMEI:1')],
    ['with secrets', SECRET_RECORD],
  ])('a known name at rest, %s, and an unknown one take the same work, also right after a start', async (_, record) => {
    const first = openSqliteStore({ file });
    await first.upsert(parseDevId('IMEI:1'), () => record);
    await first.commit(parseDevId('IMEI:1'), 1, { answer: storedAnswer({ expiresAt: 1 }) });
    await first.removeExpired(2, 1);
    await first.close();
    const parse = vi.spyOn(JSON, 'parse');
    const open = vi.spyOn(SecretBox.prototype, 'open');
    for (const order of [
      ['IMEI:1', 'IMEI:2'],
      ['IMEI:2', 'IMEI:1'],
    ]) {
      const store = openSqliteStore({ file });
      const work: unknown[] = [];
      for (const name of order) {
        parse.mockClear();
        open.mockClear();
        await store.load(parseDevId(name));
        const lengths = parse.mock.calls.map(([text]) => text.length);
        work.push({ lengths, opened: open.mock.calls.map(([sealed]) => sealed.length) });
      }
      expect(work[0]).toEqual(work[1]);
      expect(work[0]).not.toEqual({ lengths: [], opened: [] });
      await store.close();
    }
  });
});

test('a name whose session is still kept and an unknown one after it take the same work', async () => {
  const devId = parseDevId('IMEI:1');
  const store = openSqliteStore({ file });
  await store.upsert(devId, () => SECRET_RECORD);
  await store.commit(devId, 1, { session: dmSession('IMEI:1'), answer: storedAnswer() });
  using parse = vi.spyOn(JSON, 'parse');
  const work: unknown[] = [];
  for (const name of ['IMEI:1', 'IMEI:2']) {
    parse.mockClear();
    await store.load(parseDevId(name));
    work.push(parse.mock.calls.map(([text]) => text.length));
  }
  expect(work[0]).toHaveLength(4);
  expect(work[1]).toEqual(work[0]);
  await store.close();
});

describe('the size of the file', () => {
  const COUNT = 200;
  const names = Array.from({ length: COUNT }, (_, at) => parseDevId(`d${at}`));
  const recordOf = (devId: DevId) => deviceRecord(devId, { values: { note: 'a fact of the device. '.repeat(60) } });

  function pages(): number {
    using db = new DatabaseSync(file);
    return Number(db.prepare('PRAGMA page_count').get()?.page_count);
  }

  /** Opens and ends a session of each device; returns the pages before the sessions leave the store, and after. */
  async function endSessions(store: Store, mediaType: string): Promise<readonly [number, number]> {
    const one = async (devId: DevId) => {
      const version = (await store.load(devId))?.state.version ?? 0;
      await store.commit(devId, version, { record: recordOf(devId), session: dmSession(devId, { mediaType }) });
      await store.commit(devId, version + 1, { session: dmSession(devId, { mediaType, closedAt: 1 }) });
    };
    await Promise.all(names.map(one));
    const full = pages();
    while ((await store.removeExpired(Number.MAX_SAFE_INTEGER, 50)) > 0);
    return [full, pages()];
  }

  test('sessions that ended leave the file, and the records of devices at rest are packed', async () => {
    const store = openSqliteStore({ file });
    const [full, rest] = await endSessions(store, 'x'.repeat(7_000));
    expect(full).toBeGreaterThan(COUNT * 2);
    expect(rest).toBeLessThan(COUNT / 5);
    const { state } = (await store.load(names[7] ?? parseDevId(''))) ?? {};
    expect(state?.record).toEqual(recordOf(names[7] ?? parseDevId('')));
    await store.close();
  });

  test('the file does not grow with the number of sessions that have ended', async () => {
    const store = openSqliteStore({ file });
    const [, first] = await endSessions(store, 'x'.repeat(7_000));
    for (let round = 0; round < 3; round += 1) {
      const [, rest] = await endSessions(store, 'x'.repeat(7_000));
      expect(rest).toBeLessThan(first * 1.5);
    }
    await store.close();
  });

  test('the pages of long texts leave the file step by step', async () => {
    const store = openSqliteStore({ file });
    const [devId = parseDevId('')] = names;
    await store.commit(devId, 0, { record: recordOf(devId) });
    await store.commit(devId, 1, { session: dmSession(devId, { closedAt: 1, mediaType: 'x'.repeat(8_000_000) }) });
    const full = pages();
    expect(await store.removeExpired(Number.MAX_SAFE_INTEGER, 50)).toBe(1);
    // A page of the map of pages may go with them.
    expect(full - pages()).toBeOneOf([500, 501]);
    for (let round = 0; round < 5; round += 1) {
      expect(await store.removeExpired(Number.MAX_SAFE_INTEGER, 50)).toBe(0);
    }
    expect(pages()).toBeLessThan(600);
    await store.close();
  });
});

describe('a device at rest', () => {
  const devId = parseDevId('IMEI:1');
  /** The text column and the length of the packed record. */
  const columns = () => {
    using db = new DatabaseSync(file);
    return db.prepare('SELECT record, length(packed) AS packed FROM device').get();
  };
  async function rest(store: Store, record: DeviceRecord): Promise<void> {
    await store.commit(devId, 0, { record, session: dmSession(devId, { closedAt: 1 }) });
    expect(await store.removeExpired(Number.MAX_SAFE_INTEGER, 9)).toBe(1);
  }

  test('has all that its record held, also after closing and opening again', async () => {
    const first = openSqliteStore({ file });
    await rest(first, SECRET_RECORD);
    await first.close();
    expect(columns()).toEqual({ record: '', packed: expect.any(Number) });
    const store = openSqliteStore({ file });
    expect((await store.load(devId))?.state).toStrictEqual({
      version: 1,
      record: SECRET_RECORD,
      outbox: { kept: 0, held: 0, refused: 0 },
    });
    await store.close();
  });

  test('stays packed with the next message until its record changes, and is packed again after that session', async () => {
    const store = openSqliteStore({ file });
    await rest(store, SECRET_RECORD);
    await store.commit(devId, 1, { session: dmSession(devId) });
    expect(columns()).toMatchObject({ record: '' });
    const changed = { ...SECRET_RECORD, nextSeq: 5 };
    await store.commit(devId, 2, { record: changed });
    expect(columns()).toEqual({ record: expect.stringContaining('"nextSeq":5'), packed: null });
    expect((await store.load(devId))?.state.record).toStrictEqual(changed);
    await store.commit(devId, 3, { session: dmSession(devId, { closedAt: 1 }) });
    await store.removeExpired(Number.MAX_SAFE_INTEGER, 9);
    expect(columns()).toMatchObject({ record: '' });
    expect((await store.load(devId))?.state.record).toStrictEqual(changed);
    await store.close();
  });

  test('is seen and changed by an import', async () => {
    const store = openSqliteStore({ file });
    await rest(store, SECRET_RECORD);
    await store.upsert(devId, (record) => ({ ...(record ?? deviceRecord('other')), clientNonce: 'bg==' }));
    expect((await store.load(devId))?.state.record).toStrictEqual({ ...SECRET_RECORD, clientNonce: 'bg==' });
    await store.close();
  });

  test('keeps a record as text that is too long to be packed in passing', async () => {
    const store = openSqliteStore({ file });
    await rest(store, deviceRecord('IMEI:1', { values: { note: 'x'.repeat(20_000) } }));
    expect(columns()).toEqual({ record: expect.stringContaining('xxxx'), packed: null });
    await store.close();
  });
});

describe('the file', () => {
  test('what was committed is there after closing and opening again', async () => {
    const store = openSqliteStore({ file });
    await store.upsert(parseDevId('IMEI:1'), () => SECRET_RECORD);
    await store.commit(parseDevId('IMEI:1'), 1, { session: dmSession('IMEI:1'), outboxAdded: [outboxItem(1)] });
    await store.close();
    const again = openSqliteStore({ file });
    expect(await loadAll(again, parseDevId('IMEI:1'))).toStrictEqual({
      version: 2,
      record: SECRET_RECORD,
      session: dmSession('IMEI:1'),
      outbox: [outboxItem(1)],
    });
    await again.close();
  });

  test('closing commits what is still waiting', async () => {
    const store = openSqliteStore({ file });
    const pending = store.upsert(parseDevId('IMEI:1'), () => SECRET_RECORD);
    await store.close();
    await pending;
    const again = openSqliteStore({ file });
    expect((await loadAll(again, parseDevId('IMEI:1')))?.record).toEqual(SECRET_RECORD);
    await again.close();
  });

  test('it waits for the disk: write-ahead log and full synchronisation', () => {
    const db = openDatabase(file);
    expect(db.prepare('PRAGMA journal_mode').get()).toEqual({ journal_mode: 'wal' });
    expect(db.prepare('PRAGMA synchronous').get()).toEqual({ synchronous: 2 });
    db.close();
  });

  test('files of the store are for their owner alone', async () => {
    const store = openSqliteStore({ file });
    await store.upsert(parseDevId('IMEI:1'), () => SECRET_RECORD);
    for (const name of readdirSync(join(folder, 'data'))) {
      expect([name, statSync(join(folder, 'data', name)).mode & 0o077]).toEqual([name, 0]);
    }
    await store.close();
  });

  test('two processes may use one file: their commits meet at the version', async () => {
    const one = openSqliteStore({ file });
    const two = openSqliteStore({ file });
    await one.upsert(parseDevId('IMEI:1'), () => SECRET_RECORD);
    await two.commit(parseDevId('IMEI:1'), 1, { answer: storedAnswer() });
    await expect(one.commit(parseDevId('IMEI:1'), 1, { session: dmSession('IMEI:1') })).rejects.toThrow(
      'changed meanwhile',
    );
    await one.close();
    await two.close();
  });

  const refusals = {
    'a file that is no database': (path: string) => writeFileSync(path, 'no database, but long enough to be read'),
    "another program's database": (path: string) => new DatabaseSync(path).exec('CREATE TABLE x (a)'),
    'a file of a newer dmbridge': (path: string) => {
      openSqliteStore({ file: path, key: 'k' }).close();
      new DatabaseSync(path).exec('PRAGMA user_version = 99');
    },
  };
  test.for(Object.entries(refusals))('%s is refused and left as it is', ([, prepare]) => {
    const path = join(folder, 'other.db');
    prepare(path);
    const before = readFileSync(path);
    expect(() => openSqliteStore({ file: path, key: 'k' })).toThrow(StoreError);
    expect(readFileSync(path).equals(before)).toBe(true);
  });
});

describe('secrets at rest', () => {
  const everything = () =>
    Buffer.concat(readdirSync(join(folder, 'data')).map((name) => readFileSync(join(folder, 'data', name))));

  test('neither the record nor an answer shows a secret in the file', async () => {
    const store = openSqliteStore({ file });
    await store.upsert(parseDevId('IMEI:1'), () => SECRET_RECORD);
    const body = Buffer.from('srv:server-password').toString('base64');
    await store.commit(parseDevId('IMEI:1'), 1, { answer: storedAnswer({ body }), session: dmSession('IMEI:1') });
    expect(everything().includes('session-1')).toBe(true);
    for (const secret of ['server-password', 'notification-secret', body]) {
      expect([secret, everything().includes(secret)]).toEqual([secret, false]);
    }
    expect((await loadAll(store, parseDevId('imei:1')))?.answer?.body).toBe(body);
    await store.close();
  });

  test('values that a backend gave for its DM Account are sealed, and come back', async () => {
    const store = openSqliteStore({ file });
    const accountValues = { main: { 'Auth/Noti/Secret': 'given-by-the-backend' } };
    const record = deviceRecord('IMEI:1', { accountValues });
    await store.upsert(parseDevId('IMEI:1'), () => record);
    expect(everything().includes('given-by-the-backend')).toBe(false);
    expect((await loadAll(store, parseDevId('IMEI:1')))?.record).toEqual(record);
    await store.upsert(parseDevId('IMEI:1'), (current) => ({ ...(current ?? record), accountValues: {} }));
    expect((await loadAll(store, parseDevId('IMEI:1')))?.record.accountValues).toEqual({});
    await store.close();
  });

  test('values of accounts that an earlier build wrote as open JSON are read', async () => {
    const store = openSqliteStore({ file });
    await store.upsert(parseDevId('IMEI:1'), () => SECRET_RECORD);
    const db = new DatabaseSync(file);
    db.exec(`UPDATE device SET record = json_set(record, '$.accountValues', json('{"main":{"Auth/Noti/Data":"x"}}'))`);
    db.close();
    const loaded = await loadAll(store, parseDevId('IMEI:1'));
    expect(loaded?.record.accountValues).toEqual({ main: { 'Auth/Noti/Data': 'x' } });
    expect(loaded?.record.server?.password).toBe('server-password');
    await store.close();
  });

  test('an answer is sealed in the very commit that brings the secrets', async () => {
    const store = openSqliteStore({ file });
    await store.upsert(parseDevId('IMEI:1'), () => deviceRecord('IMEI:1'));
    await store.commit(parseDevId('IMEI:1'), 1, {
      record: SECRET_RECORD,
      answer: storedAnswer({ body: 'c2VjcmV0LWFuc3dlcg==' }),
    });
    expect(everything().includes('c2VjcmV0LWFuc3dlcg==')).toBe(false);
    await store.close();
  });

  test('a sealed secret that was moved to another device does not open', async () => {
    const store = openSqliteStore({ file });
    await store.upsert(parseDevId('IMEI:1'), () => SECRET_RECORD);
    await store.upsert(parseDevId('IMEI:2'), () => ({ ...SECRET_RECORD, devId: parseDevId('IMEI:2') }));
    const db = new DatabaseSync(file);
    db.exec("UPDATE device SET secrets = (SELECT secrets FROM device WHERE key = 'imei:1') WHERE key = 'imei:2'");
    db.close();
    expect((await loadAll(store, parseDevId('IMEI:1')))?.record.server?.password).toBe('server-password');
    await expect(loadAll(store, parseDevId('IMEI:2'))).rejects.toThrow(StoreError);
    await store.close();
  });

  test('the wrong key, and a lost key file, stop the start in plain words', async () => {
    await openSqliteStore({ file, key: 'right' }).close();
    await openSqliteStore({ file, key: 'right' }).close();
    expect(() => openSqliteStore({ file, key: 'wrong' })).toThrow(/configured store key is not the one/);
    expect(() => openSqliteStore({ file })).toThrow(/bridge\.db\.key is missing/);
    expect(readdirSync(join(folder, 'data'))).not.toContain('bridge.db.key');
  });

  test('without a configured key one is made and used again', async () => {
    await openSqliteStore({ file }).close();
    const key = readFileSync(`${file}.key`);
    await openSqliteStore({ file }).close();
    expect(readFileSync(`${file}.key`).equals(key)).toBe(true);
  });
});

describe('a process that is killed', () => {
  /** Runs the child until it says `committed` and is killed, by us or by itself; what it had printed. */
  async function crash(mode: 'idle' | 'inGroup'): Promise<string> {
    const script = fileURLToPath(new URL('crash-child.ts', import.meta.url));
    const child = spawn(process.execPath, [script, file, mode], { stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      if (mode === 'idle' && output.includes('committed')) child.kill('SIGKILL');
    });
    const signal = await new Promise((resolve) => child.on('close', (_code, by) => resolve(by)));
    expect(signal).toBe('SIGKILL');
    return output;
  }

  test.for(['idle', 'inGroup'] as const)('%s: what was acknowledged is there, of the rest nothing', async (mode) => {
    expect(await crash(mode)).toBe('committed\n');
    const store = openSqliteStore({ file });
    for (let index = 0; index < 20; index += 1) {
      const devId = parseDevId(`IMEI:${index}`);
      expect(await loadAll(store, devId)).toStrictEqual({
        version: 2,
        record: deviceRecord(devId),
        session: dmSession(devId),
        answer: storedAnswer({ msgId: 1 }),
        outbox: [outboxItem(1)],
      });
      expect(await store.readCache(devId, 'tree', '1')).toEqual(cacheRow('tree', '1').value);
    }
    await store.close();
  });
});
