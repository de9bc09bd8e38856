/** The south listener with real TLS (contract: south.tls; design: speed, certificates). */
import { once } from 'node:events';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import type { DeviceRequest } from '../../src/bridge/device-request.ts';
import { DEFAULT_LIMITS, type Listener, openListener } from '../../src/http/listener.ts';
import { southApp } from '../../src/http/south-app.ts';
import type { TlsSettings } from '../../src/http/tls-options.ts';
import { createJournal } from '../../src/log.ts';
import { SERVER_CERT, SERVER_KEY, TEST_CA } from '../support/certificates.ts';
import {
  DEVICE_CA,
  DEVICE_CERT,
  DEVICE_KEY,
  FOREIGN_CERT,
  FOREIGN_KEY,
  NEXT_SERVER_CERT,
  NEXT_SERVER_KEY,
} from '../support/device-certificates.ts';

const listeners: Listener[] = [];
const sockets: TLSSocket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await Promise.all(listeners.splice(0).map((listener) => listener.close(0)));
});

const PLAIN: TlsSettings = { key: SERVER_KEY, cert: SERVER_CERT, ca: undefined, minVersion: 'TLSv1.2' };
const NEXT: TlsSettings = { ...PLAIN, key: NEXT_SERVER_KEY, cert: NEXT_SERVER_CERT };
const BOTH = [TEST_CA, DEVICE_CA];

async function start(tls: TlsSettings = PLAIN, limits = DEFAULT_LIMITS) {
  const seen: DeviceRequest[] = [];
  const host = {
    async handleDeviceMessage(request: DeviceRequest) {
      seen.push(request);
      return { status: 200, headers: {}, body: request.body };
    },
  };
  const app = southApp({ host, path: '/dm', maxBodyBytes: 1000 }, createJournal({ level: 'silent' }));
  const listener = await openListener({ host: '127.0.0.1', port: 0, limits, tls }, app.callback());
  listeners.push(listener);
  return { seen, listener, port: Number(new URL(listener.url).port) };
}

async function dial(port: number, options: ConnectionOptions = {}): Promise<TLSSocket> {
  const socket = connect({ host: '127.0.0.1', port, ca: BOTH, ...options });
  sockets.push(socket);
  await once(socket, 'secureConnect');
  return socket;
}

async function post(socket: TLSSocket, body: string): Promise<string> {
  const head = `POST /dm HTTP/1.1\r\nHost: x\r\nContent-Type: application/vnd.syncml.dm+xml\r\nContent-Length: ${body.length}\r\n\r\n`;
  const answered = once(socket, 'data');
  socket.write(head + body);
  const [data] = await answered;
  return String(data);
}

const namesOf = (socket: TLSSocket) => socket.getPeerCertificate().subjectaltname;

