/** Whole sessions by MD5 and Basic: challenges, wrong credentials, and the token of RespURI (DM-1.3 §9; ADR 3, ADR 24). */
import { describe, expect, test } from 'vitest';
import {
  AUSTIN,
  BRUCE,
  BridgeUnderTest,
  commands,
  DEV_TYP,
  LEAVES,
  noCommands,
  notesIn,
  PUBLIC_URL,
  settle,
  statusesIn,
  tokenOf,
} from '../bridge/bridge-under-test.ts';
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

const UNREGISTERED = { devId: 'IMEI:404', user: 'unknown', password: 'x' };
const getOnce = (_: unknown, count: number) => (count === 1 ? commands(['GET', DEV_TYP]) : noCommands());
const WRONG = basicCred({ user: 'bruce', password: 'wrong' });

/** Package#1 in two messages: challenged, then with the digest. */
async function md5Session(bridge: BridgeUnderTest, sessionId: string, msgId: number, nonce: string): Promise<Answer> {
  return await bridge.say(packageOne(BRUCE, { sessionId, msgId, cred: md5Cred(BRUCE, nonce), locName: 'bruce' }));
}

describe('a challenge', () => {
  test('a message without credentials gets 407 for every command and has no effect (DM-PRO-S-010-M, DM-PRO-Session-S-002-M)', async () => {
    const bridge = await BridgeUnderTest.open();
    const before = await bridge.state();
    const got = await bridge.say(packageOne(BRUCE, { cred: '' }, [note(3, 'not yet')]));
    expect(got).toMatchObject({
      msgId: 1,
      statuses: ['SyncHdr 0 407', 'Alert 1 407', 'Replace 2 407', 'Alert 3 407'],
      chalType: 'syncml:auth-md5',
      commands: [],
      final: true,
      respUri: PUBLIC_URL,
    });
    expect(Buffer.from(got.nextNonce ?? '', 'base64')).toHaveLength(16);
    expect(await bridge.state()).toEqual(before);
    expect(bridge.commits).toBe(0);
    expect(bridge.requests).toEqual([]);
  });

  test('a challenge keeps within the MaxMsgSize of the message (CP-DMREPU-7.4b)', async () => {
    const bridge = await BridgeUnderTest.open();
    const events = Array.from({ length: 30 }, (_, at) => note(at + 3, 'n'));
    const meta = '<Meta><MaxMsgSize xmlns="syncml:metinf">1500</MaxMsgSize></Meta>';
    const { body } = await bridge.post(packageOne(BRUCE, { cred: '', meta }, events));
    expect(Buffer.byteLength(body)).toBeLessThanOrEqual(1500);
    expect(readAnswer(body)).toMatchObject({ chalType: 'syncml:auth-md5', final: true });
    expect(readAnswer(body).statuses.slice(0, 3)).toEqual(['SyncHdr 0 407', 'Alert 1 407', 'Replace 2 407']);
  });

  test('the same message gets the same challenge within a slot, and another nonce later', async () => {
    const bridge = await BridgeUnderTest.open();
    const message = packageOne(BRUCE, { cred: '' });
    const got = await bridge.post(message);
    expect(await bridge.post(message)).toEqual(got);
    await bridge.clock.advance(600_000);
    expect(readAnswer((await bridge.post(message)).body).nextNonce).not.toBe(readAnswer(got.body).nextNonce);
  });

  test.each([
    ['without credentials', ''],
    ['with wrong credentials', WRONG],
  ])('an unregistered device %s gets the same challenge as a registered one', async (_, cred) => {
    const bridge = await BridgeUnderTest.open();
    const shape = async (account: typeof BRUCE) => {
      const got = await bridge.post(packageOne(account, { cred }));
      return { ...got, body: got.body.replaceAll(account.devId, 'DEV').replace(/<NextNonce.*?<\/NextNonce>/u, '') };
    };
    expect(await shape(UNREGISTERED)).toEqual(await shape(BRUCE));
    expect(bridge.commits).toBe(0);
  });

  test.each([
    ['the first scheme of the list when there are no credentials', '', 'syncml:auth-md5'],
    ['the scheme that was presented', WRONG, 'syncml:auth-basic'],
    [
      'the first scheme of the list when the presented one is not accepted',
      WRONG.replace('auth-basic', 'auth-X509'),
      'syncml:auth-md5',
    ],
  ])('a challenge asks for %s', async (_, cred, type) => {
    const bridge = await BridgeUnderTest.open();
    const got = await bridge.say(packageOne(BRUCE, { cred }));
    expect(got.chalType).toBe(type);
    expect(got.nextNonce === undefined).toBe(type === 'syncml:auth-basic');
  });

  test('the credentials of another device get 401', async () => {
    const bridge = await BridgeUnderTest.open();
    const got = await bridge.say(packageOne(BRUCE, { cred: basicCred(AUSTIN) }));
    expect(got.statuses).toEqual(['SyncHdr 0 401', 'Alert 1 401', 'Replace 2 401']);
    expect(bridge.commits).toBe(0);
  });
});

