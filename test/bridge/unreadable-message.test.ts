/** A message of a session that cannot be read, and the end of that session when no readable one follows (DM-1.3 §6.1). */
import { describe, expect, test } from 'vitest';
import { alert, packageOne, reply, syncml } from '../e2e/scripted-device.ts';
import {
  AUSTIN,
  type BackendScript,
  BRUCE,
  BridgeUnderTest,
  commands,
  DEV_TYP,
  FW_V,
  LEAVES,
  later,
  noCommands,
  settle,
  statusesIn,
  tokenOf,
} from './bridge-under-test.ts';

const GARBAGE = '<SyncML>&#2;</SyncML>';

const twoGets: BackendScript = (_, count) => (count === 1 ? commands(['GET', DEV_TYP], ['GET', FW_V]) : noCommands());

/** A session with outstanding commands. */
async function outstanding(script = twoGets) {
  const bridge = await BridgeUnderTest.open({ script });
  const first = await bridge.say(packageOne(BRUCE));
  return { bridge, first, token: tokenOf(first) };
}

async function refused(bridge: BridgeUnderTest, token: string | undefined, body = GARBAGE): Promise<void> {
  await expect(bridge.post(body, { token })).rejects.toMatchObject({ code: expect.stringMatching(/^ERR_/u) });
  await settle();
}

async function statuses(bridge: BridgeUnderTest): Promise<readonly unknown[]> {
  await bridge.drained();
  return bridge.packages().map(statusesIn);
}

describe('a message that cannot be read, with the token of an open session', () => {
  test('ends the session after 3 s, and the backend gets 503 for all that is outstanding', async () => {
    const { bridge, token } = await outstanding();
    await refused(bridge, token);
    await bridge.clock.advance(2_999);
    expect(await statuses(bridge)).toEqual([undefined]);
    await bridge.clock.advance(1);
    expect(await statuses(bridge)).toEqual([undefined, [503, 503]]);
    expect(bridge.logs.filter((line) => line.includes('session.unreadable'))).toHaveLength(1);
    expect((await bridge.state()).session?.closedAt).toBeDefined();
    const again = await bridge.say(packageOne(BRUCE));
    expect(again.statuses[0]).toBe('SyncHdr 0 200');
  });

  test('does nothing when a readable message follows within 3 s', async () => {
    const { bridge, first, token } = await outstanding();
    await refused(bridge, token);
    await bridge.clock.advance(2_999);
    await bridge.say(syncml({ msgId: 2 }, reply(first, LEAVES)), { token });
    await bridge.clock.advance(10_000);
    expect(await statuses(bridge)).toEqual([undefined, [200, 200]]);
  });

  test('does nothing when the last message comes again within 3 s', async () => {
    const { bridge, token } = await outstanding();
    await refused(bridge, token);
    await bridge.post(packageOne(BRUCE), { token });
    await bridge.clock.advance(10_000);
    expect(await statuses(bridge)).toEqual([undefined]);
  });

  test('counts from the first of several', async () => {
    const { bridge, token } = await outstanding();
    await refused(bridge, token);
    await bridge.clock.advance(2_000);
    await refused(bridge, token, 'no XML at all');
    await bridge.clock.advance(1_000);
    expect(await statuses(bridge)).toEqual([undefined, [503, 503]]);
  });

  test('does nothing when a readable message is in work when the 3 s end', async () => {
    const slow = later();
    const script: BackendScript = (_, count) => [commands(['GET', DEV_TYP]), slow.reply][count - 1] ?? noCommands();
    const { bridge, first, token } = await outstanding(script);
    await refused(bridge, token);
    await bridge.clock.advance(2_999);
    const answered = bridge.say(syncml({ msgId: 2 }, reply(first, LEAVES)), { token });
    await settle();
    await bridge.clock.advance(10_000);
    slow.arrive(commands(['GET', FW_V]));
    expect((await answered).commands.map(({ name }) => name)).toEqual(['Get']);
    await settle();
    expect(await statuses(bridge)).toEqual([undefined, [200]]);
    expect((await bridge.state()).session?.closedAt).toBeUndefined();
  });

  test('counts from the end of the message that is in work', async () => {
    const slow = later();
    const script: BackendScript = (_, count) => [commands(['GET', DEV_TYP]), slow.reply][count - 1] ?? noCommands();
    const { bridge, first, token } = await outstanding(script);
    const answered = bridge.say(syncml({ msgId: 2 }, reply(first, LEAVES)), { token });
    await settle();
    await refused(bridge, token);
    await bridge.clock.advance(10_000);
    expect((await bridge.state()).session?.closedAt).toBeUndefined();
    slow.arrive(commands(['GET', FW_V]));
    const next = await answered;
    expect(next.commands.map(({ name }) => name)).toEqual(['Get']);
    await settle();
    await bridge.clock.advance(2_999);
    expect(await statuses(bridge)).toEqual([undefined, [200]]);
    await bridge.clock.advance(1);
    expect(await statuses(bridge)).toEqual([undefined, [200], [503]]);
  });
});

