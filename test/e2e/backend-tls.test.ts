/** Whole sessions of `dmbridge serve` with a backend over https: its certificates and the versions of TLS (DM-2.0 §9.2). */
import { createServer, type Server, type ServerOptions } from 'node:https';
import { text } from 'node:stream/consumers';
import type { SecureVersion, TLSSocket } from 'node:tls';
import { afterEach, describe, expect, test } from 'vitest';
import { CLIENT_CERT, CLIENT_KEY, SERVER_CERT, SERVER_KEY, TEST_CA } from '../support/certificates.ts';
import { BridgeProcess } from './bridge-process.ts';
import { basicCred, packageOne, readAnswer, reply, syncml } from './scripted-device.ts';

const DEVICE = { devId: 'IMEI:1', user: 'bruce', password: 'OhBehave' };
const FW_V = 'urn:oma:mo:oma-dm-devdetail:1.0//FwV';
const LEAVES = { './DevDetail/FwV': '7.1' };
const AUTHORITY = 'ca: ca.pem';
const CERTIFICATE = 'cert: client.pem, key: client-key.pem';

/** A package as the backend saw it. */
interface Seen {
  /** The common name of the client certificate; undefined without one. */
  readonly client: string | undefined;
  readonly protocol: string | null;
  readonly suite: string | undefined;
  readonly statuses: readonly number[] | undefined;
}

interface TlsBackend {
  readonly url: string;
  readonly seen: readonly Seen[];
}

const open: { server?: Server; bridge?: BridgeProcess } = {};
afterEach(async () => {
  await open.bridge?.remove();
  open.server?.closeAllConnections();
  open.server?.close();
});

/** A backend with one GET. It lets nobody in without a certificate of the test authority when `needsCertificate`. */
async function startBackend(
  maxVersion: SecureVersion,
  needsCertificate: boolean,
  ciphers?: string,
): Promise<TlsBackend> {
  const isOld = maxVersion === 'TLSv1' || maxVersion === 'TLSv1.1';
  return await listen({
    key: SERVER_KEY,
    cert: SERVER_CERT,
    ca: TEST_CA,
    requestCert: needsCertificate,
    rejectUnauthorized: needsCertificate,
    minVersion: isOld ? maxVersion : 'TLSv1.2',
    maxVersion,
    ciphers: isOld ? 'DEFAULT@SECLEVEL=0' : ciphers,
  });
}

/** A backend with these settings that sends one GET and then END. */
async function listen(options: ServerOptions): Promise<TlsBackend> {
  const seen: Seen[] = [];
  const server = createServer(options, async (request, response) => {
    const socket = request.socket as TLSSocket;
    const { Status }: { readonly Status?: readonly { readonly sc: number }[] } = JSON.parse(
      (/\{.*\}/u.exec(await text(request)) ?? ['{}'])[0],
    );
    const statuses = Status?.map(({ sc }) => sc);
    seen.push({
      client: [socket.getPeerCertificate().subject?.CN].flat()[0],
      protocol: socket.getProtocol(),
      suite: socket.getCipher().standardName,
      statuses,
    });
    response.writeHead(200, { 'content-type': 'application/vnd.oma.dm.request+json' });
    response.end(JSON.stringify({ CMD: [statuses === undefined ? ['GET', FW_V] : ['END']] }));
  });
  open.server = server;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return { url: `https://127.0.0.1:${port}`, seen };
}

/** A backend that knows the bridge by a pre-shared key and has no certificate. */
async function startPskBackend(suite: string, key: Uint8Array): Promise<TlsBackend> {
  return await listen({
    ciphers: suite,
    maxVersion: 'TLSv1.2',
    dhparam: 'auto',
    pskCallback: (_: unknown, identity: string) => (identity === 'bridge-1' ? key : null),
  });
}

/** Plays a session of the device through a bridge whose account has these TLS settings; true when the device got the GET. */
async function playSession(url: string, tls: string): Promise<boolean> {
  const bridge = new BridgeProcess(url, `devId,user,password\n${DEVICE.devId},${DEVICE.user},${DEVICE.password}\n`);
  open.bridge = bridge;
  bridge.write('ca.pem', TEST_CA);
  bridge.write('client.pem', CLIENT_CERT);
  bridge.write('client-key.pem', CLIENT_KEY);
  bridge.write(
    'dmbridge.yaml',
    [
      'south: { listen: "127.0.0.1:0", answerWithin: 1h }',
      'north: { listen: "127.0.0.1:0" }',
      'admin: { listen: "127.0.0.1:0" }',
      `accounts: { main: { url: "${url}/dm20", timeout: 1h, tls: { ${tls} } } }`,
      'routes: [{ bridge: main }]',
      'devices: devices.csv',
    ].join('\n'),
  );
  await bridge.start();
  const first = readAnswer((await bridge.post(packageOne(DEVICE))).body);
  if (first.commands.length === 0) return false;
  const path = new URL(first.respUri ?? '').pathname.slice('/dm'.length);
  const answers = syncml({ msgId: 2, cred: basicCred(DEVICE) }, reply(first, LEAVES));
  expect(readAnswer((await bridge.post(answers, path)).body)).toMatchObject({ commands: [], final: true });
  return true;
}

