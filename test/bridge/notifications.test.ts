/** Notifications: from the Package#0 of a backend to the session of the device that answers it. */
import { describe, expect, test } from 'vitest';
import type { Package0Result } from '../../src/bridge/notifications/accept-package0.ts';
import { formatSessionId, parseSessionId, swappedBytes } from '../../src/notification/session-number.ts';
import { type NotificationOptions as Package0Options, writePackage0 } from '../../src/testbed/backend/package0.ts';
import { readNotification } from '../../src/testbed/device/notification.ts';
import { alert, basicCred, devInfo, status, syncml } from '../e2e/scripted-device.ts';
import {
  BRUCE,
  BridgeUnderTest,
  type BridgeUnderTestOptions,
  commands,
  noCommands,
  replied,
  settle,
  tokenOf,
} from './bridge-under-test.ts';

const SECRET = { secret: Buffer.from('s3cret'), data: Buffer.from('data') };
const MINUTE = 60_000;
const DAY = 86_400_000;
const SERVER_INITIATED = 'urn:oma:at:dm:2.0:ServerInitiatedMgmt';
const CLIENT_INITIATED = 'urn:oma:at:dm:2.0:ClientInitiatedMgmt';

const WAKEABLE = {
  ...BRUCE,
  server: { user: 'legacy-dm', password: 'srvpass' },
  values: { pushHost: '192.0.2.7', pushUrl: 'http://phone.example.com/push' },
};

async function open(options: BridgeUnderTestOptions = {}): Promise<BridgeUnderTest> {
  return await BridgeUnderTest.open({
    devices: [WAKEABLE],
    accept: ['basic'],
    notificationAccounts: { main: { ...SECRET, requireDigest: true } },
    ...options,
  });
}

/** A Package#0 of the present. */
function package0(bridge: BridgeUnderTest, options: Package0Options = {}): Uint8Array {
  const timestamp = Math.floor(bridge.clock.now() / 1_000);
  return writePackage0({ serverId: 'DMS1', notificationId: 7, timestamp, ...options }, SECRET);
}

/** Accepts a Package#0 and lets its first sending happen; returns its SessionID. */
async function notify(bridge: BridgeUnderTest, options: Package0Options = {}): Promise<string> {
  const result = await bridge.notify(package0(bridge, options));
  if (result.kind === 'refused') throw new Error(result.detail);
  await settle();
  return result.body.sessionId;
}

/** The Package#1 of a device, with `code` as its session alert. */
function packageOne(sessionId: string, code = 1200, final = true): string {
  return syncml({ sessionId, cred: basicCred(BRUCE) }, [alert(1, code), devInfo(2)], final);
}

/** Ends the session that was opened last. */
async function endSession(bridge: BridgeUnderTest): Promise<void> {
  await settle();
  bridge.clock.advance(2 * MINUTE);
}

/** The session alert of each Package#1. */
function sessionAlerts(bridge: BridgeUnderTest): readonly unknown[] {
  return bridge.packages().flatMap(({ Alert }) => (Alert === undefined ? [] : Alert.slice(0, 1)));
}

