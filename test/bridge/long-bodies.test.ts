/** A long body is judged before it is handled: whose bodies may be long, and that strangers learn nothing. */
import { beforeEach, describe, expect, test } from 'vitest';
import type { DeviceRequest } from '../../src/bridge/device-request.ts';
import { AUTH_SCHEMES, type AuthScheme } from '../../src/dm1/auth-scheme.ts';
import { decodeMessage, encodeMessage } from '../../src/syncml/codec.ts';
import { digestHeader } from '../e2e/http-credentials.ts';
import { type Account, alert, basicCred, devInfo, packageOne, readAnswer, syncml } from '../e2e/scripted-device.ts';
import { AuthenticatedDevice, type How } from './authenticated-device.ts';
import { AUSTIN, BRUCE, BridgeUnderTest, commands, FW_V, tokenOf } from './bridge-under-test.ts';

const XML = 'application/vnd.syncml.dm+xml';
const WBXML = 'application/vnd.syncml.dm+wbxml';

let bridge: BridgeUnderTest;
beforeEach(async () => {
  bridge = await BridgeUnderTest.open({ script: () => commands(['GET', FW_V]) });
});

/** The beginning of a message: its header, and a part of what follows. */
function beginning(text: string, contentType = XML, more: Partial<DeviceRequest> = {}): DeviceRequest {
  const bytes = encodeMessage(decodeMessage(Buffer.from(text), XML).message, contentType);
  const body = bytes.subarray(0, bytes.length - 20);
  return { body, contentType, headers: {}, remoteAddress: '192.0.2.1', ...more };
}