describe('a message that cannot be read, with the token of a session that began before a restart', () => {
  test.each(['memory', 'sqlite'] as const)('ends the session after 3 s (store %s)', async (store) => {
    const bridge = await BridgeUnderTest.open({ store, script: twoGets });
    const token = tokenOf(await bridge.say(packageOne(BRUCE)));
    bridge.kill();
    await refused(bridge, token);
    await bridge.clock.advance(2_999);
    expect(await statuses(bridge)).toEqual([undefined]);
    await bridge.clock.advance(1);
    expect(await statuses(bridge)).toEqual([undefined, [503, 503]]);
    expect((await bridge.state()).session?.closedAt).toBeDefined();
  });

  test('does nothing when a readable message follows', async () => {
    const { bridge, first, token } = await outstanding();
    bridge.kill();
    await refused(bridge, token);
    await bridge.say(syncml({ msgId: 2 }, reply(first, LEAVES)), { token });
    await bridge.clock.advance(10_000);
    expect(await statuses(bridge)).toEqual([undefined, [200, 200]]);
  });
});

describe('a message that cannot be read does nothing else', () => {
  test.each<[string, string | undefined]>([
    ['without a token', undefined],
    ['with another token', 'AAAAAAAAAAAAAAAAAAAAAA'],
  ])('%s', async (_, token) => {
    const { bridge } = await outstanding();
    const before = await bridge.state();
    await refused(bridge, token);
    await bridge.clock.advance(10_000);
    expect(await statuses(bridge)).toEqual([undefined]);
    expect(await bridge.state()).toEqual(before);
  });

  test('with the token of a session that has ended', async () => {
    const { bridge, first, token } = await outstanding();
    await bridge.say(syncml({ msgId: 2 }, reply(first, LEAVES)), { token });
    const before = await bridge.state();
    await refused(bridge, token);
    await bridge.clock.advance(10_000);
    expect(await bridge.state()).toEqual(before);
  });

  test('with the token of a session that another session has replaced', async () => {
    const { bridge, token } = await outstanding();
    bridge.script = () => commands(['GET', DEV_TYP]);
    await bridge.say(packageOne(BRUCE, { sessionId: '2' }));
    await refused(bridge, token);
    await bridge.clock.advance(10_000);
    expect((await bridge.state()).session).toMatchObject({ south: { sessionId: '2', phase: 'awaitingDevice' } });
  });

  test('to the session of another device', async () => {
    const { bridge, token } = await outstanding();
    await bridge.say(packageOne(AUSTIN, {}, [alert(3, 1224)]));
    const before = await bridge.state(AUSTIN.devId);
    await refused(bridge, token);
    await bridge.clock.advance(10_000);
    expect(await bridge.state(AUSTIN.devId)).toEqual(before);
  });
});
