/** The bridge authenticates to devices (DM-1.3 §9.1, §9.3). */
import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { macHeader } from '../e2e/http-credentials.ts';
import { type Answer, child, packageOne, readAnswer, readXml, status, syncml, textAt } from '../e2e/scripted-device.ts';
import {
  BRUCE,
  BridgeUnderTest,
  commands,
  type HttpAnswer,
  noCommands,
  statusesIn,
  tokenOf,
  UPDATE,
} from './bridge-under-test.ts';

const SERVER = { user: 'legacy-dm', password: 's3rver' };
const ME = { ...BRUCE, server: SERVER };
const ONE = 'bm9uY2Ugb25l';
const TWO = 'bm9uY2UgdHdv';
const THREE = 'bm9uY2UgdGhyZWU=';
/** Every session of the backend is one Exec. */
const execThenEnd = () => {
  let count = 0;
  return () => {
    count += 1;
    return count % 2 === 1 ? commands(['EXEC', UPDATE]) : noCommands();
  };
};

function open(south: Parameters<typeof BridgeUnderTest.open>[0] = {}): Promise<BridgeUnderTest> {
  return BridgeUnderTest.open({ devices: [ME], script: execThenEnd(), ...south });
}

function chal(type: string, nonce: string | undefined): string {
  const next = nonce === undefined ? '' : `<NextNonce xmlns="syncml:metinf">${nonce}</NextNonce>`;
  return `<Chal><Meta><Format xmlns="syncml:metinf">b64</Format><Type xmlns="syncml:metinf">${type}</Type>${next}</Meta></Chal>`;
}

/** Answers our message: the code for SyncHdr, with a Chal, and one for the Exec in it. */
function judge(
  answer: Answer,
  msgId: number,
  header: number,
  challenge: string,
  code: number,
  sessionId = '1',
): string {
  const hdr = status(1, { msgRef: answer.msgId, cmdRef: 0, cmd: 'SyncHdr' }, header).replace(
    '<Data>',
    `${challenge}<Data>`,
  );
  const exec = answer.commands.find(({ name }) => name === 'Exec');
  const own = exec === undefined ? [] : [status(2, { msgRef: answer.msgId, cmdRef: exec.cmdId, cmd: 'Exec' }, code)];
  return syncml({ msgId, sessionId }, [hdr, ...own]);
}

interface Shown {
  readonly type: string | undefined;
  readonly data: string | undefined;
  readonly name: string | undefined;
}

function shownIn(got: HttpAnswer): Shown {
  const header = child(readXml(got.body), 'SyncHdr');
  return {
    type: textAt(header, 'Cred', 'Meta', 'Type'),
    data: textAt(header, 'Cred', 'Data'),
    name: textAt(header, 'Source', 'LocName'),
  };
}

const NOTHING: Shown = { type: undefined, data: undefined, name: undefined };

function digestShown(type: string, algorithm: 'md5' | 'sha256', nonce: string): Shown {
  const b64 = (data: string | Buffer) => createHash(algorithm).update(data).digest('base64');
  const a = b64(`${SERVER.user}:${SERVER.password}`);
  return { type, data: b64(Buffer.concat([Buffer.from(`${a}:`), Buffer.from(nonce, 'base64')])), name: SERVER.user };
}

/** A first session in which the device challenges the bridge; returns the answer with the credentials. */
async function authenticated(bridge: BridgeUnderTest, type: string, next: string | undefined): Promise<HttpAnswer> {
  const first = readAnswer((await bridge.post(packageOne(BRUCE))).body);
  const token = tokenOf(first);
  const asked = await bridge.post(judge(first, 2, 407, chal(type, next === undefined ? undefined : ONE), 407), {
    token,
  });
  const again = readAnswer(asked.body);
  expect(again.commands.map(({ name }) => name)).toEqual(['Exec']);
  const done = judge(again, 3, 212, next === undefined ? '' : chal(type, next), 200);
  const closing = await bridge.post(done, { token });
  expect(shownIn(closing)).toEqual(NOTHING);
  return asked;
}

/** The MAC of the bridge over the bytes of its answer. */
const signed = (got: HttpAnswer, nonce: string, hash: 'MD5' | 'SHA256' = 'MD5') =>
  macHeader(SERVER, nonce, got.body, hash);

