/** A message that comes again, and messages that come in another order (design: one message, in this order). */
import { describe, expect, it } from 'vitest';
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

describe.each(['memory', 'sqlite'] as const)('a message that comes again (store: %s)', (store) => {
  it('gets the same bytes and headers, runs nothing, and the backend hears of nothing (DM-PRO-S-001-M)', async () => {
    const { bridge, first, got } = await withExec(store);
    const before = await bridge.state();
    expect(await bridge.post(first)).toEqual(got);
    expect(await bridge.post(first)).toEqual(got);
    expect(await bridge.state()).toEqual(before);
    expect(bridge.requests).toHaveLength(1);
    expect(before.session?.south.outstanding).toHaveLength(1);
  });

  it('gets them after the bridge was killed, too', async () => {
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

  it('is known by its bytes, Cred among them, not by the address that it comes from', async () => {
    const { bridge, first, got } = await withExec(store);
    const wrong = first.replace(basicCred(BRUCE), basicCred({ user: 'bruce', password: 'wrong' }));
    expect(await bridge.post(first, { from: '198.51.100.7' })).toEqual(got);
    const answer = await bridge.say(wrong, { from: '198.51.100.7' });
    expect(answer.statuses[0]).toBe('SyncHdr 0 401');
    expect(await bridge.post(first)).toEqual(got);
  });

  it('is nobody’s without the token, once the session has used it', async () => {
    const { bridge, first, got, answer, token } = await withExec(store);
    expect(await bridge.post(first)).toEqual(got);
    const second = syncml({ msgId: 2 }, reply(answer, LEAVES));
    const closing = await bridge.post(second, { token });
    for (const elsewhere of [undefined, 'x'.repeat(22)]) {
      const stranger = await bridge.post(second, { token: elsewhere });
      expect(readAnswer(stranger.body).statuses[0]).toBe('SyncHdr 0 407');
      expect(stranger.body).not.toContain(token);
    }
    expect(await bridge.post(second, { token })).toEqual(closing);
  });

  it('is another message when x-syncml-hmac differs', async () => {
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

  it('counts for 60 seconds', async () => {
    const { bridge, message, got } = await closed();
    await bridge.clock.advance(59_999);
    expect(await bridge.post(message)).toEqual(got);
    expect(bridge.requests).toHaveLength(1);
  });

  it('counts no longer: a device that always begins alike begins a new session', async () => {
    const { bridge, message, got } = await closed();
    await bridge.clock.advance(60_000);
    const next = await bridge.post(message);
    expect(next.body).not.toBe(got.body);
    expect(bridge.requests).toHaveLength(2);
  });

  it('is followed by silence: a message with nothing but Statuses gets 200 without a body, for 60 seconds', async () => {
    const { bridge, got } = await closed();
    const token = tokenOf(readAnswer(got.body));
    const thanks = syncml({ sessionId: '9', msgId: 2 }, [status(1, { msgRef: 1, cmdRef: 0, cmd: 'SyncHdr' }, 200)]);
    const before = await bridge.state();
    expect(await bridge.post(thanks, { token })).toEqual({ status: 200, headers: {}, body: '' });
    expect(await bridge.post(thanks)).toEqual({ status: 200, headers: {}, body: '' });
    await bridge.clock.advance(59_999);
    expect((await bridge.post(thanks, { token })).body).toBe('');
    await bridge.clock.advance(1);
    expect(readAnswer((await bridge.post(thanks, { token })).body).statuses).toEqual(['SyncHdr 0 407']);
    expect(await bridge.state()).toEqual(before);
  });

  it('is not followed by silence when more than Statuses comes', async () => {
    const { bridge } = await closed();
    const more = syncml({ sessionId: '9', msgId: 2 }, [
      status(1, { msgRef: 1, cmdRef: 0, cmd: 'SyncHdr' }, 200),
      alert(2, 1222),
    ]);
    expect((await bridge.say(more)).statuses).toEqual(['SyncHdr 0 407', 'Alert 2 407']);
  });
});

describe('MsgID', () => {
  it.each([
    ['lower', 2],
    ['equal, with other bytes', 3],
  ])('%s: HTTP 400, the session is untouched', async (_, msgId) => {
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

  it('out of order disturbs nothing that is under way', async () => {
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

  it('jumping ahead is taken', async () => {
    const { bridge, answer, token } = await withExec();
    const after = await bridge.say(syncml({ msgId: 17 }, reply(answer, LEAVES)), { token });
    expect(after).toMatchObject({ statuses: ['SyncHdr 0 200'], final: true });
    expect(bridge.packages().map(statusesIn)).toEqual([undefined, [200]]);
  });
});

describe('a device that starts again', () => {
  it('begins a new session with MsgID 1 and valid credentials; the old commands become 503', async () => {
    const { bridge, answer } = await withExec();
    const again = await bridge.say(packageOne(BRUCE, {}, [note(4, 'other')]));
    await bridge.drained();
    expect(again.statuses[0]).toBe('SyncHdr 0 212');
    expect(tokenOf(again)).toBeDefined();
    expect(tokenOf(again)).not.toBe(tokenOf(answer));
    expect(bridge.packages().map(statusesIn)).toEqual([undefined, [503], undefined]);
    expect(bridge.packages().flatMap(notesIn)).toEqual(['once', 'other']);
  });

  it('changes nothing before it has shown who it is', async () => {
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

  it('with another SessionID replaces the session, once authenticated', async () => {
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

  it('while the answer to its last message is being stored: what the backend said meanwhile is not forgotten', async () => {
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

  it('inside Package#1 leaves nothing behind', async () => {
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

describe('two copies at the same time', () => {
  it('the second waits for the answer to the first and gets the same bytes', async () => {
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

  it('messages of one device come one after the other, those of another do not wait', async () => {
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

describe('what answers nothing', () => {
  it.each([
    ['a Status for a command that was never sent', status(2, { msgRef: 1, cmdRef: 99, cmd: 'Get' }, 200)],
    ['a Status for a message that was never sent', status(2, { msgRef: 77, cmdRef: 4, cmd: 'Replace' }, 500)],
    ['Results for a Get that was never sent', results(2, { msgRef: 1, cmdRef: 99 }, './DevInfo/DevId', 'x')],
  ])('is logged and ignored: %s', async (_, odd) => {
    const { bridge, answer, token } = await withExec();
    const ran = reply(answer, LEAVES).map((each) => each.replace('<CmdID>2<', '<CmdID>3<'));
    const got = await bridge.say(syncml({ msgId: 2 }, [odd, ...ran]), { token });
    expect(got).toMatchObject({ statuses: ['SyncHdr 0 200'], final: true });
    expect(bridge.packages().map(statusesIn)).toEqual([undefined, [200]]);
    expect(bridge.logs.filter((line) => line.includes('device.quirk'))).toHaveLength(1);
  });
});

describe('a message with credentials that belongs to no session', () => {
  const stray = (extra: readonly string[], header = {}) =>
    syncml({ sessionId: '55', msgId: 4, cred: basicCred(BRUCE), ...header }, [
      status(1, { msgRef: 3, cmdRef: 0, cmd: 'SyncHdr' }, 200),
      ...extra,
    ]);

  it('has its alerts kept, gets its Statuses, Alert 1223 and Final (DM-PRO-Abort-S-001-O, DM-PRO-Abort-S-004-O)', async () => {
    const bridge = await BridgeUnderTest.open();
    const got = await bridge.say(stray([note(2, 'stray')]));
    expect(got.statuses).toEqual(['SyncHdr 0 212', 'Alert 2 200']);
    expect(got.commands.map(({ node }) => node.children.at(-1)?.text)).toEqual(['1223']);
    expect(got.final).toBe(true);
    expect(tokenOf(got)).toBeUndefined();
    expect(bridge.requests).toEqual([]);
    expect((await bridge.state()).outbox.map(({ item }) => item.data)).toEqual(['stray']);
    await bridge.say(packageOne(BRUCE));
    expect(bridge.packages().flatMap(notesIn)).toEqual(['stray']);
  });

  it('is answered alike when it comes again, also beside an open session, which the device has left', async () => {
    const { bridge } = await withExec();
    const message = stray([note(2, 'stray')]);
    const got = await bridge.post(message);
    expect(await bridge.post(message)).toEqual(got);
    await bridge.drained();
    expect(bridge.packages().map(statusesIn)).toEqual([undefined, [503]]);
    expect(bridge.packages().flatMap(notesIn)).toEqual(['once', 'stray']);
    const after = syncml({ sessionId: '55', msgId: 5 }, [status(1, { msgRef: 4, cmdRef: 0, cmd: 'SyncHdr' }, 200)]);
    expect((await bridge.post(after)).body).toBe('');
  });

  it('is a Package#1 all the same when it has DevInfo', async () => {
    const bridge = await BridgeUnderTest.open();
    const got = await bridge.say(stray([devInfo(2)]));
    expect(tokenOf(got)).toBeDefined();
    expect(bridge.packages()).toHaveLength(1);
  });

  it('counts for nothing without credentials', async () => {
    const bridge = await BridgeUnderTest.open();
    const before = await bridge.state();
    expect((await bridge.say(stray([note(2, 'x')], { cred: '' }))).statuses).toEqual(['SyncHdr 0 407', 'Alert 2 407']);
    expect(await bridge.state()).toEqual(before);
  });
});
