/** Generic Alerts: acknowledged once they are stored, delivered exactly once (DM-1.3 §6.7; DM-2.0 §5.4; ADR 9). */
import { describe, expect, test } from 'vitest';
import {
  alert,
  basicCred,
  devInfo,
  event,
  note,
  packageOne,
  readAnswer,
  reply,
  status,
  syncml,
} from '../e2e/scripted-device.ts';
import {
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
  UPDATE,
} from './bridge-under-test.ts';

const CLIENT_INITIATED = 'urn:oma:at:dm:2.0:ClientInitiatedMgmt';
const DOWN = { failure: 'unreachable', reason: 'refused' } as const;
const deliveredNotes = (bridge: BridgeUnderTest) => bridge.packages().flatMap(notesIn);

describe.each(['memory', 'sqlite'] as const)('Generic Alerts with store %s', (store) => {
  test('a Generic Alert gets 200 and leaves once, with Package#1 (DM-PRO-S-009-M, DM-PRO-GAlert-S-001-M, DM-PACK-026-C-M)', async () => {
    const bridge = await BridgeUnderTest.open({ store });
    const got = await bridge.say(packageOne(BRUCE, {}, [note(3, 'a'), note(4, 'b')]));
    expect(got.statuses).toEqual(['SyncHdr 0 200', 'Alert 1 200', 'Replace 2 200', 'Alert 3 200', 'Alert 4 200']);
    expect(bridge.packages()).toHaveLength(1);
    expect(bridge.packages()[0]?.Alert?.map(({ AlertType }) => AlertType)).toEqual([
      CLIENT_INITIATED,
      'com.example.note',
      'com.example.note',
    ]);
    expect(deliveredNotes(bridge)).toEqual(['a', 'b']);
    await bridge.say(packageOne(BRUCE, { sessionId: '2' }));
    expect(deliveredNotes(bridge)).toEqual(['a', 'b']);
    expect((await bridge.state()).outbox).toEqual([]);
  });

  test('a Generic Alert during the session leaves with Package#3 (DM-PACK-026-C-M)', async () => {
    const script = (_: unknown, count: number) => (count === 1 ? commands(['GET', DEV_TYP]) : noCommands());
    const bridge = await BridgeUnderTest.open({ store, script });
    const first = await bridge.say(packageOne(BRUCE));
    await bridge.say(syncml({ msgId: 2 }, [...reply(first, LEAVES), note(9, 'meanwhile')]), { token: tokenOf(first) });
    expect(bridge.packages().map((sent) => [statusesIn(sent), notesIn(sent)])).toEqual([
      [undefined, []],
      [[200], ['meanwhile']],
    ]);
  });

  test('a Generic Alert is stored as received while the backend is down, and the next session delivers the oldest first', async () => {
    const bridge = await BridgeUnderTest.open({ store, script: () => DOWN });
    const first = await bridge.say(packageOne(BRUCE, {}, [note(3, 'one')]));
    expect(first).toMatchObject({ final: true, commands: [] });
    expect(first.statuses).toContain('Alert 3 200');
    await bridge.say(packageOne(BRUCE, { sessionId: '2' }, [note(3, 'two')]));
    bridge.kill();
    const [kept] = (await bridge.state()).outbox;
    expect(kept).toMatchObject({
      code: 1226,
      item: { data: 'one', meta: { type: 'com.example.note', format: 'chr' } },
    });
    bridge.script = () => noCommands();
    await bridge.say(packageOne(BRUCE, { sessionId: '3' }, [note(3, 'three')]));
    expect(bridge.packages().map(notesIn)).toEqual([['one'], ['one', 'two'], ['one', 'two', 'three']]);
    expect((await bridge.state()).outbox).toEqual([]);
  });
});

/** A bridge whose store fails after the backend has taken the alert of a message; the store is still broken. */
async function takenBeforeFailure() {
  const slow = later();
  const bridge = await BridgeUnderTest.open({ store: 'sqlite', script: () => slow.reply });
  const message = packageOne(BRUCE, {}, [note(3, 'a')]);
  const answer = bridge.post(message);
  const failed = expect(answer).rejects.toMatchObject({ code: 'ERR_STORE_FAILED' });
  await settle();
  bridge.breakStore(true);
  slow.arrive(noCommands());
  await failed;
  return { bridge, message };
}

