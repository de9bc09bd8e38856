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
  commands,
  DEV_TYP,
  LEAVES,
  later,
  noCommands,
  notesIn,
  Scene,
  settle,
  statusesIn,
  tokenOf,
  UPDATE,
} from './scene.ts';

const EXEC_SCRIPT = (_: unknown, count: number) => (count === 1 ? commands(['EXEC', UPDATE]) : noCommands());

/** A session whose device has been given an Exec. */
async function withExec(store: 'memory' | 'sqlite' = 'memory') {
  const scene = await Scene.open({ script: EXEC_SCRIPT, store });
  const first = packageOne(BRUCE, {}, [note(3, 'once')]);
  const got = await scene.post(first);
  const answer = readAnswer(got.body);
  return { scene, first, got, answer, token: tokenOf(answer) };
}

describe.each(['memory', 'sqlite'] as const)('a message that comes again (store: %s)', (store) => {
  it('gets the same bytes and headers, runs nothing, and the backend hears of nothing (DM-PRO-S-001-M)', async () => {
    const { scene, first, got } = await withExec(store);
    const before = await scene.state();
    expect(await scene.post(first)).toEqual(got);
    expect(await scene.post(first)).toEqual(got);
    expect(await scene.state()).toEqual(before);
    expect(scene.requests).toHaveLength(1);
    expect(before.session?.south.outstanding).toHaveLength(1);
  });

  it('gets them after the bridge was killed, too', async () => {
    const { scene, first, got, answer, token } = await withExec(store);
    scene.kill();
    expect(await scene.post(first)).toEqual(got);
    const second = syncml({ msgId: 2 }, reply(answer, LEAVES));
    const closing = await scene.post(second, { token });
    scene.kill();
    expect(await scene.post(second, { token })).toEqual(closing);
    expect(scene.packages().map(statusesIn)).toEqual([undefined, [200]]);
    expect(scene.packages().flatMap(notesIn)).toEqual(['once']);
  });

  it('is known by its bytes, Cred among them, not by the address that it comes from', async () => {
    const { scene, first, got } = await withExec(store);
    const wrong = first.replace(basicCred(BRUCE), basicCred({ user: 'bruce', password: 'wrong' }));
    expect(await scene.post(first, { from: '198.51.100.7' })).toEqual(got);
    const answer = await scene.say(wrong, { from: '198.51.100.7' });
    expect(answer.statuses[0]).toBe('SyncHdr 0 401');
    expect(await scene.post(first)).toEqual(got);
  });

  it('is nobody’s without the token, once the session has used it', async () => {
    const { scene, first, got, answer, token } = await withExec(store);
    expect(await scene.post(first)).toEqual(got);
    const second = syncml({ msgId: 2 }, reply(answer, LEAVES));
    const closing = await scene.post(second, { token });
    for (const elsewhere of [undefined, 'x'.repeat(22)]) {
      const stranger = await scene.post(second, { token: elsewhere });
      expect(readAnswer(stranger.body).statuses[0]).toBe('SyncHdr 0 407');
      expect(stranger.body).not.toContain(token);
    }
    expect(await scene.post(second, { token })).toEqual(closing);
  });

  it('is another message when x-syncml-hmac differs', async () => {
    const { scene, first } = await withExec(store);
    await scene.post(first, { headers: { 'x-syncml-hmac': 'mac=AA' } });
    await scene.drained();
    expect(scene.packages().map(statusesIn)).toEqual([undefined, [503], undefined]);
  });
});

