/** A bridge that stops while requests are under way: the next process goes on from what is stored. */
import { describe, expect, test } from 'vitest';
import { note, packageOne, reply, syncml } from '../e2e/scripted-device.ts';
import {
  AUSTIN,
  BRUCE,
  BridgeUnderTest,
  commands,
  DEV_TYP,
  LEAVES,
  later,
  noCommands,
  notesIn,
  replied,
  settle,
  statusesIn,
  tokenOf,
} from './bridge-under-test.ts';

const CUT = { failure: 'unreachable', reason: 'the connection failed (UND_ERR_DESTROYED)' } as const;

describe('a bridge that stops', () => {
  test('while a document is fetched does not report a failure: the next process fetches it', async () => {
    const slow = later();
    const ext = 'urn:oma:mo:oma-dm-devdetail:1.0//Ext/Note';
    const list = commands(['HGET', 'http://backend.example.com/note', ext], ['GET', DEV_TYP]);
    const bridge = await BridgeUnderTest.open({
      store: 'sqlite',
      script: ({ purpose }) => (purpose === 'repository' ? slow.reply : list),
    });
    const message = packageOne(BRUCE);
    void bridge.post(message);
    await settle();
    const before = await bridge.state();
    bridge.stop();
    slow.arrive(CUT);
    await settle();
    expect(await bridge.state()).toEqual(before);
    expect(bridge.requests).toHaveLength(2);
    bridge.kill();
    bridge.script = ({ purpose }) =>
      purpose === 'repository' ? replied('hello', 200, { 'content-type': 'text/plain' }) : noCommands();
    const first = await bridge.say(message);
    let answer = first;
    for (let msgId = 2; answer.commands.length > 0; msgId += 1) {
      answer = await bridge.say(syncml({ msgId }, reply(answer, LEAVES)), { token: tokenOf(first) });
    }
    expect(statusesIn(bridge.packages().at(-1))).toEqual([200, 200]);
  });

  test('while a package is under way keeps its alerts, and logs no failure', async () => {
    const slow = later();
    const bridge = await BridgeUnderTest.open({ store: 'sqlite', script: () => slow.reply });
    void bridge.post(packageOne(BRUCE, {}, [note(3, 'a')]));
    await settle();
    bridge.stop();
    slow.arrive(CUT);
    await settle();
    expect(bridge.logs.filter((line) => /north\./u.test(line))).toEqual([]);
    bridge.kill();
    bridge.script = () => noCommands();
    await bridge.say(packageOne(BRUCE, { sessionId: '2' }));
    expect(bridge.packages().map(notesIn)).toEqual([['a'], ['a']]);
  });

  test('sends nothing more, for messages or in the background', async () => {
    const bridge = await BridgeUnderTest.open({ store: 'sqlite', script: () => commands(['GET', DEV_TYP]) });
    await bridge.say(packageOne(BRUCE));
    await bridge.clock.advance(900_001);
    bridge.stop();
    void bridge.post(packageOne(AUSTIN));
    await bridge.background();
    await settle();
    expect(bridge.requests).toHaveLength(1);
    expect((await bridge.state()).session?.closedAt).toBeUndefined();
    expect((await bridge.state(AUSTIN.devId)).session).toBeUndefined();
  });
});
