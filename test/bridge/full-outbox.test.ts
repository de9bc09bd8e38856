/**
 * The outbox of a device has a limit, and beyond it alerts are refused (DM-1.3 §6.7). A message costs what it brings: it loads
 * no alert that it does not need, and writes none that was there before.
 */
import { describe, expect, test } from 'vitest';
import { basicCred, event, note, packageOne, reply, syncml } from '../e2e/scripted-device.ts';
import {
  BRUCE,
  BridgeUnderTest,
  commands,
  DEV_TYP,
  LEAVES,
  noCommands,
  notesIn,
  replied,
  tokenOf,
} from './bridge-under-test.ts';

const DOWN = { failure: 'unreachable', reason: 'refused' } as const;
const delivered = (bridge: BridgeUnderTest) => bridge.packages().flatMap(notesIn);
const keptIn = async (bridge: BridgeUnderTest) => (await bridge.state()).outbox.map(({ item }) => item.data);
const full = (bridge: BridgeUnderTest) =>
  bridge.logs.map((line) => JSON.parse(line)).filter((line) => line.event === 'outbox.full');

function coded(cmdId: number, code: number, data: string): string {
  return event(cmdId, [{ type: 'com.example.note', format: 'chr', data }], { code });
}

/** A device with two alerts that the backend could not take, and with room for no more. */
async function withFullOutbox(store: 'memory' | 'sqlite' = 'memory'): Promise<BridgeUnderTest> {
  const bridge = await BridgeUnderTest.open({ store, maxOutbox: 2, script: () => DOWN });
  await bridge.say(packageOne(BRUCE, {}, [note(3, 'a'), note(4, 'b')]));
  return bridge;
}

describe.each(['memory', 'sqlite'] as const)('a device whose outbox is full, store %s', (store) => {
  test('a Generic Alert gets 500 and a client event 503, neither is kept, and the log says so once a message', async () => {
    const bridge = await withFullOutbox(store);
    const more = [coded(3, 1226, 'c'), coded(4, 1224, 'd'), coded(5, 1226, 'e')];
    const got = await bridge.say(packageOne(BRUCE, { sessionId: '2' }, more));
    expect(got.statuses.slice(3)).toEqual(['Alert 3 500', 'Alert 4 503', 'Alert 5 500']);
    expect(await keptIn(bridge)).toEqual(['a', 'b']);
    expect(full(bridge)).toEqual([expect.objectContaining({ level: 'warn', device: 'IMEI:1', refused: 3, kept: 2 })]);
  });

  test('alerts are taken again once the backend has taken the others', async () => {
    const bridge = await withFullOutbox(store);
    bridge.script = () => noCommands();
    await bridge.say(packageOne(BRUCE, { sessionId: '2' }));
    const got = await bridge.say(packageOne(BRUCE, { sessionId: '3' }, [note(3, 'c'), note(4, 'd'), note(5, 'e')]));
    expect(got.statuses.slice(3)).toEqual(['Alert 3 200', 'Alert 4 200', 'Alert 5 500']);
    expect(delivered(bridge)).toEqual(['a', 'b', 'a', 'b', 'c', 'd']);
    expect(await keptIn(bridge)).toEqual([]);
  });
});