describe('the answer that closed a session', () => {
  async function closed() {
    const scene = await Scene.open();
    const message = packageOne(BRUCE, { sessionId: '9' });
    const got = await scene.post(message);
    expect(readAnswer(got.body)).toMatchObject({ commands: [], final: true });
    return { scene, message, got };
  }

  it('counts for 60 seconds', async () => {
    const { scene, message, got } = await closed();
    await scene.clock.advance(59_999);
    expect(await scene.post(message)).toEqual(got);
    expect(scene.requests).toHaveLength(1);
  });

  it('counts no longer: a device that always begins alike begins a new session', async () => {
    const { scene, message, got } = await closed();
    await scene.clock.advance(60_000);
    const next = await scene.post(message);
    expect(next.body).not.toBe(got.body);
    expect(scene.requests).toHaveLength(2);
  });

  it('is followed by silence: a message with nothing but Statuses gets 200 without a body, for 60 seconds', async () => {
    const { scene, got } = await closed();
    const token = tokenOf(readAnswer(got.body));
    const thanks = syncml({ sessionId: '9', msgId: 2 }, [status(1, { msgRef: 1, cmdRef: 0, cmd: 'SyncHdr' }, 200)]);
    const before = await scene.state();
    expect(await scene.post(thanks, { token })).toEqual({ status: 200, headers: {}, body: '' });
    expect(await scene.post(thanks)).toEqual({ status: 200, headers: {}, body: '' });
    await scene.clock.advance(59_999);
    expect((await scene.post(thanks, { token })).body).toBe('');
    await scene.clock.advance(1);
    expect(readAnswer((await scene.post(thanks, { token })).body).statuses).toEqual(['SyncHdr 0 407']);
    expect(await scene.state()).toEqual(before);
  });

  it('is not followed by silence when more than Statuses comes', async () => {
    const { scene } = await closed();
    const more = syncml({ sessionId: '9', msgId: 2 }, [
      status(1, { msgRef: 1, cmdRef: 0, cmd: 'SyncHdr' }, 200),
      alert(2, 1222),
    ]);
    expect((await scene.say(more)).statuses).toEqual(['SyncHdr 0 407', 'Alert 2 407']);
  });
});

describe('MsgID', () => {
  it.each([
    ['lower', 2],
    ['equal, with other bytes', 3],
  ])('%s: HTTP 400, the session is untouched', async (_, msgId) => {
    const { scene, answer, token } = await withExec();
    const ran = reply(answer, LEAVES);
    const open = syncml({ msgId: 3 }, [ran[0] ?? '', alert(2, 1222)], false);
    await scene.say(open, { token });
    const before = await scene.state();
    const commits = scene.commits;
    await expect(scene.post(syncml({ msgId }, ran), { token })).rejects.toMatchObject({ code: 'ERR_MSG_ID_ORDER' });
    expect(await scene.state()).toEqual(before);
    expect(scene.commits).toBe(commits);
    expect((await scene.say(syncml({ msgId: 4 }, ran), { token })).final).toBe(true);
    expect(scene.packages().map(statusesIn)).toEqual([undefined, [200]]);
  });

  it('out of order disturbs nothing that is under way', async () => {
    const slow = later();
    const scene = await Scene.open({ script: (_, count) => (count === 1 ? slow.reply : noCommands()) });
    const first = scene.post(packageOne(BRUCE));
    await settle();
    await scene.clock.advance(20_000);
    const held = readAnswer((await first).body);
    expect(held.commands.map(({ name }) => name)).toEqual(['Get']);
    const next = scene.post(syncml({ msgId: 3 }, reply(held, LEAVES)), { token: tokenOf(held) });
    await settle();
    await scene.clock.advance(20_000);
    const again = readAnswer((await next).body);
    await expect(scene.post(syncml({ msgId: 2 }, [alert(1, 1222)]), { token: tokenOf(held) })).rejects.toThrow('MsgID');
    const third = scene.say(syncml({ msgId: 4 }, reply(again, LEAVES)), { token: tokenOf(held) });
    await settle();
    slow.arrive(commands(['GET', DEV_TYP]));
    const given = await third;
    expect(given.commands.map(({ name }) => name)).toEqual(['Get']);
    expect(textAt(given.commands[0]?.node, 'Item', 'Target', 'LocURI')).toBe('./DevDetail/DevTyp');
    await scene.say(syncml({ msgId: 5 }, reply(given, LEAVES)), { token: tokenOf(held) });
    expect(scene.packages().map(statusesIn)).toEqual([undefined, [200]]);
  });

  it('jumping ahead is taken', async () => {
    const { scene, answer, token } = await withExec();
    const after = await scene.say(syncml({ msgId: 17 }, reply(answer, LEAVES)), { token });
    expect(after).toMatchObject({ statuses: ['SyncHdr 0 200'], final: true });
    expect(scene.packages().map(statusesIn)).toEqual([undefined, [200]]);
  });
});

