/** The Status for SyncHdr: 200 until a device is known to send its messages to RespURI, then 212 (DM-1.3 §9.1; ADR 25). */
import { describe, expect, test } from 'vitest';
import type { AuthScheme } from '../../src/dm1/auth-scheme.ts';
import { alert, basicCred, devInfo, note, status, syncml } from '../e2e/scripted-device.ts';
import { AuthenticatedDevice, CRED_SCHEMES, expectAnswer, type How, type Sent } from './authenticated-device.ts';
import { BRUCE, BridgeUnderTest, commands, DEV_TYP, LEAVES, noCommands } from './bridge-under-test.ts';

const getOnce = (_: unknown, count: number) => (count % 2 === 1 ? commands(['GET', DEV_TYP]) : noCommands());
/** A message that goes on with the package of the device. */
const MORE = [status(1, { msgRef: 1, cmdRef: 0, cmd: 'SyncHdr' }, 200), alert(2, 1222)];
const open = (scheme: AuthScheme, more = {}) => BridgeUnderTest.open({ accept: [scheme], script: getOnce, ...more });
const factOf = async (bridge: BridgeUnderTest) => (await bridge.state()).record.facts.usesRespUri;
const statusOf = (sent: Sent) => expectAnswer(sent).statuses[0]?.split(' ')[2];
const more = (device: AuthenticatedDevice, how: How = {}) => device.says(MORE, { final: false, ...how });

/** The status, and whether there is a nonce for the next Cred. */
function told(sent: Sent): string {
  return `${statusOf(sent)}${expectAnswer(sent).nextNonce === undefined ? '' : ' + Chal'}`;
}

describe.each(CRED_SCHEMES)('a session by %s', (scheme) => {
  const chal = scheme === 'basic' ? '' : ' + Chal';
  const noCred = { credentials: false };

  test(`a device of which nothing is known gets 200 by ${scheme}, so that it brings Cred with its second message`, async () => {
    const bridge = await open(scheme);
    const device = new AuthenticatedDevice(bridge, scheme);
    const first = await device.begins();
    expect(first.statuses[0]).toBe('SyncHdr 0 200');
    expect(first.nextNonce !== undefined).toBe(scheme !== 'basic');
    expect(await factOf(bridge)).toBeUndefined();
  });

  test(`the first message at RespURI gets 212 by ${scheme}, and the device is known to use it`, async () => {
    const bridge = await open(scheme);
    const device = new AuthenticatedDevice(bridge, scheme);
    await device.begins();
    expect(told(await more(device))).toBe(`212${chal}`);
    expect(await factOf(bridge)).toBe(true);
    expect(told(await more(device))).toBe(`212${chal}`);
    expect(told(await more(device, noCred))).toBe('200');
    const next = await device.begins([], { sessionId: '2' });
    expect(next.statuses[0]).toBe('SyncHdr 0 212');
  });

  test(`the first message at RespURI without Cred gets 212 in a session by ${scheme}, the later ones 200`, async () => {
    const bridge = await open(scheme);
    const device = new AuthenticatedDevice(bridge, scheme);
    await device.begins();
    expect([told(await more(device, noCred)), told(await more(device, noCred))]).toEqual(['212', '200']);
    expect(await factOf(bridge)).toBe(true);
  });

  test(`a message by ${scheme} that comes without the token gets 200 from then on, also in later sessions`, async () => {
    const bridge = await open(scheme);
    const device = new AuthenticatedDevice(bridge, scheme);
    await device.begins();
    expect(told(await more(device, { token: false }))).toBe(`200${chal}`);
    expect(await factOf(bridge)).toBe(false);
    expect(told(await more(device, { token: false }))).toBe(`200${chal}`);
    // It may use the token now and then: 200 is right for either habit.
    expect(told(await more(device))).toBe(`200${chal}`);
    expect(told(await more(device, noCred))).toBe('200');
    expect(await factOf(bridge)).toBe(false);
    bridge.kill();
    const next = await device.begins([], { sessionId: '2' });
    expect(next.statuses[0]).toBe('SyncHdr 0 200');
    expect(next.nextNonce !== undefined).toBe(scheme !== 'basic');
  });

  test(`a device that was known to use RespURI and comes without it once gets 200 by ${scheme} from then on`, async () => {
    const bridge = await open(scheme);
    const device = new AuthenticatedDevice(bridge, scheme);
    await device.begins();
    await more(device);
    expect(await factOf(bridge)).toBe(true);
    expect(told(await more(device, { token: false }))).toBe(`200${chal}`);
    expect(await factOf(bridge)).toBe(false);
    expect(told(await more(device))).toBe(`200${chal}`);
  });

  test(`a challenged or repeated message by ${scheme} does not change what is known`, async () => {
    const bridge = await open(scheme);
    const device = new AuthenticatedDevice(bridge, scheme);
    await device.begins();
    const second = await more(device);
    await more(device, { ...noCred, token: false });
    const { token: _, ...elsewhere } = second.request;
    expect((await device.repeats(elsewhere)).got).toEqual(second.got);
    expect(await factOf(bridge)).toBe(true);
  });

  test(`another version of the device makes the bridge forget its habit in a session by ${scheme}`, async () => {
    const bridge = await open(scheme);
    const device = new AuthenticatedDevice(bridge, scheme);
    await device.begins();
    await more(device);
    const newer = devInfo(2).replace('1.3.0', '1.3.1');
    device.respToken = undefined;
    const sent = await device.says([alert(1, 1201), newer], { sessionId: '2', msgId: 1 });
    // What was known when the message came decides about its own status.
    expect(statusOf(sent)).toBe('212');
    expect(await factOf(bridge)).toBeUndefined();
  });

  test(`Statuses after a session of one exchange show the use of RespURI by ${scheme}`, async () => {
    const bridge = await open(scheme, { script: () => noCommands() });
    const device = new AuthenticatedDevice(bridge, scheme);
    await device.begins();
    const last = await device.says([status(1, { msgRef: 1, cmdRef: 0, cmd: 'SyncHdr' }, 200)], noCred);
    expect(told(last)).toBe('212');
    expect(await factOf(bridge)).toBe(true);
  });
});

