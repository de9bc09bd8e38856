/** `serve` with TLS: SIGHUP takes new certificates and drops nobody (contract: south.tls). */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type TLSSocket } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, it } from 'vitest';
import { packageOne } from '../e2e/scripted-device.ts';
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

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const DEVICE = { devId: 'IMEI:1', user: 'bruce', password: 'OhBehave' };
const folder = mkdtempSync(join(tmpdir(), 'dmbridge-reload-'));
const write = (name: string, content: string) => writeFileSync(join(folder, name), content);
afterAll(() => rmSync(folder, { recursive: true }));

write('device-ca.pem', DEVICE_CA);
write('key.pem', SERVER_KEY);
write('cert.pem', SERVER_CERT);
write('devices.csv', 'devId,user,password,auth\nIMEI:1,bruce,OhBehave,tls\n');
write(
  'c.yaml',
  `accounts: { main: {} }
routes: [{ bridge: main }]
south:
  listen: "127.0.0.1:0"
  tls: { key: key.pem, cert: cert.pem, clientCa: device-ca.pem }
  auth: { accept: [tls, md5], certificate: { from: sanUri, pattern: "urn:{devId}" } }
north: { listen: "127.0.0.1:0" }
admin: { listen: "127.0.0.1:0" }
devices: devices.csv
`,
);

async function dial(port: number, cert: string, key: string): Promise<TLSSocket> {
  const socket = connect({ host: '127.0.0.1', port, ca: [TEST_CA, DEVICE_CA], cert, key });
  await once(socket, 'secureConnect');
  return socket;
}

/** The code for SyncHdr. */
async function post(socket: TLSSocket, sessionId: string): Promise<string | undefined> {
  const body = packageOne(DEVICE, { cred: '', sessionId }, [], false);
  const type = 'application/vnd.syncml.dm+xml';
  socket.write(
    `POST /dm HTTP/1.1\r\nHost: x\r\nContent-Type: ${type}\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  );
  const [data] = await once(socket, 'data');
  return /<Cmd>SyncHdr<\/Cmd>.*?<Data>(\d+)</su.exec(String(data))?.[1];
}

it('serves devices by certificate, takes new certificates at SIGHUP, and stays as it is when they are no good (CP-DMSEC-5.3a)', async () => {
  const child = spawn(process.execPath, [MAIN, 'serve', '--config', 'c.yaml'], { cwd: folder });
  const exit = once(child, 'exit');
  const logs: string[] = [];
  child.stderr.on('data', (data) => logs.push(String(data)));
  const logged = async (text: string) => {
    while (!logs.join('').includes(text)) await once(child.stderr, 'data');
  };
  try {
    const [ready] = await once(child.stdout, 'data');
    const port = Number(/south=https:\/\/127\.0\.0\.1:(\d+)\/dm/u.exec(String(ready))?.[1]);
    const before = await dial(port, DEVICE_CERT, DEVICE_KEY);
    expect(await post(before, '1')).toBe('200');
    expect(await post(await dial(port, OTHER_DEVICE_CERT, OTHER_DEVICE_KEY), '2')).toBe('401');

    write('key.pem', NEXT_SERVER_KEY);
    child.kill('SIGHUP');
    await logged('config.reload_failed');
    expect((await dial(port, DEVICE_CERT, DEVICE_KEY)).getPeerCertificate().subjectaltname).not.toContain('second');

    write('cert.pem', NEXT_SERVER_CERT);
    child.kill('SIGHUP');
    await logged('tls.reloaded');
    const after = await dial(port, DEVICE_CERT, DEVICE_KEY);
    expect(after.getPeerCertificate().subjectaltname).toContain('second.example.com');
    expect(await post(before, '3')).toBe('200');
    expect(await post(after, '4')).toBe('200');
    expect(logs.join('')).not.toContain('PRIVATE KEY');
  } finally {
    child.kill('SIGTERM');
  }
  expect((await exit)[0]).toBe(0);
});
