/** Deadlines of sessions while the system's clock is set forward or back. */
import { describe, expect, test } from 'vitest';
import { basicCred, event, packageOne, readAnswer, reply, status, syncml } from '../e2e/scripted-device.ts';
import {
  BRUCE,
  BridgeUnderTest,
  commands,
  DEV_TYP,
  LEAVES,
  later,
  noCommands,
  settle,
  tokenOf,
} from './bridge-under-test.ts';

const HOUR = 3_600_000;
const TIMEOUT = 900_000;

async function opened() {
  const bridge = await BridgeUnderTest.open({
    store: 'sqlite',
    script: (_, count) => (count === 1 ? commands(['GET', DEV_TYP]) : noCommands()),
  });
  const first = await bridge.say(packageOne(BRUCE));
  return { bridge, first };
}

async function isClosed(bridge: BridgeUnderTest): Promise<boolean> {
  await bridge.background();
  await bridge.drained();
  return (await bridge.state()).session?.closedAt !== undefined;
}

describe('the time-out of a session', () => {
  test.each([HOUR, -HOUR, TIMEOUT, -TIMEOUT / 2])('is the same when the clock is set by %i ms', async (shift) => {
    const { bridge } = await opened();
    bridge.clock.shift(shift);
    expect(await isClosed(bridge)).toBe(false);
    await bridge.clock.advance(TIMEOUT);
    expect(await isClosed(bridge)).toBe(false);
    await bridge.clock.advance(1);
    expect(await isClosed(bridge)).toBe(true);
  });

  test('counts from the last message, which the session goes on with after the clock was set', async () => {
    const { bridge, first } = await opened();
    bridge.script = () => commands(['GET', DEV_TYP]);
    bridge.clock.shift(HOUR);
    await bridge.clock.advance(TIMEOUT);
    await bridge.say(syncml({ msgId: 2 }, reply(first, LEAVES)), { token: tokenOf(first) });
    bridge.clock.shift(-2 * HOUR);
    await bridge.clock.advance(TIMEOUT);
    expect(await isClosed(bridge)).toBe(false);
    await bridge.clock.advance(1);
    expect(await isClosed(bridge)).toBe(true);
  });

  test('counts from the restart when the last message is stored with a time in the future', async () => {
    const { bridge } = await opened();
    bridge.clock.shift(-24 * HOUR);
    bridge.kill();
    expect(await isClosed(bridge)).toBe(false);
    await bridge.clock.advance(TIMEOUT);
    expect(await isClosed(bridge)).toBe(false);
    await bridge.clock.advance(1);
    expect(await isClosed(bridge)).toBe(true);
  });

  test('goes on over a restart when the clock is right', async () => {
    const { bridge } = await opened();
    await bridge.clock.advance(TIMEOUT);
    bridge.kill();
    expect(await isClosed(bridge)).toBe(false);
    await bridge.clock.advance(2);
    expect(await isClosed(bridge)).toBe(true);
  });
});

test.each([HOUR, -HOUR])('the wait for a slow backend is the same when the clock is set by %i ms', async (shift) => {
  const slow = later();
  const before = -shift / 2;
  const bridge = await BridgeUnderTest.open({ script: () => slow.reply });
  bridge.clock.shift(before);
  let isAnswered = false;
  const answer = bridge.say(packageOne(BRUCE)).finally(() => {
    isAnswered = true;
  });
  await settle();
  bridge.clock.shift(shift);
  await bridge.clock.advance(19_999);
  expect(isAnswered).toBe(false);
  await bridge.clock.advance(1);
  expect((await answer).commands.map(({ name }) => name)).toEqual(['Get']);
});

describe.each([
  ['memory', HOUR],
  ['sqlite', HOUR],
  ['sqlite', -HOUR],
  ['sqlite', 59_000],
] as const)('the minute after a session (store %s) when the clock is set by %i ms', (store, shift) => {
  const thanks = syncml({ msgId: 2 }, [status(1, { msgRef: 1, cmdRef: 0, cmd: 'SyncHdr' }, 200)]);
  const report = syncml({ sessionId: '9', cred: basicCred(BRUCE) }, [
    event(1, [{ type: 'x', data: 'a' }], { code: 1230 }),
  ]);

  /** A session that its first answer has ended; the clock is set, and the background work has run. */
  async function ended() {
    const bridge = await BridgeUnderTest.open({ store });
    const message = packageOne(BRUCE);
    const first = await bridge.post(message);
    await bridge.clock.advance(1_000);
    bridge.clock.shift(shift);
    await bridge.background();
    return { bridge, message, first };
  }

  /** Most of the minute passes, with background work. */
  async function pass(bridge: BridgeUnderTest, ms: number): Promise<void> {
    await bridge.clock.advance(ms / 2);
    await bridge.background();
    await bridge.clock.advance(ms / 2);
    await bridge.background();
  }

  test('a retransmission gets the stored answer to its end, and no longer', async () => {
    const { bridge, message, first } = await ended();
    await pass(bridge, 58_998);
    expect(await bridge.post(message)).toEqual(first);
    expect(bridge.requests).toHaveLength(1);
    await bridge.clock.advance(2);
    expect((await bridge.post(message)).body).not.toBe(first.body);
    expect(bridge.requests).toHaveLength(2);
  });

  test('Statuses get their answer to its end, and no longer', async () => {
    const { bridge, first } = await ended();
    const token = tokenOf(readAnswer(first.body));
    await pass(bridge, 58_998);
    expect((await bridge.say(thanks, { token })).statuses).toEqual(['SyncHdr 0 212']);
    const other = await ended();
    await pass(other.bridge, 59_000);
    expect((await other.bridge.say(thanks, { token: tokenOf(readAnswer(other.first.body)) })).statuses).toEqual([
      'SyncHdr 0 407',
    ]);
  });

  test('a sessionless report is recognized to its end, and no longer', async () => {
    const { bridge } = await ended();
    const first = await bridge.post(report);
    bridge.clock.shift(-shift);
    await pass(bridge, 59_998);
    expect(await bridge.post(report)).toEqual(first);
    expect((await bridge.state()).outbox).toHaveLength(1);
    await bridge.clock.advance(2);
    await bridge.post(report);
    expect((await bridge.state()).outbox).toHaveLength(2);
  });
});

test('the minute after a session begins with the restart when its end is stored with a time in the future', async () => {
  const bridge = await BridgeUnderTest.open({ store: 'sqlite' });
  const message = packageOne(BRUCE);
  const first = await bridge.post(message);
  bridge.clock.shift(-24 * HOUR);
  bridge.kill();
  expect(await bridge.post(message)).toEqual(first);
  await bridge.clock.advance(59_999);
  expect(await bridge.post(message)).toEqual(first);
  await bridge.clock.advance(1);
  expect((await bridge.post(message)).body).not.toBe(first.body);
});

test.each([HOUR, -HOUR])('wrong credentials count for their minute when the clock is set by %i ms', async (shift) => {
  const bridge = await BridgeUnderTest.open();
  const wrong = () => bridge.post(packageOne({ ...BRUCE, password: 'wrong' }));
  await wrong();
  await wrong();
  bridge.clock.shift(shift);
  let isAnswered = false;
  void wrong().then(() => {
    isAnswered = true;
  });
  await settle();
  expect(isAnswered).toBe(false);
  await bridge.clock.advance(1_000);
  expect(isAnswered).toBe(true);
});