describe.each(['md5', 'sha256'] as const)('a stale digest at RespURI in a session by %s', (scheme) => {
  test(`a device that sends the ${scheme} Cred of its first message with every message goes on`, async () => {
    const bridge = await open(scheme);
    const device = new AuthenticatedDevice(bridge, scheme);
    await device.begins();
    const nonce = (await bridge.state()).record.usedNonce ?? '';
    expect(told(await more(device, { nonce }))).toBe('212');
    expect(told(await more(device, { nonce: 'YW4gb2xkZXIgbm9uY2U=' }))).toBe('212');
    const { record } = await bridge.state();
    expect(record.usedNonce).toBe(nonce);
    await device.says([...MORE.slice(0, 1)], { nonce });
    expect(bridge.packages()).toHaveLength(2);
  });

  test(`a ${scheme} Cred of another user gets 401 at RespURI`, async () => {
    const bridge = await open(scheme);
    const device = new AuthenticatedDevice(bridge, scheme);
    await device.begins();
    expect(statusOf(await more(device, { nonce: 'b2xk', locName: 'austin' }))).toBe('401');
  });
});

describe.each(['hmac-md5', 'hmac-sha256'] as const)('a session by %s', (scheme) => {
  test(`every message by ${scheme} gets 200 and a Chal, with or without the token`, async () => {
    const bridge = await open(scheme);
    const device = new AuthenticatedDevice(bridge, scheme);
    expect((await device.begins()).statuses[0]).toBe('SyncHdr 0 200');
    expect([told(await more(device)), told(await more(device))]).toEqual(['200 + Chal', '200 + Chal']);
    expect(told(await more(device, { token: false }))).toBe('200 + Chal');
    const next = await device.begins([], { sessionId: '2' });
    expect(next).toMatchObject({ statuses: expect.arrayContaining(['SyncHdr 0 200']), chalType: 'syncml:auth-MAC' });
  });
});

describe.each(['http-basic', 'http-digest', 'tls'] as const)('a session by %s', (scheme) => {
  test(`every message by ${scheme} gets 200, because it proves itself alone`, async () => {
    const bridge = await open(scheme);
    const device = new AuthenticatedDevice(bridge, scheme);
    await device.begins();
    expect([told(await more(device)), told(await more(device))]).toEqual(['200', '200']);
    expect((await device.begins([], { sessionId: '2' })).statuses[0]).toBe('SyncHdr 0 200');
  });
});

test('a message outside any session of a device that uses RespURI gets 212, one of another device 200', async () => {
  const bridge = await open('basic');
  const device = new AuthenticatedDevice(bridge, 'basic');
  const outside = syncml({ sessionId: '55', msgId: 4, cred: basicCred(BRUCE) }, [note(2, 'n')]);
  expect((await bridge.say(outside)).statuses[0]).toBe('SyncHdr 0 200');
  await device.begins();
  await device.says(MORE, { final: false });
  const other = outside.replace('<MsgID>4', '<MsgID>5');
  expect((await bridge.say(other)).statuses[0]).toBe('SyncHdr 0 212');
});

test('devices that use RespURI and devices that ignore it finish the same session', async () => {
  for (const token of [true, false]) {
    const bridge = await open('md5');
    const device = new AuthenticatedDevice(bridge, 'md5');
    const first = await device.begins();
    const last = expectAnswer(await device.answers(first, LEAVES, { token }));
    expect(last).toMatchObject({ commands: [], final: true });
  }
});
