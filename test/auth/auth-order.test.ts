/** Who may do what before and after showing who it is, on the whole bridge (DM-1.3 §9; design: authentication, RespURI). */
import { describe, expect, it } from 'vitest';
import {
  AUSTIN,
  BRUCE,
  commands,
  DEV_TYP,
  LEAVES,
  noCommands,
  notesIn,
  PUBLIC_URL,
  Scene,
  settle,
  statusesIn,
  tokenOf,
} from '../bridge/scene.ts';
import {
  type Answer,
  alert,
  basicCred,
  devInfo,
  md5Cred,
  note,
  packageOne,
  readAnswer,
  reply,
  status,
  syncml,
} from '../e2e/scripted-device.ts';

const STRANGER = { devId: 'IMEI:404', user: 'nobody', password: 'x' };
const getOnce = (_: unknown, count: number) => (count === 1 ? commands(['GET', DEV_TYP]) : noCommands());
const WRONG = basicCred({ user: 'bruce', password: 'wrong' });

/** Package#1 in two messages: challenged, then with the digest. */
async function md5Session(scene: Scene, sessionId: string, msgId: number, nonce: string): Promise<Answer> {
  return await scene.say(packageOne(BRUCE, { sessionId, msgId, cred: md5Cred(BRUCE, nonce), locName: 'bruce' }));
}

describe('a challenge', () => {
  it('answers 407 for every command, takes nothing, opens nothing (DM-PRO-S-010-M, DM-PRO-Session-S-002-M)', async () => {
    const scene = await Scene.open();
    const before = await scene.state();
    const got = await scene.say(packageOne(BRUCE, { cred: '' }, [note(3, 'not yet')]));
    expect(got).toMatchObject({
      msgId: 1,
      statuses: ['SyncHdr 0 407', 'Alert 1 407', 'Replace 2 407', 'Alert 3 407'],
      chalType: 'syncml:auth-md5',
      commands: [],
      final: true,
      respUri: PUBLIC_URL,
    });
    expect(Buffer.from(got.nextNonce ?? '', 'base64')).toHaveLength(16);
    expect(await scene.state()).toEqual(before);
    expect(scene.commits).toBe(0);
    expect(scene.requests).toEqual([]);
  });

  it('stays within the MaxMsgSize that the message names (CP-DMREPU-7.4b)', async () => {
    const scene = await Scene.open();
    const events = Array.from({ length: 30 }, (_, at) => note(at + 3, 'n'));
    const meta = '<Meta><MaxMsgSize xmlns="syncml:metinf">1500</MaxMsgSize></Meta>';
    const { body } = await scene.post(packageOne(BRUCE, { cred: '', meta }, events));
    expect(Buffer.byteLength(body)).toBeLessThanOrEqual(1500);
    expect(readAnswer(body)).toMatchObject({ chalType: 'syncml:auth-md5', final: true });
    expect(readAnswer(body).statuses.slice(0, 3)).toEqual(['SyncHdr 0 407', 'Alert 1 407', 'Replace 2 407']);
  });

  it('is the same bytes for the same message within a slot, and another nonce later', async () => {
    const scene = await Scene.open();
    const message = packageOne(BRUCE, { cred: '' });
    const got = await scene.post(message);
    expect(await scene.post(message)).toEqual(got);
    await scene.clock.advance(600_000);
    expect(readAnswer((await scene.post(message)).body).nextNonce).not.toBe(readAnswer(got.body).nextNonce);
  });

  it.each([
    ['without credentials', ''],
    ['with wrong credentials', WRONG],
  ])('does not tell a stranger from a registered device: %s', async (_, cred) => {
    const scene = await Scene.open();
    const shape = async (account: typeof BRUCE) => {
      const got = await scene.post(packageOne(account, { cred }));
      return { ...got, body: got.body.replaceAll(account.devId, 'DEV').replace(/<NextNonce.*?<\/NextNonce>/u, '') };
    };
    expect(await shape(STRANGER)).toEqual(await shape(BRUCE));
    expect(scene.commits).toBe(0);
  });

  it.each([
    ['the first of the list when there are none', '', 'syncml:auth-md5'],
    ['the type that was presented', WRONG, 'syncml:auth-basic'],
    [
      'the first of the list when that type is not accepted',
      WRONG.replace('auth-basic', 'auth-X509'),
      'syncml:auth-md5',
    ],
  ])('asks for %s', async (_, cred, type) => {
    const scene = await Scene.open();
    const got = await scene.say(packageOne(BRUCE, { cred }));
    expect(got.chalType).toBe(type);
    expect(got.nextNonce === undefined).toBe(type === 'syncml:auth-basic');
  });

  it('is the answer to the credentials of another device: 401', async () => {
    const scene = await Scene.open();
    const got = await scene.say(packageOne(BRUCE, { cred: basicCred(AUSTIN) }));
    expect(got.statuses).toEqual(['SyncHdr 0 401', 'Alert 1 401', 'Replace 2 401']);
    expect(scene.commits).toBe(0);
  });
});

