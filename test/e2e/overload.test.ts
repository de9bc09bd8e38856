/** `dmbridge serve` with accounts whose connections are in use. */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { BridgeProcess } from './bridge-process.ts';
import { list, ScriptedBackend } from './scripted-backend.ts';
import { packageOne, readAnswer } from './scripted-device.ts';

const device = (number: number) => ({ devId: `IMEI:${number}`, user: `user${number}`, password: `secret${number}` });
const rows = [1, 2, 3].map((number) => Object.values(device(number)).join(','));
const backend = new ScriptedBackend();
let url = '';
let bridge: BridgeProcess | undefined;

beforeAll(async () => {
  url = await backend.open();
});
afterEach(async () => {
  await bridge?.remove();
  bridge = undefined;
});
afterAll(() => backend.close());

async function start(): Promise<BridgeProcess> {
  const served = new BridgeProcess(url, ['devId,user,password', ...rows, ''].join('\n'));
  bridge = served;
  const account = (path: string) => `{ url: "${url}/${path}", timeout: 1h, maxConnections: 1 }`;
  served.write(
    'dmbridge.yaml',
    [
      'south: { listen: "127.0.0.1:0", answerWithin: 1h, auth: { accept: [basic] } }',
      'north: { listen: "127.0.0.1:0" }',
      'admin: { listen: "127.0.0.1:0" }',
      `accounts: { main: ${account('main')}, other: ${account('other')} }`,
      'routes: [{ match: { devIds: ["IMEI:3"] }, bridge: other }, { match: {}, bridge: main }]',
      'devices: devices.csv',
    ].join('\n'),
  );
  await served.start();
  return served;
}

test('a device whose account has no free connection gets 503 with Retry-After, and is served later; another account goes on', async () => {
  const served = await start();
  const slow = Promise.withResolvers<void>();
  backend.answerBy(async ({ headers }) => {
    if (headers['omadm-devid'] === 'IMEI:1') await slow.promise;
    return list(['END']);
  });
  const first = served.post(packageOne(device(1)));
  await backend.untilReceived(1);
  const refused = await served.post(packageOne(device(2)));
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '5']);
  // It has another account at the same address.
  expect((await served.post(packageOne(device(3)))).status).toBe(200);
  slow.resolve();
  expect((await first).status).toBe(200);
  const again = await served.post(packageOne(device(2)));
  expect(readAnswer(again.body)).toMatchObject({ statuses: expect.arrayContaining(['SyncHdr 0 200']), final: true });
  expect(backend.received.map(({ headers }) => headers['omadm-devid'])).toEqual(['IMEI:1', 'IMEI:3', 'IMEI:2']);
  expect(served.stderr).toContain('account.overloaded');
  expect(served.stderr).not.toContain('http.request_failed');
});