const basic = (user: string, password: string) => `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
const WRONG = basicCred({ user: 'bruce', password: 'wrong' });

describe.each([XML, WBXML])('the credentials in %s', (type) => {
  test.for([
    ['right ones', packageOne(BRUCE), 'authentic'],
    ['wrong ones', packageOne(BRUCE, { cred: WRONG }), 'refused'],
    ['none', packageOne(BRUCE, { cred: '' }), 'refused'],
    ['those of another device', packageOne(BRUCE, { cred: basicCred(AUSTIN) }), 'refused'],
    ['those of an unknown device', packageOne({ ...BRUCE, devId: 'IMEI:404' }), 'refused'],
  ] as const)('a body may be long with right credentials: %s', async ([_what, text, expected]) => {
    expect(await bridge.judgeLongBody(beginning(text, type))).toBe(expected);
  });
});

test('the token of the open session is enough, also for a bridge that was started again', async () => {
  const token = tokenOf(readAnswer((await bridge.post(packageOne(BRUCE))).body));
  const next = syncml({ msgId: 2, cred: '' }, []);
  expect([bridge.isOpenSession(token ?? ''), bridge.isOpenSession('other')]).toEqual([true, false]);
  bridge.kill();
  expect(bridge.isOpenSession(token ?? '')).toBe(false);
  expect(await bridge.judgeLongBody(beginning(next, XML, { token }))).toBe('authentic');
  expect(await bridge.judgeLongBody(beginning(next, XML, { token: 'other' }))).toBe('refused');
  expect(await bridge.judgeLongBody(beginning(next))).toBe('refused');
  const ofAnother = syncml({ msgId: 2, devId: AUSTIN.devId, cred: '' }, []);
  expect(await bridge.judgeLongBody(beginning(ofAnother, XML, { token }))).toBe('refused');
});

test('HTTP credentials are enough where they are accepted', async () => {
  const http = await BridgeUnderTest.open({ accept: ['http-basic'] });
  const text = packageOne(BRUCE, { cred: '' });
  const judge = (password: string) =>
    http.judgeLongBody(beginning(text, XML, { headers: { authorization: basic('bruce', password) } }));
  expect([await judge('OhBehave'), await judge('wrong')]).toEqual(['authentic', 'refused']);
});

/** A device that has had a session, and the first message of its next one. */
async function returning(scheme: AuthScheme, how: How = {}, account: Account = BRUCE) {
  const known = await BridgeUnderTest.open({ accept: [scheme] });
  const device = new AuthenticatedDevice(known, scheme);
  await device.begins();
  await known.drained();
  const next = new AuthenticatedDevice(known, scheme, undefined, account);
  next.nonce = device.nonce;
  const whole = next.request([alert(1, 1201), devInfo(2, account.devId)], { sessionId: '2', msgId: 1, ...how });
  const start = { ...whole, body: whole.body.subarray(0, -20) };
  return { known, device, whole, start };
}

describe.each(AUTH_SCHEMES)('a long body by %s', (scheme) => {
  const needsWhole = scheme.startsWith('hmac');
  const isUsedUp = scheme !== 'basic' && scheme !== 'http-basic' && scheme !== 'tls';

  test(`right credentials are enough: ${scheme}`, async () => {
    const { known, whole, start } = await returning(scheme);
    expect(await known.judgeLongBody(start)).toBe(needsWhole ? 'undecided' : 'authentic');
    expect(await known.judgeLongBody(whole, 'whole')).toBe('authentic');
    expect((await known.handle(whole)).status).toBe(200);
  });

  const strangers: readonly [string, How, Account][] = [
    ['of a name that is not registered', {}, { ...BRUCE, devId: 'IMEI:404' }],
  ];
  const guessers: typeof strangers = [['with a wrong password', { password: 'wrong' }, BRUCE]];
  test.for(scheme === 'tls' ? strangers : [...strangers, ...guessers])(
    `a long body %s is refused: ${scheme}`,
    async ([_what, how, account]) => {
      const { known, whole, start } = await returning(scheme, how, account);
      expect(await known.judgeLongBody(start)).toBe(needsWhole ? 'undecided' : 'refused');
      expect(await known.judgeLongBody(whole, 'whole')).toBe('refused');
    },
  );

  test(`a copy of the last message is taken, another message with its credentials is not: ${scheme}`, async () => {
    const { known, whole, start } = await returning(scheme);
    const got = await known.handle(whole);
    expect(await known.judgeLongBody(start)).toBe(isUsedUp ? 'undecided' : 'authentic');
    expect(await known.judgeLongBody(whole, 'whole')).toBe('authentic');
    expect(Buffer.from((await known.handle(whole)).body)).toEqual(Buffer.from(got.body));
    const other = { ...whole, body: Buffer.concat([whole.body, Buffer.from('\n')]) };
    expect(await known.judgeLongBody(other, 'whole')).toBe(isUsedUp ? 'refused' : 'authentic');
  });
});

test('HTTP Digest that covers the body is judged with the whole body', async () => {
  const { known, device, whole, start } = await returning('http-digest');
  const body = Buffer.from(whole.body).toString();
  const headers = { authorization: digestHeader(BRUCE, device.nonce, { qop: 'auth-int', body }) };
  expect(await known.judgeLongBody({ ...start, headers })).toBe('undecided');
  expect(await known.judgeLongBody({ ...whole, headers }, 'whole')).toBe('authentic');
  const damaged = { ...whole, headers, body: Buffer.from(body.replace('Final', 'final')) };
  expect(await known.judgeLongBody(damaged, 'whole')).toBe('refused');
});

test('the beginning of a body under a MAC is no wrong attempt, the whole body under a wrong one is', async () => {
  const { known, whole, start } = await returning('hmac-md5', { password: 'wrong' });
  for (let at = 0; at < 30; at += 1) expect(await known.judgeLongBody(start)).toBe('undecided');
  expect(await known.judgeLongBody(whole, 'whole')).toBe('refused');
  expect(await known.judgeLongBody(whole, 'whole')).toBe('refused');
  const third = known.judgeLongBody(whole, 'whole');
  await new Promise((resolve) => setImmediate(resolve));
  await known.clock.advance(1_000);
  expect(await third).toBe('refused');
});

test('a MAC header that cannot be read decides nothing', async () => {
  const headers = { 'x-syncml-hmac': 'nonsense' };
  expect(await bridge.judgeLongBody(beginning(packageOne(BRUCE), XML, { headers }))).toBe('authentic');
  expect(await bridge.judgeLongBody(beginning(packageOne(BRUCE, { cred: WRONG }), XML, { headers }))).toBe('refused');
});

test('a beginning without a whole header is no one', async () => {
  const request = beginning(packageOne(BRUCE));
  expect(await bridge.judgeLongBody({ ...request, body: request.body.subarray(0, 60) })).toBe('refused');
  expect(await bridge.judgeLongBody({ ...request, body: Buffer.from('noise') })).toBe('refused');
});

test('a judgement stores nothing and uses up no credentials', async () => {
  const before = await bridge.state();
  await bridge.judgeLongBody(beginning(packageOne(BRUCE)));
  await bridge.judgeLongBody(beginning(packageOne(BRUCE, { cred: WRONG })));
  expect(await bridge.state()).toEqual(before);
  expect(readAnswer((await bridge.post(packageOne(BRUCE))).body).statuses[0]).toMatch(/^SyncHdr 0 2/u);
});

test('wrong credentials in long bodies count as guessing, for known and unknown names alike', async () => {
  for (const devId of ['IMEI:1', 'IMEI:404']) {
    const guess = () => bridge.judgeLongBody(beginning(packageOne({ ...BRUCE, devId }, { cred: WRONG })));
    expect([await guess(), await guess()]).toEqual(['refused', 'refused']);
    let isAnswered = false;
    const third = guess().then((result) => {
      isAnswered = true;
      return result;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(isAnswered).toBe(false);
    await bridge.clock.advance(1_000);
    expect(await third).toBe('refused');
  }
});

test('other devices are answered while a long message is decoded', async () => {
  const get = '<Get><CmdID>9</CmdID><Item><Target><LocURI>./DevInfo/Lang</LocURI></Target></Item></Get>';
  const long = packageOne(BRUCE).replace('</SyncBody>', `${get.repeat(10_000)}</SyncBody>`);
  const ended: string[] = [];
  const begun = bridge.post(long).then(() => ended.push('long'));
  await bridge.post(packageOne(AUSTIN)).then(() => ended.push('short'));
  await begun;
  expect(ended).toEqual(['short', 'long']);
});

test('wrong credentials beyond all patience get no verdict, and are reported', async () => {
  const guess = () => bridge.judgeLongBody(beginning(packageOne({ ...BRUCE, devId: 'IMEI:1' }, { cred: WRONG })));
  const attempts = Array.from({ length: 21 }, () => guess());
  await new Promise((resolve) => setImmediate(resolve));
  expect(await guess()).toBe('tooManyAttempts');
  expect(await bridge.judgeLongBody(beginning(packageOne(BRUCE)))).toBe('authentic');
  for (let at = 0; at < 200; at += 1) await guess();
  expect(bridge.logs.filter((line) => line.includes('"auth.guessing"'))).toHaveLength(1);
  await bridge.clock.advance(8_000);
  expect(new Set(await Promise.all(attempts))).toEqual(new Set(['refused']));
});
