/**
 * One DM 2.0 session of a device at a time: DM 2.0 has no session identifier, so a backend takes what an older session sends
 * late for a part of the new one (DM-2.0 §5.2).
 */
import { describe, expect, test } from 'vitest';
import { note, packageOne } from '../e2e/scripted-device.ts';
import {
  AUSTIN,
  BRUCE,
  BridgeUnderTest,
  commands,
  DEV_TYP,
  later,
  noCommands,
  notesIn,
  settle,
  statusesIn,
} from './bridge-under-test.ts';

const overtaken = (bridge: BridgeUnderTest) =>
  bridge.logs.map((line) => JSON.parse(line)).filter(({ event }) => event === 'session.overtaken');
const second = (bridge: BridgeUnderTest, ...alerts: readonly string[]) =>
  bridge.say(packageOne(BRUCE, { sessionId: '2' }, alerts));

/** Five seconds pass: not earlier, the first request is destroyed and the second one leaves. Then the messages are answered. */
async function openAfterFiveSeconds(bridge: BridgeUnderTest, messages: readonly Promise<unknown>[]): Promise<void> {
  await bridge.clock.advance(4_999);
  expect([bridge.requests.length, bridge.signals[0]?.aborted]).toEqual([1, false]);
  await bridge.clock.advance(1);
  for (const message of messages) await message;
  expect([bridge.requests.length, bridge.signals[0]?.aborted]).toEqual([2, true]);
}

/** A device that is held for its backend opens another session, and the 5 s for the old one run out. */
async function replaceHeldSession(bridge: BridgeUnderTest): Promise<void> {
  const first = bridge.post(packageOne(BRUCE));
  await settle();
  await bridge.clock.advance(20_000);
  await first;
  const opened = second(bridge);
  await settle();
  await openAfterFiveSeconds(bridge, [opened]);
}

