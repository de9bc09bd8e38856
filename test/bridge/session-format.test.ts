/** A session that another version of the program has stored is not resumed; the alerts of the device are not lost. */
import { describe, expect, test } from 'vitest';
import { type DmSession, SESSION_FORMAT } from '../../src/bridge/session.ts';
import { basicCred, note, packageOne, reply, syncml } from '../e2e/scripted-device.ts';
import {
  BRUCE,
  BridgeUnderTest,
  commands,
  DEV_TYP,
  LEAVES,
  noCommands,
  notesIn,
  statusesIn,
  tokenOf,
} from './bridge-under-test.ts';

type Change = (session: DmSession) => DmSession;

/** The first version had the same members, but no format. */
const withoutFormat: Change = (session) => {
  const { format: _, ...old } = session;
  return old as DmSession;
};

/** A session that waits for the device, with an alert that the backend has not taken; then another process with the store. */
async function replaced(change: Change) {
  const bridge = await BridgeUnderTest.open({
    script: (_, count) => (count === 1 ? commands(['GET', DEV_TYP]) : noCommands()),
  });
  const first = await bridge.say(packageOne(BRUCE));
  const token = tokenOf(first);
  const message = syncml({ msgId: 2 }, [note(9, 'kept')], false);
  const answer = await bridge.post(message, { token });
  bridge.kill();
  await bridge.changeSession(change);
  return { bridge, first, token, message, answer };
}

test('a stored session of the same format is resumed by another process', async () => {
  const { bridge, first, token, message, answer } = await replaced((session) => session);
  expect(await bridge.post(message, { token })).toEqual(answer);
  await bridge.say(syncml({ msgId: 3 }, reply(first, LEAVES)), { token });
  await bridge.drained();
  expect(bridge.packages().map(statusesIn)).toEqual([undefined, [200]]);
});

describe.each<[string, Change]>([
  ['no format number', withoutFormat],
  ['an earlier format', (session) => ({ ...session, format: SESSION_FORMAT - 1 })],
  ['a later format', (session) => ({ ...session, format: SESSION_FORMAT + 1 })],
])('a stored session with %s', (format, change) => {
  test(`a stored session with ${format} is not resumed: the next message of the device belongs to no session`, async () => {
    const { bridge, first, token } = await replaced(change);
    const next = syncml({ msgId: 3, cred: basicCred(BRUCE) }, reply(first, LEAVES));
    const answer = await bridge.say(next, { token });
    expect(answer.commands.map(({ node }) => node.children.at(-1)?.text)).toEqual(['1223']);
    await bridge.drained();
    expect(bridge.packages()).toHaveLength(1);
    expect((await bridge.state()).session).toBeUndefined();
  });

  test(`a stored session with ${format} gives no stored answer to a message without credentials`, async () => {
    const { bridge, token, message, answer } = await replaced(change);
    const again = await bridge.post(message, { token });
    expect(again).not.toEqual(answer);
    expect(again.body).toContain('<Data>407</Data>');
  });

  test(`a stored session with ${format} leaves its alerts in the outbox for the next session`, async () => {
    const { bridge } = await replaced(change);
    await bridge.say(packageOne(BRUCE, { sessionId: '2' }));
    await bridge.drained();
    expect(bridge.packages().map(notesIn)).toEqual([[], ['kept']]);
  });

  test(`a stored session with ${format} is removed when it has timed out, without a package to the backend`, async () => {
    const { bridge } = await replaced(change);
    await bridge.clock.advance(900_001);
    await bridge.background();
    await bridge.drained();
    const { session, outbox } = await bridge.state();
    expect(session).toBeUndefined();
    expect(outbox).toHaveLength(1);
    expect(bridge.packages()).toHaveLength(1);
  });
});
