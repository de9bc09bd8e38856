/** Whole sessions by `x-syncml-hmac` (DM-1.3 §9; OMA-TS-DM_Security "Integrity"). */
import { describe, expect, test } from 'vitest';
import {
  AUSTIN,
  BRUCE,
  BridgeUnderTest,
  commands,
  DEV_TYP,
  LEAVES,
  later,
  noCommands,
  settle,
  statusesIn,
  tokenOf,
} from '../bridge/bridge-under-test.ts';
import { macHeader } from '../e2e/http-credentials.ts';
import {
  type Account,
  type Answer,
  alert,
  basicCred,
  child,
  note,
  packageOne,
  readAnswer,
  readXml,
  reply,
  syncml,
  textAt,
} from '../e2e/scripted-device.ts';

const getOnce = (_: unknown, count: number) => (count === 1 ? commands(['GET', DEV_TYP]) : noCommands());
const VARIANTS = [
  ['hmac-md5', 'MD5'],
  ['hmac-sha256', 'SHA256'],
] as const;

function first(msgId: number): string {
  return packageOne(BRUCE, { cred: '', locName: 'bruce', msgId });
}

type Hash = 'MD5' | 'SHA256';

async function say(
  bridge: BridgeUnderTest,
  body: string,
  nonce: string,
  hash: Hash,
  token?: string,
  who: Account = BRUCE,
) {
  // Each user has an address of its own, so that no failure delays another one.
  return await bridge.say(body, {
    token,
    from: who.user,
    headers: { 'x-syncml-hmac': macHeader(who, nonce, body, hash) },
  });
}

/** A session whose device was given a Get. */
async function opened(
  scheme: string,
  hash: Hash,
): Promise<{ bridge: BridgeUnderTest; got: Answer; token: string | undefined }> {
  const bridge = await BridgeUnderTest.open({ accept: [scheme], script: getOnce });
  const challenge = await bridge.say(first(1));
  const got = await say(bridge, first(2), challenge.nextNonce ?? '', hash);
  return { bridge, got, token: tokenOf(got) };
}

