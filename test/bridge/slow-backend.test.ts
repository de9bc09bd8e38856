/** A backend or repository that takes its time: the device is put off, and in the end let go (design: slow backend). */
import { describe, expect, it } from 'vitest';
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

/** POSTs, and lets the bridge's patience run out. */
async function held(bridge: BridgeUnderTest, message: string, token?: string): Promise<Answer> {
  const answer = bridge.say(message, { token });
  await settle();
  await bridge.clock.advance(20_000);
  return await answer;
}

describe('a device whose backend is slow', () => {
  it('waits as long as it is reasonable', async () => {
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

  it('is put off with a Get, then gets its commands; its alerts are acknowledged', async () => {
    const slow = later();
    const bridge = await BridgeUnderTest.open({ script: (_, count) => (count === 1 ? slow.reply : noCommands()) });
    const first = await held(bridge, packageOne(BRUCE, {}, [note(3, 'a')]));
    expect(shown(first)).toEqual(HOLD_GET);
    expect(first.statuses).toEqual(['SyncHdr 0 212', 'Alert 1 200', 'Replace 2 200', 'Alert 3 200']);
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

  it('does not show the backend the answer to that Get', async () => {
    const slow = later();
    const bridge = await BridgeUnderTest.open({ script: (_, count) => (count === 1 ? slow.reply : noCommands()) });
    const first = await held(bridge, packageOne(BRUCE));
    slow.arrive(noCommands());
    await settle();
    await bridge.say(syncml({ msgId: 2 }, reply(first, LEAVES)), { token: tokenOf(first) });
    expect(bridge.packages()).toHaveLength(1);
  });

  it('gets Alert 1222 instead while its own package is open', async () => {
    const bridge = await BridgeUnderTest.open({
      script: (_, count) => (count === 1 ? commands(['GET', DEV_TYP]) : later().reply),
    });
    const first = await bridge.say(packageOne(BRUCE));
    const more = await bridge.say(syncml({ msgId: 2 }, [alert(1, 1222)], false), { token: tokenOf(first) });
    expect(more.commands.map(({ node }) => textAt(node, 'Data'))).toEqual(['1222']);
    expect(more.final).toBe(false);
  });

  it('is put off ten times, then let go; what comes too late is answered 503', async () => {
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

  it('that aborts meanwhile is let go at once', async () => {
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

  it('is put off for a slow Data Repository, too', async () => {
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

describe('killed while the device is put off', () => {
  it('the POST is not repeated: the device gets the empty package, the alert leaves with its next session', async () => {
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
