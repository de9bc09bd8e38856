/** Whole sessions by HTTP credentials (RFC 7616, RFC 7617; design: authentication). */
import { describe, expect, it } from 'vitest';
import { digestAuthorization, parseDigestChallenge } from '../../src/http/digest-auth.ts';
import {
  AUSTIN,
  BRUCE,
  commands,
  DEV_TYP,
  type Got,
  LEAVES,
  noCommands,
  Scene,
  statusesIn,
  tokenOf,
} from '../bridge/scene.ts';
import { basicHeader, type DigestAnswer, digestHeader, digestOf, parametersOf } from '../e2e/http-credentials.ts';
import { type Account, md5Cred, packageOne, readAnswer, reply, syncml } from '../e2e/scripted-device.ts';

const getOnce = (_: unknown, count: number) => (count === 1 ? commands(['GET', DEV_TYP]) : noCommands());
const FIRST = packageOne(BRUCE, { cred: '' });
const SLOT = 300_000;

function post(scene: Scene, body: string, authorization: string | undefined, target = '/dm'): Promise<Got> {
  const token = target.split('/')[2];
  return scene.post(body, { token, target, headers: authorization === undefined ? {} : { authorization } });
}

const statusOf = (got: Got) => readAnswer(got.body).statuses[0];
const nonceOf = (got: Got) => parametersOf(got.httpChallenges?.[0]).nonce ?? '';

describe('HTTP Basic', () => {
  const open = () => Scene.open({ accept: ['http-basic'], script: getOnce });

  it('is asked for by HTTP, with a message that says the same; then SyncML says 200 (CP-DMSEC-5.3a)', async () => {
    const scene = await open();
    const asked = await post(scene, FIRST, undefined);
    expect(asked.status).toBe(401);
    expect(asked.httpChallenges).toEqual(['Basic realm="dmbridge", charset="UTF-8"']);
    expect(readAnswer(asked.body)).toMatchObject({
      statuses: ['SyncHdr 0 407', 'Alert 1 407', 'Replace 2 407'],
      chalType: undefined,
      final: true,
    });
    expect(scene.commits).toBe(0);
    const got = await post(scene, FIRST, basicHeader(BRUCE));
    expect(got.status).toBe(200);
    expect(got.httpChallenges).toBeUndefined();
    const answer = readAnswer(got.body);
    expect(answer).toMatchObject({ chalType: undefined, statuses: ['SyncHdr 0 200', 'Alert 1 200', 'Replace 2 200'] });
    const target = `/dm/${tokenOf(answer)}`;
    const second = syncml({ msgId: 2 }, reply(answer, LEAVES));
    const unsigned = await post(scene, second, undefined, target);
    expect([unsigned.status, statusOf(unsigned)]).toEqual([401, 'SyncHdr 0 407']);
    expect(statusOf(await post(scene, second, basicHeader(BRUCE), target))).toBe('SyncHdr 0 200');
    expect(scene.packages().map(statusesIn)).toEqual([undefined, [200]]);
  });

  it('gives a stored answer only to who has the credentials, and tells nobody else the way back', async () => {
    const scene = await open();
    const got = await post(scene, FIRST, basicHeader(BRUCE));
    for (const authorization of [undefined, basicHeader(AUSTIN)]) {
      const refused = await post(scene, FIRST, authorization);
      expect(refused.status).toBe(401);
      expect(refused.body).not.toContain(tokenOf(readAnswer(got.body)));
    }
    expect(await post(scene, FIRST, basicHeader(BRUCE))).toEqual(got);
    expect(scene.packages()).toHaveLength(1);
  });

  it.each([
    ['a wrong password', basicHeader({ ...BRUCE, password: 'x' })],
    ["another device's credentials", basicHeader(AUSTIN)],
    ['no base64', 'Basic ***'],
  ])('refuses %s: 401', async (_, authorization) => {
    const got = await post(await open(), FIRST, authorization);
    expect([got.status, statusOf(got)]).toEqual([401, 'SyncHdr 0 401']);
    expect(got.httpChallenges).toEqual(['Basic realm="dmbridge", charset="UTF-8"']);
  });

  it('does not count where it is not accepted', async () => {
    const scene = await Scene.open({ accept: ['md5'] });
    const got = await post(scene, FIRST, basicHeader(BRUCE));
    expect([got.status, statusOf(got), got.httpChallenges]).toEqual([200, 'SyncHdr 0 407', undefined]);
  });
});