describe('a device that begins a new session while the old one waits for the backend', () => {
  test('Package#1 of the new session leaves after the reply to the 503s of the old one', async () => {
    const slow = later();
    const bridge = await BridgeUnderTest.open({
      script: (_, count) => [commands(['GET', DEV_TYP]), slow.reply][count - 1] ?? noCommands(),
    });
    await bridge.say(packageOne(BRUCE));
    const opened = second(bridge);
    await settle();
    expect(bridge.packages().map(statusesIn)).toEqual([undefined, [503]]);
    slow.arrive(noCommands());
    await opened;
    expect(bridge.packages().map(statusesIn)).toEqual([undefined, [503], undefined]);
    expect(overtaken(bridge)).toEqual([]);
  });

  test('other devices do not wait', async () => {
    const bridge = await BridgeUnderTest.open({ script: (_, count) => (count === 1 ? later().reply : noCommands()) });
    void bridge.post(packageOne(BRUCE));
    await settle();
    await bridge.say(packageOne(AUSTIN));
    expect(bridge.requests).toHaveLength(2);
  });

  test('after 5 s the request of the old session is destroyed, and its reply counts for nothing', async () => {
    const slow = later();
    const bridge = await BridgeUnderTest.open({ script: (_, count) => (count === 1 ? slow.reply : noCommands()) });
    await replaceHeldSession(bridge);
    slow.arrive(commands(['GET', DEV_TYP]));
    await bridge.drained();
    expect(bridge.requests).toHaveLength(2);
    expect(overtaken(bridge)).toEqual([expect.objectContaining({ device: 'IMEI:1', alerts: 0 })]);
  });

  test('after 5 s no work waits for the reply to the old session any more', async () => {
    const bridge = await BridgeUnderTest.open({ script: (_, count) => (count === 1 ? later().reply : noCommands()) });
    await replaceHeldSession(bridge);
    await bridge.drained();
    expect(overtaken(bridge)).toHaveLength(1);
  });

  test('the 5 s begin with the new Package#1, also while the old message waits for its answer', async () => {
    const slow = later();
    const bridge = await BridgeUnderTest.open({ script: (_, count) => (count === 1 ? slow.reply : noCommands()) });
    const first = bridge.post(packageOne(BRUCE));
    await settle();
    await bridge.clock.advance(1_000);
    const opened = second(bridge);
    await settle();
    await openAfterFiveSeconds(bridge, [first, opened]);
  });

  test('a third session gives the second one 5 s, too', async () => {
    const bridge = await BridgeUnderTest.open({ script: (_, count) => (count < 3 ? later().reply : noCommands()) });
    const first = bridge.post(packageOne(BRUCE));
    await settle();
    const opened = second(bridge);
    await settle();
    const third = bridge.say(packageOne(BRUCE, { sessionId: '3' }));
    await settle();
    await bridge.clock.advance(5_000);
    await first;
    await settle();
    await bridge.clock.advance(4_999);
    expect(bridge.requests).toHaveLength(2);
    await bridge.clock.advance(1);
    await opened;
    await third;
    expect([bridge.requests.length, bridge.signals[1]?.aborted]).toEqual([3, true]);
  });

  test('copies of a message and strangers do not shorten the wait for the backend', async () => {
    const slow = later();
    const bridge = await BridgeUnderTest.open({ script: (_, count) => (count === 1 ? slow.reply : noCommands()) });
    let isAnswered = false;
    const messages = [bridge.post(packageOne(BRUCE)), bridge.post(packageOne(BRUCE))];
    const answers = Promise.all(messages).then(() => {
      isAnswered = true;
    });
    await settle();
    await bridge.post(packageOne({ ...BRUCE, password: 'wrong' }, { sessionId: '2' }));
    await settle();
    await bridge.clock.advance(19_999);
    expect(isAnswered).toBe(false);
    slow.arrive(noCommands());
    await answers;
  });

  test.each([
    ['taken by the backend', noCommands(), [['a'], ['b'], []]],
    ['lost', { failure: 'timeout', reason: 'slow' } as const, [['a'], ['b'], ['a']]],
  ])('alerts of an overtaken request that are %s are delivered once', async (_, reply, expected) => {
    const slow = later();
    const bridge = await BridgeUnderTest.open({ script: (__, count) => (count === 1 ? slow.reply : noCommands()) });
    const first = bridge.post(packageOne(BRUCE, {}, [note(3, 'a')]));
    await settle();
    await bridge.clock.advance(20_000);
    await first;
    const opened = second(bridge, note(3, 'b'));
    await settle();
    await bridge.clock.advance(5_000);
    await opened;
    expect(bridge.signals[0]?.aborted).toBe(false);
    expect(overtaken(bridge)).toEqual([expect.objectContaining({ alerts: 1 })]);
    slow.arrive(reply);
    await bridge.drained();
    await bridge.say(packageOne(BRUCE, { sessionId: '3' }));
    expect(bridge.packages().map(notesIn)).toEqual(expected);
    expect((await bridge.state()).outbox).toEqual([]);
  });

  describe('after a failure of the store', () => {
    /** The store fails while the backend works on Package#1, so that the working copy of the device is dropped. */
    async function withFailedStore(reply: ReturnType<typeof later>['reply'], ...alerts: readonly string[]) {
      const bridge = await BridgeUnderTest.open({ script: (_, count) => (count === 1 ? reply : noCommands()) });
      const first = expect(bridge.post(packageOne(BRUCE, {}, alerts))).rejects.toMatchObject({
        code: 'ERR_STORE_FAILED',
      });
      await settle();
      bridge.breakStore(true);
      await bridge.clock.advance(20_000);
      await first;
      bridge.breakStore(false);
      return bridge;
    }

    test('Package#1 of the new session waits for the reply to the old one', async () => {
      const slow = later();
      const bridge = await withFailedStore(slow.reply);
      const opened = second(bridge);
      await settle();
      expect(bridge.requests).toHaveLength(1);
      slow.arrive(commands(['GET', DEV_TYP]));
      await opened;
      expect(bridge.packages().map(statusesIn)).toEqual([undefined, undefined]);
      await bridge.drained();
      expect(bridge.requests).toHaveLength(2);
    });

    test('Package#1 of the new session waits 5 s at most, and the old connection is destroyed before', async () => {
      const bridge = await withFailedStore(later().reply);
      const opened = second(bridge);
      await settle();
      await openAfterFiveSeconds(bridge, [opened]);
      expect(overtaken(bridge)).toHaveLength(1);
    });

    test('the alerts of the old request are delivered with the new one', async () => {
      const slow = later();
      const bridge = await withFailedStore(slow.reply, note(3, 'a'));
      const opened = second(bridge, note(3, 'b'));
      await settle();
      slow.arrive({ failure: 'timeout', reason: 'slow' });
      await opened;
      await bridge.drained();
      expect(bridge.packages().map(notesIn)).toEqual([['a'], ['a', 'b']]);
      expect((await bridge.state()).outbox).toEqual([]);
    });
  });

  test('a third session does not wait for the second, which never began', async () => {
    const slow = later();
    const bridge = await BridgeUnderTest.open({
      script: (_, count) => [commands(['GET', DEV_TYP]), slow.reply][count - 1] ?? noCommands(),
    });
    await bridge.say(packageOne(BRUCE));
    void second(bridge);
    await settle();
    await bridge.clock.advance(20_000);
    slow.arrive(noCommands());
    await settle();
    await bridge.say(packageOne(BRUCE, { sessionId: '3' }));
    expect(bridge.packages().map(statusesIn).slice(0, 2)).toEqual([undefined, [503]]);
  });
});
