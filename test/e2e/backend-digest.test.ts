/** A whole session of `dmbridge serve` with a backend that asks for HTTP Digest (DM-2.0 §9.2.1, RFC 7616). */
import { afterEach, expect, test } from 'vitest';
import { BridgeProcess } from './bridge-process.ts';
import { digestHeader, parametersOf } from './http-credentials.ts';
import { list, ScriptedBackend } from './scripted-backend.ts';
import { packageOne, readAnswer, reply, syncml } from './scripted-device.ts';

const DEVICE = { devId: 'IMEI:1', user: 'bruce', password: 'OhBehave' };
const BRIDGE = { user: 'bridge', password: 'backend-pass' };

const backend = new ScriptedBackend();
const open: { bridge?: BridgeProcess } = {};
afterEach(async () => {
  await open.bridge?.remove();
  await backend.close();
});

/** True for the header that a client with the password makes. */
function isRight(header: string): boolean {
  const { nonce = '', realm = '', uri = '', cnonce = '', nc = '', response } = parametersOf(header);
  const expected = digestHeader(BRIDGE, nonce, { realm, uri, cnonce, nc: Number.parseInt(nc, 16) });
  return nonce === 'n1' && uri === '/dm20' && response === parametersOf(expected).response;
}

test('the packages of a session carry the digest that the backend asks for (DM-SEC-002-C-O)', async () => {
  const url = await backend.open();
  backend.answerBy(({ headers, body }) => {
    const challenge = 'Digest realm="backend", nonce="n1", qop="auth", algorithm=SHA-256';
    if (!isRight(headers.authorization ?? '')) return { status: 401, headers: { 'www-authenticate': challenge } };
    return body.includes('"Status"') ? list(['END']) : list(['GET', 'urn:oma:mo:oma-dm-devdetail:1.0//FwV']);
  });
  const bridge = new BridgeProcess(url, 'devId,user,password\nIMEI:1,bruce,OhBehave\n');
  open.bridge = bridge;
  bridge.write(
    'dmbridge.yaml',
    [
      'south: { listen: "127.0.0.1:0", answerWithin: 1h }',
      'north: { listen: "127.0.0.1:0" }',
      'admin: { listen: "127.0.0.1:0" }',
      `accounts: { main: { url: "${url}/dm20", timeout: 1h, auth: { type: digest, user: bridge, password: backend-pass } } }`,
      'routes: [{ bridge: main }]',
      'devices: devices.csv',
    ].join('\n'),
  );
  await bridge.start();
  const first = readAnswer((await bridge.post(packageOne(DEVICE))).body);
  const path = new URL(first.respUri ?? '').pathname.slice('/dm'.length);
  await bridge.post(syncml({ msgId: 2 }, reply(first, { './DevDetail/FwV': '7.1' })), path);
  const counts = backend.received.map(({ headers }) => parametersOf(headers.authorization).nc);
  expect(counts).toEqual([undefined, '00000001', '00000002']);
  expect(backend.packages().at(-1)?.statuses).toEqual([200]);
});