describe.each(['SHA-256', 'MD5'] as const)('HTTP Digest with %s', (algorithm) => {
  const open = () => Scene.open({ accept: ['http-digest'], script: getOnce });
  const answer = (nonce: string, more: DigestAnswer = {}, who: Account = BRUCE) =>
    digestHeader(who, nonce, { algorithm, ...more });

  it('is offered with both hashes, accepted, and answered with rspauth and the next nonce (CP-DMSEC-5.3a)', async () => {
    const scene = await open();
    const asked = await post(scene, FIRST, undefined);
    expect(asked.status).toBe(401);
    expect(asked.httpChallenges?.map((each) => parametersOf(each).algorithm)).toEqual(['SHA-256', 'MD5']);
    expect(await post(scene, FIRST, undefined)).toEqual(asked);
    expect(scene.commits).toBe(0);
    const got = await post(scene, FIRST, answer(nonceOf(asked)));
    expect([got.status, statusOf(got)]).toEqual([200, 'SyncHdr 0 200']);
    const info = parametersOf(got.headers['authentication-info']);
    const use = { algorithm, nc: 1, uri: '/dm', realm: 'dmbridge', cnonce: 'f00', qop: 'auth' } as const;
    expect(info).toMatchObject({ qop: 'auth', nc: '00000001', cnonce: 'f00' });
    expect(info.rspauth).toBe(digestOf(BRUCE, use, nonceOf(asked), ''));
    const sent = readAnswer(got.body);
    const uri = `/dm/${tokenOf(sent)}`;
    const closing = await post(
      scene,
      syncml({ msgId: 2 }, reply(sent, LEAVES)),
      answer(info.nextnonce ?? '', { uri }),
      uri,
    );
    expect(statusOf(closing)).toBe('SyncHdr 0 200');
    expect(scene.packages().map(statusesIn)).toEqual([undefined, [200]]);
  });

  it('takes what our own client for backends answers, which the examples of RFC 7616 judge', async () => {
    const scene = await open();
    const asked = await post(scene, FIRST, undefined);
    const offer = asked.httpChallenges?.find((each) => parametersOf(each).algorithm === algorithm) ?? '';
    const challenge = parseDigestChallenge(offer);
    if (challenge === undefined) throw new Error(`no challenge in ${offer}`);
    const header = digestAuthorization(challenge, {
      method: 'POST',
      uri: '/dm',
      body: Buffer.from(FIRST),
      user: BRUCE.user,
      password: BRUCE.password,
      cnonce: 'c"n\\once',
      count: 1,
    });
    expect(statusOf(await post(scene, FIRST, header))).toBe('SyncHdr 0 200');
  });

  it('goes on with the same nonce and a higher nc', async () => {
    const scene = await open();
    const nonce = nonceOf(await post(scene, FIRST, undefined));
    const got = readAnswer((await post(scene, FIRST, answer(nonce))).body);
    const uri = `/dm/${tokenOf(got)}`;
    const second = syncml({ msgId: 2 }, reply(got, LEAVES));
    expect(statusOf(await post(scene, second, answer(nonce, { nc: 2, uri }), uri))).toBe('SyncHdr 0 200');
  });

  it('binds the body with auth-int, and signs the answer likewise', async () => {
    const scene = await open();
    const nonce = nonceOf(await post(scene, FIRST, undefined));
    const signed = answer(nonce, { qop: 'auth-int', body: FIRST });
    expect(statusOf(await post(scene, FIRST.replace('Phone', 'phone'), signed))).toBe('SyncHdr 0 401');
    const got = await post(scene, FIRST, signed);
    expect(statusOf(got)).toBe('SyncHdr 0 200');
    const use = {
      algorithm,
      nc: 1,
      uri: '/dm',
      realm: 'dmbridge',
      cnonce: 'f00',
      qop: 'auth-int',
      body: got.body,
    } as const;
    expect(parametersOf(got.headers['authentication-info']).rspauth).toBe(digestOf(BRUCE, use, nonce, ''));
    expect((await post(scene, FIRST, signed)).headers).toEqual(got.headers);
  });

  it('gives the stored answer to the same message, signed as before or anew', async () => {
    const scene = await open();
    const nonce = nonceOf(await post(scene, FIRST, undefined));
    const got = await post(scene, FIRST, answer(nonce));
    expect(await post(scene, FIRST, answer(nonce))).toEqual(got);
    expect(await post(scene, FIRST, answer(nonce, { nc: 2 }))).toEqual(got);
    expect((await post(scene, FIRST, undefined)).status).toBe(401);
    expect((await post(scene, FIRST, answer(nonce, {}, { ...BRUCE, password: 'x' }))).status).toBe(401);
    expect(scene.packages()).toHaveLength(1);
  });

  it('refuses a replay, also by a nonce that is older than what was accepted since; stale=true counts as no failure', async () => {
    const scene = await open();
    const nonce = nonceOf(await post(scene, FIRST, undefined));
    await post(scene, FIRST, answer(nonce));
    const other = packageOne(BRUCE, { cred: '', sessionId: '2' });
    for (let guess = 0; guess < 4; guess += 1) {
      const replayed = await post(scene, other, answer(nonce));
      expect([replayed.status, statusOf(replayed)]).toEqual([401, 'SyncHdr 0 401']);
      expect(parametersOf(replayed.httpChallenges?.[0]).stale).toBe('true');
    }
    await scene.clock.advance(SLOT);
    const next = nonceOf(await post(scene, other, undefined));
    expect(next).not.toBe(nonce);
    expect(statusOf(await post(scene, other, answer(next)))).toBe('SyncHdr 0 200');
    const third = packageOne(BRUCE, { cred: '', sessionId: '3' });
    expect(statusOf(await post(scene, third, answer(nonce, { nc: 1 })))).toBe('SyncHdr 0 401');
  });

  it('takes a nonce of the slot before, none that is older', async () => {
    const scene = await open();
    const nonce = nonceOf(await post(scene, FIRST, undefined));
    await scene.clock.advance(2 * SLOT);
    const late = await post(scene, FIRST, answer(nonce));
    expect([statusOf(late), parametersOf(late.httpChallenges?.[0]).stale]).toEqual(['SyncHdr 0 401', 'true']);
    const fresh = nonceOf(late);
    await scene.clock.advance(SLOT);
    expect(statusOf(await post(scene, FIRST, answer(fresh)))).toBe('SyncHdr 0 200');
  });

  it('serves a client of RFC 2069, which knows no qop: each nonce is good once', async () => {
    const scene = await open();
    const nonce = nonceOf(await post(scene, FIRST, undefined));
    const got = await post(scene, FIRST, answer(nonce, { qop: undefined }));
    expect(statusOf(got)).toBe('SyncHdr 0 200');
    const info = parametersOf(got.headers['authentication-info']);
    expect(Object.keys(info)).toEqual(['nextnonce']);
    const other = packageOne(BRUCE, { cred: '', sessionId: '2' });
    expect(statusOf(await post(scene, other, answer(nonce, { qop: undefined })))).toBe('SyncHdr 0 401');
    expect(statusOf(await post(scene, other, answer(info.nextnonce ?? '', { qop: undefined })))).toBe('SyncHdr 0 200');
  });

  it.each([
    ['a wrong password', { ...BRUCE, password: 'x' }, {}],
    ["another device's credentials", AUSTIN, {}],
    ['another path', BRUCE, { uri: '/other' }],
    ['another realm', BRUCE, { realm: 'other' }],
  ] as const)('refuses %s', async (_, who, more) => {
    const scene = await open();
    const nonce = nonceOf(await post(scene, FIRST, undefined));
    const got = await post(scene, FIRST, answer(nonce, more, who));
    expect([got.status, statusOf(got)]).toEqual([401, 'SyncHdr 0 401']);
    expect(parametersOf(got.httpChallenges?.[0]).stale).toBeUndefined();
  });

  it('refuses a nonce that is not ours, and one that was made for another device', async () => {
    const scene = await open();
    const theirs = nonceOf(await post(scene, packageOne(AUSTIN, { cred: '' }), undefined));
    for (const nonce of [theirs, 'AAAAAAAAAAAAAAAAAAAAAA', 'x', '']) {
      expect(statusOf(await post(scene, FIRST, answer(nonce)))).toBe('SyncHdr 0 401');
    }
  });

  it('refuses another user name, however right the response is', async () => {
    const scene = await open();
    const header = answer(nonceOf(await post(scene, FIRST, undefined)));
    expect(statusOf(await post(scene, FIRST, header.replace('"bruce"', '"austin"')))).toBe('SyncHdr 0 401');
    expect(statusOf(await post(scene, FIRST, header))).toBe('SyncHdr 0 200');
  });

  it('takes an absolute URI of the same place', async () => {
    const scene = await open();
    const nonce = nonceOf(await post(scene, FIRST, undefined));
    const got = await post(scene, FIRST, answer(nonce, { uri: 'http://bridge.example.com/dm' }));
    expect(statusOf(got)).toBe('SyncHdr 0 200');
  });

  it('does not tell a stranger from a device', async () => {
    const scene = await open();
    const stranger = { devId: 'IMEI:404', user: 'nobody', password: 'nobody' };
    const shape = async (account: Account) => {
      const body = packageOne(account, { cred: '' });
      const got = await post(scene, body, digestHeader({ ...account, password: 'wrong' }, 'x', { algorithm }));
      const challenges = got.httpChallenges?.map((each) => each.replace(/nonce="[^"]{22}"/, 'nonce=""'));
      return { ...got, body: got.body.replaceAll(account.devId, 'DEV'), httpChallenges: challenges };
    };
    expect(await shape(stranger)).toEqual(await shape(BRUCE));
    const nonce = nonceOf(await post(scene, packageOne(stranger, { cred: '' }), undefined));
    const got = await post(scene, packageOne(stranger, { cred: '' }), answer(nonce, {}, stranger));
    expect(statusOf(got)).toBe('SyncHdr 0 401');
    expect(scene.commits).toBe(0);
  });
});

describe('several ways in', () => {
  it('offer both HTTP schemes, the first of the list first, and a Chal for those who read only the message', async () => {
    const scene = await Scene.open({ accept: ['http-basic', 'md5', 'http-digest'] });
    const got = await post(scene, FIRST, undefined);
    expect(got.httpChallenges?.map((each) => each.split(' ')[0])).toEqual(['Basic', 'Digest', 'Digest']);
    expect(readAnswer(got.body).chalType).toBe('syncml:auth-md5');
    const nonce = readAnswer(got.body).nextNonce ?? '';
    expect(statusOf(await post(scene, packageOne(BRUCE, { cred: md5Cred(BRUCE, nonce) }), undefined))).toBe(
      'SyncHdr 0 212',
    );
  });

  it('are asked for by what was presented', async () => {
    const scene = await Scene.open({ accept: ['md5', 'http-basic'] });
    expect((await post(scene, FIRST, undefined)).httpChallenges).toBeUndefined();
    const wrong = await post(scene, FIRST, basicHeader({ ...BRUCE, password: 'x' }));
    expect([wrong.status, wrong.httpChallenges?.length]).toEqual([401, 1]);
  });

  it('are held to both when both are presented: what is wrong refuses, what is right says 212', async () => {
    const scene = await Scene.open({ accept: ['http-basic', 'basic'] });
    expect(statusOf(await post(scene, packageOne(BRUCE), basicHeader(BRUCE)))).toBe('SyncHdr 0 212');
    expect(statusOf(await post(scene, packageOne(BRUCE, { sessionId: '2' }), basicHeader(AUSTIN)))).toBe(
      'SyncHdr 0 401',
    );
    const wrongCred = packageOne({ ...BRUCE, password: 'x' }, { sessionId: '3' });
    expect(statusOf(await post(scene, wrongCred, basicHeader(BRUCE)))).toBe('SyncHdr 0 401');
  });

  it('leave a Cred of a type that is not accepted alone when HTTP has proved the device', async () => {
    const scene = await Scene.open({ accept: ['http-basic'] });
    expect(statusOf(await post(scene, packageOne(BRUCE), basicHeader(BRUCE)))).toBe('SyncHdr 0 200');
    expect(statusOf(await post(scene, packageOne(BRUCE, { sessionId: '2' }), undefined))).toBe('SyncHdr 0 401');
  });
});