describe('the checks of a Package#0', () => {
  test('an accepted one is stored before it is answered, and its first sending follows', async () => {
    const bridge = await open();
    const result = await bridge.notify(package0(bridge, { connections: [2, 1], requestMos: true }));
    expect(result).toEqual({
      kind: 'accepted',
      seq: 1,
      body: {
        device: 'IMEI:1',
        sessionId: expect.stringMatching(/^[1-9A-F][0-9A-F]{0,3}$/u),
        state: 'accepted',
        expiresAt: new Date(bridge.clock.now() + DAY).toISOString(),
      },
    });
    expect(await bridge.notifications()).toMatchObject([
      { state: 'accepted', account: 'main', notificationId: 7, requestsMos: true, connectionTypes: [2, 1] },
    ]);
    await settle();
    expect(bridge.delivery.sent).toMatchObject([{ way: 'wap', target: '192.0.2.7', format: '1.2' }]);
    expect(await bridge.notifications()).toMatchObject([{ state: 'sent', sendings: 1, delivery: 'wap' }]);
  });

  test('the DevID is compared without case, and SERVER-ID may be absent', async () => {
    const bridge = await open();
    expect(await bridge.notify(package0(bridge, { serverId: undefined }), 'imei:1')).toMatchObject({
      kind: 'accepted',
      body: { device: 'IMEI:1' },
    });
  });

  const late = (bridge: BridgeUnderTest, seconds: number) => Math.floor(bridge.clock.now() / 1_000) + seconds;
  const noDigest = { serverId: 'DMS1', notificationId: 7 };
  const wrong = { ...SECRET, secret: Buffer.from('wrong') };

  test.each<[string, number, (bridge: BridgeUnderTest) => Uint8Array, string?]>([
    ['malformed bytes', 400, () => Buffer.from('x')],
    ['another SERVER-ID', 404, (bridge) => package0(bridge, { serverId: 'DMS2' })],
    ['an unknown DevID', 404, (bridge) => package0(bridge), 'IMEI:9'],
    ['no digest', 401, () => writePackage0(noDigest)],
    ['a digest with another secret', 401, () => writePackage0(noDigest, wrong)],
    ['a digest without the data', 401, () => writePackage0(noDigest, { secret: SECRET.secret })],
    ['a TIMESTAMP more than ten minutes ago', 401, (bridge) => package0(bridge, { timestamp: late(bridge, -601) })],
    ['a TIMESTAMP in more than ten minutes', 401, (bridge) => package0(bridge, { timestamp: late(bridge, 601) })],
  ])('a Package#0 with %s is refused with %i, and nothing is stored', async (_, status, bytes, devId) => {
    const bridge = await open();
    const result = await bridge.notify(bytes(bridge), devId);
    expect(result).toMatchObject({ kind: 'refused', status });
    await settle();
    expect(await bridge.notifications()).toEqual([]);
    expect(bridge.delivery.sent).toEqual([]);
    expect(bridge.logs.some((line) => line.includes('notification.refused'))).toBe(true);
  });

  test.each([-599, 0, 599])('a TIMESTAMP %i seconds from now is accepted', async (seconds) => {
    const bridge = await open();
    const bytes = package0(bridge, { timestamp: late(bridge, seconds) });
    expect(await bridge.notify(bytes)).toMatchObject({ kind: 'accepted' });
  });

  test('a device without a route, or of an account with another SrvID, gets 404', async () => {
    const bridge = await open({ routes: [{ name: 'rule-1', match: { model: 'other' }, bridge: 'main' }] });
    expect(await bridge.notify(package0(bridge))).toMatchObject({ status: 404 });
  });

  test('with requireDigest: false a digest may be absent, and a wrong one is refused', async () => {
    const bridge = await open({ notificationAccounts: { main: { ...SECRET, requireDigest: false } } });
    expect(await bridge.notify(writePackage0(noDigest, wrong))).toMatchObject({ status: 401 });
    expect(await bridge.notify(writePackage0(noDigest))).toMatchObject({ kind: 'accepted' });
  });

  test('an account without a secret accepts no digest', async () => {
    const bridge = await open({ notificationAccounts: {} });
    expect(await bridge.notify(writePackage0(noDigest, SECRET))).toMatchObject({ status: 401 });
    expect(await bridge.notify(writePackage0(noDigest))).toMatchObject({ kind: 'accepted' });
  });

  test('the secret that the backend gave for this device counts before that of the account', async () => {
    const bridge = await open();
    await bridge.changeDevice(({ record }) => ({
      record: { ...record, accountValues: { main: { 'Auth/Noti/Secret': 'base64:bmV3', 'Auth/Noti/Data': '' } } },
    }));
    const own = { secret: Buffer.from('new') };
    expect(await bridge.notify(package0(bridge))).toMatchObject({ status: 401 });
    expect(await bridge.notify(writePackage0(noDigest, own))).toMatchObject({ kind: 'accepted' });
  });

  test.each([
    ['without a target', { ...WAKEABLE, values: {} }],
    ['whose column push names no way that it has', { ...WAKEABLE, values: { ...WAKEABLE.values, push: 'sms' } }],
    ['without a server password', { ...BRUCE, values: WAKEABLE.values }],
  ])('a device %s gets 422, and the same Package#0 may come again', async (_, device) => {
    const bridge = await open({ devices: [device] });
    expect(await bridge.notify(package0(bridge))).toMatchObject({ status: 422 });
    expect(await bridge.notifications()).toEqual([]);
    await bridge.changeDevice(({ record }) => ({
      record: { ...record, values: WAKEABLE.values, server: WAKEABLE.server },
    }));
    expect(await bridge.notify(package0(bridge))).toMatchObject({ kind: 'accepted' });
  });

  test('the form is checked before the device, the device before the digest, the digest before the TIMESTAMP', async () => {
    const bridge = await open({ devices: [{ ...WAKEABLE, values: {} }] });
    const timestamp = late(bridge, -9_999);
    expect(await bridge.notify(Buffer.from('x'), 'IMEI:9')).toMatchObject({ status: 400 });
    expect(await bridge.notify(writePackage0({ serverId: 'DMS2', timestamp }, wrong))).toMatchObject({ status: 404 });
    const old = await bridge.notify(writePackage0({ timestamp }, wrong));
    expect(old).toMatchObject({ status: 401, detail: expect.stringContaining('DIGEST') });
    expect(await bridge.notify(package0(bridge, { timestamp }))).toMatchObject({
      detail: expect.stringContaining('TIME'),
    });
    expect(await bridge.notify(package0(bridge))).toMatchObject({ status: 422 });
  });

  test('nothing is answered and nothing is sent when the store fails', async () => {
    const bridge = await open();
    bridge.breakStore(true);
    await expect(bridge.notify(package0(bridge))).rejects.toThrow('the disk is full');
    await settle();
    expect(bridge.delivery.sent).toEqual([]);
  });

  test('a Package#0 does not wait for the message of the device that is handled meanwhile', async () => {
    const bridge = await open();
    const results: Package0Result[] = [];
    bridge.script = async () => {
      results.push(await bridge.notify(package0(bridge)));
      expect(await bridge.notifications()).toMatchObject([{ notificationId: 7, state: 'accepted' }]);
      return noCommands();
    };
    await bridge.say(packageOne('1', 1201));
    expect(results).toMatchObject([{ kind: 'accepted' }]);
    expect(sessionAlerts(bridge)).toEqual([{ AlertType: CLIENT_INITIATED }]);
    expect(await bridge.notifications()).toHaveLength(1);
  });

  test.each(['memory', 'sqlite'] as const)('of equal ones at the same time one is accepted (%s)', async (store) => {
    const bridge = await open({ store });
    const results = await Promise.all([1, 2, 3].map(() => bridge.notify(package0(bridge))));
    expect(results.map(({ kind }) => kind)).toEqual(['accepted', 'duplicate', 'duplicate']);
    expect(await bridge.notifications()).toHaveLength(1);
  });

  test('a Package#0 that could not be stored is not stored later', async () => {
    const bridge = await open({ script: () => noCommands() });
    bridge.script = async () => {
      bridge.breakStore(true);
      await expect(bridge.notify(package0(bridge))).rejects.toThrow('the disk is full');
      bridge.breakStore(false);
      return noCommands();
    };
    await bridge.say(packageOne('1', 1201));
    await settle();
    expect(await bridge.notifications()).toEqual([]);
  });

  test('a Package#0 for a device that another process has changed is accepted', async () => {
    const bridge = await open();
    await bridge.say(packageOne('1', 1201));
    bridge.takeOver();
    expect(await bridge.notify(package0(bridge))).toMatchObject({ kind: 'accepted' });
    expect(await bridge.notifications()).toHaveLength(1);
  });

  test('deviations of PREFERRED-CON-TYPE are logged once per account', async () => {
    const bridge = await open();
    await notify(bridge, { connections: [9, 1, 0, 2], notificationId: 1 });
    await notify(bridge, { connections: [9, 1], notificationId: 2 });
    expect((await bridge.notifications()).map(({ connectionTypes }) => connectionTypes)).toEqual([[1, 0], [1]]);
    const quirks = bridge.logs.filter((line) => line.includes('backend.quirk'));
    expect(quirks).toHaveLength(2);
  });
});

