/**
 * Refusing a message takes the same operations for a registered name as for any other: the same loads and the same hashes over
 * inputs of the same length, so that the time of an answer does not tell which names are registered.
 */
import { describe, expect, test, vi } from 'vitest';
import { AUTH_SCHEMES } from '../../src/dm1/auth-scheme.ts';
import { AuthenticatedDevice, isChallenge } from '../bridge/authenticated-device.ts';
import { BRUCE, BridgeUnderTest } from '../bridge/bridge-under-test.ts';
import { type Account, alert, devInfo, note } from '../e2e/scripted-device.ts';

const { operations } = vi.hoisted(() => ({ operations: [] as string[] }));

vi.mock('node:crypto', async (importActual) => {
  const actual = await importActual<typeof import('node:crypto')>();
  const hash = (algorithm: string, data: string | Uint8Array, encoding: 'base64' | 'hex') => {
    operations.push(`hash ${algorithm} ${Buffer.byteLength(data)}`);
    return actual.hash(algorithm, data, encoding);
  };
  const createHmac: typeof actual.createHmac = (algorithm, ...rest) => {
    operations.push(`hmac ${algorithm}`);
    return actual.createHmac(algorithm, ...rest);
  };
  const timingSafeEqual: typeof actual.timingSafeEqual = (one, other) => {
    operations.push(`compare ${one.byteLength}`);
    return actual.timingSafeEqual(one, other);
  };
  return { ...actual, hash, createHmac, timingSafeEqual };
});

/** Names, users and passwords of the same length, so that only the registration differs. */
const REGISTERED = { ...BRUCE, devId: 'IMEI:1' };
const UNREGISTERED = { ...BRUCE, devId: 'IMEI:9' };
const COMMANDS = [alert(1, 1201), devInfo(2), note(3, 'x')];

/** The operations for one refused message of this name. */
async function workFor(
  bridge: BridgeUnderTest,
  scheme: (typeof AUTH_SCHEMES)[number],
  devId: string,
  credentials: boolean,
) {
  const device = new AuthenticatedDevice(bridge, scheme, undefined, { ...BRUCE, devId });
  const request = device.request(COMMANDS, { credentials, password: 'wrong', nonce: 'bm9uY2U=', msgId: 1 });
  const certificate = { subjectCN: ['another device'], sanUri: [], sanDns: [] };
  const loads = bridge.loads;
  operations.length = 0;
  const refused = await device.repeats(scheme === 'tls' && credentials ? { ...request, certificate } : request);
  expect(isChallenge(refused)).toBe(true);
  return { loads: bridge.loads - loads, operations: [...operations] };
}

describe.each(AUTH_SCHEMES)('a refused message where %s is accepted', (scheme) => {
  test.each([
    ['without credentials', false],
    ['with wrong credentials', true],
  ])(`a message %s takes the same work for any name where ${scheme} is accepted`, async (_, credentials) => {
    const bridge = await BridgeUnderTest.open({ accept: [scheme], devices: [REGISTERED] });
    const known = await workFor(bridge, scheme, REGISTERED.devId, credentials);
    const unknown = await workFor(bridge, scheme, UNREGISTERED.devId, credentials);
    expect(unknown).toEqual(known);
    expect(known.loads).toBe(1);
  });

  test.each(['beginning', 'whole'] as const)(
    `a long body takes the same work for any name where ${scheme} is accepted: %s`,
    async (part) => {
      const bridge = await BridgeUnderTest.open({ accept: [scheme], devices: [REGISTERED] });
      await new AuthenticatedDevice(bridge, scheme, undefined, REGISTERED).begins();
      await bridge.drained();
      const work = async ({ devId }: Account) => {
        const device = new AuthenticatedDevice(bridge, scheme, undefined, { ...BRUCE, devId });
        const how = { password: 'wrong', nonce: 'bm9uY2U=', msgId: 1, sessionId: '2', credentials: scheme !== 'tls' };
        const request = device.request(COMMANDS, how);
        const loads = bridge.loads;
        operations.length = 0;
        const verdict = await bridge.judgeLongBody(request, part);
        return { verdict, loads: bridge.loads - loads, operations: [...operations] };
      };
      expect(await work(UNREGISTERED)).toEqual(await work(REGISTERED));
    },
  );

  test(`a device that has had a session takes the same work where ${scheme} is accepted`, async () => {
    const bridge = await BridgeUnderTest.open({ accept: [scheme], devices: [REGISTERED] });
    await new AuthenticatedDevice(bridge, scheme, undefined, REGISTERED).begins();
    await bridge.drained();
    for (const credentials of [false, true]) {
      const known = await workFor(bridge, scheme, REGISTERED.devId, credentials);
      expect(await workFor(bridge, scheme, UNREGISTERED.devId, credentials)).toEqual(known);
    }
  });
});
