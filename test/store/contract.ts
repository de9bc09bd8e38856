/** What every store adapter promises; each adapter's test runs this suite. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { DeviceChange, DueNotification, IdleSession, ListedAlert, Store } from '../../src/bridge/ports.ts';
import type { Report } from '../../src/bridge/session.ts';
import { type DevId, parseDevId } from '../../src/device/dev-id.ts';
import type { AlertState } from '../../src/device/outbox-item.ts';
import { StoreError } from '../../src/errors.ts';
import { cacheContract } from './cache-contract.ts';
import {
  deviceRecord,
  dmSession,
  execReport,
  loadAll,
  notification,
  outboxItem,
  refusedItem,
  storedAnswer,
  subscription,
} from './values.ts';

const DEVICE = parseDevId('IMEI:493005100592800');
const AT = 1_700_000_000_000;

/** `open` takes the bound of the MO cache in bytes. */
async function idle(store: Store, page: Parameters<Store['idleSessions']>[0]): Promise<readonly string[]> {
  return (await store.idleSessions(page)).map(({ devId }) => devId);
}

/** All entries of a list of the store, read in pages of two. */
async function inPages<T>(read: (after: T | undefined, limit: number) => Promise<readonly T[]>): Promise<readonly T[]> {
  const all: T[] = [];
  for (let page: readonly T[] = await read(undefined, 2); page.length > 0; page = await read(all.at(-1), 2)) {
    expect(page.length).toBeLessThanOrEqual(2);
    all.push(...page);
  }
  return all;
}

