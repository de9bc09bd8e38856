/** Whole sessions by `x-syncml-hmac` (design: authentication; field notes #12; DM-1.3 §9). */
import { describe, expect, it } from 'vitest';
import {
  AUSTIN,
  BRUCE,
  commands,
  DEV_TYP,
  LEAVES,
  later,
  noCommands,
  Scene,
  settle,
  statusesIn,
  tokenOf,
} from '../bridge/scene.ts';
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

async function say(scene: Scene, body: string, nonce: string, hash: Hash, token?: string, who: Account = BRUCE) {
  // Each guesser from an address of its own, so that none has to wait.
  return await scene.say(body, {
    token,
    from: who.user,
    headers: { 'x-syncml-hmac': macHeader(who, nonce, body, hash) },
  });
}

/** A session whose device was given a Get. */
async function opened(scheme: string, hash: Hash): Promise<{ scene: Scene; got: Answer; token: string | undefined }> {
  const scene = await Scene.open({ accept: [scheme], script: getOnce });
  const challenge = await scene.say(first(1));
  const got = await say(scene, first(2), challenge.nextNonce ?? '', hash);
  return { scene, got, token: tokenOf(got) };
}

describe.each(VARIANTS)('a session by %s', (scheme, hash) => {
  it('is challenged, then the header alone authenticates; 200 and a new nonce with every answer (field note #12, DM-PRO-S-010-M, CP-DMSEC-5.4a)', async () => {
    const { scene, got, token } = await opened(scheme, hash);
    const challenge = await Scene.open({ accept: [scheme] }).then((other) => other.say(first(1)));
    expect(challenge).toMatchObject({
      chalType: 'syncml:auth-MAC',
      statuses: ['SyncHdr 0 407', 'Alert 1 407', 'Replace 2 407'],
    });
    expect(got).toMatchObject({
      chalType: 'syncml:auth-MAC',
      statuses: ['SyncHdr 0 200', 'Alert 1 200', 'Replace 2 200'],
    });
    expect(got.commands.map(({ name }) => name)).toEqual(['Get']);
    expect((await scene.state()).record.clientNonce).toBe(got.nextNonce);
    const closing = await say(scene, syncml({ msgId: 3 }, reply(got, LEAVES)), got.nextNonce ?? '', hash, token);
    expect(closing).toMatchObject({ chalType: 'syncml:auth-MAC', statuses: ['SyncHdr 0 200'], final: true });
    expect(closing.nextNonce).not.toBe(got.nextNonce);
    expect(scene.packages().map(statusesIn)).toEqual([undefined, [200]]);
  });

  it('begins without a challenge when the device knows its nonce', async () => {
    const { scene, got, token } = await opened(scheme, hash);
    const closing = await say(scene, syncml({ msgId: 3 }, reply(got, LEAVES)), got.nextNonce ?? '', hash, token);
    const body = packageOne(BRUCE, { cred: '', sessionId: '2' });
    expect((await say(scene, body, closing.nextNonce ?? '', hash)).statuses[0]).toBe('SyncHdr 0 200');
  });

  it.each(['without the header', 'with a wrong mac', 'with the nonce used last', 'with a changed body'])(
    'keeps its phase and its commands when a message comes %s: 401, and the answers count when they come again',
    async (fault) => {
      const { scene, got, token } = await opened(scheme, hash);
      const before = await scene.state();
      const body = syncml({ msgId: 3 }, reply(got, LEAVES));
      const right = macHeader(BRUCE, got.nextNonce ?? '', body, hash);
      const header = {
        'without the header': undefined,
        'with a wrong mac': macHeader({ ...BRUCE, password: 'wrong' }, got.nextNonce ?? '', body, hash),
        'with the nonce used last': macHeader(BRUCE, before.record.usedNonce ?? '', body, hash),
        'with a changed body': right,
      }[fault];
      const sent = fault === 'with a changed body' ? body.replace('Phone', 'phone') : body;
      const refused = await scene.say(sent, {
        token,
        headers: header === undefined ? {} : { 'x-syncml-hmac': header },
      });
      expect(refused).toMatchObject({
        chalType: 'syncml:auth-MAC',
        statuses: ['SyncHdr 0 401'],
        commands: [],
        final: true,
      });
      expect(await scene.state()).toEqual(before);
      const again = syncml({ msgId: 4 }, reply(got, LEAVES));
      const closing = await say(scene, again, refused.nextNonce ?? '', hash, token);
      expect(closing).toMatchObject({ statuses: ['SyncHdr 0 200'], msgId: 4 });
      expect(scene.packages().map(statusesIn)).toEqual([undefined, [200]]);
    },
  );

  it('cannot go on by Cred instead', async () => {
    const scene = await Scene.open({ accept: [scheme, 'basic'], script: getOnce });
    const challenge = await scene.say(first(1));
    const got = await say(scene, first(2), challenge.nextNonce ?? '', hash);
    const body = syncml({ msgId: 3, cred: basicCred(BRUCE) }, reply(got, LEAVES));
    expect((await scene.say(body, { token: tokenOf(got) })).statuses).toEqual(['SyncHdr 0 401']);
  });

  it('is not opened by a replayed message, nor by that of another device', async () => {
    const { scene } = await opened(scheme, hash);
    const { usedNonce = '', clientNonce = '' } = (await scene.state()).record;
    const body = packageOne(BRUCE, { cred: '', sessionId: '2' });
    expect((await say(scene, body, usedNonce, hash)).statuses[0]).toBe('SyncHdr 0 401');
    expect((await say(scene, body, clientNonce, hash, undefined, AUSTIN)).statuses[0]).toBe('SyncHdr 0 401');
    const renamed = macHeader(BRUCE, clientNonce, body, hash).replace('"bruce"', '"austin"');
    expect((await scene.say(body, { headers: { 'x-syncml-hmac': renamed } })).statuses[0]).toBe('SyncHdr 0 401');
    expect((await say(scene, body, clientNonce, hash)).statuses[0]).toBe('SyncHdr 0 200');
  });

  it('gets the answer that a killed bridge owed it, for the very same message with the very same header', async () => {
    const { scene, got, token } = await opened(scheme, hash);
    const slow = later();
    scene.script = () => slow.reply;
    const body = syncml({ msgId: 3 }, reply(got, LEAVES));
    const headers = { 'x-syncml-hmac': macHeader(BRUCE, got.nextNonce ?? '', body, hash) };
    void scene.post(body, { token, headers });
    await settle();
    expect((await scene.state()).record.usedNonce).toBe(got.nextNonce);
    expect((await scene.state()).session?.unanswered).toBeDefined();
    scene.kill();
    const answer = await scene.say(body, { token, headers });
    expect(answer.statuses).toEqual(['SyncHdr 0 200']);
    expect(answer.nextNonce).toBe((await scene.state()).record.clientNonce);
  });

  it('hears a challenge in mid-session from the server that it began with, at the address that it was told', async () => {
    const { scene, token } = await opened(scheme, hash);
    const { south } = (await scene.state()).session ?? {};
    const body = syncml({ msgId: 3, target: south?.respUri ?? '' }, [note(1, 'n')]);
    const { body: challenge } = await scene.post(body, { token });
    const header = child(readXml(challenge), 'SyncHdr');
    expect(textAt(header, 'Source', 'LocURI')).toBe(south?.serverUri);
    expect(textAt(header, 'RespURI')).toBe(south?.respUri);
    expect(south?.respUri).not.toBe(south?.serverUri);
  });

  it('gets its stored answer when a message comes again, also from the bridge that comes after', async () => {
    const { scene, got, token } = await opened(scheme, hash);
    const body = syncml({ msgId: 3 }, reply(got, LEAVES));
    const headers = { 'x-syncml-hmac': macHeader(BRUCE, got.nextNonce ?? '', body, hash) };
    const answer = await scene.post(body, { token, headers });
    expect(await scene.post(body, { token, headers })).toEqual(answer);
    scene.kill();
    expect(await scene.post(body, { token, headers })).toEqual(answer);
  });

  it('does not let a device that starts again under its old SessionID be refused', async () => {
    const { scene } = await opened(scheme, hash);
    const challenge = await scene.say(first(1));
    expect(challenge.statuses[0]).toBe('SyncHdr 0 407');
    const again = await say(scene, first(2), challenge.nextNonce ?? '', hash);
    expect(again.statuses[0]).toBe('SyncHdr 0 200');
    await scene.drained();
    expect(scene.packages()).toHaveLength(3);
  });
});