describe('acknowledgement', () => {
  test('an alert that the store cannot keep is neither acknowledged nor delivered', async () => {
    const bridge = await BridgeUnderTest.open();
    bridge.breakStore(true);
    const message = packageOne(BRUCE, {}, [note(3, 'precious')]);
    await expect(bridge.post(message)).rejects.toMatchObject({ code: 'ERR_STORE_FAILED' });
    expect(bridge.requests).toEqual([]);
    bridge.breakStore(false);
    const got = await bridge.say(message);
    expect(got.statuses).toContain('Alert 3 200');
    expect(deliveredNotes(bridge)).toEqual(['precious']);
  });

  test('a challenge acknowledges no alert, and the alert counts once when it comes with credentials', async () => {
    const bridge = await BridgeUnderTest.open();
    await bridge.say(packageOne(BRUCE, { cred: '' }, [note(3, 'a')]));
    expect((await bridge.state()).outbox).toEqual([]);
    await bridge.say(packageOne(BRUCE, { msgId: 2 }, [note(3, 'a')]));
    expect(deliveredNotes(bridge)).toEqual(['a']);
  });

  test.each([
    ['delivered once by the process that knows', false, ['a']],
    // No one knows that the backend has it, so it is delivered again rather than lost.
    ['delivered again by the next process', true, ['a', 'a']],
  ])(
    'an alert that the backend has taken before the store fails is not acknowledged, and is %s',
    async (_, isKilled, delivered) => {
      const { bridge, message } = await takenBeforeFailure();
      bridge.breakStore(false);
      bridge.script = () => noCommands();
      if (isKilled) bridge.kill();
      const again = await bridge.say(message);
      expect(again.statuses).toContain('Alert 3 200');
      await bridge.say(packageOne(BRUCE, { sessionId: '2' }, [note(3, 'b')]));
      expect(deliveredNotes(bridge)).toEqual([...delivered, 'b']);
      expect((await bridge.state()).outbox).toEqual([]);
      // Once the store knows, there is nothing more to remember.
      const { removed } = bridge.outboxRows;
      await bridge.say(packageOne(BRUCE, { sessionId: '3' }));
      expect(bridge.outboxRows.removed).toBe(removed);
    },
  );

  test('an alert that the backend has taken is not sent again however often messages fail after that', async () => {
    const { bridge, message } = await takenBeforeFailure();
    bridge.script = () => noCommands();
    await expect(bridge.post(message)).rejects.toMatchObject({ code: 'ERR_STORE_FAILED' });
    // A message that changes nothing does not forget it, either.
    await bridge.say(packageOne(BRUCE, { cred: '', sessionId: '9' }));
    bridge.breakLoads(true);
    await expect(bridge.post(message)).rejects.toThrow();
    bridge.breakLoads(false);
    bridge.breakStore(false);
    await bridge.say(packageOne(BRUCE, { sessionId: '2' }, [note(3, 'b')]));
    expect(deliveredNotes(bridge)).toEqual(['a', 'b']);
    expect((await bridge.state()).outbox).toEqual([]);
  });

  test('an alert that the store cannot keep is stored when it comes again while the backend is slow', async () => {
    const bridge = await BridgeUnderTest.open({ script: () => later().reply });
    const opened = bridge.say(packageOne(BRUCE));
    await settle();
    await bridge.clock.advance(20_000);
    const first = await opened;
    const message = syncml({ msgId: 2 }, [...reply(first, LEAVES), note(9, 'a')]);
    const post = async () => {
      const answer = bridge.say(message, { token: tokenOf(first) });
      const settled = Promise.allSettled([answer]);
      await settle();
      await bridge.clock.advance(20_000);
      await settled;
      return answer;
    };
    bridge.breakStore(true);
    await expect(post()).rejects.toMatchObject({ code: 'ERR_STORE_FAILED' });
    bridge.breakStore(false);
    expect((await post()).statuses).toContain('Alert 9 200');
    expect((await bridge.state()).outbox.map(({ item }) => item.data)).toEqual(['a']);
  });
});

