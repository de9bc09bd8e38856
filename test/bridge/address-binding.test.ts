/** `binding: address`, for devices that neither use RespURI nor authenticate each message (ADR 24). */
import { describe, expect, test } from 'vitest';
import type { AuthScheme } from '../../src/dm1/auth-scheme.ts';
import { status } from '../e2e/scripted-device.ts';
import { AuthenticatedDevice, CRED_SCHEMES, expectAnswer, isChallenge } from './authenticated-device.ts';
import { BRUCE, BridgeUnderTest, commands, DEV_TYP, LEAVES, noCommands, statusesIn } from './bridge-under-test.ts';

const BARE = { token: false, credentials: false };
const ELSEWHERE = { ...BARE, from: '203.0.113.5' };
type Options = Parameters<typeof BridgeUnderTest.open>[0];

async function opened(options: Options, scheme: AuthScheme = 'basic') {
  const script = (_: unknown, count: number) => (count === 1 ? commands(['GET', DEV_TYP]) : noCommands());
  const bridge = await BridgeUnderTest.open({ accept: [scheme], script, ...options });
  const device = new AuthenticatedDevice(bridge, scheme);
  return { bridge, device, first: await device.begins() };
}

const withColumn = (binding: string) => ({ devices: [{ ...BRUCE, values: { binding } }] });
const profiles = [{ name: 'bare', match: { model: 'Phone' }, binding: 'address' as const }];
const WAYS: readonly (readonly [string, Options])[] = [
  ['the configuration', { south: { binding: 'address' } }],
  ["the device's column", withColumn('address')],
  ["the device's profile", { profiles }],
  ['its column against the configuration', { ...withColumn('address'), south: { binding: 'token' } }],
];

describe.each(WAYS)('a device bound by %s', (_, options) => {
  test.each(CRED_SCHEMES)(
    'a message by %s without token and credentials counts from the address of the session only',
    async (scheme) => {
      const { bridge, device, first } = await opened(options, scheme);
      const before = await bridge.state();
      expect(isChallenge(await device.answers(first, LEAVES, ELSEWHERE))).toBe(true);
      expect(await bridge.state()).toEqual(before);
      const last = await device.answers(first, LEAVES, BARE);
      expect(expectAnswer(last)).toMatchObject({ statuses: ['SyncHdr 0 200'], commands: [], final: true });
      expect(bridge.packages().map(statusesIn)).toEqual([undefined, [200]]);
      expect((await device.repeats(last.request)).got).toEqual(last.got);
      expect(isChallenge(await device.repeats({ ...last.request, remoteAddress: ELSEWHERE.from }))).toBe(true);
      const thanks = await device.says([status(1, { msgRef: 9, cmdRef: 0, cmd: 'SyncHdr' }, 200)], BARE);
      expect(expectAnswer(thanks)).toMatchObject({ statuses: ['SyncHdr 0 200'], final: true });
    },
  );
});

test.each<readonly [string, Options]>([
  ['nothing', {}],
  ['its column against configuration and profile', { ...withColumn('token'), profiles, south: { binding: 'address' } }],
  [
    'its profile against the configuration',
    { profiles: [{ name: 'x', match: { model: 'Phone' }, binding: 'token' }], south: { binding: 'address' } },
  ],
])(
  'a message without token and credentials does not count for a device that is bound to the token by %s',
  async (_, options) => {
    const { bridge, device, first } = await opened(options);
    expect(isChallenge(await device.answers(first, LEAVES, BARE))).toBe(true);
    await device.answers(first, LEAVES);
    expect(bridge.packages().map(statusesIn)).toEqual([undefined, [200]]);
  },
);

test('a session by MAC needs its MAC with every message also where the address binds', async () => {
  const { bridge, device, first } = await opened({ south: { binding: 'address' } }, 'hmac-md5');
  const refused = expectAnswer(await device.answers(first, LEAVES, BARE));
  expect(refused.statuses[0]).toBe('SyncHdr 0 401');
  await device.answers(first, LEAVES);
  expect(bridge.packages().map(statusesIn)).toEqual([undefined, [200]]);
});

test('an address opens no session by itself', async () => {
  const { bridge, device } = await opened({ south: { binding: 'address' } });
  const refused = await device.says([status(1, { msgRef: 1, cmdRef: 0, cmd: 'SyncHdr' }, 200)], {
    ...BARE,
    sessionId: '2',
    msgId: 2,
  });
  expect(isChallenge(refused)).toBe(true);
  expect(bridge.packages()).toHaveLength(1);
});