describe('md5', () => {
  it('goes through a challenge, then with the next nonce into the next session, each nonce once', async () => {
    const scene = await Scene.open({ store: 'sqlite' });
    const challenge = await scene.say(packageOne(BRUCE, { cred: '' }));
    const nonce = challenge.nextNonce ?? '';
    const first = await md5Session(scene, '1', 2, nonce);
    expect(first.statuses[0]).toBe('SyncHdr 0 212');
    expect(first.msgId).toBe(2);
    const next = first.nextNonce ?? '';
    expect(next).not.toBe(nonce);
    expect((await scene.state()).record.clientNonce).toBe(next);
    const replayed = await md5Session(scene, '2', 1, nonce);
    expect(replayed.statuses[0]).toBe('SyncHdr 0 401');
    scene.kill();
    const second = await md5Session(scene, '3', 1, next);
    expect(second.statuses[0]).toBe('SyncHdr 0 212');
    expect((await md5Session(scene, '4', 1, next)).statuses[0]).toBe('SyncHdr 0 401');
    expect((await md5Session(scene, '5', 1, second.nextNonce ?? '')).statuses[0]).toBe('SyncHdr 0 212');
  });

  it('a challenge that is overtaken by another login is of no more use', async () => {
    const scene = await Scene.open();
    const { nextNonce = '' } = await scene.say(packageOne(BRUCE, { cred: '' }));
    await md5Session(scene, '1', 2, nextNonce);
    const stale = await scene.say(packageOne(BRUCE, { sessionId: '2', cred: md5Cred(BRUCE, nextNonce) }));
    expect(stale.statuses[0]).toBe('SyncHdr 0 401');
    expect(stale.nextNonce).not.toBe(nextNonce);
    expect((await md5Session(scene, '2', 2, stale.nextNonce ?? '')).statuses[0]).toBe('SyncHdr 0 212');
  });

  it('the provisioned nonce counts for the first session', async () => {
    const clientNonce = Buffer.from('provisioned').toString('base64');
    const scene = await Scene.open({ clientNonce });
    expect((await md5Session(scene, '1', 1, clientNonce)).statuses[0]).toBe('SyncHdr 0 212');
  });

  it('the same digest again in the session changes nothing; another user gets 401', async () => {
    const scene = await Scene.open({ script: getOnce });
    const { nextNonce = '' } = await scene.say(packageOne(BRUCE, { cred: '' }));
    const first = await md5Session(scene, '1', 2, nextNonce);
    const { record } = await scene.state();
    const foreign = syncml({ msgId: 3, cred: basicCred(AUSTIN) }, reply(first, LEAVES));
    expect((await scene.say(foreign, { token: tokenOf(first) })).statuses[0]).toBe('SyncHdr 0 401');
    const again = syncml({ msgId: 3, cred: md5Cred(BRUCE, nextNonce), locName: 'bruce' }, reply(first, LEAVES));
    const got = await scene.say(again, { token: tokenOf(first) });
    expect(got.statuses).toEqual(['SyncHdr 0 212']);
    expect((await scene.state()).record.clientNonce).toBe(record.clientNonce);
    expect(scene.packages().map(statusesIn)).toEqual([undefined, [200]]);
  });

  it('a device that starts again under its old SessionID and is challenged begins a new session', async () => {
    const scene = await Scene.open({ script: getOnce });
    const challenge = await scene.say(packageOne(BRUCE, { cred: '' }));
    const first = await md5Session(scene, '1', 2, challenge.nextNonce ?? '');
    const open = syncml({ msgId: 3 }, [...reply(first, LEAVES), alert(9, 1222)], false);
    await scene.say(open, { token: tokenOf(first) });
    // It lost the nonce of its last session with its power.
    const restart = await scene.say(packageOne(BRUCE, { cred: md5Cred(BRUCE, 'bG9uZyBhZ28=') }));
    expect(restart.statuses[0]).toBe('SyncHdr 0 401');
    const anew = await md5Session(scene, '1', 2, restart.nextNonce ?? '');
    await scene.drained();
    expect(anew.statuses[0]).toBe('SyncHdr 0 212');
    expect(tokenOf(anew)).not.toBe(tokenOf(first));
    expect(scene.packages().map(statusesIn)).toEqual([undefined, [200], undefined]);
  });
});