describe.each(VARIANTS)('a session by %s', (scheme, hash) => {
  test(`${scheme} is asked for, and then the header alone authenticates, with 200 and a new nonce in every answer (DM-PRO-S-010-M, CP-DMSEC-5.4a)`, async () => {
    const { bridge, got, token } = await opened(scheme, hash);
    const challenge = await BridgeUnderTest.open({ accept: [scheme] }).then((other) => other.say(first(1)));
    expect(challenge).toMatchObject({
      chalType: 'syncml:auth-MAC',
      statuses: ['SyncHdr 0 407', 'Alert 1 407', 'Replace 2 407'],
    });
    expect(got).toMatchObject({
      chalType: 'syncml:auth-MAC',
      statuses: ['SyncHdr 0 200', 'Alert 1 200', 'Replace 2 200'],
    });
    expect(got.commands.map(({ name }) => name)).toEqual(['Get']);
    expect((await bridge.state()).record.clientNonce).toBe(got.nextNonce);
    const closing = await say(bridge, syncml({ msgId: 3 }, reply(got, LEAVES)), got.nextNonce ?? '', hash, token);
    expect(closing).toMatchObject({ chalType: 'syncml:auth-MAC', statuses: ['SyncHdr 0 200'], final: true });
    expect(closing.nextNonce).not.toBe(got.nextNonce);
    expect(bridge.packages().map(statusesIn)).toEqual([undefined, [200]]);
  });

  test(`a session by ${scheme} opens without a challenge when the device knows its nonce`, async () => {
    const { bridge, got, token } = await opened(scheme, hash);
    const closing = await say(bridge, syncml({ msgId: 3 }, reply(got, LEAVES)), got.nextNonce ?? '', hash, token);
    const body = packageOne(BRUCE, { cred: '', sessionId: '2' });
    expect((await say(bridge, body, closing.nextNonce ?? '', hash)).statuses[0]).toBe('SyncHdr 0 200');
  });

  test.each(['without the header', 'with a wrong mac', 'with the nonce used last', 'with a changed body'])(
    `a message %s gets 401 in a session by ${scheme}, and its answers count when they come again${scheme === 'hmac-sha256' ? ' (CP-DMSEC-5.6)' : ''}`,
    async (fault) => {
      const { bridge, got, token } = await opened(scheme, hash);
      const before = await bridge.state();
      const body = syncml({ msgId: 3 }, reply(got, LEAVES));
      const right = macHeader(BRUCE, got.nextNonce ?? '', body, hash);
      const header = {
        'without the header': undefined,
        'with a wrong mac': macHeader({ ...BRUCE, password: 'wrong' }, got.nextNonce ?? '', body, hash),
        'with the nonce used last': macHeader(BRUCE, before.record.usedNonce ?? '', body, hash),
        'with a changed body': right,
      }[fault];
      const sent = fault === 'with a changed body' ? body.replace('Phone', 'phone') : body;
      const refused = await bridge.say(sent, {
        token,
        headers: header === undefined ? {} : { 'x-syncml-hmac': header },
      });
      expect(refused).toMatchObject({
        chalType: 'syncml:auth-MAC',
        statuses: ['SyncHdr 0 401'],
        commands: [],
        final: true,
      });
      expect(await bridge.state()).toEqual(before);
      const again = syncml({ msgId: 4 }, reply(got, LEAVES));
      const closing = await say(bridge, again, refused.nextNonce ?? '', hash, token);
      expect(closing).toMatchObject({ statuses: ['SyncHdr 0 200'], msgId: 4 });
      expect(bridge.packages().map(statusesIn)).toEqual([undefined, [200]]);
    },
  );

  test(`a session by ${scheme} does not go on by Cred`, async () => {
    const bridge = await BridgeUnderTest.open({ accept: [scheme, 'basic'], script: getOnce });
    const challenge = await bridge.say(first(1));
    const got = await say(bridge, first(2), challenge.nextNonce ?? '', hash);
    const body = syncml({ msgId: 3, cred: basicCred(BRUCE) }, reply(got, LEAVES));
    expect((await bridge.say(body, { token: tokenOf(got) })).statuses).toEqual(['SyncHdr 0 401']);
  });

  test(`a replayed message, or one of another device, opens no session by ${scheme}`, async () => {
    const { bridge } = await opened(scheme, hash);
    const { usedNonce = '', clientNonce = '' } = (await bridge.state()).record;
    const body = packageOne(BRUCE, { cred: '', sessionId: '2' });
    expect((await say(bridge, body, usedNonce, hash)).statuses[0]).toBe('SyncHdr 0 401');
    expect((await say(bridge, body, clientNonce, hash, undefined, AUSTIN)).statuses[0]).toBe('SyncHdr 0 401');
    const renamed = macHeader(BRUCE, clientNonce, body, hash).replace('"bruce"', '"austin"');
    expect((await bridge.say(body, { headers: { 'x-syncml-hmac': renamed } })).statuses[0]).toBe('SyncHdr 0 401');
    expect((await say(bridge, body, clientNonce, hash)).statuses[0]).toBe('SyncHdr 0 200');
  });

  test(`a message by ${scheme} that a killed bridge did not answer gets its answer when it comes again`, async () => {
    const { bridge, got, token } = await opened(scheme, hash);
    const slow = later();
    bridge.script = () => slow.reply;
    const body = syncml({ msgId: 3 }, reply(got, LEAVES));
    const headers = { 'x-syncml-hmac': macHeader(BRUCE, got.nextNonce ?? '', body, hash) };
    void bridge.post(body, { token, headers });
    await settle();
    expect((await bridge.state()).record.usedNonce).toBe(got.nextNonce);
    expect((await bridge.state()).session?.unanswered).toBeDefined();
    bridge.kill();
    const answer = await bridge.say(body, { token, headers });
    expect(answer.statuses).toEqual(['SyncHdr 0 200']);
    expect(answer.nextNonce).toBe((await bridge.state()).record.clientNonce);
  });

  test(`a challenge during a session by ${scheme} keeps Source and RespURI of the session`, async () => {
    const { bridge, token } = await opened(scheme, hash);
    const { south } = (await bridge.state()).session ?? {};
    const body = syncml({ msgId: 3, target: south?.respUri ?? '' }, [note(1, 'n')]);
    const { body: challenge } = await bridge.post(body, { token });
    const header = child(readXml(challenge), 'SyncHdr');
    expect(textAt(header, 'Source', 'LocURI')).toBe(south?.serverUri);
    expect(textAt(header, 'RespURI')).toBe(south?.respUri);
    expect(south?.respUri).not.toBe(south?.serverUri);
  });

  test(`a repeated message by ${scheme} gets its stored answer, also after a restart`, async () => {
    const { bridge, got, token } = await opened(scheme, hash);
    const body = syncml({ msgId: 3 }, reply(got, LEAVES));
    const headers = { 'x-syncml-hmac': macHeader(BRUCE, got.nextNonce ?? '', body, hash) };
    const answer = await bridge.post(body, { token, headers });
    expect(await bridge.post(body, { token, headers })).toEqual(answer);
    bridge.kill();
    expect(await bridge.post(body, { token, headers })).toEqual(answer);
  });

  test(`a device that starts again under its old SessionID opens a session by ${scheme}`, async () => {
    const { bridge } = await opened(scheme, hash);
    const challenge = await bridge.say(first(1));
    expect(challenge.statuses[0]).toBe('SyncHdr 0 407');
    const again = await say(bridge, first(2), challenge.nextNonce ?? '', hash);
    expect(again.statuses[0]).toBe('SyncHdr 0 200');
    await bridge.drained();
    expect(bridge.packages()).toHaveLength(3);
  });
});

