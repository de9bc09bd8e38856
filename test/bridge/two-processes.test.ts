/** A process that was suspended must not undo the work of another process on the same store. */
import { describe, expect, test } from 'vitest';
import { packageOne } from '../e2e/scripted-device.ts';
import {
  BRUCE,
  BridgeUnderTest,
  commands,
  DEV_TYP,
  later,
  noCommands,
  settle,
  statusesIn,
} from './bridge-under-test.ts';

describe.each(['memory', 'sqlite'] as const)('two processes on one store: %s', (store) => {
  test('a process that wakes up after another one took over cannot store anything, and the device has one answer', async () => {
    const slow = later();
    const bridge = await BridgeUnderTest.open({
      store,
      script: (_, count) => (count === 1 ? slow.reply : noCommands()),
    });
    const first = bridge.post(packageOne(BRUCE)).catch((error: unknown) => error);
    await settle();
    expect(bridge.requests).toHaveLength(1);

    bridge.takeOver();
    const answer = await bridge.say(packageOne(BRUCE));
    await bridge.drained();
    const afterwards = await bridge.state();
    expect(afterwards.session?.closedAt).toBeDefined();

    slow.arrive(commands(['GET', DEV_TYP]));
    expect(await first).toMatchObject({ code: 'ERR_STORE_STALE' });
    await settle();
    expect(await bridge.state()).toEqual(afterwards);
    expect(await bridge.say(packageOne(BRUCE))).toEqual(answer);
    expect(bridge.packages().map(statusesIn)).toEqual([undefined]);
  });
});
