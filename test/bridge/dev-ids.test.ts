/** DevIDs that are not printable ASCII, from the device to the backend. */
import { expect, test } from 'vitest';
import { packageOne, readAnswer } from '../e2e/scripted-device.ts';
import { BridgeUnderTest } from './bridge-under-test.ts';

const codeOf = (body: string) => readAnswer(body).statuses[0]?.split(' ')[2];

test.for([
  ['IMEI:1', 'IMEI:1'],
  ['Gerät 1', 'Ger%C3%A4t 1'],
  ['設備-1', '%E8%A8%AD%E5%82%99-1'],
] as const)('the device %s is %s in OMADM-DevID', async ([devId, header]) => {
  const account = { devId, user: 'u', password: 'p' };
  const bridge = await BridgeUnderTest.open({ devices: [account] });
  expect(['200', '212']).toContain(codeOf((await bridge.post(packageOne(account))).body));
  expect(bridge.requests.map(({ headers }) => headers['omadm-devid'])).toContain(header);
});

test.for([
  ['a new device', true],
  ['x'.repeat(255), true],
  ['x'.repeat(256), false],
  ['a\u0085b', false],
] as const)(
  'without authentication an unknown device is let in when it can be registered: %j',
  async ([devId, isIn]) => {
    const bridge = await BridgeUnderTest.open({ south: { authRequired: false } });
    const { body } = await bridge.post(packageOne({ devId, user: 'u', password: 'p' }, { cred: '' }));
    expect(codeOf(body)).toBe(isIn ? '200' : '407');
  },
);