export function storeContract(name: string, open: (cacheBytes?: number) => Store | Promise<Store>): void {
  cacheContract(name, open);
  describe(`store contract: ${name}`, () => {
    let store: Store;
    const register = (devId = DEVICE) => store.upsert(devId, () => deviceRecord(devId));
    const version = async (devId = DEVICE) => (await loadAll(store, devId))?.version ?? 0;

    beforeEach(async () => {
      store = await open();
    });
    afterEach(() => store.close());

    test('an unknown device is not there', async () => {
      expect(await loadAll(store, DEVICE)).toBeUndefined();
    });

    test('what is committed is loaded, value for value', async () => {
      await register();
      const record = deviceRecord(DEVICE, {
        server: { user: 'srv', password: 'påss' },
        notificationSecret: 'base64:AAEC',
        devInfo: { './DevInfo/Mod': 'M1' },
      });
      const change = { record, session: dmSession(DEVICE), answer: storedAnswer({ expiresAt: AT }) };
      const next = await store.commit(DEVICE, await version(), { ...change, outboxAdded: [outboxItem(1)] });
      expect(await loadAll(store, DEVICE)).toStrictEqual({ version: next, ...change, outbox: [outboxItem(1)] });
    });

    test('absent is unchanged, null is removed', async () => {
      await register();
      const session = dmSession(DEVICE);
      const answer = storedAnswer();
      let v = await store.commit(DEVICE, await version(), { session, answer });
      v = await store.commit(DEVICE, v, { record: deviceRecord(DEVICE, { nextSeq: 2 }) });
      expect(await loadAll(store, DEVICE)).toMatchObject({ session, answer, record: { nextSeq: 2 } });
      v = await store.commit(DEVICE, v, { session: null });
      expect(await loadAll(store, DEVICE)).toMatchObject({ answer });
      expect(await loadAll(store, DEVICE)).not.toHaveProperty('session');
      v = await store.commit(DEVICE, v, { answer: null, session });
      expect(await loadAll(store, DEVICE)).not.toHaveProperty('answer');
      await store.commit(DEVICE, v, { answer });
      expect(await loadAll(store, DEVICE)).toMatchObject({ session, answer, record: { nextSeq: 2 } });
    });

    test('every commit counts the version up by what it returns', async () => {
      await register();
      const first = await version();
      for (const change of [{}, { session: null }, { answer: null }, { record: deviceRecord(DEVICE) }]) {
        const before = await version();
        expect(await store.commit(DEVICE, before, change)).toBe(before + 1);
      }
      expect(await version()).toBe(first + 4);
    });

    test('a commit on an old version changes nothing', async () => {
      await register();
      const old = await version();
      await store.commit(DEVICE, old, { answer: storedAnswer({ msgId: 3 }) });
      const late = store.commit(DEVICE, old, {
        answer: storedAnswer({ msgId: 4 }),
        outboxAdded: [outboxItem(1)],
        reportsAdded: [execReport('late', AT)],
      });
      await expect(late).rejects.toMatchObject({ code: 'ERR_STORE_STALE' });
      expect(await loadAll(store, DEVICE)).toMatchObject({ version: old + 1, answer: { msgId: 3 }, outbox: [] });
      expect(await store.dueReports({ now: AT, limit: 10 })).toEqual([]);
    });

    test('of several commits on one version one wins, and a conflict harms nobody else', async () => {
      await register();
      await register(parseDevId('IMEI:2'));
      const v = await version();
      const results = await Promise.allSettled([
        store.commit(DEVICE, v, { outboxAdded: [outboxItem(1)] }),
        store.commit(DEVICE, v, { outboxAdded: [outboxItem(2)] }),
        store.commit(parseDevId('IMEI:2'), await version(parseDevId('IMEI:2')), { outboxAdded: [outboxItem(3)] }),
      ]);
      expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
      expect((await loadAll(store, DEVICE))?.outbox).toEqual([outboxItem(1)]);
      expect((await loadAll(store, parseDevId('IMEI:2')))?.outbox).toEqual([outboxItem(3)]);
    });

    test('a change that cannot be applied whole is not applied at all, and its neighbours are', async () => {
      await register();
      await register(parseDevId('IMEI:2'));
      const v = await store.commit(DEVICE, await version(), { outboxAdded: [outboxItem(1)] });
      const results = await Promise.allSettled([
        store.commit(parseDevId('IMEI:2'), await version(parseDevId('IMEI:2')), { session: dmSession('IMEI:2') }),
        store.commit(DEVICE, v, {
          session: dmSession(DEVICE),
          reportsAdded: [execReport('r', AT)],
          outboxAdded: [outboxItem(2), outboxItem(1)],
        }),
      ]);
      expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
      expect(results[1]).toMatchObject({ reason: { code: 'ERR_STORE_FAILED' } });
      expect(await loadAll(store, DEVICE)).toStrictEqual({
        version: v,
        record: deviceRecord(DEVICE),
        outbox: [outboxItem(1)],
      });
      expect(await store.dueReports({ now: AT, limit: 10 })).toEqual([]);
      expect((await loadAll(store, parseDevId('IMEI:2')))?.session).toEqual(dmSession('IMEI:2'));
    });

    test('a device that is not registered takes no commit, unless it is brought with version 0', async () => {
      for (const late of [
        store.commit(DEVICE, 0, { session: null }),
        store.commit(DEVICE, 3, { record: deviceRecord(DEVICE) }),
      ]) {
        await expect(late).rejects.toMatchObject({ code: 'ERR_STORE_STALE' });
      }
      expect(await loadAll(store, DEVICE)).toBeUndefined();
      expect(await store.commit(DEVICE, 0, { record: deviceRecord(DEVICE), answer: storedAnswer() })).toBe(1);
      expect(await loadAll(store, DEVICE)).toMatchObject({ version: 1, answer: storedAnswer() });
      const late = store.commit(DEVICE, 0, { record: deviceRecord(DEVICE) });
      await expect(late).rejects.toMatchObject({ code: 'ERR_STORE_STALE' });
    });

    test('DevIDs are compared without case and kept as registered', async () => {
      await register(parseDevId('Imei:AbÄ'));
      await store.commit(parseDevId('IMEI:ABÄ'), await version(parseDevId('imei:abä')), {
        session: dmSession('Imei:AbÄ'),
      });
      expect(await loadAll(store, parseDevId('imei:aBä'))).toMatchObject({
        record: { devId: 'Imei:AbÄ' },
        session: { id: 'session-1' },
      });
      await store.upsert(parseDevId('IMEI:abä'), (current) => ({ ...(current ?? deviceRecord('other')), nextSeq: 9 }));
      expect((await loadAll(store, parseDevId('Imei:AbÄ')))?.record).toMatchObject({ devId: 'Imei:AbÄ', nextSeq: 9 });
      expect(await idle(store, { before: AT * 2, limit: 10 })).toEqual(['Imei:AbÄ']);
    });

    test('upsert sees the record, keeps the rest, and makes older versions stale', async () => {
      await register();
      const v = await store.commit(DEVICE, await version(), {
        session: dmSession(DEVICE),
        outboxAdded: [outboxItem(1)],
      });
      await store.upsert(DEVICE, (current) => ({ ...(current ?? deviceRecord('none')), clientNonce: 'bg==' }));
      expect(await loadAll(store, DEVICE)).toMatchObject({
        record: deviceRecord(DEVICE, { clientNonce: 'bg==' }),
        session: dmSession(DEVICE),
        outbox: [outboxItem(1)],
      });
      await expect(store.commit(DEVICE, v, {})).rejects.toMatchObject({ code: 'ERR_STORE_STALE' });
    });

    test('a state that the caller knows is the result itself as long as it is current', async () => {
      await register();
      await store.commit(DEVICE, 1, { session: dmSession(DEVICE), outboxAdded: [outboxItem(1)] });
      const loaded = await store.load(DEVICE);
      if (loaded === undefined) throw new Error('not there');
      const known = loaded.state;
      expect((await store.load(DEVICE, { known }))?.state).toBe(known);
      const outbox = { state: 'kept', from: 0, limit: 9 } as const;
      expect(await store.load(DEVICE, { known, outbox })).toEqual({ state: known, outbox: [outboxItem(1)] });
      await store.upsert(DEVICE, (current) => ({ ...(current ?? deviceRecord('none')), clientNonce: 'bg==' }));
      const changed = await store.load(DEVICE, { known });
      expect(changed?.state).not.toBe(known);
      expect(changed?.state).toMatchObject({ version: 3, record: { clientNonce: 'bg==' }, session: dmSession(DEVICE) });
      expect(await store.load(parseDevId('another'), { known })).toBeUndefined();
    });

    test('an upsert that changes nothing leaves the version', async () => {
      await register();
      const v = await version();
      await store.upsert(DEVICE, (current) => current ?? deviceRecord('none'));
      expect(await version()).toBe(v);
    });

    test('an upsert whose update throws changes nothing and says why', async () => {
      await register();
      const failing = store.upsert(DEVICE, () => {
        throw new RangeError('no');
      });
      await expect(failing).rejects.toThrow(RangeError);
      await register(parseDevId('IMEI:2'));
      expect(await loadAll(store, parseDevId('IMEI:2'))).toBeDefined();
    });

    test('the outbox comes oldest first and loses exactly what is removed', async () => {
      await register();
      let v = await store.commit(DEVICE, await version(), { outboxAdded: [outboxItem(10), outboxItem(2)] });
      v = await store.commit(DEVICE, v, { outboxAdded: [outboxItem(11), outboxItem(3)], outboxRemoved: [10, 99] });
      expect((await loadAll(store, DEVICE))?.outbox.map(({ seq }) => seq)).toEqual([2, 3, 11]);
      await store.commit(DEVICE, v, { outboxRemoved: [2], outboxAdded: [outboxItem(2)] });
      expect((await loadAll(store, DEVICE))?.outbox).toEqual([outboxItem(2), outboxItem(3), outboxItem(11)]);
    });

    test('alerts come in the state that is asked for, from a seq on, up to a limit, and with their numbers', async () => {
      await register();
      const query = async (state: AlertState, from = 0, limit = 9) => {
        const loaded = await store.load(DEVICE, { outbox: { state, from, limit } });
        return loaded?.outbox.map(({ seq }) => seq);
      };
      const numbers = async () => (await store.load(DEVICE))?.state.outbox;
      expect(await numbers()).toEqual({ kept: 0, held: 0, refused: 0 });
      const items = [outboxItem(1), refusedItem(2, 'held'), outboxItem(3), refusedItem(4, 'refused'), outboxItem(5)];
      let v = await store.commit(DEVICE, await version(), { outboxAdded: items });
      expect(await numbers()).toEqual({ kept: 3, held: 1, refused: 1 });
      expect(await query('kept')).toEqual([1, 3, 5]);
      expect(await query('kept', 2)).toEqual([3, 5]);
      expect(await query('kept', 0, 2)).toEqual([1, 3]);
      expect([await query('held'), await query('refused')]).toEqual([[2], [4]]);
      expect((await store.load(DEVICE))?.outbox).toEqual([]);
      v = await store.commit(DEVICE, v, { outboxRemoved: [2, 3, 9], outboxAdded: [refusedItem(3, 'refused')] });
      expect(await numbers()).toEqual({ kept: 2, held: 0, refused: 2 });
      const refused = await store.load(DEVICE, { outbox: { state: 'refused', from: 0, limit: 9 } });
      expect(refused?.outbox).toStrictEqual([refusedItem(3, 'refused'), refusedItem(4, 'refused')]);
      await expect(store.commit(DEVICE, v, { outboxAdded: [outboxItem(1)] })).rejects.toThrow(StoreError);
      await store.upsert(DEVICE, (current) => ({ ...(current ?? deviceRecord('none')), clientNonce: 'bg==' }));
      expect(await numbers()).toEqual({ kept: 2, held: 0, refused: 2 });
    });

    test('notifications are kept by device and seq, replaced, removed, and loaded with the version', async () => {
      expect(await store.notifications(DEVICE)).toBeUndefined();
      await register();
      expect(await store.notifications(DEVICE)).toStrictEqual({ version: 1, notifications: [] });
      const rows = [notification(2, AT), notification(10, undefined), notification(1, AT)];
      let v = await store.commit(DEVICE, 1, { notificationsWritten: rows });
      expect(await store.notifications(parseDevId(DEVICE.toLowerCase()))).toStrictEqual({
        version: v,
        notifications: [notification(1, AT), notification(2, AT), notification(10, undefined)],
      });
      const late = store.commit(DEVICE, 1, { notificationsRemoved: [1] });
      await expect(late).rejects.toMatchObject({ code: 'ERR_STORE_STALE' });
      v = await store.commit(DEVICE, v, {
        notificationsRemoved: [1, 99],
        notificationsWritten: [notification(2, undefined)],
      });
      const left = [notification(2, undefined), notification(10, undefined)];
      expect(await store.notifications(DEVICE)).toStrictEqual({ version: v, notifications: left });
      await store.upsert(DEVICE, (current) => ({ ...(current ?? deviceRecord('none')), clientNonce: 'bg==' }));
      expect((await store.notifications(DEVICE))?.notifications).toStrictEqual(left);
    });

    test('due notifications come oldest first, in pages, and without those that have no time', async () => {
      const ids = ['IMEI:1', 'IMEI:2', 'imei:3'].map(parseDevId);
      for (const devId of ids) {
        await register(devId);
        const rows = [
          notification(1, AT + 5),
          notification(2, AT),
          notification(3, undefined),
          notification(4, AT + 9),
        ];
        await store.commit(devId, 1, { notificationsWritten: rows });
      }
      const expected = [AT, AT + 5].flatMap((dueAt) =>
        ids.map((devId) => ({ devId, seq: dueAt === AT ? 2 : 1, dueAt })),
      );
      expect(await store.dueNotifications({ now: AT + 8, limit: 9 })).toStrictEqual(expected);
      const paged = await inPages<DueNotification>((after, limit) =>
        store.dueNotifications({ now: AT + 8, after, limit }),
      );
      expect(paged).toStrictEqual(expected);
      expect(await store.countPendingNotifications()).toBe(9);
      await store.commit(ids[0] ?? DEVICE, 2, { notificationsWritten: [notification(2, undefined)] });
      expect(await store.countPendingNotifications()).toBe(8);
      expect(await store.dueNotifications({ now: AT, limit: 9 })).toStrictEqual(expected.slice(1, 3));
      expect(await store.dueNotifications({ now: AT - 1, limit: 9 })).toEqual([]);
    });

    test('refused alerts of all devices come in pages, device by device, those of one device oldest first', async () => {
      const ids = ['IMEI:3', 'IMEI:1', 'IMEI:2', 'IMEI:4'].map(parseDevId);
      for (const devId of ids) {
        await register(devId);
        const items = devId === 'IMEI:2' ? [] : [refusedItem(7, 'refused'), outboxItem(8), refusedItem(3, 'refused')];
        await store.commit(devId, await version(devId), { outboxAdded: [...items, refusedItem(5, 'held')] });
      }
      const expected = ['IMEI:3', 'IMEI:1', 'IMEI:4'].flatMap((devId) =>
        [3, 7].map((seq) => ({ devId, item: refusedItem(seq, 'refused') })),
      );
      expect(await store.listRefused({ limit: 99 })).toStrictEqual(expected);
      for (let size = 1; size <= 4; size += 1) {
        const got: ListedAlert[] = [];
        let page = await store.listRefused({ limit: size });
        while (page.length > 0 && got.length < expected.length) {
          expect(page.length).toBeLessThanOrEqual(size);
          got.push(...page);
          const last = page.at(-1);
          const after = last === undefined ? undefined : { devId: last.devId, seq: last.item.seq };
          page = await store.listRefused({ limit: size, after });
        }
        expect(got).toStrictEqual(expected);
        expect(page).toEqual([]);
      }
      // The alert that ended a page is gone meanwhile.
      await store.commit(parseDevId('IMEI:3'), await version(parseDevId('IMEI:3')), { outboxRemoved: [3] });
      const after = { devId: parseDevId('imei:3'), seq: 3 };
      expect(await store.listRefused({ limit: 1, after })).toStrictEqual(expected.slice(1, 2));
      expect(await store.listRefused({ limit: 9, after: { devId: parseDevId('IMEI:9'), seq: 1 } })).toEqual([]);
    });

    test('10 000 alerts are loaded in pages and removed at once', async () => {
      await register();
      const seqs = Array.from({ length: 10_000 }, (_, at) => at + 1);
      let v = await store.commit(DEVICE, await version(), { outboxAdded: seqs.map((seq) => outboxItem(seq)) });
      const got: number[] = [];
      for (let from = 0; got.length < 10_000; from = (got.at(-1) ?? 0) + 1) {
        const page = await store.load(DEVICE, { outbox: { state: 'kept', from, limit: 1_000 } });
        expect(page?.outbox).toHaveLength(1_000);
        got.push(...(page?.outbox.map(({ seq }) => seq) ?? []));
      }
      expect(got).toEqual(seqs);
      v = await store.commit(DEVICE, v, { outboxRemoved: seqs });
      expect((await store.load(DEVICE))?.state).toMatchObject({ version: v, outbox: { kept: 0, held: 0, refused: 0 } });
    });

    test('many devices are imported at once, and the file is noted with them', async () => {
      const file = { path: '/d.csv', size: 7, modified: '123456789012345678', rules: '' };
      expect(await store.importedFile(file.path)).toBeUndefined();
      await register();
      const other = parseDevId('IMEI:2');
      await store.importDevices([
        { devId: DEVICE, update: (current) => deviceRecord(DEVICE, { ...current, values: { model: 'M1' } }) },
        { devId: other, update: (current) => current ?? deviceRecord(other) },
        { devId: other, update: (current) => deviceRecord(other, { ...current, values: { model: 'M2' } }) },
      ]);
      expect((await store.load(DEVICE))?.state).toMatchObject({ version: 2, record: { values: { model: 'M1' } } });
      expect((await store.load(other))?.state.record.values).toEqual({ model: 'M2' });
      expect(await store.importedFile(file.path)).toBeUndefined();
      await store.importDevices([], file);
      await store.importDevices([], { ...file, path: '/e.csv', size: 8 });
      expect(await store.importedFile(file.path)).toEqual(file);
    });

    test('an import in which one update fails changes no device and notes no file', async () => {
      await register();
      const file = { path: '/d.csv', size: 7, modified: '1', rules: '' };
      const failing = store.importDevices(
        [
          { devId: DEVICE, update: () => deviceRecord(DEVICE, { values: { model: 'M1' } }) },
          {
            devId: parseDevId('IMEI:2'),
            update: () => {
              throw new RangeError('no');
            },
          },
        ],
        file,
      );
      await expect(failing).rejects.toThrow(RangeError);
      expect((await store.load(DEVICE))?.state).toMatchObject({ version: 1, record: { values: {} } });
      expect(await store.importedFile(file.path)).toBeUndefined();
    });

    test('the devices are counted', async () => {
      expect(await store.countDevices()).toBe(0);
      await register();
      await register(parseDevId('IMEI:2'));
      await register();
      expect(await store.countDevices()).toBe(2);
    });

    test('the subscriptions of all devices are counted, also of those at rest', async () => {
      const other = parseDevId('IMEI:2');
      const subscribe = async (devId: DevId, count: number) => {
        const subscriptions = Array.from({ length: count }, (_, at) => subscription(`urn:x/${at}/`));
        const record = deviceRecord(devId, { devId, subscriptions });
        await store.commit(devId, await version(devId), { record, session: dmSession(devId) });
      };
      for (const devId of [DEVICE, other]) await register(devId);
      expect(await store.countSubscriptions()).toBe(0);
      await subscribe(DEVICE, 2);
      await subscribe(other, 3);
      expect(await store.countSubscriptions()).toBe(5);
      await store.commit(other, await version(other), { session: dmSession(other, { closedAt: AT }) });
      expect(await store.removeExpired(AT + 60_001, 10)).toBe(1);
      expect(await store.countSubscriptions()).toBe(5);
      await subscribe(other, 0);
      expect(await store.countSubscriptions()).toBe(2);
    });

    test('the device of an open session is found by its token, until the session ends', async () => {
      await register();
      const other = parseDevId('IMEI:2');
      await register(other);
      const session = dmSession(DEVICE, { token: 'token-of-the-first-one' });
      await store.commit(DEVICE, await version(), { session });
      await store.commit(other, await version(other), {
        session: dmSession(other, { token: 'token-of-the-other-one' }),
      });
      expect(await store.deviceOfToken('token-of-the-first-one')).toBe(DEVICE);
      expect(await store.deviceOfToken('token-of-the-other-one')).toBe(other);
      expect(await store.deviceOfToken('token-of-no-one-at-all')).toBeUndefined();
      await store.commit(DEVICE, await version(), { session: { ...session, token: 'token-of-the-next-one' } });
      expect(await store.deviceOfToken('token-of-the-first-one')).toBeUndefined();
      await store.commit(DEVICE, await version(), { answer: storedAnswer() });
      expect(await store.deviceOfToken('token-of-the-next-one')).toBe(DEVICE);
      await store.commit(DEVICE, await version(), { session: { ...session, closedAt: AT } });
      expect(await store.deviceOfToken('token-of-the-first-one')).toBeUndefined();
      await store.commit(DEVICE, await version(), { session });
      await store.commit(DEVICE, await version(), { session: null });
      expect(await store.deviceOfToken('token-of-the-first-one')).toBeUndefined();
    });

    test('idle sessions: open, strictly older, oldest first, limited', async () => {
      const sessions = [
        [parseDevId('d1'), { lastMessageAt: AT + 2 }],
        [parseDevId('d2'), { lastMessageAt: AT + 1 }],
        [parseDevId('d3'), { lastMessageAt: AT, closedAt: AT }],
        [parseDevId('d4'), { lastMessageAt: AT + 3 }],
      ] as const;
      for (const [devId, more] of sessions) {
        await register(devId);
        await store.commit(devId, await version(devId), { session: dmSession(devId, more) });
      }
      await register(parseDevId('d5'));
      expect(await idle(store, { before: AT + 3, limit: 10 })).toEqual(['d2', 'd1']);
      expect(await idle(store, { before: AT + 4, limit: 2 })).toEqual(['d2', 'd1']);
      await store.commit(parseDevId('d2'), await version(parseDevId('d2')), { answer: storedAnswer() });
      await store.commit(parseDevId('d1'), await version(parseDevId('d1')), { session: null });
      expect(await idle(store, { before: AT + 4, limit: 10 })).toEqual(['d2', 'd4']);
    });

    test('sessions that ended and answers that no longer count leave the store after a minute, some at a time', async () => {
      const MINUTE = 60_000;
      const states: readonly [string, DeviceChange][] = [
        ['open', { session: dmSession('open'), answer: storedAnswer() }],
        ['timed out', { session: dmSession('timed out', { closedAt: AT }), answer: storedAnswer() }],
        [
          'ended',
          { session: dmSession('ended', { closedAt: AT + 5 }), answer: storedAnswer({ expiresAt: AT + 5 + MINUTE }) },
        ],
        ['outside', { answer: storedAnswer({ expiresAt: AT + 2 + MINUTE }) }],
      ];
      for (const [name, change] of states) {
        const devId = parseDevId(name);
        await register(devId);
        await store.commit(devId, await version(devId), change);
      }
      const stored = async () => {
        const kept: string[] = [];
        for (const [name] of states) {
          const state = await loadAll(store, parseDevId(name));
          if (state?.session !== undefined || state?.answer !== undefined) kept.push(name);
        }
        return kept;
      };
      expect(await store.removeExpired(AT + MINUTE, 9)).toBe(0);
      expect(await store.removeExpired(AT + 9 + MINUTE, 2)).toBe(2);
      expect(await stored()).toEqual(['open', 'ended']);
      const before = await version(parseDevId('ended'));
      expect(await store.removeExpired(AT + 9 + MINUTE, 2)).toBe(1);
      expect(await store.removeExpired(AT + 9 + MINUTE, 2)).toBe(0);
      expect(await stored()).toEqual(['open']);
      expect(await loadAll(store, parseDevId('ended'))).toStrictEqual({
        version: before,
        record: deviceRecord('ended'),
        outbox: [],
      });
      const next = { session: dmSession('ended', { id: 'session-2' }), answer: storedAnswer() };
      await store.commit(parseDevId('ended'), before, next);
      expect(await store.removeExpired(Number.MAX_SAFE_INTEGER, 9)).toBe(0);
      expect(await loadAll(store, parseDevId('ended'))).toMatchObject(next);
    });

    test('reports: due, oldest first, limited, until removed', async () => {
      await register();
      const reports = [execReport('b', AT + 1), execReport('a', AT), execReport('c', AT + 2)];
      const v = await store.commit(DEVICE, await version(), { reportsAdded: reports });
      expect(await store.dueReports({ now: AT + 1, limit: 10 })).toStrictEqual([
        execReport('a', AT),
        execReport('b', AT + 1),
      ]);
      expect((await store.dueReports({ now: AT + 2, limit: 1 })).map(({ id }) => id)).toEqual(['a']);
      await store.commit(DEVICE, v, { reportsRemoved: ['a'], reportsAdded: [execReport('d', AT)] });
      expect((await store.dueReports({ now: AT + 9, limit: 10 })).map(({ id }) => id)).toEqual(['d', 'b', 'c']);
    });

    test('reports that are due too far ahead are due, too, after the others and in pages', async () => {
      await register();
      const times = { a: AT, b: AT + 5, c: AT + 100, d: AT + 200, e: AT + 200 };
      const reports = Object.entries(times).map(([id, dueAt]) => execReport(id, dueAt));
      await store.commit(DEVICE, await version(), { reportsAdded: reports });
      const idsOf = (listed: readonly Report[]) => listed.map(({ id }) => id);
      expect(idsOf(await store.dueReports({ now: AT, ahead: AT + 50, limit: 10 }))).toEqual(['a', 'c', 'd', 'e']);
      expect(idsOf(await store.dueReports({ now: AT, ahead: AT + 100, limit: 10 }))).toEqual(['a', 'd', 'e']);
      const listed = await inPages<Report>((after, limit) =>
        store.dueReports({ now: AT, ahead: AT + 50, after, limit }),
      );
      expect(idsOf(listed)).toEqual(['a', 'c', 'd', 'e']);
    });

    test('sessions that would count too far ahead are removed, too', async () => {
      const MINUTE = 60_000;
      for (const [name, closedAt] of Object.entries({ past: AT, soon: AT + MINUTE, ahead: AT + 60 * MINUTE })) {
        await register(parseDevId(name));
        await store.commit(parseDevId(name), await version(parseDevId(name)), {
          session: dmSession(name, { closedAt }),
        });
      }
      const isThere = async (name: string) => (await loadAll(store, parseDevId(name)))?.session !== undefined;
      expect(await store.removeExpired(AT + MINUTE + 1, 9, AT + 5 * MINUTE)).toBe(2);
      expect([await isThere('past'), await isThere('soon'), await isThere('ahead')]).toEqual([false, true, false]);
    });

    test('idle sessions in pages: each once, whatever times are equal, and after one that is gone', async () => {
      const names = ['d3', 'D1', 'd5', 'd2', 'd4', 'é'].map((name) => parseDevId(name));
      for (const devId of names) {
        await register(devId);
        const lastMessageAt = devId === 'd5' ? AT + 5 : AT;
        await store.commit(devId, await version(devId), { session: dmSession(devId, { lastMessageAt }) });
      }
      const listed = await inPages<IdleSession>((after, limit) => store.idleSessions({ before: AT + 9, after, limit }));
      expect(listed.map(({ devId }) => devId)).toEqual(['D1', 'd2', 'd3', 'd4', 'é', 'd5']);
      expect(listed.at(-1)).toEqual({ devId: 'd5', lastMessageAt: AT + 5 });
      await store.commit(parseDevId('d2'), await version(parseDevId('d2')), { session: null });
      expect(await idle(store, { before: AT + 9, after: listed[1], limit: 1 })).toEqual(['d3']);
    });

    test('idle sessions in pages: those with a time in the future come last', async () => {
      for (const [name, lastMessageAt] of [
        ['d1', AT + 100],
        ['d2', AT],
        ['d3', AT + 50],
      ] as const) {
        const devId = parseDevId(name);
        await register(devId);
        await store.commit(devId, await version(devId), { session: dmSession(devId, { lastMessageAt }) });
      }
      const listed = await inPages<IdleSession>((after, limit) =>
        store.idleSessions({ before: AT + 1, now: AT + 60, after, limit }),
      );
      expect(listed.map(({ devId }) => devId)).toEqual(['d2', 'd1']);
    });

    test('idle sessions: those with a time in the future fill the rest of a page, and none is listed twice', async () => {
      for (const [name, lastMessageAt] of [
        ['d1', AT],
        ['d2', AT + 100],
        ['d3', AT + 101],
      ] as const) {
        const devId = parseDevId(name);
        await register(devId);
        await store.commit(devId, await version(devId), { session: dmSession(devId, { lastMessageAt }) });
      }
      expect(await idle(store, { before: AT + 1, now: AT + 60, limit: 2 })).toEqual(['d1', 'd2']);
      expect(await idle(store, { before: AT + 101, now: AT - 1, limit: 9 })).toEqual(['d1', 'd2', 'd3']);
    });

    test('reports in pages: each once, whatever times are equal, and after one that is gone', async () => {
      await register();
      const reports = ['c', 'a', 'e', 'b', 'd'].map((id) => execReport(id, id === 'e' ? AT + 5 : AT));
      const v = await store.commit(DEVICE, await version(), { reportsAdded: reports });
      const listed = await inPages<Report>((after, limit) => store.dueReports({ now: AT + 9, after, limit }));
      expect(listed.map(({ id }) => id)).toEqual(['a', 'b', 'c', 'd', 'e']);
      await store.commit(DEVICE, v, { reportsRemoved: ['b'] });
      const next = await store.dueReports({ now: AT + 9, after: execReport('b', AT), limit: 1 });
      expect(next.map(({ id }) => id)).toEqual(['c']);
    });

    test('200 commits at once', async () => {
      const names = Array.from({ length: 200 }, (_, index) => parseDevId(`IMEI:${index}`));
      await Promise.all(names.map((devId) => register(devId)));
      const versions = await Promise.all(
        names.map((devId, index) => store.commit(devId, 1, { answer: storedAnswer({ msgId: index }) })),
      );
      expect(new Set(versions)).toEqual(new Set([2]));
      const states = await Promise.all(names.map((devId) => loadAll(store, devId)));
      expect(states.map((state) => state?.answer?.msgId)).toEqual(names.map((_, index) => index));
    });

    test('a store that works says so; a closed one refuses everything', async () => {
      await expect(store.check()).resolves.toBeUndefined();
      await store.close();
      await expect(store.check()).rejects.toThrow(StoreError);
      await expect(loadAll(store, DEVICE)).rejects.toThrow(StoreError);
      await expect(register()).rejects.toThrow(StoreError);
      const late = store.commit(DEVICE, 0, { record: deviceRecord(DEVICE) });
      await expect(late).rejects.toMatchObject({ code: 'ERR_STORE_FAILED' });
      await expect(store.close()).resolves.toBeUndefined();
    });
  });
}