describe('delivery', () => {
  test.each([
    ['a body that is not JSON', replied('<html/>')],
    ['a body that is no Package#2', replied('{"CMD": "GET"}')],
    ['no body', replied('', 204)],
  ])('an alert is delivered when the backend answers 2xx with %s', async (_, answer) => {
    const bridge = await BridgeUnderTest.open({ script: () => answer });
    const got = await bridge.say(packageOne(BRUCE, {}, [note(3, 'a')]));
    expect(got).toMatchObject({ final: true, commands: [] });
    await bridge.say(packageOne(BRUCE, { sessionId: '2' }));
    expect(deliveredNotes(bridge)).toEqual(['a']);
  });

  test.each([
    ['4xx', replied('', 404)],
    ['5xx', replied('', 503)],
    ['a redirect', replied('', 302)],
    ['a time-out', { failure: 'timeout', reason: 'slow' } as const],
    ['a refused connection', DOWN],
  ])('an alert is not delivered after %s, and is sent again only in the next session', async (_, answer) => {
    const bridge = await BridgeUnderTest.open({ script: () => answer });
    const got = await bridge.say(packageOne(BRUCE, {}, [note(3, 'a')]));
    expect(got.statuses).toContain('Alert 3 200');
    await bridge.clock.advance(3_600_000);
    await bridge.background();
    await bridge.drained();
    expect(bridge.requests).toHaveLength(1);
    bridge.script = () => noCommands();
    await bridge.say(packageOne(BRUCE, { sessionId: '2' }));
    expect(bridge.packages().map(notesIn)).toEqual([['a'], ['a']]);
  });

  test('an alert is delivered once when the device leaves its session while a package is under way', async () => {
    const slow = later();
    const bridge = await BridgeUnderTest.open({
      script: (_, count) => [commands(['GET', DEV_TYP]), slow.reply][count - 1] ?? noCommands(),
    });
    const first = await bridge.say(packageOne(BRUCE));
    const more = syncml({ msgId: 2 }, [...reply(first, LEAVES), note(9, 'a')]);
    const held = bridge.post(more, { token: tokenOf(first) });
    await settle();
    await bridge.clock.advance(20_000);
    await held;
    const next = bridge.post(packageOne(BRUCE, { sessionId: '2' }, [note(3, 'b')]));
    await settle();
    slow.arrive(noCommands());
    await next;
    await bridge.drained();
    await bridge.say(packageOne(BRUCE, { sessionId: '3' }));
    expect(deliveredNotes(bridge)).toEqual(['a', 'b']);
    expect((await bridge.state()).outbox).toEqual([]);
  });

  test('an alert of a lost package is delivered in the next session', async () => {
    const slow = later();
    const bridge = await BridgeUnderTest.open({
      script: (_, count) => [commands(['GET', DEV_TYP]), slow.reply][count - 1] ?? noCommands(),
    });
    const first = await bridge.say(packageOne(BRUCE));
    const held = bridge.post(syncml({ msgId: 2 }, [...reply(first, LEAVES), note(9, 'a')]), { token: tokenOf(first) });
    await settle();
    await bridge.clock.advance(20_000);
    await held;
    const second = bridge.say(packageOne(BRUCE, { sessionId: '2' }));
    await settle();
    await bridge.clock.advance(5_000);
    await second;
    slow.arrive(DOWN);
    await bridge.drained();
    await bridge.say(packageOne(BRUCE, { sessionId: '3' }));
    expect(bridge.packages().map(notesIn)).toEqual([[], ['a'], [], ['a']]);
  });
});

describe('an alert that comes again', () => {
  test('an alert repeated after the device has gone on is another alert', async () => {
    const bridge = await BridgeUnderTest.open({
      script: (_, count) => (count === 1 ? commands(['GET', DEV_TYP]) : noCommands()),
    });
    const first = await bridge.say(packageOne(BRUCE, {}, [note(3, 'a')]));
    await bridge.say(syncml({ msgId: 2 }, reply(first, LEAVES)), { token: tokenOf(first) });
    await bridge.say(packageOne(BRUCE, { sessionId: '2' }, [note(3, 'a')]));
    expect(deliveredNotes(bridge)).toEqual(['a', 'a']);
  });

  test('an alert twice in one message is two alerts', async () => {
    const bridge = await BridgeUnderTest.open();
    await bridge.say(packageOne(BRUCE, {}, [note(3, 'a'), note(4, 'a')]));
    expect(deliveredNotes(bridge)).toEqual(['a', 'a']);
  });
});

