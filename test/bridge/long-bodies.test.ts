/** A long body is judged by its beginning: whose bodies may be long, and that strangers learn nothing. */
import { beforeEach, describe, expect, test } from 'vitest';
import type { DeviceRequest } from '../../src/bridge/device-request.ts';
import { decodeMessage, encodeMessage } from '../../src/syncml/codec.ts';
import { basicCred, packageOne, readAnswer, syncml } from '../e2e/scripted-device.ts';
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
    ['right ones', packageOne(BRUCE), true],
    ['wrong ones', packageOne(BRUCE, { cred: WRONG }), false],
    ['none', packageOne(BRUCE, { cred: '' }), false],
    ['those of another device', packageOne(BRUCE, { cred: basicCred(AUSTIN) }), false],
    ['those of an unknown device', packageOne({ ...BRUCE, devId: 'IMEI:404' }), false],
  ] as const)('a body may be long with right credentials: %s', async ([_what, text, expected]) => {
    expect(await bridge.isAuthenticStart(beginning(text, type))).toBe(expected);
  });
});

test('the token of the open session is enough, also for a bridge that was started again', async () => {
  const token = tokenOf(readAnswer((await bridge.post(packageOne(BRUCE))).body));
  const next = syncml({ msgId: 2, cred: '' }, []);
  expect([bridge.isOpenSession(token ?? ''), bridge.isOpenSession('other')]).toEqual([true, false]);
  bridge.kill();
  expect(bridge.isOpenSession(token ?? '')).toBe(false);
  expect(await bridge.isAuthenticStart(beginning(next, XML, { token }))).toBe(true);
  expect(await bridge.isAuthenticStart(beginning(next, XML, { token: 'other' }))).toBe(false);
  expect(await bridge.isAuthenticStart(beginning(next))).toBe(false);
  const ofAnother = syncml({ msgId: 2, devId: AUSTIN.devId, cred: '' }, []);
  expect(await bridge.isAuthenticStart(beginning(ofAnother, XML, { token }))).toBe(false);
});

test('HTTP credentials are enough where they are accepted', async () => {
  const http = await BridgeUnderTest.open({ accept: ['http-basic'] });
  const text = packageOne(BRUCE, { cred: '' });
  const judge = (password: string) =>
    http.isAuthenticStart(beginning(text, XML, { headers: { authorization: basic('bruce', password) } }));
  expect([await judge('OhBehave'), await judge('wrong')]).toEqual([true, false]);
});

test('a MAC proves nothing before the whole body is there, and is no wrong attempt', async () => {
  const headers = { 'x-syncml-hmac': 'algorithm=MD5, username="bruce", mac=AAAA' };
  for (let at = 0; at < 30; at += 1) {
    expect(await bridge.isAuthenticStart(beginning(packageOne(BRUCE), XML, { headers }))).toBe(false);
  }
});

test('a beginning without a whole header is no one', async () => {
  const request = beginning(packageOne(BRUCE));
  expect(await bridge.isAuthenticStart({ ...request, body: request.body.subarray(0, 60) })).toBe(false);
  expect(await bridge.isAuthenticStart({ ...request, body: Buffer.from('noise') })).toBe(false);
});

test('a judgement stores nothing and uses up no credentials', async () => {
  const before = await bridge.state();
  await bridge.isAuthenticStart(beginning(packageOne(BRUCE)));
  await bridge.isAuthenticStart(beginning(packageOne(BRUCE, { cred: WRONG })));
  expect(await bridge.state()).toEqual(before);
  expect(readAnswer((await bridge.post(packageOne(BRUCE))).body).statuses[0]).toMatch(/^SyncHdr 0 2/u);
});

test('wrong credentials in long bodies count as guessing, for known and unknown names alike', async () => {
  for (const devId of ['IMEI:1', 'IMEI:404']) {
    const guess = () => bridge.isAuthenticStart(beginning(packageOne({ ...BRUCE, devId }, { cred: WRONG })));
    expect([await guess(), await guess()]).toEqual([false, false]);
    let isAnswered = false;
    const third = guess().then((result) => {
      isAnswered = true;
      return result;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(isAnswered).toBe(false);
    await bridge.clock.advance(1_000);
    expect(await third).toBe(false);
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