describe('basic', () => {
  it('is 212 for every message that has it, 200 in the session without', async () => {
    const scene = await Scene.open({ script: getOnce });
    const first = await scene.say(packageOne(BRUCE));
    expect(first.statuses[0]).toBe('SyncHdr 0 212');
    const more = await scene.say(syncml({ msgId: 2 }, [alert(1, 1222)], false), { token: tokenOf(first) });
    expect(more.statuses[0]).toBe('SyncHdr 0 200');
    const last = syncml({ msgId: 3, cred: basicCred(BRUCE) }, reply(first, LEAVES));
    expect((await scene.say(last, { token: tokenOf(first) })).statuses[0]).toBe('SyncHdr 0 212');
    expect((await scene.state()).record.clientNonce).toBeUndefined();
  });

  it('compares device identifiers without case', async () => {
    const scene = await Scene.open({ script: getOnce });
    const first = await scene.say(packageOne(BRUCE, { devId: 'imei:1' }));
    expect(first.statuses[0]).toBe('SyncHdr 0 212');
    expect(scene.requests[0]?.headers['omadm-devid']).toBe('IMEI:1');
    await scene.say(syncml({ msgId: 2, devId: 'Imei:1' }, reply(first, LEAVES)), { token: tokenOf(first) });
    expect(scene.packages().map(statusesIn)).toEqual([undefined, [200]]);
  });
});

describe('wrong credentials', () => {
  const guess = (scene: Scene, sessionId: number, from = '198.51.100.7') =>
    scene.post(packageOne(BRUCE, { sessionId: String(sessionId), cred: WRONG }), { from });

  it('are always answered 401, from the third on after a pause, and nobody else waits', async () => {
    const scene = await Scene.open();
    await guess(scene, 1);
    await guess(scene, 2);
    let answered = false;
    const third = guess(scene, 3).then((got) => {
      answered = true;
      return got;
    });
    await settle();
    expect(answered).toBe(false);
    const right = await scene.say(packageOne(BRUCE, { sessionId: '4' }), { from: '192.0.2.1' });
    expect(right.statuses[0]).toBe('SyncHdr 0 212');
    const sameAddress = await scene.say(packageOne(BRUCE, { sessionId: '5' }), { from: '198.51.100.7' });
    expect(sameAddress.statuses[0]).toBe('SyncHdr 0 212');
    expect(answered).toBe(false);
    await scene.clock.advance(1000);
    expect(readAnswer((await third).body).statuses[0]).toBe('SyncHdr 0 401');
  });

  it('from another address are not delayed', async () => {
    const scene = await Scene.open();
    for (let round = 1; round <= 6; round += 1) {
      const got = await guess(scene, round, `203.0.113.${round}`);
      expect(readAnswer(got.body).statuses[0]).toBe('SyncHdr 0 401');
    }
    expect(scene.clock.waiting).toBe(0);
  });

  it('in a session leave it where it was, alerts included', async () => {
    const scene = await Scene.open({ script: getOnce });
    const first = await scene.say(packageOne(BRUCE));
    const before = await scene.state();
    const bad = syncml({ msgId: 2, cred: WRONG }, [...reply(first, LEAVES), note(9, 'forged')]);
    const refused = await scene.say(bad, { token: tokenOf(first) });
    expect(refused.statuses).toEqual(['SyncHdr 0 401', 'Alert 9 401']);
    expect(refused.respUri).toBe(first.respUri);
    expect(await scene.state()).toEqual(before);
    await scene.say(syncml({ msgId: 3 }, reply(first, LEAVES)), { token: tokenOf(first) });
    expect(scene.packages().map(statusesIn)).toEqual([undefined, [200]]);
    expect(scene.packages().flatMap(notesIn)).toEqual([]);
  });
});

