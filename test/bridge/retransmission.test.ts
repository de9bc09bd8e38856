/** Messages that come again, and messages out of order (ADR 7). */
import { describe, expect, test } from 'vitest';
import {
  alert,
  basicCred,
  devInfo,
  note,
  packageOne,
  readAnswer,
  reply,
  results,
  status,
  syncml,
  textAt,
} from '../e2e/scripted-device.ts';
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
  settle,
  statusesIn,
  tokenOf,
  UPDATE,
} from './bridge-under-test.ts';

const EXEC_SCRIPT = (_: unknown, count: number) => (count === 1 ? commands(['EXEC', UPDATE]) : noCommands());

/** A session whose device has been given an Exec. */
async function withExec(store: 'memory' | 'sqlite' = 'memory') {
  const bridge = await BridgeUnderTest.open({ script: EXEC_SCRIPT, store });
  const first = packageOne(BRUCE, {}, [note(3, 'once')]);
  const got = await bridge.post(first);
  const answer = readAnswer(got.body);
  return { bridge, first, got, answer, token: tokenOf(answer) };
}

describe.each(['memory', 'sqlite'] as const)('retransmissions with store %s', (store) => {
  test('a retransmission gets the same bytes and headers, and nothing goes to the backend', async () => {
    const { bridge, first, got } = await withExec(store);
    const before = await bridge.state();
    expect(await bridge.post(first)).toEqual(got);
    expect(await bridge.post(first)).toEqual(got);
    expect(await bridge.state()).toEqual(before);
    expect(bridge.requests).toHaveLength(1);
    expect(before.session?.south.outstanding).toHaveLength(1);
  });

  test('a retransmission after a restart gets the stored bytes', async () => {
    const { bridge, first, got, answer, token } = await withExec(store);
    bridge.kill();
    expect(await bridge.post(first)).toEqual(got);
    const second = syncml({ msgId: 2 }, reply(answer, LEAVES));
    const closing = await bridge.post(second, { token });
    bridge.kill();
    expect(await bridge.post(second, { token })).toEqual(closing);
    expect(bridge.packages().map(statusesIn)).toEqual([undefined, [200]]);
    expect(bridge.packages().flatMap(notesIn)).toEqual(['once']);
  });

  test('a retransmission is recognized by its bytes with its Cred, whatever address it comes from', async () => {
    const { bridge, first, got } = await withExec(store);
    const wrong = first.replace(basicCred(BRUCE), basicCred({ user: 'bruce', password: 'wrong' }));
    expect(await bridge.post(first, { from: '198.51.100.7' })).toEqual(got);
    const answer = await bridge.say(wrong, { from: '198.51.100.7' });
    expect(answer.statuses[0]).toBe('SyncHdr 0 401');
    expect(await bridge.post(first)).toEqual(got);
  });

  test('a retransmission without the token and without Cred gets 407', async () => {
    const { bridge, first, got, answer, token } = await withExec(store);
    expect(await bridge.post(first)).toEqual(got);
    const second = syncml({ msgId: 2 }, reply(answer, LEAVES));
    const closing = await bridge.post(second, { token });
    for (const elsewhere of [undefined, 'x'.repeat(22)]) {
      const withoutToken = await bridge.post(second, { token: elsewhere });
      expect(readAnswer(withoutToken.body).statuses[0]).toBe('SyncHdr 0 407');
      expect(withoutToken.body).not.toContain(token);
    }
    expect(await bridge.post(second, { token })).toEqual(closing);
  });

  test('a message with the same bytes and another x-syncml-hmac is another message', async () => {
    const { bridge, first } = await withExec(store);
    await bridge.post(first, { headers: { 'x-syncml-hmac': 'mac=AA' } });
    await bridge.drained();
    expect(bridge.packages().map(statusesIn)).toEqual([undefined, [503], undefined]);
  });
});