describe('duplicates', () => {
  test('a NOTIFICATION-ID that is known gets the first answer again, and nothing is sent', async () => {
    const bridge = await open();
    const first = await bridge.notify(package0(bridge));
    await settle();
    bridge.clock.advance(MINUTE);
    const again = await bridge.notify(package0(bridge, { requestMos: true }));
    await settle();
    if (first.kind === 'refused') throw new Error(first.detail);
    expect(again).toEqual({ kind: 'duplicate', body: first.body, seq: 1 });
    expect(bridge.delivery.sent).toHaveLength(1);
    expect(await bridge.notify(package0(bridge, { notificationId: 8 }))).toMatchObject({ kind: 'accepted' });
  });

  test('a NOTIFICATION-ID is known for validFor, or for 24 hours after its session', async () => {
    const bridge = await open({ notifications: { validFor: 10 * MINUTE } });
    const sessionId = await notify(bridge);
    await bridge.say(packageOne(sessionId));
    await endSession(bridge);
    bridge.clock.advance(DAY - 3 * MINUTE);
    expect(await bridge.notify(package0(bridge))).toMatchObject({ kind: 'duplicate' });
    bridge.clock.advance(2 * MINUTE);
    expect(await bridge.notify(package0(bridge))).toMatchObject({ kind: 'accepted' });
    bridge.clock.advance(11 * MINUTE);
    expect(await bridge.notify(package0(bridge))).toMatchObject({ kind: 'accepted' });
  });

  test('without a NOTIFICATION-ID the digest tells a replay for as long as its TIMESTAMP would be accepted', async () => {
    const bridge = await open({ notifications: { validFor: MINUTE } });
    const bytes = package0(bridge, { notificationId: undefined });
    expect(await bridge.notify(bytes)).toMatchObject({ kind: 'accepted' });
    bridge.clock.advance(9 * MINUTE);
    expect(await bridge.notify(bytes)).toMatchObject({ kind: 'duplicate' });
    expect(await bridge.notify(package0(bridge, { notificationId: undefined }))).toMatchObject({ kind: 'accepted' });
    bridge.clock.advance(2 * MINUTE);
    expect(await bridge.notify(bytes)).toMatchObject({ status: 401 });
  });

  test('without ID and digest the same bytes are a duplicate while one is pending', async () => {
    const bridge = await open({ notificationAccounts: {}, notifications: { validFor: MINUTE } });
    const bytes = writePackage0({ serverId: 'DMS1' });
    expect(await bridge.notify(bytes)).toMatchObject({ kind: 'accepted' });
    expect(await bridge.notify(bytes)).toMatchObject({ kind: 'duplicate' });
    expect(await bridge.notify(writePackage0({}))).toMatchObject({ kind: 'accepted' });
    bridge.clock.advance(MINUTE);
    expect(await bridge.notify(bytes)).toMatchObject({ kind: 'accepted' });
  });
});