describe('Items of an Alert', () => {
  test('each Item of an Alert becomes an Alert of its own', async () => {
    const bridge = await BridgeUnderTest.open();
    const item = (data: string) => ({ type: 'com.example.note', format: 'chr', data });
    const got = await bridge.say(packageOne(BRUCE, {}, [event(3, [item('a'), item('b')])]));
    expect(got.statuses.slice(3)).toEqual(['Alert 3 200']);
    expect(deliveredNotes(bridge)).toEqual(['a', 'b']);
  });

  test.each([
    ['without Type', { format: 'chr', data: 'a' }, 412],
    ['without Format', { type: 'x.y', data: 'a' }, 412],
    ['without Data', { type: 'x.y', format: 'chr' }, 412],
    ['without Data and with Format null', { type: 'x.y', format: 'null' }, 200],
    ['with empty Data', { type: 'x.y', format: 'chr', data: '' }, 200],
  ])('an Item %s gets its Status', async (_, item, code) => {
    const bridge = await BridgeUnderTest.open();
    const got = await bridge.say(packageOne(BRUCE, {}, [event(3, [item])]));
    expect(got.statuses[3]).toBe(`Alert 3 ${code}`);
    expect(bridge.packages()[0]?.Alert).toHaveLength(code === 200 ? 2 : 1);
  });

  test('Items with different codes get a Status each, and a faulty one is not forwarded', async () => {
    const bridge = await BridgeUnderTest.open();
    const good = { source: './Vendor/A', type: 'x.y', format: 'chr', data: 'a' };
    const got = await bridge.post(packageOne(BRUCE, {}, [event(3, [good, { source: './Vendor/B', data: 'b' }])]));
    const { statuses } = readAnswer(got.body);
    expect(statuses.slice(3)).toEqual(['Alert 3 200', 'Alert 3 412']);
    expect(got.body).toMatch(/<SourceRef>\.\/Vendor\/B<\/SourceRef><Data>412</u);
    expect((await bridge.state()).outbox.map(({ item }) => item.source)).toEqual(['./Vendor/A']);
  });

  test('the Items of a client event (1224) are never refused', async () => {
    const bridge = await BridgeUnderTest.open();
    const got = await bridge.say(packageOne(BRUCE, {}, [event(3, [{ data: 'pressed' }], { code: 1224 })]));
    expect(got.statuses[3]).toBe('Alert 3 200');
    expect(deliveredNotes(bridge)).toEqual(['pressed']);
  });

  test.each([1100, 1101, 9999])(
    'an Alert of code %i, which no device may send, gets 406 and has no effect',
    async (code) => {
      const bridge = await BridgeUnderTest.open();
      const got = await bridge.say(packageOne(BRUCE, {}, [alert(3, code)]));
      expect(got.statuses[3]).toBe('Alert 3 406');
      expect(bridge.packages()[0]?.Alert).toHaveLength(1);
    },
  );
});

describe('the report of an Exec', () => {
  test('the report of an Exec is assigned to its EXEC by the Correlator, sessions later (DM-PACK-028-C-M)', async () => {
    const bridge = await BridgeUnderTest.open({
      script: (_, count) => (count === 1 ? commands(['EXEC', UPDATE]) : noCommands()),
    });
    const first = await bridge.say(packageOne(BRUCE));
    const [exec] = first.commands;
    const correlator = exec?.node.children.find(({ name }) => name === 'Correlator')?.text;
    expect(correlator).toMatch(/./u);
    const accepted = status(2, { msgRef: 1, cmdRef: exec?.cmdId ?? '', cmd: 'Exec' }, 202);
    await bridge.say(syncml({ msgId: 2 }, [accepted]), { token: tokenOf(first) });
    bridge.kill();
    const done = event(3, [{ type: 'x.done', format: 'int', data: '200' }], { correlator });
    await bridge.say(packageOne(BRUCE, { sessionId: '2' }, [done]));
    expect(statusesIn(bridge.packages()[1])).toEqual([202]);
    expect(bridge.packages()[2]?.Alert?.[1]).toMatchObject({
      AlertType: 'x.done',
      SourceURI: UPDATE,
      Data: { DM1x: 200 },
    });
  });
});

describe('commands that a device must not send', () => {
  test.each([
    ['Add', '<Add><CmdID>3</CmdID><Item><Target><LocURI>./X</LocURI></Target><Data>1</Data></Item></Add>', 405],
    ['Get', '<Get><CmdID>3</CmdID><Item><Target><LocURI>./X</LocURI></Target></Item></Get>', 405],
    [
      'Replace',
      '<Replace><CmdID>3</CmdID><Item><Source><LocURI>./X</LocURI></Source><Data>1</Data></Item></Replace>',
      405,
    ],
    ['Sync', '<Sync><CmdID>3</CmdID></Sync>', 406],
  ])('%s from a device gets its Status and has no effect (DM-PRO-S-008-M)', async (name, text, code) => {
    const bridge = await BridgeUnderTest.open();
    const before = (await bridge.state()).record;
    const got = await bridge.say(syncml({ cred: basicCred(BRUCE) }, [alert(1, 1201), devInfo(2), text]));
    expect(got.statuses.slice(1)).toEqual(['Alert 1 200', 'Replace 2 200', `${name} 3 ${code}`]);
    expect(Object.keys((await bridge.state()).record.devInfo ?? {})).not.toContain('./X');
    expect(before.devInfo).toBeUndefined();
  });
});
