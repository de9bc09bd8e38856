/** A message whose package has many requests: each costs as much as the first. */
import { getEventListeners } from 'node:events';
import { expect, test } from 'vitest';
import { packageOne } from '../e2e/scripted-device.ts';
import { BRUCE, BridgeUnderTest, commands, noCommands, replied, settle, statusesIn } from './bridge-under-test.ts';

test('a request leaves nothing behind at the signal that all requests of a message share', async () => {
  const list = Array.from({ length: 40 }, (_, at) => [
    'HGET',
    `http://backend.example.com/n${at}`,
    'urn:oma:mo:oma-dm-devdetail:1.0//Ext/N',
  ]);
  const left: number[] = [];
  const bridge: BridgeUnderTest = await BridgeUnderTest.open({
    script: ({ purpose }, count) => {
      left.push(...bridge.signals.map((signal) => getEventListeners(signal, 'abort').length));
      if (purpose !== 'package') return replied('', 404);
      return count === 1 ? commands(...list) : noCommands();
    },
  });
  await bridge.say(packageOne(BRUCE));
  await settle();
  const signals = new Set(bridge.signals);
  expect(bridge.requests.length).toBeGreaterThanOrEqual(list.length);
  expect(signals.size).toBeLessThan(5);
  expect(statusesIn(bridge.packages().at(-1))).toHaveLength(list.length);
  expect(Math.max(...left)).toBeLessThanOrEqual(1);
});
