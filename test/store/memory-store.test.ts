import { expect, test, vi } from 'vitest';
import { parseDevId } from '../../src/device/dev-id.ts';
import { MemoryStore } from '../../src/store/memory-store.ts';
import { storeContract } from './contract.ts';
import { deviceRecord, dmSession, outboxItem, storedAnswer } from './values.ts';

storeContract('memory', (cacheBytes) => new MemoryStore({ cacheBytes }));

/** The operations of a load that depend on the store: what it looks up, and the members of the device that it reads. */
async function workOf(store: MemoryStore, name: string) {
  using get = vi.spyOn(Map.prototype, 'get');
  using parse = vi.spyOn(JSON, 'parse');
  using filter = vi.spyOn(Array.prototype, 'filter');
  const loaded = await store.load(parseDevId(name));
  return {
    loaded,
    work: [get.mock.calls.length, parse.mock.calls.length, filter.mock.calls.length],
  };
}

test('a known name, at rest or in a session, and an unknown one take the same work', async () => {
  const store = new MemoryStore();
  const names = ['IMEI:1', 'IMEI:2'].map(parseDevId);
  for (const devId of names) await store.upsert(devId, () => deviceRecord(devId));
  const [, inSession = parseDevId('')] = names;
  const change = { session: dmSession(inSession), answer: storedAnswer(), outboxAdded: [outboxItem(1)] };
  await store.commit(inSession, 1, change);
  const unknown = await workOf(store, 'IMEI:3');
  expect(unknown.loaded).toBeUndefined();
  for (const devId of names) {
    const known = await workOf(store, devId);
    expect(known.work).toEqual(unknown.work);
    // A copy would take work that grows with the device.
    expect((await store.load(devId))?.state).toBe(known.loaded?.state);
  }
});
