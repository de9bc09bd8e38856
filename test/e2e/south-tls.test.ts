/** `dmbridge serve` toward devices over https: the oldest version of TLS is that of the configuration. */
import { once } from 'node:events';
import { connect, type SecureVersion, type TLSSocket } from 'node:tls';
import { afterEach, expect, test } from 'vitest';
import { SERVER_CERT, SERVER_KEY, TEST_CA } from '../support/certificates.ts';
import { RawConnection } from '../support/raw-http.ts';
import { BridgeProcess } from './bridge-process.ts';
import { ScriptedBackend } from './scripted-backend.ts';
import { DM_XML, packageOne, readAnswer } from './scripted-device.ts';

const DEVICE = { devId: 'IMEI:1', user: 'bruce', password: 'OhBehave' };

const backend = new ScriptedBackend();
const open: { bridge?: BridgeProcess; socket?: TLSSocket } = {};
afterEach(async () => {
  open.socket?.destroy();
  await open.bridge?.remove();
  await backend.close();
});

/** Starts a bridge, and returns the socket of a device that speaks TLS 1.1 only, before its handshake. */
async function dialOld(minVersion: SecureVersion): Promise<TLSSocket> {
  const url = await backend.open();
  const bridge = new BridgeProcess(url, 'devId,user,password\nIMEI:1,bruce,OhBehave\n');
  open.bridge = bridge;
  bridge.write('key.pem', SERVER_KEY);
  bridge.write('cert.pem', SERVER_CERT);
  bridge.write(
    'dmbridge.yaml',
    [
      `south: { listen: "127.0.0.1:0", answerWithin: 1h, tls: { key: key.pem, cert: cert.pem, minVersion: ${minVersion} } }`,
      'north: { listen: "127.0.0.1:0" }',
      'admin: { listen: "127.0.0.1:0" }',
      `accounts: { main: { url: "${url}/dm20", timeout: 1h } }`,
      'routes: [{ bridge: main }]',
      'devices: devices.csv',
    ].join('\n'),
  );
  await bridge.start();
  const { hostname: host, port } = new URL(bridge.south);
  const version = { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const;
  const socket = connect({ host, port: Number(port), ca: TEST_CA, ...version });
  open.socket = socket;
  return socket;
}

test('a device that speaks TLS 1.1 only plays its session when the configuration allows it (CP-HTTP-5.4b)', async () => {
  const socket = await dialOld('TLSv1.1');
  await once(socket, 'secureConnect');
  expect(socket.getProtocol()).toBe('TLSv1.1');
  const message = packageOne(DEVICE);
  const head = `POST /dm HTTP/1.1\r\nHost: x\r\nContent-Type: ${DM_XML}\r\nContent-Length: ${message.length}\r\n\r\n`;
  const { body } = await new RawConnection(socket).request(head + message);
  expect(readAnswer(body)).toMatchObject({ statuses: ['SyncHdr 0 200', 'Alert 1 200', 'Replace 2 200'], final: true });
  expect(backend.packages()).toHaveLength(1);
});

test('a device that speaks TLS 1.1 only is refused when the configuration requires TLS 1.2', async () => {
  const socket = await dialOld('TLSv1.2');
  await expect(once(socket, 'secureConnect')).rejects.toMatchObject({ code: expect.stringMatching(/SSL|ECONNRESET/u) });
});