describe('md5', () => {
  test('an MD5 session begins with a challenge, the next one with the next nonce, and each nonce is good once (CP-DMSEC-5.3b, CP-DMSEC-5.4e)', async () => {
    const bridge = await BridgeUnderTest.open({ store: 'sqlite' });
    const challenge = await bridge.say(packageOne(BRUCE, { cred: '' }));
    const nonce = challenge.nextNonce ?? '';
    const first = await md5Session(bridge, '1', 2, nonce);
    expect(first.statuses[0]).toBe('SyncHdr 0 200');
    expect(first.msgId).toBe(2);
    const next = first.nextNonce ?? '';
    expect(next).not.toBe(nonce);
    expect((await bridge.state()).record.clientNonce).toBe(next);
    const replayed = await md5Session(bridge, '2', 1, nonce);
    expect(replayed.statuses[0]).toBe('SyncHdr 0 401');
    bridge.kill();
    const second = await md5Session(bridge, '3', 1, next);
    expect(second.statuses[0]).toBe('SyncHdr 0 200');
    expect((await md5Session(bridge, '4', 1, next)).statuses[0]).toBe('SyncHdr 0 401');
    expect((await md5Session(bridge, '5', 1, second.nextNonce ?? '')).statuses[0]).toBe('SyncHdr 0 200');
  });

  test('the nonce of a challenge does not count after another login', async () => {
    const bridge = await BridgeUnderTest.open();
    const { nextNonce = '' } = await bridge.say(packageOne(BRUCE, { cred: '' }));
    await md5Session(bridge, '1', 2, nextNonce);
    const stale = await bridge.say(packageOne(BRUCE, { sessionId: '2', cred: md5Cred(BRUCE, nextNonce) }));
    expect(stale.statuses[0]).toBe('SyncHdr 0 401');
    expect(stale.nextNonce).not.toBe(nextNonce);
    expect((await md5Session(bridge, '2', 2, stale.nextNonce ?? '')).statuses[0]).toBe('SyncHdr 0 200');
  });

  test('the provisioned nonce opens the first session', async () => {
    const clientNonce = Buffer.from('provisioned').toString('base64');
    const bridge = await BridgeUnderTest.open({ clientNonce });
    expect((await md5Session(bridge, '1', 1, clientNonce)).statuses[0]).toBe('SyncHdr 0 200');
  });

  test('a repeated digest changes nothing in its session, and another user gets 401', async () => {
    const bridge = await BridgeUnderTest.open({ script: getOnce });
    const { nextNonce = '' } = await bridge.say(packageOne(BRUCE, { cred: '' }));
    const first = await md5Session(bridge, '1', 2, nextNonce);
    const { record } = await bridge.state();
    const foreign = syncml({ msgId: 3, cred: basicCred(AUSTIN) }, reply(first, LEAVES));
    expect((await bridge.say(foreign, { token: tokenOf(first) })).statuses[0]).toBe('SyncHdr 0 401');
    const again = syncml({ msgId: 3, cred: md5Cred(BRUCE, nextNonce), locName: 'bruce' }, reply(first, LEAVES));
    const got = await bridge.say(again, { token: tokenOf(first) });
    expect(got.statuses).toEqual(['SyncHdr 0 212']);
    expect((await bridge.state()).record.clientNonce).toBe(record.clientNonce);
    expect(bridge.packages().map(statusesIn)).toEqual([undefined, [200]]);
  });

  test('a device that starts again under its old SessionID and is challenged opens a new session', async () => {
    const bridge = await BridgeUnderTest.open({ script: getOnce });
    const challenge = await bridge.say(packageOne(BRUCE, { cred: '' }));
    const first = await md5Session(bridge, '1', 2, challenge.nextNonce ?? '');
    const open = syncml({ msgId: 3 }, [...reply(first, LEAVES), alert(9, 1222)], false);
    await bridge.say(open, { token: tokenOf(first) });
    // It lost the nonce of its last session with its power.
    const restart = await bridge.say(packageOne(BRUCE, { cred: md5Cred(BRUCE, 'bG9uZyBhZ28=') }));
    expect(restart.statuses[0]).toBe('SyncHdr 0 401');
    const anew = await md5Session(bridge, '1', 2, restart.nextNonce ?? '');
    await bridge.drained();
    expect(anew.statuses[0]).toBe('SyncHdr 0 212');
    expect(tokenOf(anew)).not.toBe(tokenOf(first));
    expect(bridge.packages().map(statusesIn)).toEqual([undefined, [200], undefined]);
  });
});