describe('a device that challenges the bridge', () => {
  test.each([
    [
      'md5',
      'syncml:auth-md5',
      TWO,
      digestShown('syncml:auth-md5', 'md5', ONE),
      digestShown('syncml:auth-md5', 'md5', TWO),
    ],
    ['SHA-256', 'x:sha', TWO, digestShown('x:sha', 'sha256', ONE), digestShown('x:sha', 'sha256', TWO)],
    [
      'Basic',
      'syncml:auth-basic',
      undefined,
      { type: 'syncml:auth-basic', data: Buffer.from('legacy-dm:s3rver').toString('base64'), name: 'legacy-dm' },
      { type: 'syncml:auth-basic', data: Buffer.from('legacy-dm:s3rver').toString('base64'), name: 'legacy-dm' },
    ],
  ] as const)(
    'a device that challenges the bridge for %s gets the credentials and the same commands, and gets them unasked in its next session (DM-PRO-S-010-M, CP-DMSEC-5.4b, CP-DMSEC-5.4d)',
    async (_, type, next, shown, shownUnasked) => {
      const bridge = await open({ south: { sha256Type: 'x:sha', serverBasic: true } });
      expect(shownIn(await authenticated(bridge, type, next))).toEqual(shown);
      expect(bridge.packages().map(statusesIn)).toEqual([undefined, [200]]);
      const second = await bridge.post(packageOne(BRUCE, { sessionId: '2' }));
      expect(shownIn(second)).toEqual(shownUnasked);
      const answer = readAnswer(second.body);
      const challenge = next === undefined ? '' : chal(type, THREE);
      await bridge.post(judge(answer, 2, 212, challenge, 200, '2'), { token: tokenOf(answer) });
      expect(bridge.packages().map(statusesIn)).toEqual([undefined, [200], undefined, [200]]);
      expect((await bridge.state()).record.serverNonce).toBe(next === undefined ? undefined : THREE);
    },
  );

  test('a challenge for Basic over a connection without TLS ends the session with Alert 1223, and the log says why', async () => {
    const bridge = await open();
    const first = readAnswer((await bridge.post(packageOne(BRUCE))).body);
    const asked = await bridge.post(judge(first, 2, 407, chal('syncml:auth-basic', undefined), 407), {
      token: tokenOf(first),
    });
    const answer = readAnswer(asked.body);
    expect(answer.commands.map(({ node }) => node.children.at(-1)?.text)).toEqual(['1223']);
    expect(shownIn(asked)).toEqual(NOTHING);
    expect(asked.body).not.toContain(Buffer.from('legacy-dm:s3rver').toString('base64'));
    await bridge.drained();
    expect(bridge.packages().map(statusesIn)).toEqual([undefined, [500]]);
    expect(bridge.logs.filter((line) => line.includes('auth.server_basic_refused'))).toHaveLength(1);
    const next = await bridge.post(packageOne(BRUCE, { sessionId: '2' }));
    expect(shownIn(next)).toEqual(NOTHING);
  });

  test('a challenge for Basic over TLS gets the credentials', async () => {
    const bridge = await open();
    const first = readAnswer((await bridge.post(packageOne(BRUCE))).body);
    const question = judge(first, 2, 407, chal('syncml:auth-basic', undefined), 407);
    const asked = await bridge.post(question, { token: tokenOf(first), isProtected: true });
    expect(shownIn(asked).data).toBe(Buffer.from('legacy-dm:s3rver').toString('base64'));
  });

  test.each(['syncml:auth-basic', 'syncml:auth-md5'])(
    'a challenge for %s gets a MAC and no Cred in a session by x-syncml-hmac',
    async (type) => {
      const bridge = await open({ accept: ['hmac-md5'], south: { serverBasic: true } });
      const { nextNonce = '' } = await bridge.say(packageOne(BRUCE, { cred: '' }));
      const body = packageOne(BRUCE, { cred: '', msgId: 2 });
      const signedBy = (text: string, nonce: string) => ({ 'x-syncml-hmac': macHeader(BRUCE, nonce, text) });
      const first = readAnswer((await bridge.post(body, { headers: signedBy(body, nextNonce) })).body);
      const isBasic = type === 'syncml:auth-basic';
      const question = judge(first, 3, 407, chal(type, isBasic ? undefined : ONE), 407);
      const headers = signedBy(question, first.nextNonce ?? '');
      const asked = await bridge.post(question, { token: tokenOf(first), headers });
      expect(shownIn(asked)).toEqual({ ...NOTHING, name: 'legacy-dm' });
      expect(asked.headers['x-syncml-hmac']).toBe(signed(asked, isBasic ? '' : ONE));
      expect(readAnswer(asked.body).commands.map(({ name }) => name)).toEqual(['Exec']);
    },
  );

  test('a device that never challenged the bridge gets no credentials', async () => {
    const bridge = await open();
    expect(shownIn(await bridge.post(packageOne(BRUCE)))).toEqual(NOTHING);
  });

  test('a device that refuses the stored nonce gets the Exec again with its new nonce, and the backend gets one status', async () => {
    const bridge = await open();
    await authenticated(bridge, 'syncml:auth-md5', TWO);
    const first = readAnswer((await bridge.post(packageOne(BRUCE, { sessionId: '2' }))).body);
    const token = tokenOf(first);
    const stale = judge(first, 2, 401, chal('syncml:auth-md5', THREE), 401, '2');
    const again = await bridge.post(stale, { token });
    expect(shownIn(again)).toEqual(digestShown('syncml:auth-md5', 'md5', THREE));
    const sent = readAnswer(again.body);
    expect(sent.commands.map(({ name }) => name)).toEqual(['Exec']);
    await bridge.post(judge(sent, 3, 212, chal('syncml:auth-md5', ONE), 200, '2'), { token });
    expect(bridge.packages().map(statusesIn)).toEqual([undefined, [200], undefined, [200]]);
  });

  test('a device that answers 200 gets credentials in every message with the nonce that it gave last, also after a restart', async () => {
    const bridge = await open();
    const first = readAnswer((await bridge.post(packageOne(BRUCE))).body);
    const token = tokenOf(first);
    const asked = readAnswer(
      (await bridge.post(judge(first, 2, 407, chal('syncml:auth-md5', ONE), 407), { token })).body,
    );
    bridge.kill();
    const got = await bridge.post(judge(asked, 3, 200, chal('syncml:auth-md5', TWO), 200), { token });
    expect(shownIn(got)).toEqual(digestShown('syncml:auth-md5', 'md5', TWO));
    expect((await bridge.state()).record).toMatchObject({ serverNonce: TWO, serverCredType: 'syncml:auth-md5' });
  });

  test("the device's nonce is stored together with the answer", async () => {
    const bridge = await open();
    const first = readAnswer((await bridge.post(packageOne(BRUCE))).body);
    bridge.breakStore(true);
    const asked = judge(first, 2, 407, chal('syncml:auth-md5', ONE), 407);
    await expect(bridge.post(asked, { token: tokenOf(first) })).rejects.toThrow('disk');
    bridge.breakStore(false);
    expect((await bridge.state()).record.serverNonce).toBeUndefined();
    expect(shownIn(await bridge.post(asked, { token: tokenOf(first) }))).toEqual(
      digestShown('syncml:auth-md5', 'md5', ONE),
    );
  });

  test('a device for which the bridge has no credentials gets Alert 1223, and the backend gets 500', async () => {
    const bridge = await open({ devices: [BRUCE] });
    const first = readAnswer((await bridge.post(packageOne(BRUCE))).body);
    const asked = judge(first, 2, 407, chal('syncml:auth-md5', ONE), 407);
    const got = readAnswer((await bridge.post(asked, { token: tokenOf(first) })).body);
    expect(got.commands.map(({ node }) => textAt(node, 'Data'))).toEqual(['1223']);
    await bridge.drained();
    expect(bridge.packages().map(statusesIn)).toEqual([undefined, [500]]);
  });
});

