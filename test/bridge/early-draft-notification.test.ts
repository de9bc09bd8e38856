/** A Package#0 of the early draft, from its bytes to the session at its URL. */
import { describe, expect, test } from 'vitest';
import type { DraftPackage0 } from '../../src/notification/draft-package0.ts';
import { alert, basicCred, devInfo, syncml } from '../e2e/scripted-device.ts';
import { formatDraftPackage0 } from '../support/draft-package0.ts';
import { BRUCE, BridgeUnderTest, type BridgeUnderTestOptions, replied, settle } from './bridge-under-test.ts';
import { QuirkyDevice } from './quirky-device.ts';

const WAKEABLE = { ...BRUCE, server: { user: 'legacy-dm', password: 'srvpass' }, values: { pushHost: '192.0.2.7' } };
const URL_OF_SESSION = 'http://backend.example.com/DM20/session7';
const MESSAGE: DraftPackage0 = {
  uiMode: 'interaction',
  isByServer: true,
  sendsDevDetail: false,
  sendsMos: false,
  sendsInstances: false,
  url: URL_OF_SESSION,
};
const DM20 = { 'content-type': 'application/dm20' };

async function open(options: BridgeUnderTestOptions = {}): Promise<BridgeUnderTest> {
  return await BridgeUnderTest.open({
    dialect: 'dm20-draft',
    devices: [WAKEABLE],
    accept: ['basic'],
    notificationAccounts: { main: { requireDigest: false } },
    script: () => replied('MsgID 0\nEND', 200, DM20),
    ...options,
  });
}

async function notify(bridge: BridgeUnderTest, message: Partial<DraftPackage0> = {}) {
  const result = await bridge.notify(formatDraftPackage0({ ...MESSAGE, ...message }));
  await settle();
  return result;
}

/** The first request to the backend after a session of the device that answers the notification. */
async function firstRequest(bridge: BridgeUnderTest, sessionId: string): Promise<Record<string, unknown>> {
  await bridge.post(syncml({ sessionId, cred: basicCred(BRUCE) }, [alert(1, 1200), devInfo(2)]));
  await settle();
  const [first] = bridge.requests;
  return first?.body !== undefined && 'text' in first.body ? JSON.parse(first.body.text) : {};
}

describe('a Package#0 of the early draft', () => {
  test('is accepted, and the session that answers it goes to its URL (DM-SER-002-C-O)', async () => {
    const bridge = await open();
    const result = await notify(bridge);
    if (result.kind !== 'accepted') throw new Error(JSON.stringify(result));
    await firstRequest(bridge, result.body.sessionId);
    expect(bridge.requests.map(({ url }) => url)).toEqual([URL_OF_SESSION]);
    expect((await bridge.notifications()).map(({ state }) => state)).toEqual(['answered']);
  });

  test.each<[Partial<DraftPackage0>, object]>([
    [
      { uiMode: 'interaction', isByServer: true },
      { uiMode: 3, initiator: 1 },
    ],
    [
      { uiMode: 'background', isByServer: false },
      { uiMode: 1, initiator: 0 },
    ],
  ])('%j is passed on to the device', async (message, expected) => {
    const bridge = await open();
    await notify(bridge, message);
    const [push] = bridge.delivery.sent;
    expect(push === undefined ? undefined : bitsOf(push.message)).toEqual(expected);
  });

  test.each<[string, Partial<DraftPackage0>, readonly object[] | undefined]>([
    ['nothing', {}, undefined],
    ['MOs', { sendsMos: true }, [expect.not.objectContaining({ Path: expect.anything() })]],
    [
      'MOs with instances',
      { sendsMos: true, sendsInstances: true },
      [expect.objectContaining({ Path: expect.anything() })],
    ],
  ])('that asks for %s', async (_, message, mos) => {
    const bridge = await open();
    const result = await notify(bridge, message);
    if (result.kind !== 'accepted') throw new Error(JSON.stringify(result));
    const session = new QuirkyDevice(BRUCE, { leaves: { './DevInfo/DevId': 'IMEI:1', './DevDetail/FwV': '7.1' } });
    await session.session(bridgeWithAlert(bridge), result.body.sessionId);
    const { body } = bridge.requests[0] ?? {};
    const { MO } = body !== undefined && 'text' in body ? JSON.parse(body.text) : { MO: [] };
    expect(MO).toEqual(mos === undefined ? undefined : expect.arrayContaining([...mos]));
  });

  test('that asks for DevDetail', async () => {
    const bridge = await open();
    const result = await notify(bridge, { sendsDevDetail: true });
    if (result.kind !== 'accepted') throw new Error(JSON.stringify(result));
    const leaves = { './DevInfo/DevId': 'IMEI:1', './DevDetail/FwV': '7.1', './DevDetail/URI/MaxDepth': '4' };
    await new QuirkyDevice(BRUCE, { leaves }).session(bridgeWithAlert(bridge), result.body.sessionId);
    const { body } = bridge.requests[0] ?? {};
    const { TNDS20 } = body !== undefined && 'text' in body ? JSON.parse(body.text) : { TNDS20: [] };
    expect(TNDS20[1]).toMatchObject({
      MOID: 'oma:mo:oma-dm-devdetail:1.0',
      Path: '/',
      FwV: '7.1',
      URI: { MaxDepth: '4' },
    });
  });

  test('is a duplicate while an equal one is pending', async () => {
    const bridge = await open();
    const first = await notify(bridge);
    expect(await notify(bridge)).toEqual({ ...first, kind: 'duplicate' });
    expect((await notify(bridge, { uiMode: 'background' })).kind).toBe('accepted');
    expect(await bridge.notifications()).toHaveLength(2);
  });

  test.each<[string, BridgeUnderTestOptions, Partial<DraftPackage0>, number]>([
    ['for another origin', {}, { url: 'http://elsewhere.example.com/x' }, 404],
    [
      'without digest, which the account requires',
      { notificationAccounts: { main: { requireDigest: true } } },
      {},
      401,
    ],
    ['without digest, which an account without setting requires', { notificationAccounts: {} }, {}, 401],
  ])('%s is refused', async (_, options, message, status) => {
    const bridge = await open(options);
    expect(await notify(bridge, message)).toMatchObject({ kind: 'refused', status });
    expect(await bridge.notifications()).toEqual([]);
  });

  test('for an account of DM 2.0 is refused: 400', async () => {
    const bridge = await BridgeUnderTest.open({
      devices: [WAKEABLE],
      notificationAccounts: { main: { requireDigest: false } },
    });
    expect(await notify(bridge)).toMatchObject({ kind: 'refused', status: 400 });
  });
});

/** The device answers a notification. */
function bridgeWithAlert(bridge: BridgeUnderTest): Pick<BridgeUnderTest, 'post'> {
  return { post: (body, place) => bridge.post(body.replace('<Data>1201</Data>', '<Data>1200</Data>'), place) };
}

/** The bits of a notification of DM 1.2 that the device decides by. */
function bitsOf(message: Uint8Array) {
  const byte = message[17] ?? 0;
  return { uiMode: (byte >> 4) & 3, initiator: (byte >> 3) & 1 };
}