describe('the session that answers', () => {
  test('it is server-initiated with the NOTIFICATION-ID, and the notification is not sent again', async () => {
    const bridge = await open();
    const sessionId = await notify(bridge);
    await bridge.say(packageOne(sessionId));
    expect(sessionAlerts(bridge)).toEqual([
      { AlertType: SERVER_INITIATED, DataType: 'application/json', Data: { 'NOTIFICATION-ID': 7 } },
    ]);
    expect(await bridge.notifications()).toMatchObject([{ state: 'answered' }]);
    await endSession(bridge);
    bridge.clock.advance(DAY);
    await bridge.background();
    await settle();
    expect(bridge.delivery.sent).toHaveLength(1);
  });

  test('without a NOTIFICATION-ID its alert has neither Data nor DataType', async () => {
    const bridge = await open();
    const sessionId = await notify(bridge, { notificationId: undefined });
    await bridge.say(packageOne(sessionId));
    expect(sessionAlerts(bridge)).toEqual([{ AlertType: SERVER_INITIATED }]);
  });

  test.each([
    ['in lower case with leading zeros', (id: string) => id.toLowerCase().padStart(6, '0'), 0],
    ['with its two bytes swapped', (id: string) => formatSessionId(swappedBytes(parseSessionId(id) ?? 0)), 1],
    ['that is another one', () => '999999', 1],
  ])('a SessionID %s answers the only pending notification', async (_, change, tolerances) => {
    const bridge = await open();
    const sessionId = await notify(bridge);
    await bridge.say(packageOne(change(sessionId)));
    expect(sessionAlerts(bridge)).toMatchObject([{ AlertType: SERVER_INITIATED }]);
    expect(bridge.logs.filter((line) => line.includes('device.quirk'))).toHaveLength(tolerances);
  });

  test('of several pending notifications the one of the SessionID is answered, else the swapped one, else none', async () => {
    const bridge = await open();
    const first = await notify(bridge, { notificationId: 1 });
    const second = await notify(bridge, { notificationId: 2 });
    await notify(bridge, { notificationId: 3 });
    await bridge.say(packageOne(second));
    await endSession(bridge);
    await bridge.say(packageOne('FFFFF'));
    await endSession(bridge);
    await bridge.say(packageOne(formatSessionId(swappedBytes(parseSessionId(first) ?? 0))));
    expect(sessionAlerts(bridge)).toEqual([
      expect.objectContaining({ Data: { 'NOTIFICATION-ID': 2 } }),
      { AlertType: CLIENT_INITIATED },
      expect.objectContaining({ Data: { 'NOTIFICATION-ID': 1 } }),
    ]);
  });

  test('Alert 1201 never answers, and Alert 1200 answers nothing that has expired', async () => {
    const bridge = await open({ notifications: { validFor: 5 * MINUTE } });
    const sessionId = await notify(bridge);
    await bridge.say(packageOne(sessionId, 1201));
    await endSession(bridge);
    bridge.clock.advance(4 * MINUTE);
    await bridge.say(packageOne(sessionId));
    expect(sessionAlerts(bridge)).toEqual([{ AlertType: CLIENT_INITIATED }, { AlertType: CLIENT_INITIATED }]);
  });

  test('a Package#1 of several messages answers when it is complete', async () => {
    const bridge = await open();
    const sessionId = await notify(bridge);
    const first = await bridge.say(packageOne(sessionId, 1200, false));
    expect(await bridge.notifications()).toMatchObject([{ state: 'sent' }]);
    const next = syncml({ sessionId, msgId: 2 }, [
      status(1, { msgRef: 1, cmdRef: 0, cmd: 'SyncHdr' }, 200),
      alert(2, 1222),
    ]);
    await bridge.say(next, { token: tokenOf(first) });
    expect(sessionAlerts(bridge)).toMatchObject([{ AlertType: SERVER_INITIATED }]);
  });

  test('a device that is not authenticated answers nothing', async () => {
    const bridge = await open();
    const sessionId = await notify(bridge);
    const cred = basicCred({ ...BRUCE, password: 'wrong' });
    await bridge.say(syncml({ sessionId, cred }, [alert(1, 1200), devInfo(2)]));
    expect(await bridge.notifications()).toMatchObject([{ state: 'sent' }]);
  });

  test('REQ-MOS leads to MOS in Package#1', async () => {
    const bridge = await open();
    const sessionId = await notify(bridge, { requestMos: true });
    const first = await bridge.say(packageOne(sessionId));
    expect(bridge.packages()).toEqual([]);
    const answers = first.commands.filter(({ name }) => name === 'Get' || name === 'Sequence');
    expect(answers.length).toBeGreaterThan(0);
  });

  test('a notification stays answered when the backend refuses Package#1', async () => {
    const bridge = await open({ script: () => replied('', 503) });
    const sessionId = await notify(bridge);
    await bridge.say(packageOne(sessionId));
    expect(await bridge.notifications()).toMatchObject([{ state: 'answered' }]);
    expect(bridge.logs.some((line) => line.includes('"north.ended"'))).toBe(true);
  });

  test('the notification of an account is not answered by a session of another account', async () => {
    const routes = [
      { name: 'rule-2', match: { model: 'Phone' }, bridge: 'other' },
      { name: 'rule-3', match: {}, bridge: 'main' },
    ];
    const bridge = await open({ routes });
    const sessionId = await notify(bridge);
    // Its DevInfo leads the device to the other account.
    await bridge.say(packageOne(sessionId));
    expect(sessionAlerts(bridge)).toEqual([{ AlertType: CLIENT_INITIATED }]);
    expect(await bridge.notifications()).toMatchObject([{ state: 'sent', account: 'main' }]);
  });
});