describe('a device that challenges the bridge for a MAC', () => {
  const MAC = 'syncml:auth-MAC';

  test('a device that challenges the bridge for a MAC gets x-syncml-hmac over the very bytes of every answer (CP-DMSEC-5.6)', async () => {
    const bridge = await open();
    const opened = await bridge.post(packageOne(BRUCE));
    expect(opened.headers['x-syncml-hmac']).toBeUndefined();
    const first = readAnswer(opened.body);
    const token = tokenOf(first);
    const question = judge(first, 2, 407, chal(MAC, ONE), 407);
    const asked = await bridge.post(question, { token });
    expect(asked.headers['x-syncml-hmac']).toBe(signed(asked, ONE));
    expect(shownIn(asked)).toEqual({ ...NOTHING, name: 'legacy-dm' });
    expect(await bridge.post(question, { token })).toEqual(asked);
    const sent = readAnswer(asked.body);
    expect(sent.commands.map(({ name }) => name)).toEqual(['Exec']);
    const closing = await bridge.post(judge(sent, 3, 200, chal(MAC, TWO), 200), { token });
    expect(closing.headers['x-syncml-hmac']).toBe(signed(closing, TWO));
    expect(bridge.packages().map(statusesIn)).toEqual([undefined, [200]]);
    const second = await bridge.post(packageOne(BRUCE, { sessionId: '2' }));
    expect(second.headers['x-syncml-hmac']).toBe(signed(second, TWO));
  });

  test('the MAC of the bridge has the algorithm of the device', async () => {
    const bridge = await open({ accept: ['hmac-md5', 'hmac-sha256'] });
    const unsigned = packageOne(BRUCE, { cred: '' });
    const { nextNonce = '' } = await bridge.say(unsigned);
    const body = packageOne(BRUCE, { cred: '', msgId: 2 });
    const headers = { 'x-syncml-hmac': macHeader(BRUCE, nextNonce, body, 'SHA256') };
    const first = readAnswer((await bridge.post(body, { headers })).body);
    const question = judge(first, 3, 407, chal(MAC, ONE), 407);
    const own = { 'x-syncml-hmac': macHeader(BRUCE, first.nextNonce ?? '', question, 'SHA256') };
    const got = await bridge.post(question, { token: tokenOf(first), headers: own });
    expect(got.headers['x-syncml-hmac']).toBe(signed(got, ONE, 'SHA256'));
  });

  test('a challenge has no MAC', async () => {
    const bridge = await open();
    await authenticated(bridge, MAC, TWO);
    const challenge = await bridge.post(packageOne(BRUCE, { cred: '', sessionId: '9' }));
    expect(challenge.headers['x-syncml-hmac']).toBeUndefined();
    expect(shownIn(challenge)).toEqual(NOTHING);
  });
});