test('a device that starts again after its first message and is challenged opens a new session', async () => {
  const clientNonce = Buffer.from('provisioned').toString('base64');
  const bridge = await BridgeUnderTest.open({ clientNonce, script: getOnce });
  const first = await md5Session(bridge, '1', 1, clientNonce);
  const restart = await bridge.say(packageOne(BRUCE, { cred: md5Cred(BRUCE, 'bG9uZyBhZ28=') }));
  expect(restart.statuses[0]).toBe('SyncHdr 0 401');
  const anew = await md5Session(bridge, '1', 2, restart.nextNonce ?? '');
  await bridge.drained();
  expect(anew.statuses[0]).toBe('SyncHdr 0 200');
  expect(tokenOf(anew)).not.toBe(tokenOf(first));
  expect(bridge.packages().map(statusesIn)).toEqual([undefined, [503], undefined]);
});

describe('basic', () => {
  test('Basic opens a session, and is accepted with every message or left out at RespURI', async () => {
    const bridge = await BridgeUnderTest.open({ script: getOnce });
    const first = await bridge.say(packageOne(BRUCE));
    expect(first.statuses[0]).toBe('SyncHdr 0 200');
    const more = await bridge.say(syncml({ msgId: 2 }, [alert(1, 1222)], false), { token: tokenOf(first) });
    expect(more.statuses[0]).toBe('SyncHdr 0 212');
    const last = syncml({ msgId: 3, cred: basicCred(BRUCE) }, reply(first, LEAVES));
    expect((await bridge.say(last, { token: tokenOf(first) })).statuses[0]).toBe('SyncHdr 0 212');
    expect((await bridge.state()).record.clientNonce).toBeUndefined();
  });

  test('device identifiers are compared without case', async () => {
    const bridge = await BridgeUnderTest.open({ script: getOnce });
    const first = await bridge.say(packageOne(BRUCE, { devId: 'imei:1' }));
    expect(first.statuses[0]).toBe('SyncHdr 0 200');
    expect(bridge.requests[0]?.headers['omadm-devid']).toBe('IMEI:1');
    await bridge.say(syncml({ msgId: 2, devId: 'Imei:1' }, reply(first, LEAVES)), { token: tokenOf(first) });
    expect(bridge.packages().map(statusesIn)).toEqual([undefined, [200]]);
  });
});