describe('the header x-syncml-hmac', () => {
  test.each([
    ['hmac-sha256', 'MD5'],
    ['hmac-md5', 'SHA256'],
  ] as const)('where only %s is accepted, a MAC with %s gets 401', async (scheme, hash) => {
    const bridge = await BridgeUnderTest.open({ accept: [scheme] });
    const challenge = await bridge.say(first(1));
    const refused = await say(bridge, first(2), challenge.nextNonce ?? '', hash);
    expect(refused).toMatchObject({
      chalType: 'syncml:auth-MAC',
      statuses: ['SyncHdr 0 401', 'Alert 1 401', 'Replace 2 401'],
    });
  });

  test('an unreadable MAC header gets 401 where MAC is accepted, and does not count where it is not', async () => {
    const bridge = await BridgeUnderTest.open({ accept: ['hmac-md5', 'basic'] });
    const headers = { 'x-syncml-hmac': 'nonsense' };
    expect((await bridge.say(packageOne(BRUCE), { headers })).statuses[0]).toBe('SyncHdr 0 401');
    const other = await BridgeUnderTest.open({ accept: ['basic'] });
    expect((await other.say(packageOne(BRUCE), { headers })).statuses[0]).toBe('SyncHdr 0 200');
  });

  test('a MAC header decides alone, whatever Cred the message has', async () => {
    const bridge = await BridgeUnderTest.open({ accept: ['hmac-md5', 'basic'] });
    const { nextNonce = '' } = await bridge.say(first(1));
    const wrongCred = packageOne(BRUCE, { msgId: 2, cred: basicCred({ user: 'bruce', password: 'wrong' }) });
    expect((await say(bridge, wrongCred, nextNonce, 'MD5')).statuses[0]).toBe('SyncHdr 0 200');
    const rightCred = packageOne(BRUCE, { sessionId: '2' });
    expect((await say(bridge, rightCred, nextNonce, 'MD5')).statuses[0]).toBe('SyncHdr 0 401');
  });

  test('a MAC header of an unregistered device changes nothing and is answered like a wrong password', async () => {
    const bridge = await BridgeUnderTest.open({ accept: ['hmac-md5'] });
    const unregistered = { devId: 'IMEI:404', user: 'unregistered', password: 'unregistered' };
    const shape = async (account: Account) => {
      const body = packageOne(account, { cred: '' });
      const headers = { 'x-syncml-hmac': macHeader({ ...account, password: 'x' }, 'AAAA', body) };
      const got = await bridge.post(body, { headers });
      return { ...got, body: got.body.replaceAll(account.devId, 'DEV').replace(/<NextNonce.*?<\/NextNonce>/u, '') };
    };
    expect(await shape(unregistered)).toEqual(await shape(BRUCE));
    expect(bridge.commits).toBe(0);
  });

  test('a device whose row accepts only hmac-md5 is asked for it, and other devices are not', async () => {
    const devices = [{ ...BRUCE, accept: ['hmac-md5'] }, AUSTIN];
    const bridge = await BridgeUnderTest.open({ accept: ['md5', 'basic'], devices });
    expect((await bridge.say(first(1))).chalType).toBe('syncml:auth-MAC');
    expect((await bridge.say(packageOne(BRUCE))).statuses[0]).toBe('SyncHdr 0 401');
    expect((await bridge.say(packageOne(AUSTIN))).statuses[0]).toBe('SyncHdr 0 200');
  });

  test('a message without the token goes on by its MAC, and one at RespURI needs a MAC, too', async () => {
    const { bridge, got, token } = await opened('hmac-md5', 'MD5');
    const second = syncml({ msgId: 3 }, [...reply(got, {}), alert(9, 1222)], false);
    const more = await say(bridge, second, got.nextNonce ?? '', 'MD5', token);
    const third = syncml({ msgId: 4 }, [alert(1, 1222)]);
    expect(readAnswer((await bridge.post(third, { token })).body).statuses[0]).toBe('SyncHdr 0 401');
    expect((await say(bridge, third, more.nextNonce ?? '', 'MD5')).statuses[0]).toBe('SyncHdr 0 200');
  });
});