describe('the answer that closed a session', () => {
  async function closed() {
    const bridge = await BridgeUnderTest.open();
    const message = packageOne(BRUCE, { sessionId: '9' });
    const got = await bridge.post(message);
    expect(readAnswer(got.body)).toMatchObject({ commands: [], final: true });
    return { bridge, message, got };
  }

  test('the answer that closed a session is given again for 60 seconds', async () => {
    const { bridge, message, got } = await closed();
    await bridge.clock.advance(59_999);
    expect(await bridge.post(message)).toEqual(got);
    expect(bridge.requests).toHaveLength(1);
  });

  test('the same first message opens a new session after 60 seconds', async () => {
    const { bridge, message, got } = await closed();
    await bridge.clock.advance(60_000);
    const next = await bridge.post(message);
    expect(next.body).not.toBe(got.body);
    expect(bridge.requests).toHaveLength(2);
  });

  test('a message with more than Statuses is challenged after its session', async () => {
    const { bridge } = await closed();
    const more = syncml({ sessionId: '9', msgId: 2 }, [
      status(1, { msgRef: 1, cmdRef: 0, cmd: 'SyncHdr' }, 200),
      alert(2, 1222),
    ]);
    expect((await bridge.say(more)).statuses).toEqual(['SyncHdr 0 407', 'Alert 2 407']);
  });
});

describe('MsgID', () => {
  test.each([
    ['a lower MsgID', 2],
    ['the last MsgID and other bytes', 3],
  ])('a message with %s is refused, and the session is unchanged', async (_, msgId) => {
    const { bridge, answer, token } = await withExec();
    const ran = reply(answer, LEAVES);
    const open = syncml({ msgId: 3 }, [ran[0] ?? '', alert(2, 1222)], false);
    await bridge.say(open, { token });
    const before = await bridge.state();
    const commits = bridge.commits;
    await expect(bridge.post(syncml({ msgId }, ran), { token })).rejects.toMatchObject({ code: 'ERR_MSG_ID_ORDER' });
    expect(await bridge.state()).toEqual(before);
    expect(bridge.commits).toBe(commits);
    expect((await bridge.say(syncml({ msgId: 4 }, ran), { token })).final).toBe(true);
    expect(bridge.packages().map(statusesIn)).toEqual([undefined, [200]]);
  });

  test('a message out of order does not disturb work that is under way', async () => {
    const slow = later();
    const bridge = await BridgeUnderTest.open({ script: (_, count) => (count === 1 ? slow.reply : noCommands()) });
    const first = bridge.post(packageOne(BRUCE));
    await settle();
    await bridge.clock.advance(20_000);
    const held = readAnswer((await first).body);
    expect(held.commands.map(({ name }) => name)).toEqual(['Get']);
    const next = bridge.post(syncml({ msgId: 3 }, reply(held, LEAVES)), { token: tokenOf(held) });
    await settle();
    await bridge.clock.advance(20_000);
    const again = readAnswer((await next).body);
    await expect(bridge.post(syncml({ msgId: 2 }, [alert(1, 1222)]), { token: tokenOf(held) })).rejects.toThrow(
      'MsgID',
    );
    const third = bridge.say(syncml({ msgId: 4 }, reply(again, LEAVES)), { token: tokenOf(held) });
    await settle();
    slow.arrive(commands(['GET', DEV_TYP]));
    const given = await third;
    expect(given.commands.map(({ name }) => name)).toEqual(['Get']);
    expect(textAt(given.commands[0]?.node, 'Item', 'Target', 'LocURI')).toBe('./DevDetail/DevTyp');
    await bridge.say(syncml({ msgId: 5 }, reply(given, LEAVES)), { token: tokenOf(held) });
    expect(bridge.packages().map(statusesIn)).toEqual([undefined, [200]]);
  });

  test('a message whose MsgID skips numbers is accepted', async () => {
    const { bridge, answer, token } = await withExec();
    const after = await bridge.say(syncml({ msgId: 17 }, reply(answer, LEAVES)), { token });
    expect(after).toMatchObject({ statuses: ['SyncHdr 0 212'], final: true });
    expect(bridge.packages().map(statusesIn)).toEqual([undefined, [200]]);
  });
});

