/** Whole sessions by HTTP credentials (RFC 7616, RFC 7617). */
import { describe, expect, test } from 'vitest';
import { digestAuthorization, parseDigestChallenge } from '../../src/http/digest-auth.ts';
import {
  AUSTIN,
  BRUCE,
  BridgeUnderTest,
  commands,
  DEV_TYP,
  type HttpAnswer,
  LEAVES,
  noCommands,
  statusesIn,
  tokenOf,
} from '../bridge/bridge-under-test.ts';
import { basicHeader, type DigestAnswer, digestHeader, digestOf, parametersOf } from '../e2e/http-credentials.ts';
import { type Account, md5Cred, packageOne, readAnswer, reply, syncml } from '../e2e/scripted-device.ts';

const getOnce = (_: unknown, count: number) => (count === 1 ? commands(['GET', DEV_TYP]) : noCommands());
const FIRST = packageOne(BRUCE, { cred: '' });
const SLOT = 300_000;

function post(
  bridge: BridgeUnderTest,
  body: string,
  authorization: string | undefined,
  target = '/dm',
): Promise<HttpAnswer> {
  const token = target.split('/')[2];
  return bridge.post(body, { token, target, headers: authorization === undefined ? {} : { authorization } });
}

const statusOf = (got: HttpAnswer) => readAnswer(got.body).statuses[0];
const nonceOf = (got: HttpAnswer) => parametersOf(got.httpChallenges?.[0]).nonce ?? '';

describe('HTTP Basic', () => {
  const open = () => BridgeUnderTest.open({ accept: ['http-basic'], script: getOnce });

  test('HTTP Basic is asked for by HTTP 401 with a message that says the same, and accepted with 200 in SyncML (CP-DMSEC-5.3a)', async () => {
    const bridge = await open();
    const asked = await post(bridge, FIRST, undefined);
    expect(asked.status).toBe(401);
    expect(asked.httpChallenges).toEqual(['Basic realm="dmbridge", charset="UTF-8"']);
    expect(readAnswer(asked.body)).toMatchObject({
      statuses: ['SyncHdr 0 407', 'Alert 1 407', 'Replace 2 407'],
      chalType: undefined,
      final: true,
    });
    expect(bridge.commits).toBe(0);
    const got = await post(bridge, FIRST, basicHeader(BRUCE));
    expect(got.status).toBe(200);
    expect(got.httpChallenges).toBeUndefined();
    const answer = readAnswer(got.body);
    expect(answer).toMatchObject({ chalType: undefined, statuses: ['SyncHdr 0 200', 'Alert 1 200', 'Replace 2 200'] });
    const target = `/dm/${tokenOf(answer)}`;
    const second = syncml({ msgId: 2 }, reply(answer, LEAVES));
    const unsigned = await post(bridge, second, undefined, target);
    expect([unsigned.status, statusOf(unsigned)]).toEqual([401, 'SyncHdr 0 407']);
    expect(statusOf(await post(bridge, second, basicHeader(BRUCE), target))).toBe('SyncHdr 0 200');
    expect(bridge.packages().map(statusesIn)).toEqual([undefined, [200]]);
  });

  test('a stored answer goes only to a request with HTTP Basic credentials, and other answers hide the token', async () => {
    const bridge = await open();
    const got = await post(bridge, FIRST, basicHeader(BRUCE));
    for (const authorization of [undefined, basicHeader(AUSTIN)]) {
      const refused = await post(bridge, FIRST, authorization);
      expect(refused.status).toBe(401);
      expect(refused.body).not.toContain(tokenOf(readAnswer(got.body)));
    }
    expect(await post(bridge, FIRST, basicHeader(BRUCE))).toEqual(got);
    expect(bridge.packages()).toHaveLength(1);
  });

  test.each([
    ['a wrong password', basicHeader({ ...BRUCE, password: 'x' })],
    ["another device's credentials", basicHeader(AUSTIN)],
    ['text that is no base64', 'Basic ***'],
  ])('HTTP Basic with %s is refused with 401', async (_, authorization) => {
    const got = await post(await open(), FIRST, authorization);
    expect([got.status, statusOf(got)]).toEqual([401, 'SyncHdr 0 401']);
    expect(got.httpChallenges).toEqual(['Basic realm="dmbridge", charset="UTF-8"']);
  });

  test('HTTP Basic does not count where it is not accepted', async () => {
    const bridge = await BridgeUnderTest.open({ accept: ['md5'] });
    const got = await post(bridge, FIRST, basicHeader(BRUCE));
    expect([got.status, statusOf(got), got.httpChallenges]).toEqual([200, 'SyncHdr 0 407', undefined]);
  });
});