describe('certificates', () => {
  test('a session with a backend that asks for a client certificate is played to its end (DM-SEC-003-C-M, DM-SEC-004-C-M, DM-SEC-010-C-O)', async () => {
    const backend = await startBackend('TLSv1.3', true);
    expect(await playSession(backend.url, `${AUTHORITY}, ${CERTIFICATE}`)).toBe(true);
    expect(backend.seen.map(({ client, protocol, statuses }) => [client, protocol, statuses])).toEqual([
      ['bridge', 'TLSv1.3', undefined],
      ['bridge', 'TLSv1.3', [200]],
    ]);
  });

  test.each([
    ['that asks for a certificate which the account does not have', AUTHORITY],
    ['whose authority the account does not name', CERTIFICATE],
  ])('a backend %s gets no package', async (_, tls) => {
    const backend = await startBackend('TLSv1.3', true);
    expect(await playSession(backend.url, tls)).toBe(false);
    expect(backend.seen).toEqual([]);
  });
});

describe('cipher suites and versions of TLS', () => {
  test.each([
    ['TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256', 'ECDHE-ECDSA-AES128-GCM-SHA256'],
    ['TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256', 'ECDHE-ECDSA-AES128-SHA256'],
  ])('a session goes by the cipher suite %s (DM-SEC-011-C-O)', async (suite, name) => {
    const backend = await startBackend('TLSv1.2', false, name);
    expect(await playSession(backend.url, AUTHORITY)).toBe(true);
    expect(backend.seen.map((seen) => [seen.suite, seen.statuses])).toEqual([
      [suite, undefined],
      [suite, [200]],
    ]);
  });

  test.each([
    ['TLS 1.0 (DM-SEC-005-C-O)', 'TLSv1'],
    ['TLS 1.1 (DM-SEC-006-C-M)', 'TLSv1.1'],
    ['TLS 1.2 (DM-SEC-007-C-O)', 'TLSv1.2'],
  ] as const)(
    'a session goes by %s when the backend has nothing newer and the account allows it',
    async (_, version) => {
      const backend = await startBackend(version, false);
      expect(await playSession(backend.url, `${AUTHORITY}, minVersion: ${version}`)).toBe(true);
      expect(backend.seen.map(({ protocol, statuses }) => [protocol, statuses])).toEqual([
        [version, undefined],
        [version, [200]],
      ]);
    },
  );

  test.each([
    ['TLSv1', 'TLSv1.1'],
    ['TLSv1.1', 'TLSv1.2'],
  ] as const)(
    'a backend with nothing newer than %s gets no package when the account requires %s (DM-SEC-012-C-M)',
    async (version, minVersion) => {
      const backend = await startBackend(version, false);
      expect(await playSession(backend.url, `${AUTHORITY}, minVersion: ${minVersion}`)).toBe(false);
      expect(backend.seen).toEqual([]);
    },
  );
});

describe('a pre-shared key', () => {
  const KEY = '00112233445566778899aabbccddeeff';
  const PSK = `psk: { identity: bridge-1, key: "hex:${KEY}" }`;

  test.each([
    ['TLS_DHE_PSK_WITH_AES_128_GCM_SHA256', 'DHE-PSK-AES128-GCM-SHA256'],
    ['TLS_PSK_WITH_AES_128_GCM_SHA256', 'PSK-AES128-GCM-SHA256'],
    ['TLS_ECDHE_PSK_WITH_AES_128_CBC_SHA256', 'ECDHE-PSK-AES128-CBC-SHA256'],
    ['TLS_DHE_PSK_WITH_AES_128_CBC_SHA256', 'DHE-PSK-AES128-CBC-SHA256'],
    ['TLS_PSK_WITH_AES_128_CBC_SHA256', 'PSK-AES128-CBC-SHA256'],
  ])(
    'a session with a backend that has the same key goes by %s (DM-SEC-008-C-O, DM-SEC-009-C-O)',
    async (suite, name) => {
      const backend = await startPskBackend(name, Buffer.from(KEY, 'hex'));
      expect(await playSession(backend.url, PSK)).toBe(true);
      expect(backend.seen).toEqual([
        { client: undefined, protocol: 'TLSv1.2', suite, statuses: undefined },
        { client: undefined, protocol: 'TLSv1.2', suite, statuses: [200] },
      ]);
    },
  );

  test('a backend with another key gets no package', async () => {
    const backend = await startPskBackend('PSK-AES128-GCM-SHA256', Buffer.from(KEY.replace('0', '1'), 'hex'));
    expect(await playSession(backend.url, PSK)).toBe(false);
    expect(backend.seen).toEqual([]);
  });

  test('a backend that has a certificate in place of the key gets no package', async () => {
    const backend = await startBackend('TLSv1.3', false);
    expect(await playSession(backend.url, PSK)).toBe(false);
    expect(backend.seen).toEqual([]);
  });
});
