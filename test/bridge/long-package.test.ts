/** Packages with hundreds of commands through the whole bridge: what is stored for them, and what a restart finds. */
import { expect, test } from 'vitest';
import { packageOne, reply, syncml } from '../e2e/scripted-device.ts';
import {
  BRUCE,
  BridgeUnderTest,
  commands,
  noCommands,
  replied,
  SRV_URI,
  statusesIn,
  tokenOf,
} from './bridge-under-test.ts';

const ORIGIN = new URL(SRV_URI).origin;
const leafAt = (at: number) => `urn:oma:mo:oma-dm-devdetail:1.0//L${at}`;

test.each([20, 300])('%i documents that are fetched in a row are stored as one intent', async (length) => {
  const list = Array.from({ length }, (_, at) => ['HGET', `${ORIGIN}/${at}`, leafAt(at)]);
  const bridge = await BridgeUnderTest.open({
    script: ({ purpose, headers }) => {
      if (purpose === 'repository') return replied('', 404);
      return headers['content-type']?.includes('initiation') ? commands(...list) : noCommands();
    },
  });
  await bridge.say(packageOne(BRUCE));
  expect(statusesIn(bridge.packages().at(-1))).toEqual(list.map(() => 419));
  expect(bridge.requests.filter(({ purpose }) => purpose === 'repository')).toHaveLength(length);
  // Before Package#1, the first document and Package#3, and with the answer.
  expect(bridge.commits).toBe(4);
});

test('a long list goes on after a kill with the commands that it had', async () => {
  const list = Array.from({ length: 300 }, (_, at) => ['GET', leafAt(at)]);
  const bridge = await BridgeUnderTest.open({
    store: 'sqlite',
    script: ({ headers }) => (headers['content-type']?.includes('initiation') ? commands(...list) : noCommands()),
  });
  const leaves = Object.fromEntries(list.map((_, at) => [`./DevDetail/L${at}`, `v${at}`]));
  let answer = await bridge.say(packageOne(BRUCE));
  for (let msgId = 2; answer.commands.length > 0; msgId += 1) {
    if (msgId > 50) throw new Error('the session does not end');
    bridge.kill();
    answer = await bridge.say(syncml({ sessionId: '1', msgId }, reply(answer, leaves, [])), { token: tokenOf(answer) });
  }
  expect(statusesIn(bridge.packages().at(-1))).toEqual(list.map(() => 200));
});