describe.each(['SHA-256', 'MD5'] as const)('HTTP Digest with %s', (algorithm) => {
  const open = () => BridgeUnderTest.open({ accept: ['http-digest'], script: getOnce });
  const answer = (nonce: string, more: DigestAnswer = {}, who: Account = BRUCE) =>
    digestHeader(who, nonce, { algorithm, ...more });

  test(`HTTP Digest with ${algorithm} is offered with both hashes, accepted, and answered with rspauth and the next nonce (CP-DMSEC-5.3a)`, async () => {
    const bridge = await open();
    const asked = await post(bridge, FIRST, undefined);
    expect(asked.status).toBe(401);
    expect(asked.httpChallenges?.map((each) => parametersOf(each).algorithm)).toEqual(['SHA-256', 'MD5']);
    expect(await post(bridge, FIRST, undefined)).toEqual(asked);
    expect(bridge.commits).toBe(0);
    const got = await post(bridge, FIRST, answer(nonceOf(asked)));
    expect([got.status, statusOf(got)]).toEqual([200, 'SyncHdr 0 200']);
    const info = parametersOf(got.headers['authentication-info']);
    const use = { algorithm, nc: 1, uri: '/dm', realm: 'dmbridge', cnonce: 'f00', qop: 'auth' } as const;
    expect(info).toMatchObject({ qop: 'auth', nc: '00000001', cnonce: 'f00' });
    expect(info.rspauth).toBe(digestOf(BRUCE, use, nonceOf(asked), ''));
    const sent = readAnswer(got.body);
    const uri = `/dm/${tokenOf(sent)}`;
    const closing = await post(
      bridge,
      syncml({ msgId: 2 }, reply(sent, LEAVES)),
      answer(info.nextnonce ?? '', { uri }),
      uri,
    );
    expect(statusOf(closing)).toBe('SyncHdr 0 200');
    expect(bridge.packages().map(statusesIn)).toEqual([undefined, [200]]);
  });

  test(`HTTP Digest with ${algorithm} accepts the header of the backend client, which the examples of RFC 7616 verify`, async () => {
    const bridge = await open();
    const asked = await post(bridge, FIRST, undefined);
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
      session: { nonce: challenge.nonce, cnonce: 'c"n\\once' },
      count: 1,
    });
    expect(statusOf(await post(bridge, FIRST, header))).toBe('SyncHdr 0 200');
  });

  test(`HTTP Digest with ${algorithm} accepts the same nonce with a higher nc`, async () => {
    const bridge = await open();
    const nonce = nonceOf(await post(bridge, FIRST, undefined));
    const got = readAnswer((await post(bridge, FIRST, answer(nonce))).body);
    const uri = `/dm/${tokenOf(got)}`;
    const second = syncml({ msgId: 2 }, reply(got, LEAVES));
    expect(statusOf(await post(bridge, second, answer(nonce, { nc: 2, uri }), uri))).toBe('SyncHdr 0 200');
  });

  test(`HTTP Digest with ${algorithm} and auth-int covers the body of the request and of the answer`, async () => {
    const bridge = await open();
    const nonce = nonceOf(await post(bridge, FIRST, undefined));
    const signed = answer(nonce, { qop: 'auth-int', body: FIRST });
    expect(statusOf(await post(bridge, FIRST.replace('Phone', 'phone'), signed))).toBe('SyncHdr 0 401');
    const got = await post(bridge, FIRST, signed);
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
    expect((await post(bridge, FIRST, signed)).headers).toEqual(got.headers);
  });

  test(`HTTP Digest with ${algorithm} gives the stored answer to the same message, signed as before or anew`, async () => {
    const bridge = await open();
    const nonce = nonceOf(await post(bridge, FIRST, undefined));
    const got = await post(bridge, FIRST, answer(nonce));
    expect(await post(bridge, FIRST, answer(nonce))).toEqual(got);
    expect(await post(bridge, FIRST, answer(nonce, { nc: 2 }))).toEqual(got);
    expect((await post(bridge, FIRST, undefined)).status).toBe(401);
    expect((await post(bridge, FIRST, answer(nonce, {}, { ...BRUCE, password: 'x' }))).status).toBe(401);
    expect(bridge.packages()).toHaveLength(1);
  });

  test(`HTTP Digest with ${algorithm} refuses a replay, also with an older nonce, as stale and without counting a failure`, async () => {
    const bridge = await open();
    const nonce = nonceOf(await post(bridge, FIRST, undefined));
    await post(bridge, FIRST, answer(nonce));
    const other = packageOne(BRUCE, { cred: '', sessionId: '2' });
    for (let guess = 0; guess < 4; guess += 1) {
      const replayed = await post(bridge, other, answer(nonce));
      expect([replayed.status, statusOf(replayed)]).toEqual([401, 'SyncHdr 0 401']);
      expect(parametersOf(replayed.httpChallenges?.[0]).stale).toBe('true');
    }
    await bridge.clock.advance(SLOT);
    const next = nonceOf(await post(bridge, other, undefined));
    expect(next).not.toBe(nonce);
    expect(statusOf(await post(bridge, other, answer(next)))).toBe('SyncHdr 0 200');
    const third = packageOne(BRUCE, { cred: '', sessionId: '3' });
    expect(statusOf(await post(bridge, third, answer(nonce, { nc: 1 })))).toBe('SyncHdr 0 401');
  });

  test(`HTTP Digest with ${algorithm} accepts a nonce of the slot before and none that is older`, async () => {
    const bridge = await open();
    const nonce = nonceOf(await post(bridge, FIRST, undefined));
    await bridge.clock.advance(2 * SLOT);
    const late = await post(bridge, FIRST, answer(nonce));
    expect([statusOf(late), parametersOf(late.httpChallenges?.[0]).stale]).toEqual(['SyncHdr 0 401', 'true']);
    const fresh = nonceOf(late);
    await bridge.clock.advance(SLOT);
    expect(statusOf(await post(bridge, FIRST, answer(fresh)))).toBe('SyncHdr 0 200');
  });

  test(`HTTP Digest with ${algorithm} accepts each nonce once from a client of RFC 2069, which has no qop`, async () => {
    const bridge = await open();
    const nonce = nonceOf(await post(bridge, FIRST, undefined));
    const got = await post(bridge, FIRST, answer(nonce, { qop: undefined }));
    expect(statusOf(got)).toBe('SyncHdr 0 200');
    const info = parametersOf(got.headers['authentication-info']);
    expect(Object.keys(info)).toEqual(['nextnonce']);
    const other = packageOne(BRUCE, { cred: '', sessionId: '2' });
    expect(statusOf(await post(bridge, other, answer(nonce, { qop: undefined })))).toBe('SyncHdr 0 401');
    expect(statusOf(await post(bridge, other, answer(info.nextnonce ?? '', { qop: undefined })))).toBe('SyncHdr 0 200');
  });

  test.each([
    ['a wrong password', { ...BRUCE, password: 'x' }, {}],
    ["another device's credentials", AUSTIN, {}],
    ['another path', BRUCE, { uri: '/other' }],
    ['another realm', BRUCE, { realm: 'other' }],
  ] as const)(`HTTP Digest with ${algorithm} refuses %s`, async (_, who, more) => {
    const bridge = await open();
    const nonce = nonceOf(await post(bridge, FIRST, undefined));
    const got = await post(bridge, FIRST, answer(nonce, more, who));
    expect([got.status, statusOf(got)]).toEqual([401, 'SyncHdr 0 401']);
    expect(parametersOf(got.httpChallenges?.[0]).stale).toBeUndefined();
  });

  test(`HTTP Digest with ${algorithm} refuses a forged nonce and the nonce of another device`, async () => {
    const bridge = await open();
    const theirs = nonceOf(await post(bridge, packageOne(AUSTIN, { cred: '' }), undefined));
    for (const nonce of [theirs, 'AAAAAAAAAAAAAAAAAAAAAA', 'x', '']) {
      expect(statusOf(await post(bridge, FIRST, answer(nonce)))).toBe('SyncHdr 0 401');
    }
  });

  test(`HTTP Digest with ${algorithm} refuses another user name with a right response`, async () => {
    const bridge = await open();
    const header = answer(nonceOf(await post(bridge, FIRST, undefined)));
    expect(statusOf(await post(bridge, FIRST, header.replace('"bruce"', '"austin"')))).toBe('SyncHdr 0 401');
    expect(statusOf(await post(bridge, FIRST, header))).toBe('SyncHdr 0 200');
  });

  test(`HTTP Digest with ${algorithm} accepts an absolute URI of the same path`, async () => {
    const bridge = await open();
    const nonce = nonceOf(await post(bridge, FIRST, undefined));
    const got = await post(bridge, FIRST, answer(nonce, { uri: 'http://bridge.example.com/dm' }));
    expect(statusOf(got)).toBe('SyncHdr 0 200');
  });

  test.each([
    ['the path that the device sees', '/oma/dm', '/dm', '', true],
    ['the path that the bridge sees', '/dm', '/dm', '', true],
    ['the absolute URI that the device sees', 'https://mdm.example/oma/dm', '/dm', '', true],
    ['the path with a query', '/oma/dm?x=1', '/dm?x=1', '?x=1', true],
    ['the path with a slash that the proxy takes away', '/oma/dm/', '/dm', '', true],
    ['the same with a query', '/oma/dm/?x=1', '/dm?x=1', '?x=1', true],
    ['two slashes', '/oma/dm//', '/dm', '', false],
    ['another query', '/oma/dm?x=2', '/dm?x=1', '?x=1', false],
    ['another path behind the proxy', '/oma/other', '/dm', '', false],
    ['the path above', '/oma', '/dm', '', false],
    ['the token of no session', '/oma/dm/AAAA', '/dm', '', false],
  ])(`HTTP Digest with ${algorithm} behind a proxy that rewrites paths: %s`, async (_, uri, target, below, isRight) => {
    const south = { publicUrl: 'https://mdm.example/oma/dm' };
    const bridge = await BridgeUnderTest.open({ accept: ['http-digest'], script: getOnce, south });
    const nonce = nonceOf(await bridge.post(FIRST, { target, below }));
    const got = await bridge.post(FIRST, { target, below, headers: { authorization: answer(nonce, { uri }) } });
    expect(statusOf(got)).toBe(isRight ? 'SyncHdr 0 200' : 'SyncHdr 0 401');
    if (!isRight) return;
    const { respUri = '' } = readAnswer(got.body);
    const path = new URL(respUri).pathname;
    const token = path.split('/').at(-1) ?? '';
    const place = { token, target: `/dm/${token}`, below: `/${token}` };
    const next = parametersOf(got.headers['authentication-info']).nextnonce ?? '';
    const second = syncml({ msgId: 2 }, reply(readAnswer(got.body), LEAVES));
    const wrong = { authorization: answer(next, { uri: '/oma/dm/AAAAAAAAAAAAAAAAAAAAAA' }) };
    expect(statusOf(await bridge.post(second, { ...place, headers: wrong }))).toBe('SyncHdr 0 401');
    const headers = { authorization: answer(next, { uri: path, nc: 2 }) };
    expect(statusOf(await bridge.post(second, { ...place, headers }))).toBe('SyncHdr 0 200');
  });

  test(`HTTP Digest with ${algorithm} answers an unregistered device as it answers a registered one`, async () => {
    const bridge = await open();
    const unregistered = { devId: 'IMEI:404', user: 'unregistered', password: 'unregistered' };
    const shape = async (account: Account) => {
      const body = packageOne(account, { cred: '' });
      const got = await post(bridge, body, digestHeader({ ...account, password: 'wrong' }, 'x', { algorithm }));
      const challenges = got.httpChallenges?.map((each) => each.replace(/nonce="[^"]{22}"/, 'nonce=""'));
      return { ...got, body: got.body.replaceAll(account.devId, 'DEV'), httpChallenges: challenges };
    };
    expect(await shape(unregistered)).toEqual(await shape(BRUCE));
    const nonce = nonceOf(await post(bridge, packageOne(unregistered, { cred: '' }), undefined));
    const got = await post(bridge, packageOne(unregistered, { cred: '' }), answer(nonce, {}, unregistered));
    expect(statusOf(got)).toBe('SyncHdr 0 401');
    expect(bridge.commits).toBe(0);
  });
});