describe('a limit of the outbox', () => {
  test('the Items of one alert that fit are kept, and each Item gets a Status of its own', async () => {
    const bridge = await BridgeUnderTest.open({ maxOutbox: 2, script: () => DOWN });
    const items = ['a', 'b', 'c'].map((data) => ({ type: 'x', format: 'chr', data, source: `./${data}` }));
    const got = await bridge.say(packageOne(BRUCE, {}, [event(3, items)]));
    expect(got.statuses.slice(3)).toEqual(['Alert 3 200', 'Alert 3 200', 'Alert 3 500']);
    expect(await keptIn(bridge)).toEqual(['a', 'b']);
  });

  test('an Item that is not valid takes no room', async () => {
    const bridge = await BridgeUnderTest.open({ maxOutbox: 1, script: () => DOWN });
    const invalid = event(3, [{ type: 'x', data: 'without Format' }]);
    const got = await bridge.say(packageOne(BRUCE, {}, [invalid, note(4, 'a')]));
    expect(got.statuses.slice(3)).toEqual(['Alert 3 412', 'Alert 4 200']);
  });

  test('alerts about the tree are taken however full the outbox is', async () => {
    const bridge = await withFullOutbox();
    const got = await bridge.say(packageOne(BRUCE, { sessionId: '2' }, [event(3, [], { code: 1227 })]));
    expect(got.statuses.slice(3)).toEqual(['Alert 3 200']);
    expect(full(bridge)).toEqual([]);
  });

  test('a sessionless report gets 503', async () => {
    const bridge = await withFullOutbox();
    const got = await bridge.say(syncml({ sessionId: '9', cred: basicCred(BRUCE) }, [coded(1, 1230, 'c')]));
    expect(got.statuses).toEqual(['SyncHdr 0 200', 'Alert 1 503']);
    expect(await keptIn(bridge)).toEqual(['a', 'b']);
    expect(full(bridge)).toHaveLength(1);
  });

  test('an alert outside any session gets 500', async () => {
    const bridge = await withFullOutbox();
    const message = syncml({ sessionId: '9', msgId: 4, cred: basicCred(BRUCE) }, [note(1, 'c')]);
    const got = await bridge.say(message);
    expect(got.statuses).toContain('Alert 1 500');
    expect(await keptIn(bridge)).toEqual(['a', 'b']);
  });

  test('alerts of several messages of one session count together', async () => {
    const script = (_: unknown, count: number) => (count === 1 ? commands(['GET', DEV_TYP]) : DOWN);
    const bridge = await BridgeUnderTest.open({ maxOutbox: 2, script });
    const first = await bridge.say(packageOne(BRUCE));
    const token = tokenOf(first);
    await bridge.say(syncml({ msgId: 2 }, [note(1, 'a')], false), { token });
    const third = await bridge.say(syncml({ msgId: 3 }, [note(1, 'b'), note(2, 'c')], false), { token });
    expect(third.statuses.slice(1)).toEqual(['Alert 1 200', 'Alert 2 500']);
    await bridge.say(syncml({ msgId: 4 }, reply(first, LEAVES)), { token });
    expect(delivered(bridge)).toEqual(['a', 'b']);
  });
});

describe('a message of a device with many kept alerts', () => {
  const MANY = 3_000;
  const notes = (count: number, prefix = '') =>
    Array.from({ length: count }, (_, at) => note(at + 3, `${prefix}${at}`));

  test('a message that brings alerts writes these and loads no others before a package leaves', async () => {
    const bridge = await BridgeUnderTest.open({ script: () => replied('', 503) });
    await bridge.say(packageOne(BRUCE, {}, notes(MANY)));
    const before = { ...bridge.outboxRows };
    const opened = await bridge.say(packageOne(BRUCE, { sessionId: '2' }, notes(10, 'x'), false));
    await bridge.say(syncml({ sessionId: '2', msgId: 2 }, notes(10, 'y'), false), { token: tokenOf(opened) });
    expect(bridge.outboxRows).toEqual({ loaded: before.loaded, added: before.added + 20, removed: before.removed });
  });

  test('Package#1 carries all of them, each once and in their order, from pages of the store', async () => {
    const bridge = await BridgeUnderTest.open({ store: 'sqlite', script: () => DOWN });
    await bridge.say(packageOne(BRUCE, {}, notes(MANY)));
    bridge.kill();
    bridge.script = () => noCommands();
    await bridge.say(packageOne(BRUCE, { sessionId: '2' }, [note(3, 'last')]));
    const expected = [...Array.from({ length: MANY }, (_, at) => String(at)), 'last'];
    expect(notesIn(bridge.packages().at(-1))).toEqual(expected);
    expect(bridge.outboxRows).toEqual({ loaded: MANY, added: MANY + 1, removed: MANY + 1 });
    expect(await keptIn(bridge)).toEqual([]);
  });

  test('a message in the middle of a session without kept alerts loads none', async () => {
    const script = (_: unknown, count: number) => (count === 1 ? commands(['GET', DEV_TYP]) : noCommands());
    const bridge = await BridgeUnderTest.open({ script });
    const first = await bridge.say(packageOne(BRUCE, {}, notes(5)));
    await bridge.say(syncml({ msgId: 2 }, reply(first, LEAVES)), { token: tokenOf(first) });
    expect(bridge.outboxRows.loaded).toBe(0);
  });
});