describe('a device that starts again', () => {
  test('MsgID 1 with valid credentials opens a new session, and the commands of the old one get 503', async () => {
    const { bridge, answer } = await withExec();
    const again = await bridge.say(packageOne(BRUCE, {}, [note(4, 'other')]));
    await bridge.drained();
    expect(again.statuses[0]).toBe('SyncHdr 0 200');
    expect(tokenOf(again)).toBeDefined();
    expect(tokenOf(again)).not.toBe(tokenOf(answer));
    expect(bridge.packages().map(statusesIn)).toEqual([undefined, [503], undefined]);
    expect(bridge.packages().flatMap(notesIn)).toEqual(['once', 'other']);
  });

  test('a device that starts again changes nothing before it has authenticated', async () => {
    const { bridge, answer, token } = await withExec();
    const before = await bridge.state();
    for (const cred of ['', basicCred({ user: 'bruce', password: 'wrong' }), basicCred(AUSTIN)]) {
      const refused = await bridge.say(packageOne(BRUCE, { cred }));
      expect(refused.statuses).toHaveLength(3);
      expect(refused.statuses[0]).toBe(`SyncHdr 0 ${cred === '' ? 407 : 401}`);
    }
    expect(await bridge.state()).toEqual(before);
    await bridge.say(syncml({ msgId: 2 }, reply(answer, LEAVES)), { token });
    expect(bridge.packages().map(statusesIn)).toEqual([undefined, [200]]);
  });

  test('an authenticated message with another SessionID replaces the session', async () => {
    const { bridge, answer } = await withExec();
    const before = await bridge.state();
    await bridge.say(packageOne(BRUCE, { sessionId: '2', cred: '' }));
    expect(await bridge.state()).toEqual(before);
    await bridge.say(packageOne(BRUCE, { sessionId: '2' }));
    await bridge.drained();
    expect((await bridge.state()).session?.south.sessionId).toBe('2');
    expect(bridge.packages().map(statusesIn)).toEqual([undefined, [503], undefined]);
    const late = await bridge.say(syncml({ msgId: 2 }, reply(answer, LEAVES)), { token: tokenOf(answer) });
    expect(late.statuses).toEqual(['SyncHdr 0 407']);
  });

  test('a package from the backend is kept when the device starts again while its answer is being stored', async () => {
    const slow = later();
    const bridge = await BridgeUnderTest.open({ script: (_, count) => (count === 1 ? slow.reply : noCommands()) });
    const first = bridge.post(packageOne(BRUCE));
    await settle();
    const go = bridge.blockStore();
    await bridge.clock.advance(20_000);
    const again = bridge.post(packageOne(BRUCE, { sessionId: '2' }));
    await settle();
    slow.arrive(commands(['EXEC', UPDATE]));
    await settle();
    go();
    expect(readAnswer((await first).body).commands.map(({ name }) => name)).toEqual(['Get']);
    await again;
    await bridge.drained();
    expect(bridge.packages().map(statusesIn)).toEqual([undefined, [503], undefined]);
  });

  test('a device that starts again inside Package#1 leaves no session open', async () => {
    const bridge = await BridgeUnderTest.open();
    const open = await bridge.say(packageOne(BRUCE, {}, [], false));
    expect(open).toMatchObject({ final: false });
    const again = await bridge.say(packageOne(BRUCE, { sessionId: '2' }));
    await bridge.drained();
    expect(again.final).toBe(true);
    expect(bridge.packages()).toHaveLength(1);
    expect(bridge.logs.join()).not.toContain('failed');
  });
});

describe('messages at the same time', () => {
  test('a retransmission at the same time waits for the answer to the first message and gets the same bytes', async () => {
    const slow = later();
    const bridge = await BridgeUnderTest.open({ script: () => slow.reply });
    const message = packageOne(BRUCE, {}, [note(3, 'once')]);
    const both = [bridge.post(message), bridge.post(message)];
    let answered = 0;
    for (const each of both) void each.then(() => (answered += 1));
    await settle();
    expect(answered).toBe(0);
    slow.arrive(noCommands());
    const [one, other] = await Promise.all(both);
    expect(other).toEqual(one);
    expect(bridge.packages().flatMap(notesIn)).toEqual(['once']);
  });

  test('messages of one device are handled one after the other, and those of another device do not wait', async () => {
    const slow = later();
    const bridge = await BridgeUnderTest.open({
      script: ({ headers }) => (headers['omadm-devid'] === BRUCE.devId ? slow.reply : noCommands()),
    });
    const order: string[] = [];
    const begin = (name: string, message: string) => bridge.post(message).then(() => order.push(name));
    const bruce = [
      begin('bruce 1', packageOne(BRUCE)),
      begin('bruce 2', packageOne({ ...BRUCE, devId: 'imei:1' }, { sessionId: '2' })),
    ];
    await begin('austin', packageOne(AUSTIN));
    expect(order).toEqual(['austin']);
    expect(bridge.packages()).toHaveLength(2);
    slow.arrive(noCommands());
    await Promise.all(bruce);
    expect(order).toEqual(['austin', 'bruce 1', 'bruce 2']);
  });
});

