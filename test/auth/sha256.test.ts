/** Whole sessions by the SHA-256 digest, under the type name of the configuration (DM-1.3 §9). */
import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { AUSTIN, BRUCE, BridgeUnderTest } from '../bridge/bridge-under-test.ts';
import { type Account, md5Cred, packageOne } from '../e2e/scripted-device.ts';

const TYPE = 'vendor:sha-256';

function sha256Cred({ user, password }: Account, nonce: string, type = TYPE): string {
  const sha = (data: string | Buffer) => createHash('sha256').update(data).digest('base64');
  const data = sha(Buffer.concat([Buffer.from(`${sha(`${user}:${password}`)}:`), Buffer.from(nonce, 'base64')]));
  const meta = `<Format xmlns="syncml:metinf">b64</Format><Type xmlns="syncml:metinf">${type}</Type>`;
  return `<Cred><Meta>${meta}</Meta><Data>${data}</Data></Cred>`;
}

describe.each([
  ['the configured type name', { sha256Type: TYPE }, TYPE],
  ['the usual type name', {}, 'syncml:auth-SHA256'],
] as const)('SHA-256 under %s', (_, south, type) => {
  const open = () => BridgeUnderTest.open({ accept: ['sha256', 'basic'], south });
  const first = (nonce: string, who: Account = BRUCE, msgId = 2, sessionId = '1') =>
    packageOne(BRUCE, { sessionId, msgId, cred: sha256Cred(who, nonce, type) });

  test('a SHA-256 digest is asked for and accepted once, with the next nonce (DM-PRO-S-010-M)', async () => {
    const bridge = await open();
    const challenge = await bridge.say(packageOne(BRUCE, { cred: '' }));
    expect(challenge).toMatchObject({ chalType: type, statuses: ['SyncHdr 0 407', 'Alert 1 407', 'Replace 2 407'] });
    const nonce = challenge.nextNonce ?? '';
    const got = await bridge.say(first(nonce));
    expect(got).toMatchObject({ chalType: type, statuses: ['SyncHdr 0 200', 'Alert 1 200', 'Replace 2 200'] });
    expect((await bridge.say(first(nonce, BRUCE, 1, '2'))).statuses[0]).toBe('SyncHdr 0 401');
    expect((await bridge.say(first(got.nextNonce ?? '', BRUCE, 1, '3'))).statuses[0]).toBe('SyncHdr 0 200');
  });

  test.each([
    ['a wrong password', (nonce: string) => sha256Cred({ ...BRUCE, password: 'x' }, nonce, type)],
    ['the credentials of another device', (nonce: string) => sha256Cred(AUSTIN, nonce, type)],
    ['a nonce that was never given', () => sha256Cred(BRUCE, 'AAAAAAAAAAAAAAAAAAAAAA==', type)],
    ['another type name', (nonce: string) => sha256Cred(BRUCE, nonce, 'x:other')],
    ['an MD5 digest instead', (nonce: string) => md5Cred(BRUCE, nonce)],
  ])('SHA-256 with %s is refused with 401', async (_name, cred) => {
    const bridge = await open();
    const { nextNonce = '' } = await bridge.say(packageOne(BRUCE, { cred: '' }));
    const refused = await bridge.say(packageOne(BRUCE, { msgId: 2, cred: cred(nextNonce) }));
    expect(refused).toMatchObject({ chalType: type, statuses: ['SyncHdr 0 401', 'Alert 1 401', 'Replace 2 401'] });
    expect(bridge.commits).toBe(0);
  });
});