describe('several HTTP schemes', () => {
  test('a challenge offers both HTTP schemes in the order of the list, and a Chal for devices that read only the message', async () => {
    const bridge = await BridgeUnderTest.open({ accept: ['http-basic', 'md5', 'http-digest'] });
    const got = await post(bridge, FIRST, undefined);
    expect(got.httpChallenges?.map((each) => each.split(' ')[0])).toEqual(['Basic', 'Digest', 'Digest']);
    expect(readAnswer(got.body).chalType).toBe('syncml:auth-md5');
    const nonce = readAnswer(got.body).nextNonce ?? '';
    expect(statusOf(await post(bridge, packageOne(BRUCE, { cred: md5Cred(BRUCE, nonce) }), undefined))).toBe(
      'SyncHdr 0 200',
    );
  });

  test('a challenge asks for HTTP Basic again when the request presented it', async () => {
    const bridge = await BridgeUnderTest.open({ accept: ['md5', 'http-basic'] });
    expect((await post(bridge, FIRST, undefined)).httpChallenges).toBeUndefined();
    const wrong = await post(bridge, FIRST, basicHeader({ ...BRUCE, password: 'x' }));
    expect([wrong.status, wrong.httpChallenges?.length]).toEqual([401, 1]);
  });

  test('a request with HTTP credentials and Cred needs both to be right', async () => {
    const bridge = await BridgeUnderTest.open({ accept: ['http-basic', 'basic'] });
    expect(statusOf(await post(bridge, packageOne(BRUCE), basicHeader(BRUCE)))).toBe('SyncHdr 0 200');
    expect(statusOf(await post(bridge, packageOne(BRUCE, { sessionId: '2' }), basicHeader(AUSTIN)))).toBe(
      'SyncHdr 0 401',
    );
    const wrongCred = packageOne({ ...BRUCE, password: 'x' }, { sessionId: '3' });
    expect(statusOf(await post(bridge, wrongCred, basicHeader(BRUCE)))).toBe('SyncHdr 0 401');
  });

  test('a Cred of a type that is not accepted does no harm when HTTP credentials prove the device', async () => {
    const bridge = await BridgeUnderTest.open({ accept: ['http-basic'] });
    expect(statusOf(await post(bridge, packageOne(BRUCE), basicHeader(BRUCE)))).toBe('SyncHdr 0 200');
    expect(statusOf(await post(bridge, packageOne(BRUCE, { sessionId: '2' }), undefined))).toBe('SyncHdr 0 401');
  });
});