describe('a TLS listener', () => {
  it('serves devices, without asking for certificates unless told to', async () => {
    const { listener, port, seen } = await start();
    expect(listener.url).toBe(`https://127.0.0.1:${port}`);
    const socket = await dial(port, { cert: DEVICE_CERT, key: DEVICE_KEY });
    expect(await post(socket, '<a/>')).toMatch(/^HTTP\/1\.1 200 [\s\S]*<a\/>$/);
    expect(seen[0]).toMatchObject({ target: '/dm', remoteAddress: '127.0.0.1' });
    expect(seen[0]).not.toHaveProperty('certificate');
  });

  it("hands over the names of a device's certificate, with every message of the connection (CP-DMSEC-5.3a)", async () => {
    const { port, seen } = await start({ ...PLAIN, ca: DEVICE_CA });
    const socket = await dial(port, { cert: DEVICE_CERT, key: DEVICE_KEY });
    await post(socket, '1');
    await post(socket, '2');
    const certificate = {
      subjectCN: ['IMEI:1'],
      sanUri: ['urn:IMEI:1'],
      sanDns: ['imei-1.devices.example.com'],
    };
    expect(seen.map((request) => request.certificate)).toEqual([certificate, certificate]);
  });

  it.each([
    ['no certificate', {}],
    ['one of another authority, whatever name it uses', { cert: FOREIGN_CERT, key: FOREIGN_KEY }],
  ])('lets devices in with %s, as devices without', async (_, options) => {
    const { port, seen } = await start({ ...PLAIN, ca: DEVICE_CA });
    expect(await post(await dial(port, options), 'x')).toMatch(/^HTTP\/1\.1 200/);
    expect(seen[0]).not.toHaveProperty('certificate');
  });

  it.each(['TLSv1.2', 'TLSv1.3'] as const)('resumes sessions with the certificate of before: %s', async (version) => {
    const { port, seen } = await start({ ...PLAIN, ca: DEVICE_CA });
    const options = { cert: DEVICE_CERT, key: DEVICE_KEY, minVersion: version, maxVersion: version };
    const first = await dial(port, options);
    const session = once(first, 'session');
    await post(first, '1');
    const ticket = version === 'TLSv1.2' ? first.getSession() : (await session)[0];
    const second = await dial(port, { minVersion: version, maxVersion: version, session: ticket });
    expect(second.isSessionReused()).toBe(true);
    await post(second, '2');
    expect(seen[1]?.certificate).toEqual(seen[0]?.certificate);
    expect(seen[1]?.certificate?.subjectCN).toEqual(['IMEI:1']);
  });

  it('takes new certificates without dropping a connection', async () => {
    const { port, listener } = await start();
    const before = await dial(port);
    await post(before, '1');
    listener.setTls(NEXT);
    expect(await post(before, '2')).toMatch(/^HTTP\/1\.1 200/);
    const after = await dial(port);
    expect(namesOf(before)).not.toContain('second.example.com');
    expect(namesOf(after)).toContain('second.example.com');
    expect(await post(after, '3')).toMatch(/^HTTP\/1\.1 200/);
  });

  it('believes no longer what an authority that was taken out has signed, not even in a resumed session', async () => {
    const { port, listener, seen } = await start({ ...PLAIN, ca: DEVICE_CA });
    const first = await dial(port, { cert: DEVICE_CERT, key: DEVICE_KEY });
    const session = once(first, 'session');
    await post(first, '1');
    const [ticket] = await session;
    listener.setTls({ ...PLAIN, ca: TEST_CA });
    const second = await dial(port, { cert: DEVICE_CERT, key: DEVICE_KEY, session: ticket });
    await post(second, '2');
    expect(seen.map(({ certificate }) => certificate !== undefined)).toEqual([true, false]);
  });

  it('keeps its certificates when the new ones cannot be used', async () => {
    const { port, listener } = await start();
    expect(() => listener.setTls({ ...NEXT, key: SERVER_KEY })).toThrow();
    expect(namesOf(await dial(port))).not.toContain('second.example.com');
  });

  it('speaks TLS 1.1 only when asked (CP-HTTP-5.4b)', async () => {
    const old = { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const;
    const { port } = await start();
    await expect(dial(port, old)).rejects.toThrow();
    const { port: second } = await start({ ...PLAIN, minVersion: 'TLSv1.1' });
    const socket = await dial(second, old);
    expect(socket.getProtocol()).toBe('TLSv1.1');
    expect(await post(socket, 'x')).toMatch(/^HTTP\/1\.1 200/);
    await expect(dial(second, { ...old, minVersion: 'TLSv1', maxVersion: 'TLSv1' })).rejects.toThrow();
  });

  it('does not wait for ever for a handshake', async () => {
    const { port } = await start(PLAIN, { ...DEFAULT_LIMITS, headersTimeout: 100 });
    const { connect: plainConnect } = await import('node:net');
    const socket = plainConnect(port, '127.0.0.1');
    const started = performance.now();
    socket.resume();
    await once(socket, 'close');
    expect(performance.now() - started).toBeLessThan(5_000);
  });
});
