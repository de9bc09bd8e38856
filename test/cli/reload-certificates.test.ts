/** `dmbridge serve` with TLS: at SIGHUP it takes new certificates and drops no connection. */
import { once } from 'node:events';
import { connect, type TLSSocket } from 'node:tls';
import { afterEach, expect, test } from 'vitest';
import { BridgeProcess } from '../e2e/bridge-process.ts';
import { DM_XML, packageOne } from '../e2e/scripted-device.ts';
import { SERVER_CERT, SERVER_KEY, TEST_CA } from '../support/certificates.ts';
import {
  DEVICE_CA,
  DEVICE_CERT,
  DEVICE_KEY,
  NEXT_SERVER_CERT,
  NEXT_SERVER_KEY,
  OTHER_DEVICE_CERT,
  OTHER_DEVICE_KEY,
} from '../support/device-certificates.ts';
import { RawConnection } from '../support/raw-http.ts';

const DEVICE = { devId: 'IMEI:1', user: 'bruce', password: 'OhBehave' };

const CONFIG = `accounts: { main: {} }
routes: [{ bridge: main }]
south:
  listen: "127.0.0.1:0"
  tls: { key: key.pem, cert: cert.pem, clientCa: device-ca.pem }
  auth: { accept: [tls, md5], certificate: { from: sanUri, pattern: "urn:{devId}" } }
north: { listen: "127.0.0.1:0", tls: { key: key.pem, cert: cert.pem } }
admin: { listen: "127.0.0.1:0" }
devices: devices.csv
`;

const bridge = new BridgeProcess('http://127.0.0.1', 'devId,user,password,auth\nIMEI:1,bruce,OhBehave,tls\n');
const sockets: TLSSocket[] = [];
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  await bridge.remove();
});

interface Dialed {
  /** Of the server's certificate. */
  readonly names: string | undefined;
  /** Posts Package#1; resolves with the status of SyncHdr. */
  post(sessionId: string): Promise<string | undefined>;
}

async function dial(cert: string, key: string): Promise<Dialed> {
  const { hostname: host, port } = new URL(bridge.south);
  const socket = connect({ host, port: Number(port), ca: [TEST_CA, DEVICE_CA], cert, key });
  sockets.push(socket);
  await once(socket, 'secureConnect');
  const connection = new RawConnection(socket);
  return {
    names: socket.getPeerCertificate().subjectaltname,
    async post(sessionId) {
      const message = packageOne(DEVICE, { cred: '', sessionId }, [], false);
      const head = `POST /dm HTTP/1.1\r\nHost: x\r\nContent-Type: ${DM_XML}\r\nContent-Length: ${message.length}\r\n\r\n`;
      const { body } = await connection.request(head + message);
      return /<Cmd>SyncHdr<\/Cmd>.*?<Data>(\d+)</su.exec(body)?.[1];
    },
  };
}

/** The names in the certificate of the listener for backends. */
async function northNames(): Promise<string | undefined> {
  const { hostname: host, port } = new URL(bridge.north);
  const socket = connect({ host, port: Number(port), ca: [TEST_CA, DEVICE_CA] });
  sockets.push(socket);
  await once(socket, 'secureConnect');
  return socket.getPeerCertificate().subjectaltname;
}

test('a bridge takes new certificates at SIGHUP, keeps the old ones when the new ones are unusable, and drops no connection (CP-DMSEC-5.3a)', async () => {
  bridge.write('dmbridge.yaml', CONFIG);
  bridge.write('device-ca.pem', DEVICE_CA);
  bridge.write('key.pem', SERVER_KEY);
  bridge.write('cert.pem', SERVER_CERT);
  await bridge.start();
  const before = await dial(DEVICE_CERT, DEVICE_KEY);
  expect(await before.post('1')).toBe('200');
  const other = await dial(OTHER_DEVICE_CERT, OTHER_DEVICE_KEY);
  expect(await other.post('2')).toBe('401');
  expect(await northNames()).not.toContain('second');

  bridge.write('key.pem', NEXT_SERVER_KEY);
  bridge.signal('SIGHUP');
  await bridge.untilLogged(/"config\.reload_failed"/u);
  expect((await dial(DEVICE_CERT, DEVICE_KEY)).names).not.toContain('second');

  bridge.write('cert.pem', NEXT_SERVER_CERT);
  bridge.signal('SIGHUP');
  await bridge.untilLogged(/"config\.reloaded"/u);
  const after = await dial(DEVICE_CERT, DEVICE_KEY);
  expect(after.names).toContain('second.example.com');
  expect(await northNames()).toContain('second.example.com');
  expect(await before.post('3')).toBe('200');
  expect(await after.post('4')).toBe('200');

  for (const socket of sockets) socket.destroy();
  expect(await bridge.terminate()).toBe(0);
  expect(bridge.stderr).not.toContain('PRIVATE KEY');
});
