/** A slow backend or repository: the device gets a Get that keeps its session open, and in the end an abort (ADR 13). */
import { describe, expect, test } from 'vitest';
import { type Answer, alert, note, packageOne, reply, syncml, textAt } from '../e2e/scripted-device.ts';
import {
  BRUCE,
  BridgeUnderTest,
  commands,
  DEV_TYP,
  LEAVES,
  later,
  noCommands,
  notesIn,
  settle,
  statusesIn,
  tokenOf,
} from './bridge-under-test.ts';

const HOLD_GET = ['Get ./DevInfo/DevId'];
const shown = ({ commands: sent }: Answer) =>
  sent.map(({ name, node }) => `${name} ${textAt(node, 'Item', 'Target', 'LocURI')}`);

/** POSTs, and lets the time for the answer run out. */
async function held(bridge: BridgeUnderTest, message: string, token?: string): Promise<Answer> {
  const answer = bridge.say(message, { token });
  await settle();
  await bridge.clock.advance(20_000);
  return await answer;
}

describe('a device whose backend is slow', () => {
  test('a device waits for its answer until the time for it is over', async () => {
    const slow = later();
    const bridge = await BridgeUnderTest.open({ script: () => slow.reply });
    let answered = false;
    const got = bridge.say(packageOne(BRUCE)).finally(() => (answered = true));
    await settle();
    await bridge.clock.advance(19_999);
    expect(answered).toBe(false);
    slow.arrive(noCommands());
    expect((await got).commands).toEqual([]);
    expect(bridge.clock.waiting).toBe(0);
  });

  test('a device with a slow backend gets a Get, its alerts are acknowledged, and its commands come later', async () => {
    const slow = later();
    const bridge = await BridgeUnderTest.open({ script: (_, count) => (count === 1 ? slow.reply : noCommands()) });
    const first = await held(bridge, packageOne(BRUCE, {}, [note(3, 'a')]));
    expect(shown(first)).toEqual(HOLD_GET);
    expect(first.statuses).toEqual(['SyncHdr 0 200', 'Alert 1 200', 'Replace 2 200', 'Alert 3 200']);
    expect(first.final).toBe(true);
    slow.arrive(commands(['GET', DEV_TYP]));
    await settle();
    const given = await bridge.say(syncml({ msgId: 2 }, reply(first, LEAVES)), { token: tokenOf(first) });
    expect(shown(given)).toEqual(['Get ./DevDetail/DevTyp']);
    const last = await bridge.say(syncml({ msgId: 3 }, reply(given, LEAVES)), { token: tokenOf(first) });
    expect(last.commands).toEqual([]);
    expect(bridge.packages().map((sent) => [statusesIn(sent), notesIn(sent)])).toEqual([
      [undefined, ['a']],
      [[200], []],
    ]);
  });

  test('the answer to the Get that bridges the time does not go to the backend', async () => {
    const slow = later();
    const bridge = await BridgeUnderTest.open({ script: (_, count) => (count === 1 ? slow.reply : noCommands()) });
    const first = await held(bridge, packageOne(BRUCE));
    slow.arrive(noCommands());
    await settle();
    await bridge.say(syncml({ msgId: 2 }, reply(first, LEAVES)), { token: tokenOf(first) });
    expect(bridge.packages()).toHaveLength(1);
  });

  test('a device with an open package gets Alert 1222 while the backend is slow', async () => {
    const bridge = await BridgeUnderTest.open({
      script: (_, count) => (count === 1 ? commands(['GET', DEV_TYP]) : later().reply),
    });
    const first = await bridge.say(packageOne(BRUCE));
    const more = await bridge.say(syncml({ msgId: 2 }, [alert(1, 1222)], false), { token: tokenOf(first) });
    expect(more.commands.map(({ node }) => textAt(node, 'Data'))).toEqual(['1222']);
    expect(more.final).toBe(false);
  });

  test('a session ends after ten waits, and commands that come later get 503', async () => {
    const slow = later();
    const bridge = await BridgeUnderTest.open({ script: (_, count) => (count === 1 ? slow.reply : noCommands()) });
    let answer = await held(bridge, packageOne(BRUCE));
    for (let round = 1; round < 10; round += 1) {
      expect(shown(answer)).toEqual(HOLD_GET);
      answer = await held(bridge, syncml({ msgId: round + 1 }, reply(answer, LEAVES)), tokenOf(answer));
    }
    expect(shown(answer)).toEqual(HOLD_GET);
    answer = await held(bridge, syncml({ msgId: 11 }, reply(answer, LEAVES)), tokenOf(answer));
    expect(answer).toMatchObject({ commands: [], final: true });
    expect((await bridge.state()).session?.closedAt).toBeDefined();
    slow.arrive(commands(['GET', DEV_TYP], ['GET', 'urn:oma:mo:oma-dm-devinfo:1.2//DevID']));
    await bridge.drained();
    expect(bridge.packages().map(statusesIn)).toEqual([undefined, [503, expect.any(Number)]]);
    expect((await bridge.state()).session?.north.phase).toBe('ended');
  });

  test('a device that aborts while the backend is slow gets its answer at once', async () => {
    const slow = later();
    const bridge = await BridgeUnderTest.open({ script: (_, count) => (count === 1 ? slow.reply : noCommands()) });
    const first = await held(bridge, packageOne(BRUCE));
    const gone = held(bridge, syncml({ msgId: 2 }, [alert(1, 1223)]), tokenOf(first));
    await settle();
    slow.arrive(commands(['GET', DEV_TYP]));
    expect(await gone).toMatchObject({ commands: [], final: true });
    await bridge.drained();
    expect(bridge.packages().map(statusesIn)).toEqual([undefined, [503]]);
  });

  test('a device with a slow Data Repository gets a Get, too', async () => {
    const slow = later();
    const bridge = await BridgeUnderTest.open({
      script: ({ purpose }, count) => {
        if (purpose === 'repository') return slow.reply;
        return count === 1 ? commands(['HGET', 'http://backend.example.com/n', DEV_TYP]) : noCommands();
      },
    });
    let answer = await held(bridge, packageOne(BRUCE));
    for (let msgId = 2; shown(answer).join() !== HOLD_GET.join(); msgId += 1) {
      expect(msgId).toBeLessThan(6);
      answer = await held(bridge, syncml({ msgId }, reply(answer, LEAVES)), tokenOf(answer));
    }
    expect((await bridge.state()).session?.north.phase).toBe('executing');
    slow.arrive({ failure: 'timeout', reason: 'slow' });
    await settle();
    const last = await bridge.say(syncml({ msgId: 9 }, reply(answer, LEAVES)), { token: tokenOf(answer) });
    expect(last.commands).toEqual([]);
    expect(statusesIn(bridge.packages()[1])).toEqual([419]);
  });
});

describe('a bridge that is killed while the backend is slow', () => {
  test('a POST is not repeated after a restart: the device gets an empty package, and the alert leaves with its next session', async () => {
    const bridge = await BridgeUnderTest.open({ store: 'sqlite', script: () => later().reply });
    const first = await held(bridge, packageOne(BRUCE, {}, [note(3, 'a')]));
    bridge.kill();
    bridge.script = () => noCommands();
    const last = await bridge.say(syncml({ msgId: 2 }, reply(first, LEAVES)), { token: tokenOf(first) });
    expect(last).toMatchObject({ commands: [], final: true });
    expect(bridge.requests).toHaveLength(1);
    await bridge.say(packageOne(BRUCE, { sessionId: '2' }));
    expect(bridge.packages().map(notesIn)).toEqual([['a'], ['a']]);
  });
});