describe('answers to nothing', () => {
  test.each([
    ['a Status for a command that was never sent', status(2, { msgRef: 1, cmdRef: 99, cmd: 'Get' }, 200)],
    ['a Status for a message that was never sent', status(2, { msgRef: 77, cmdRef: 4, cmd: 'Replace' }, 500)],
    ['Results for a Get that was never sent', results(2, { msgRef: 1, cmdRef: 99 }, './DevInfo/DevId', 'x')],
  ])('%s is logged and ignored', async (_, odd) => {
    const { bridge, answer, token } = await withExec();
    const ran = reply(answer, LEAVES).map((each) => each.replace('<CmdID>2<', '<CmdID>3<'));
    const got = await bridge.say(syncml({ msgId: 2 }, [odd, ...ran]), { token });
    expect(got).toMatchObject({ statuses: ['SyncHdr 0 212'], final: true });
    expect(bridge.packages().map(statusesIn)).toEqual([undefined, [200]]);
    expect(bridge.logs.filter((line) => line.includes('device.quirk'))).toHaveLength(1);
  });
});

describe('a message with credentials that belongs to no session', () => {
  const outsideSession = (extra: readonly string[], header = {}) =>
    syncml({ sessionId: '55', msgId: 4, cred: basicCred(BRUCE), ...header }, [
      status(1, { msgRef: 3, cmdRef: 0, cmd: 'SyncHdr' }, 200),
      ...extra,
    ]);

  test('an authenticated message outside a session gets its Statuses, Alert 1223 and Final, and its alerts are stored (DM-PRO-Abort-S-001-O, DM-PRO-Abort-S-004-O)', async () => {
    const bridge = await BridgeUnderTest.open();
    const got = await bridge.say(outsideSession([note(2, 'outside')]));
    expect(got.statuses).toEqual(['SyncHdr 0 200', 'Alert 2 200']);
    expect(got.commands.map(({ node }) => node.children.at(-1)?.text)).toEqual(['1223']);
    expect(got.final).toBe(true);
    expect(tokenOf(got)).toBeUndefined();
    expect(bridge.requests).toEqual([]);
    expect((await bridge.state()).outbox.map(({ item }) => item.data)).toEqual(['outside']);
    await bridge.say(packageOne(BRUCE));
    expect(bridge.packages().flatMap(notesIn)).toEqual(['outside']);
  });

  test('a repeated message outside a session gets the same answer, also when the device has left an open session', async () => {
    const { bridge } = await withExec();
    const message = outsideSession([note(2, 'outside')]);
    const got = await bridge.post(message);
    expect(await bridge.post(message)).toEqual(got);
    await bridge.drained();
    expect(bridge.packages().map(statusesIn)).toEqual([undefined, [503]]);
    expect(bridge.packages().flatMap(notesIn)).toEqual(['once', 'outside']);
  });

  test('a message with DevInfo opens a session whatever its MsgID', async () => {
    const bridge = await BridgeUnderTest.open();
    const got = await bridge.say(outsideSession([devInfo(2)]));
    expect(tokenOf(got)).toBeDefined();
    expect(bridge.packages()).toHaveLength(1);
  });

  test('a message outside a session without credentials changes nothing', async () => {
    const bridge = await BridgeUnderTest.open();
    const before = await bridge.state();
    expect((await bridge.say(outsideSession([note(2, 'x')], { cred: '' }))).statuses).toEqual([
      'SyncHdr 0 407',
      'Alert 2 407',
    ]);
    expect(await bridge.state()).toEqual(before);
  });
});
