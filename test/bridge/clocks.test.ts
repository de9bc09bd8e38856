/** Deadlines of sessions while the system's clock is set forward or back. */
import { describe, expect, test } from 'vitest';
import { packageOne, reply, syncml } from '../e2e/scripted-device.ts';
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