describe('sendings', () => {
  const times = (bridge: BridgeUnderTest) => bridge.delivery.sent.length;
  /** Lets time pass in steps, as the background work sees it. */
  async function wait(bridge: BridgeUnderTest, ms: number): Promise<void> {
    bridge.clock.advance(ms);
    await bridge.background();
    await settle();
  }

  test('repetitions follow at their times after the first one, with the same SessionID and new contents', async () => {
    const bridge = await open({ notifications: { format: '1.3' } });
    const sessionId = await notify(bridge);
    const counts: number[] = [];
    for (const minutes of [4, 1, 24, 1, 89, 1, 600]) {
      await wait(bridge, minutes * MINUTE);
      counts.push(times(bridge));
    }
    expect(counts).toEqual([1, 2, 2, 3, 3, 4, 4]);
    const read = bridge.delivery.sent.map(({ format, message }) =>
      readNotification(
        { format, message: Buffer.from(message), transaction: 0 },
        { server: WAKEABLE.server, nonce: Buffer.of() },
      ),
    );
    expect(new Set(read.map((each) => each.sessionId))).toEqual(new Set([sessionId]));
    expect(read.map(({ timeout }) => timeout)).toEqual([1440, 1435, 1410, 1320]);
    expect(new Set(bridge.delivery.sent.map(({ pushId }) => pushId)).size).toBe(4);
  });

  test('a bridge that was down sends one repetition, not those that it has missed', async () => {
    const bridge = await open();
    await notify(bridge);
    await wait(bridge, 100 * MINUTE);
    await wait(bridge, 1_000);
    expect(times(bridge)).toBe(2);
    await wait(bridge, 20 * MINUTE);
    expect(times(bridge)).toBe(3);
  });

  test('the nonce is that of the device, and four zero bytes when none is known and in the last repetition', async () => {
    const bridge = await open({ devices: [{ ...WAKEABLE, serverNonce: Buffer.from('nonce').toString('base64') }] });
    await notify(bridge);
    for (const minutes of [5, 25, 90]) await wait(bridge, minutes * MINUTE);
    const isReadWith = (nonce: Buffer) =>
      bridge.delivery.sent.map(({ format, message }) => {
        try {
          const push = { format, message: Buffer.from(message), transaction: 0 };
          readNotification(push, { server: WAKEABLE.server, nonce });
          return true;
        } catch {
          return false;
        }
      });
    expect(isReadWith(Buffer.from('nonce'))).toEqual([true, true, true, true]);
    // The device of the testbed takes the zero nonce besides its own.
    expect(isReadWith(Buffer.from('other'))).toEqual([false, false, false, true]);
  });

  test('a sending that fails is repeated after 5 s, 30 s, 2 min, 10 min, then every 10 min, under one push-id', async () => {
    const bridge = await open();
    bridge.delivery.outcome = () => ({ kind: 'failed', reason: 'no route' });
    await notify(bridge);
    const counts: number[] = [];
    for (const seconds of [4, 1, 29, 1, 119, 1, 599, 1, 599, 1]) {
      await wait(bridge, seconds * 1_000);
      counts.push(times(bridge));
    }
    expect(counts).toEqual([1, 2, 2, 3, 3, 4, 4, 5, 5, 6]);
    expect(new Set(bridge.delivery.sent.map(({ pushId }) => pushId)).size).toBe(1);
    expect(bridge.delivery.sent[0]?.pushId).toMatch(/^[0-9A-F]+\.1\.[0-9a-f]{12}@legacy-dm$/u);
    bridge.delivery.outcome = () => ({ kind: 'accepted' });
    await wait(bridge, 600_000);
    expect(await bridge.notifications()).toMatchObject([{ state: 'sent', sendings: 1, failures: 0 }]);
  });

  test('a way that refuses for good gives way to the next one at once; without another one the notification has failed', async () => {
    const bridge = await open();
    bridge.delivery.outcome = (way) => (way === 'wap' ? { kind: 'refused', reason: 'HTTP 404' } : { kind: 'accepted' });
    await notify(bridge, { notificationId: 1 });
    expect(bridge.delivery.sent.map(({ way, target }) => `${way} ${target}`)).toEqual([
      'wap 192.0.2.7',
      'http http://phone.example.com/push',
    ]);
    bridge.delivery.outcome = () => ({ kind: 'refused', reason: 'HTTP 404' });
    await notify(bridge, { notificationId: 2 });
    expect(await bridge.notifications()).toMatchObject([
      { state: 'sent', refusedBy: ['wap'] },
      { state: 'failed', refusedBy: ['wap', 'http'] },
    ]);
    await wait(bridge, DAY);
    expect(times(bridge)).toBe(4);
  });

  test('a host name that is not found for an hour is refused for good', async () => {
    const bridge = await open({ devices: [{ ...WAKEABLE, values: { pushHost: 'gone.example.com' } }] });
    bridge.delivery.outcome = () => ({ kind: 'unresolved', reason: 'ENOTFOUND' });
    await notify(bridge);
    for (let minute = 0; minute < 59; minute += 1) await wait(bridge, MINUTE);
    expect(await bridge.notifications()).toMatchObject([{ state: 'accepted' }]);
    for (let minute = 0; minute < 11; minute += 1) await wait(bridge, MINUTE);
    expect(await bridge.notifications()).toMatchObject([{ state: 'failed' }]);
  });

  test("the device's column push restricts and orders the ways", async () => {
    const bridge = await open({ devices: [{ ...WAKEABLE, values: { ...WAKEABLE.values, push: 'http wap' } }] });
    await notify(bridge);
    expect(bridge.delivery.sent).toMatchObject([{ way: 'http' }]);
  });

  test('nothing is sent while the device is in a session, and again after it', async () => {
    const bridge = await open({ script: () => commands(['GET', 'urn:oma:mo:oma-dm-devdetail:1.0//FwV']) });
    await bridge.say(packageOne('1', 1201));
    await notify(bridge);
    await wait(bridge, MINUTE);
    expect(times(bridge)).toBe(0);
    bridge.script = () => noCommands();
    await wait(bridge, 16 * MINUTE);
    await wait(bridge, 1_000);
    expect(times(bridge)).toBe(1);
  });

  test('a notification ends when its time is over', async () => {
    const bridge = await open({ notifications: { validFor: 6 * MINUTE } });
    await notify(bridge);
    await wait(bridge, 5 * MINUTE);
    await wait(bridge, MINUTE);
    expect(times(bridge)).toBe(2);
    expect(await bridge.notifications()).toMatchObject([{ state: 'expired' }]);
    expect(bridge.logs.filter((line) => line.includes('notification.expired'))).toHaveLength(1);
    await wait(bridge, DAY);
    expect(times(bridge)).toBe(2);
  });

  test('at most sixteen notifications of a device are pending: the oldest one expires', async () => {
    const bridge = await open();
    for (let id = 1; id <= 18; id += 1) await notify(bridge, { notificationId: id });
    const states = (await bridge.notifications()).map(({ state }) => state);
    expect(states).toEqual([...Array(2).fill('expired'), ...Array(16).fill('sent')]);
    expect(bridge.logs.filter((line) => line.includes('notification.dropped'))).toHaveLength(2);
  });

  test('fifty notifications are on their way at the same time', async () => {
    const devices = Array.from({ length: 60 }, (_, at) => ({ ...WAKEABLE, devId: `IMEI:${100 + at}` }));
    const bridge = await open({ devices });
    const { promise, resolve } = Promise.withResolvers<void>();
    bridge.delivery.outcome = async () => {
      await promise;
      return { kind: 'accepted' };
    };
    for (const { devId } of devices) await bridge.notify(package0(bridge), devId);
    await settle();
    expect(times(bridge)).toBe(50);
    resolve();
    await settle();
    expect(times(bridge)).toBe(60);
  });

  test.each([
    [{ format: '1.2' }, {}, 'DM/1.3', '1.2'],
    [{ format: '1.3' }, {}, 'DM/1.2', '1.3'],
    [{ format: 'auto' }, {}, 'DM/1.2', '1.2'],
    [{ format: 'auto' }, {}, 'DM/1.3', '1.3'],
    [{ format: 'auto' }, { dmVersion: '1.3' }, undefined, '1.3'],
    [{ format: 'auto' }, { dmVersion: '1.1' }, undefined, '1.2'],
    [{ format: 'auto' }, {}, undefined, '1.2'],
  ] as const)(
    'with %j, the columns %j and a last session of %s the format is %s',
    async (settings, columns, verProto, format) => {
      const device = { ...WAKEABLE, values: { ...WAKEABLE.values, ...columns } };
      const bridge = await open({ notifications: settings, devices: [device] });
      if (verProto !== undefined) {
        await bridge.say(syncml({ verProto, cred: basicCred(BRUCE) }, [alert(1, 1201), devInfo(2)]));
        await endSession(bridge);
      }
      await notify(bridge);
      expect(bridge.delivery.sent).toMatchObject([{ format }]);
    },
  );

  test('no log has the secrets, the digest, the nonce or more than four digits of a telephone number', async () => {
    const device = { ...WAKEABLE, notificationSecret: 'noti-secret', values: { msisdn: '+491701234567' } };
    const ways = [{ name: 'sms', type: 'sms' }] as const;
    const bridge = await open({ devices: [device], notifications: { ways } });
    await notify(bridge);
    bridge.delivery.outcome = () => ({ kind: 'failed', reason: 'x' });
    await notify(bridge, { notificationId: 9 });
    const log = bridge.logs.join('\n');
    expect(log).toContain('…4567');
    for (const hidden of ['srvpass', 'noti-secret', 's3cret', '70123456']) expect(log).not.toContain(hidden);
  });
});