describe('a device that starts again', () => {
  it('begins a new session with MsgID 1 and valid credentials; the old commands become 503', async () => {
    const { scene, answer } = await withExec();
    const again = await scene.say(packageOne(BRUCE, {}, [note(4, 'other')]));
    await scene.drained();
    expect(again.statuses[0]).toBe('SyncHdr 0 212');
    expect(tokenOf(again)).toBeDefined();
    expect(tokenOf(again)).not.toBe(tokenOf(answer));
    expect(scene.packages().map(statusesIn)).toEqual([undefined, [503], undefined]);
    expect(scene.packages().flatMap(notesIn)).toEqual(['once', 'other']);
  });

  it('changes nothing before it has shown who it is', async () => {
    const { scene, answer, token } = await withExec();
    const before = await scene.state();
    for (const cred of ['', basicCred({ user: 'bruce', password: 'wrong' }), basicCred(AUSTIN)]) {
      const refused = await scene.say(packageOne(BRUCE, { cred }));
      expect(refused.statuses).toHaveLength(3);
      expect(refused.statuses[0]).toBe(`SyncHdr 0 ${cred === '' ? 407 : 401}`);
    }
    expect(await scene.state()).toEqual(before);
    await scene.say(syncml({ msgId: 2 }, reply(answer, LEAVES)), { token });
    expect(scene.packages().map(statusesIn)).toEqual([undefined, [200]]);
  });

  it('with another SessionID replaces the session, once authenticated', async () => {
    const { scene, answer } = await withExec();
    const before = await scene.state();
    await scene.say(packageOne(BRUCE, { sessionId: '2', cred: '' }));
    expect(await scene.state()).toEqual(before);
    await scene.say(packageOne(BRUCE, { sessionId: '2' }));
    await scene.drained();
    expect((await scene.state()).session?.south.sessionId).toBe('2');
    expect(scene.packages().map(statusesIn)).toEqual([undefined, [503], undefined]);
    const late = await scene.say(syncml({ msgId: 2 }, reply(answer, LEAVES)), { token: tokenOf(answer) });
    expect(late.statuses).toEqual(['SyncHdr 0 407']);
  });

  it('while the answer to its last message is being stored: what the backend said meanwhile is not forgotten', async () => {
    const slow = later();
    const scene = await Scene.open({ script: (_, count) => (count === 1 ? slow.reply : noCommands()) });
    const first = scene.post(packageOne(BRUCE));
    await settle();
    const go = scene.blockStore();
    await scene.clock.advance(20_000);
    const again = scene.post(packageOne(BRUCE, { sessionId: '2' }));
    await settle();
    slow.arrive(commands(['EXEC', UPDATE]));
    await settle();
    go();
    expect(readAnswer((await first).body).commands.map(({ name }) => name)).toEqual(['Get']);
    await again;
    await scene.drained();
    expect(scene.packages().map(statusesIn)).toEqual([undefined, [503], undefined]);
  });

  it('inside Package#1 leaves nothing behind', async () => {
    const scene = await Scene.open();
    const open = await scene.say(packageOne(BRUCE, {}, [], false));
    expect(open).toMatchObject({ final: false });
    const again = await scene.say(packageOne(BRUCE, { sessionId: '2' }));
    await scene.drained();
    expect(again.final).toBe(true);
    expect(scene.packages()).toHaveLength(1);
    expect(scene.logs.join()).not.toContain('failed');
  });
});