describe('RespURI', () => {
  it('is the same in every answer of a session, and another in the next', async () => {
    const scene = await Scene.open({ script: getOnce });
    const first = await scene.say(packageOne(BRUCE));
    expect(tokenOf(first)).toMatch(/^[\w-]{22}$/u);
    const second = await scene.say(syncml({ msgId: 2 }, reply(first, LEAVES)), { token: tokenOf(first) });
    expect(second.respUri).toBe(first.respUri);
    const other = await scene.say(packageOne(BRUCE, { sessionId: '2' }));
    expect(other.respUri).not.toBe(first.respUri);
  });

  it('need not be used by a device that never does', async () => {
    const scene = await Scene.open({ script: getOnce });
    const first = await scene.say(packageOne(BRUCE));
    expect((await scene.say(syncml({ msgId: 2 }, reply(first, LEAVES)))).statuses).toEqual(['SyncHdr 0 200']);
  });

  it.each([
    ['missing', () => undefined],
    ['cut', (token: string) => token.slice(0, 10)],
    ['of somebody else', () => 'A'.repeat(22)],
  ])('once used must be used: %s → 407, the session untouched, its token told to nobody', async (_, change) => {
    const scene = await Scene.open({ script: getOnce });
    const first = await scene.say(packageOne(BRUCE));
    const token = tokenOf(first) ?? '';
    await scene.say(syncml({ msgId: 2 }, [alert(1, 1222)], false), { token });
    const before = await scene.state();
    for (const cred of ['', basicCred(BRUCE)]) {
      const message = syncml({ msgId: 3, cred }, [...reply(first, LEAVES), note(9, 'forged')]);
      const got = await scene.say(message, { token: change(token) });
      expect(got).toMatchObject({ statuses: ['SyncHdr 0 407', 'Alert 9 407'], respUri: PUBLIC_URL });
    }
    expect(await scene.state()).toEqual(before);
    await scene.say(syncml({ msgId: 3 }, reply(first, LEAVES)), { token });
    expect(scene.packages().map(statusesIn)).toEqual([undefined, [200]]);
  });

  it('a cut token counts as none for a device that has not used it yet', async () => {
    const scene = await Scene.open({ script: getOnce });
    const first = await scene.say(packageOne(BRUCE));
    const cut = tokenOf(first)?.slice(0, 8);
    expect((await scene.say(syncml({ msgId: 2 }, reply(first, LEAVES)), { token: cut })).statuses).toEqual([
      'SyncHdr 0 200',
    ]);
  });

  it('alone opens nothing: a message of another session with it is challenged', async () => {
    const scene = await Scene.open({ script: getOnce });
    const first = await scene.say(packageOne(BRUCE));
    const other = syncml({ sessionId: '2', msgId: 2 }, [alert(1, 1201), devInfo(2)]);
    const got = await scene.say(other, { token: tokenOf(first) });
    expect(got.statuses[0]).toBe('SyncHdr 0 407');
    const foreign = syncml({ devId: AUSTIN.devId, msgId: 2 }, [
      status(1, { msgRef: 1, cmdRef: 0, cmd: 'SyncHdr' }, 200),
    ]);
    expect((await scene.say(foreign, { token: tokenOf(first) })).statuses[0]).toBe('SyncHdr 0 407');
  });
});