describe('wrong credentials', () => {
  test('a wrong Basic password gets 401 for every command and has no effect, and the right one opens the session (DM-PRO-S-010-M, CP-DMSEC-5.4c)', async () => {
    const bridge = await BridgeUnderTest.open();
    const before = await bridge.state();
    const refused = await bridge.say(packageOne(BRUCE, { cred: WRONG }, [note(3, 'forged')]));
    expect(refused).toMatchObject({
      statuses: ['SyncHdr 0 401', 'Alert 1 401', 'Replace 2 401', 'Alert 3 401'],
      chalType: 'syncml:auth-basic',
      commands: [],
      final: true,
    });
    expect(await bridge.state()).toEqual(before);
    expect(bridge.requests).toEqual([]);
    const accepted = await bridge.say(packageOne(BRUCE, { msgId: 2 }));
    expect(accepted.statuses).toEqual(['SyncHdr 0 200', 'Alert 1 200', 'Replace 2 200']);
    expect(bridge.packages()).toHaveLength(1);
  });

  const guess = (bridge: BridgeUnderTest, sessionId: number, from = '198.51.100.7') =>
    bridge.post(packageOne(BRUCE, { sessionId: String(sessionId), cred: WRONG }), { from });

  test('wrong credentials always get 401, from the third time on after a delay, and right ones are not delayed', async () => {
    const bridge = await BridgeUnderTest.open();
    await guess(bridge, 1);
    await guess(bridge, 2);
    let answered = false;
    const third = guess(bridge, 3).then((got) => {
      answered = true;
      return got;
    });
    await settle();
    expect(answered).toBe(false);
    const right = await bridge.say(packageOne(BRUCE, { sessionId: '4' }), { from: '192.0.2.1' });
    expect(right.statuses[0]).toBe('SyncHdr 0 200');
    const sameAddress = await bridge.say(packageOne(BRUCE, { sessionId: '5' }), { from: '198.51.100.7' });
    expect(sameAddress.statuses[0]).toBe('SyncHdr 0 200');
    expect(answered).toBe(false);
    await bridge.clock.advance(1000);
    expect(readAnswer((await third).body).statuses[0]).toBe('SyncHdr 0 401');
  });

  test('more than 20 wrong credentials in a minute: one answer waits 8 s, further ones are 503, right ones pass', async () => {
    const bridge = await BridgeUnderTest.open();
    for (let count = 1; count <= 20; count += 1) {
      const answer = guess(bridge, count);
      await settle();
      if (count > 2) await bridge.clock.advance(Math.min(1000 * 2 ** (count - 3), 2_000));
      void answer;
    }
    await bridge.clock.advance(8_000);
    const waiting = guess(bridge, 21);
    await settle();
    const refused = await guess(bridge, 22);
    expect([refused.status, refused.headers['retry-after']]).toEqual([503, '8']);
    expect(refused.body).not.toBe('');
    const right = await bridge.say(packageOne(BRUCE, { sessionId: '50' }), { from: '198.51.100.7' });
    expect(right.statuses[0]).toBe('SyncHdr 0 200');
    await bridge.clock.advance(8_000);
    expect(readAnswer((await waiting).body).statuses[0]).toBe('SyncHdr 0 401');
  });

  test('an unregistered name is delayed and refused like a registered one', async () => {
    const shape = async (account: typeof BRUCE) => {
      const bridge = await BridgeUnderTest.open();
      const seen: (number | undefined)[] = [];
      for (let count = 1; count <= 24; count += 1) {
        const got = bridge.post(packageOne(account, { sessionId: String(count), cred: WRONG }));
        void got.then(({ status: code }) => seen.push(code));
        await settle();
      }
      return { seen, waiting: bridge.clock.waiting };
    };
    expect(await shape(UNREGISTERED)).toEqual(await shape(BRUCE));
  });

  test('more than 200 wrong credentials from one address are reported once, and the address is not refused', async () => {
    const bridge = await BridgeUnderTest.open();
    for (let count = 1; count <= 210; count += 1) {
      const devId = `IMEI:${1000 + count}`;
      const got = await bridge.say(packageOne({ ...UNREGISTERED, devId }, { cred: WRONG }));
      expect(got.statuses[0]).toBe('SyncHdr 0 401');
    }
    const reports = bridge.logs.filter((line) => line.includes('"auth.guessing"'));
    expect(reports.map((line) => JSON.parse(line).attempts)).toEqual([201]);
    expect((await bridge.say(packageOne(BRUCE))).statuses[0]).toBe('SyncHdr 0 200');
  });

  test('wrong credentials from other addresses are not delayed', async () => {
    const bridge = await BridgeUnderTest.open();
    for (let round = 1; round <= 6; round += 1) {
      const got = await guess(bridge, round, `203.0.113.${round}`);
      expect(readAnswer(got.body).statuses[0]).toBe('SyncHdr 0 401');
    }
    expect(bridge.clock.waiting).toBe(0);
  });

  test('wrong credentials in a session leave the session and the outbox unchanged', async () => {
    const bridge = await BridgeUnderTest.open({ script: getOnce });
    const first = await bridge.say(packageOne(BRUCE));
    const before = await bridge.state();
    const bad = syncml({ msgId: 2, cred: WRONG }, [...reply(first, LEAVES), note(9, 'forged')]);
    const refused = await bridge.say(bad, { token: tokenOf(first) });
    expect(refused.statuses).toEqual(['SyncHdr 0 401', 'Alert 9 401']);
    expect(refused.respUri).toBe(first.respUri);
    expect(await bridge.state()).toEqual(before);
    await bridge.say(syncml({ msgId: 3 }, reply(first, LEAVES)), { token: tokenOf(first) });
    expect(bridge.packages().map(statusesIn)).toEqual([undefined, [200]]);
    expect(bridge.packages().flatMap(notesIn)).toEqual([]);
  });
});

describe('RespURI', () => {
  test('RespURI is the same in every answer of a session, and another one in the next session', async () => {
    const bridge = await BridgeUnderTest.open({ script: getOnce });
    const first = await bridge.say(packageOne(BRUCE));
    expect(tokenOf(first)).toMatch(/^[\w-]{22}$/u);
    const second = await bridge.say(syncml({ msgId: 2 }, reply(first, LEAVES)), { token: tokenOf(first) });
    expect(second.respUri).toBe(first.respUri);
    const other = await bridge.say(packageOne(BRUCE, { sessionId: '2' }));
    expect(other.respUri).not.toBe(first.respUri);
  });

  test('the token alone opens no session: a message of another session with it is challenged', async () => {
    const bridge = await BridgeUnderTest.open({ script: getOnce });
    const first = await bridge.say(packageOne(BRUCE));
    const other = syncml({ sessionId: '2', msgId: 2 }, [alert(1, 1201), devInfo(2)]);
    const got = await bridge.say(other, { token: tokenOf(first) });
    expect(got.statuses[0]).toBe('SyncHdr 0 407');
    const foreign = syncml({ devId: AUSTIN.devId, msgId: 2 }, [
      status(1, { msgRef: 1, cmdRef: 0, cmd: 'SyncHdr' }, 200),
    ]);
    expect((await bridge.say(foreign, { token: tokenOf(first) })).statuses[0]).toBe('SyncHdr 0 407');
  });
});