describe('two copies at the same time', () => {
  it('the second waits for the answer to the first and gets the same bytes', async () => {
    const slow = later();
    const scene = await Scene.open({ script: () => slow.reply });
    const message = packageOne(BRUCE, {}, [note(3, 'once')]);
    const both = [scene.post(message), scene.post(message)];
    let answered = 0;
    for (const each of both) void each.then(() => (answered += 1));
    await settle();
    expect(answered).toBe(0);
    slow.arrive(noCommands());
    const [one, other] = await Promise.all(both);
    expect(other).toEqual(one);
    expect(scene.packages().flatMap(notesIn)).toEqual(['once']);
  });

  it('messages of one device come one after the other, those of another do not wait', async () => {
    const slow = later();
    const scene = await Scene.open({
      script: ({ headers }) => (headers['omadm-devid'] === BRUCE.devId ? slow.reply : noCommands()),
    });
    const order: string[] = [];
    const begin = (name: string, message: string) => scene.post(message).then(() => order.push(name));
    const bruce = [
      begin('bruce 1', packageOne(BRUCE)),
      begin('bruce 2', packageOne({ ...BRUCE, devId: 'imei:1' }, { sessionId: '2' })),
    ];
    await begin('austin', packageOne(AUSTIN));
    expect(order).toEqual(['austin']);
    expect(scene.packages()).toHaveLength(2);
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
    const { scene, answer, token } = await withExec();
    const ran = reply(answer, LEAVES).map((each) => each.replace('<CmdID>2<', '<CmdID>3<'));
    const got = await scene.say(syncml({ msgId: 2 }, [odd, ...ran]), { token });
    expect(got).toMatchObject({ statuses: ['SyncHdr 0 200'], final: true });
    expect(scene.packages().map(statusesIn)).toEqual([undefined, [200]]);
    expect(scene.logs.filter((line) => line.includes('device.quirk'))).toHaveLength(1);
  });
});

describe('a message with credentials that belongs to no session', () => {
  const stray = (extra: readonly string[], header = {}) =>
    syncml({ sessionId: '55', msgId: 4, cred: basicCred(BRUCE), ...header }, [
      status(1, { msgRef: 3, cmdRef: 0, cmd: 'SyncHdr' }, 200),
      ...extra,
    ]);

  it('has its alerts kept, gets its Statuses, Alert 1223 and Final (DM-PRO-Abort-S-001-O, DM-PRO-Abort-S-004-O)', async () => {
    const scene = await Scene.open();
    const got = await scene.say(stray([note(2, 'stray')]));
    expect(got.statuses).toEqual(['SyncHdr 0 212', 'Alert 2 200']);
    expect(got.commands.map(({ node }) => node.children.at(-1)?.text)).toEqual(['1223']);
    expect(got.final).toBe(true);
    expect(tokenOf(got)).toBeUndefined();
    expect(scene.requests).toEqual([]);
    expect((await scene.state()).outbox.map(({ item }) => item.data)).toEqual(['stray']);
    await scene.say(packageOne(BRUCE));
    expect(scene.packages().flatMap(notesIn)).toEqual(['stray']);
  });

  it('is answered alike when it comes again, also beside an open session, which the device has left', async () => {
    const { scene } = await withExec();
    const message = stray([note(2, 'stray')]);
    const got = await scene.post(message);
    expect(await scene.post(message)).toEqual(got);
    await scene.drained();
    expect(scene.packages().map(statusesIn)).toEqual([undefined, [503]]);
    expect(scene.packages().flatMap(notesIn)).toEqual(['once', 'stray']);
    const after = syncml({ sessionId: '55', msgId: 5 }, [status(1, { msgRef: 4, cmdRef: 0, cmd: 'SyncHdr' }, 200)]);
    expect((await scene.post(after)).body).toBe('');
  });

  it('is a Package#1 all the same when it has DevInfo', async () => {
    const scene = await Scene.open();
    const got = await scene.say(stray([devInfo(2)]));
    expect(tokenOf(got)).toBeDefined();
    expect(scene.packages()).toHaveLength(1);
  });

  it('counts for nothing without credentials', async () => {
    const scene = await Scene.open();
    const before = await scene.state();
    expect((await scene.say(stray([note(2, 'x')], { cred: '' }))).statuses).toEqual(['SyncHdr 0 407', 'Alert 2 407']);
    expect(await scene.state()).toEqual(before);
  });
});
