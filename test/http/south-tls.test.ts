/** The listener for devices with real TLS: certificates, versions, resumed sessions. */
import { once } from 'node:events';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import { afterEach, describe, expect, test } from 'vitest';
import type { DeviceRequest } from '../../src/bridge/device-request.ts';
import { DEFAULT_LIMITS, type Listener, openListener } from '../../src/http/listener.ts';
import { southListener } from '../../src/http/south-listener.ts';
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
import { NO_LONG_BODIES } from '../support/device-host.ts';
import { type RawAnswer, RawConnection } from '../support/raw-http.ts';

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
    ...NO_LONG_BODIES,
    async handleDeviceMessage(request: DeviceRequest) {
      seen.push(request);
      return { status: 200, headers: {}, body: request.body };
    },
  };
  const handler = southListener({ host, path: '/dm', maxBodyBytes: 1000 }, createJournal({ level: 'silent' }));
  const listener = await openListener({ host: '127.0.0.1', port: 0, limits, tls }, handler);
  listeners.push(listener);
  return { seen, listener, port: Number(new URL(listener.url).port) };
}

interface Dialed {
  readonly socket: TLSSocket;
  post(body: string): Promise<RawAnswer>;
}

async function dial(port: number, options: ConnectionOptions = {}): Promise<Dialed> {
  const socket = connect({ host: '127.0.0.1', port, ca: BOTH, ...options });
  sockets.push(socket);
  await once(socket, 'secureConnect');
  const connection = new RawConnection(socket);
  const type = 'application/vnd.syncml.dm+xml';
  const head = (body: string) =>
    `POST /dm HTTP/1.1\r\nHost: x\r\nContent-Type: ${type}\r\nContent-Length: ${body.length}\r\n\r\n`;
  return { socket, post: (body) => connection.request(head(body) + body) };
}

const namesOf = ({ socket }: Dialed) => socket.getPeerCertificate().subjectaltname;

describe('a TLS listener', () => {
  test('a TLS listener serves devices, and asks for certificates only when it is told to', async () => {
    const { listener, port, seen } = await start();
    expect(listener.url).toBe(`https://127.0.0.1:${port}`);
    const device = await dial(port, { cert: DEVICE_CERT, key: DEVICE_KEY });
    expect(await device.post('<a/>')).toMatchObject({ status: 200, body: '<a/>' });
    expect(seen[0]).toMatchObject({ target: '/dm', below: '', remoteAddress: '127.0.0.1', isProtected: true });
    expect(seen[0]).not.toHaveProperty('certificate');
  });

  test("every message of a connection is handed over with the names of the device's certificate", async () => {
    const { port, seen } = await start({ ...PLAIN, ca: DEVICE_CA });
    const device = await dial(port, { cert: DEVICE_CERT, key: DEVICE_KEY });
    await device.post('1');
    await device.post('2');
    const certificate = {
      subjectCN: ['IMEI:1'],
      sanUri: ['urn:IMEI:1'],
      sanDns: ['imei-1.devices.example.com'],
    };
    expect(seen.map((request) => request.certificate)).toEqual([certificate, certificate]);
  });

  test.each([
    ['no certificate', {}],
    ['a certificate of another authority, whatever name it has', { cert: FOREIGN_CERT, key: FOREIGN_KEY }],
  ])('a device with %s is let in as one without', async (_, options) => {
    const { port, seen } = await start({ ...PLAIN, ca: DEVICE_CA });
    const device = await dial(port, options);
    expect((await device.post('x')).status).toBe(200);
    expect(seen[0]).not.toHaveProperty('certificate');
  });

  test.each(['TLSv1.2', 'TLSv1.3'] as const)(
    'a resumed session has the certificate of the first one: %s',
    async (version) => {
      const { port, seen } = await start({ ...PLAIN, ca: DEVICE_CA });
      const options = { cert: DEVICE_CERT, key: DEVICE_KEY, minVersion: version, maxVersion: version };
      const first = await dial(port, options);
      const session = once(first.socket, 'session');
      await first.post('1');
      const ticket = version === 'TLSv1.2' ? first.socket.getSession() : (await session)[0];
      const second = await dial(port, { minVersion: version, maxVersion: version, session: ticket });
      expect(second.socket.isSessionReused()).toBe(true);
      await second.post('2');
      expect(seen[1]?.certificate).toEqual(seen[0]?.certificate);
      expect(seen[1]?.certificate?.subjectCN).toEqual(['IMEI:1']);
    },
  );

  test('new certificates are taken without dropping a connection', async () => {
    const { port, listener } = await start();
    const before = await dial(port);
    await before.post('1');
    listener.setTls(NEXT);
    expect((await before.post('2')).status).toBe(200);
    const after = await dial(port);
    expect(namesOf(before)).not.toContain('second.example.com');
    expect(namesOf(after)).toContain('second.example.com');
    expect((await after.post('3')).status).toBe(200);
  });

  test('a certificate of an authority that was taken out counts no longer, not even in a resumed session', async () => {
    const { port, listener, seen } = await start({ ...PLAIN, ca: DEVICE_CA });
    const first = await dial(port, { cert: DEVICE_CERT, key: DEVICE_KEY });
    const session = once(first.socket, 'session');
    await first.post('1');
    const [ticket] = await session;
    listener.setTls({ ...PLAIN, ca: TEST_CA });
    const second = await dial(port, { cert: DEVICE_CERT, key: DEVICE_KEY, session: ticket });
    await second.post('2');
    expect(seen.map(({ certificate }) => certificate !== undefined)).toEqual([true, false]);
  });

  test('the old certificates stay when the new ones cannot be used', async () => {
    const { port, listener } = await start();
    expect(() => listener.setTls({ ...NEXT, key: SERVER_KEY })).toThrow();
    expect(namesOf(await dial(port))).not.toContain('second.example.com');
  });

  test('TLS 1.1 is spoken only when the configuration asks for it', async () => {
    const old = { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const;
    const { port } = await start();
    await expect(dial(port, old)).rejects.toThrow();
    const { port: second } = await start({ ...PLAIN, minVersion: 'TLSv1.1' });
    const device = await dial(second, old);
    expect(device.socket.getProtocol()).toBe('TLSv1.1');
    expect((await device.post('x')).status).toBe(200);
    await expect(dial(second, { ...old, minVersion: 'TLSv1', maxVersion: 'TLSv1' })).rejects.toThrow();
  });

  test('a connection without a handshake is closed after the time for headers', async () => {
    const hours = { headersTimeout: 3_600_000, requestTimeout: 7_200_000 };
    const patient = await start(PLAIN, { ...DEFAULT_LIMITS, ...hours });
    const kept = new RawConnection(patient.port);
    const { port } = await start(PLAIN, { ...DEFAULT_LIMITS, headersTimeout: 100 });
    await new RawConnection(port).untilClosed();
    await new RawConnection(port).untilClosed();
    // It was opened first, and would be closed by now if the limit were the same for all.
    expect(kept.isClosed).toBe(false);
    kept.destroy();
  });
});