describe('the header', () => {
  it.each([
    ['of the other hash', 'hmac-sha256', 'MD5'],
    ['of the other hash', 'hmac-md5', 'SHA256'],
  ] as const)('%s is wrong: only %s is accepted', async (_, scheme, hash) => {
    const scene = await Scene.open({ accept: [scheme] });
    const challenge = await scene.say(first(1));
    const refused = await say(scene, first(2), challenge.nextNonce ?? '', hash);
    expect(refused).toMatchObject({
      chalType: 'syncml:auth-MAC',
      statuses: ['SyncHdr 0 401', 'Alert 1 401', 'Replace 2 401'],
    });
  });

  it('that cannot be read is wrong where MAC is accepted, and nothing where it is not', async () => {
    const scene = await Scene.open({ accept: ['hmac-md5', 'basic'] });
    const headers = { 'x-syncml-hmac': 'nonsense' };
    expect((await scene.say(packageOne(BRUCE), { headers })).statuses[0]).toBe('SyncHdr 0 401');
    const other = await Scene.open({ accept: ['basic'] });
    expect((await other.say(packageOne(BRUCE), { headers })).statuses[0]).toBe('SyncHdr 0 212');
  });

  it('decides alone, whatever Cred stands beside it', async () => {
    const scene = await Scene.open({ accept: ['hmac-md5', 'basic'] });
    const { nextNonce = '' } = await scene.say(first(1));
    const wrongCred = packageOne(BRUCE, { msgId: 2, cred: basicCred({ user: 'bruce', password: 'wrong' }) });
    expect((await say(scene, wrongCred, nextNonce, 'MD5')).statuses[0]).toBe('SyncHdr 0 200');
    const rightCred = packageOne(BRUCE, { sessionId: '2' });
    expect((await say(scene, rightCred, nextNonce, 'MD5')).statuses[0]).toBe('SyncHdr 0 401');
  });

  it('writes nothing for a stranger, who sees what a device with a wrong password sees', async () => {
    const scene = await Scene.open({ accept: ['hmac-md5'] });
    const stranger = { devId: 'IMEI:404', user: 'nobody', password: 'nobody' };
    const shape = async (account: Account) => {
      const body = packageOne(account, { cred: '' });
      const headers = { 'x-syncml-hmac': macHeader({ ...account, password: 'x' }, 'AAAA', body) };
      const got = await scene.post(body, { headers });
      return { ...got, body: got.body.replaceAll(account.devId, 'DEV').replace(/<NextNonce.*?<\/NextNonce>/u, '') };
    };
    expect(await shape(stranger)).toEqual(await shape(BRUCE));
    expect(scene.commits).toBe(0);
  });

  it('is asked of the one device whose row says so', async () => {
    const devices = [{ ...BRUCE, accept: ['hmac-md5'] }, AUSTIN];
    const scene = await Scene.open({ accept: ['md5', 'basic'], devices });
    expect((await scene.say(first(1))).chalType).toBe('syncml:auth-MAC');
    expect((await scene.say(packageOne(BRUCE))).statuses[0]).toBe('SyncHdr 0 401');
    expect((await scene.say(packageOne(AUSTIN))).statuses[0]).toBe('SyncHdr 0 212');
  });

  it('of a message without token in a session that uses it counts for nothing', async () => {
    const { scene, got, token } = await opened('hmac-md5', 'MD5');
    const second = syncml({ msgId: 3 }, [...reply(got, {}), alert(9, 1222)], false);
    const more = await say(scene, second, got.nextNonce ?? '', 'MD5', token);
    const third = syncml({ msgId: 4 }, [alert(1, 1222)]);
    expect((await say(scene, third, more.nextNonce ?? '', 'MD5')).statuses[0]).toBe('SyncHdr 0 407');
    expect(readAnswer((await scene.post(third, { token })).body).statuses[0]).toBe('SyncHdr 0 401');
  });
});