describe('a kill', () => {
  test.each(['memory', 'sqlite'] as const)(
    'between the sending and its commit leads to another sending with the same SessionID (%s)',
    async (store) => {
      const bridge = await open({ store });
      const { promise, resolve } = Promise.withResolvers<void>();
      bridge.delivery.outcome = async () => {
        await promise;
        return { kind: 'accepted' };
      };
      const sessionId = await notify(bridge);
      bridge.kill();
      resolve();
      await settle();
      bridge.delivery.outcome = () => ({ kind: 'accepted' });
      await bridge.background();
      await settle();
      expect(bridge.delivery.sent.map((push) => push.sessionId)).toEqual([sessionId, sessionId]);
      expect(await bridge.notifications()).toMatchObject([{ state: 'sent', sendings: 1 }]);
    },
  );

  test('before the answer of Package#1 was stored, one NOTIFICATION-ID is told', async () => {
    const bridge = await open();
    const sessionId = await notify(bridge);
    const unblock = bridge.blockStore();
    const lost = bridge.say(packageOne(sessionId));
    await settle();
    bridge.kill();
    unblock();
    void lost.catch(() => undefined);
    await settle();
    expect(sessionAlerts(bridge)).toEqual([]);
    await bridge.say(packageOne(sessionId));
    await endSession(bridge);
    await bridge.say(packageOne(sessionId));
    expect(sessionAlerts(bridge)).toEqual([
      expect.objectContaining({ Data: { 'NOTIFICATION-ID': 7 } }),
      { AlertType: CLIENT_INITIATED },
    ]);
  });

  test('after the commit with Package#1 the notification is never sent again', async () => {
    const bridge = await open();
    const sessionId = await notify(bridge);
    bridge.script = () => new Promise(() => {});
    void bridge.say(packageOne(sessionId)).catch(() => undefined);
    await settle();
    bridge.kill();
    bridge.clock.advance(DAY);
    await bridge.background();
    await settle();
    expect(bridge.delivery.sent).toHaveLength(1);
    expect(await bridge.notifications()).toMatchObject([{ state: 'answered' }]);
  });
});
