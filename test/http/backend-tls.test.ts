/** The backend's client over TLS: whom it trusts, whom it shows its certificate, which versions it speaks. */
import { randomBytes } from 'node:crypto';
import { createServer, type Server } from 'node:https';
import type { SecureVersion, TLSSocket } from 'node:tls';
import { afterEach, describe, expect, test } from 'vitest';
import { BackendClient } from '../../src/http/backend-client.ts';
import type { HttpAccount } from '../../src/http/backend-connections.ts';
import type { ClientTlsSettings } from '../../src/http/tls-options.ts';
import { CLIENT_CERT, CLIENT_KEY, SERVER_CERT, SERVER_KEY, TEST_CA } from '../support/certificates.ts';

const servers: Server[] = [];
const clients: BackendClient[] = [];
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

/** Answers with the common name of the client's certificate, the TLS version, and the cipher suite when `ciphers` is given. */
async function startBackend(maxVersion: SecureVersion = 'TLSv1.3', ciphers?: string): Promise<string> {
  const isOld = maxVersion === 'TLSv1' || maxVersion === 'TLSv1.1';
  const server = createServer(
    {
      key: SERVER_KEY,
      cert: SERVER_CERT,
      ca: TEST_CA,
      requestCert: true,
      rejectUnauthorized: false,
      minVersion: isOld ? maxVersion : 'TLSv1.2',
      maxVersion,
      ciphers: ciphers ?? (isOld ? 'DEFAULT@SECLEVEL=0' : undefined),
    },
    (request, response) => {
      const socket = request.socket as TLSSocket;
      const suite = ciphers === undefined ? '' : ` ${socket.getCipher().standardName}`;
      response.end(`${socket.getPeerCertificate().subject?.CN ?? 'nobody'} ${socket.getProtocol()}${suite}`);
    },
  );
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return `https://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
}

function fetchAs(url: string, srvUri: string, tls?: Partial<ClientTlsSettings>) {
  return fetcherAs(url, srvUri, tls).fetch();
}

/** A client whose TLS settings can be changed. */
function fetcherAs(url: string, srvUri: string, tls?: Partial<ClientTlsSettings>) {
  const settings: ClientTlsSettings = { ca: undefined, cert: undefined, key: undefined, minVersion: 'TLSv1.2', ...tls };
  const main: HttpAccount = {
    name: 'main',
    url: srvUri,
    auth: { type: 'none' },
    tls: tls === undefined ? undefined : settings,
    timeout: 3_600_000,
  };
  const random = { bytes: (count: number) => randomBytes(count) };
  const client = new BackendClient({
    accounts: { main },
    allowServerUris: [url],
    maxReplyBytes: 1000,
    maxPackageBytes: 1000,
    random,
  });
  clients.push(client);
  return {
    fetch: () => client.send({ method: 'GET', url, headers: {}, account: 'main', purpose: 'repository' }),
    setTls: (next: Partial<ClientTlsSettings>) => client.setTls('main', { ...settings, ...next }),
  };
}

const CLIENT = { ca: TEST_CA, cert: CLIENT_CERT, key: CLIENT_KEY };

test('new certificates of an account count for its next connection', async () => {
  const origin = await startBackend();
  const { fetch, setTls } = fetcherAs(origin, origin, { ca: TEST_CA });
  const textOf = async () => {
    const reply = await fetch();
    return 'body' in reply ? reply.body : reply;
  };
  expect(await textOf()).toEqual({ text: 'nobody TLSv1.3' });
  setTls(CLIENT);
  expect(await textOf()).toEqual(await fetchAs(origin, origin, CLIENT).then((reply) => 'body' in reply && reply.body));
  expect(await textOf()).not.toEqual({ text: 'nobody TLSv1.3' });
  setTls({ ca: undefined });
  expect(await textOf()).toMatchObject({ failure: 'unreachable' });
});

describe('https', () => {
  test('a server with a certificate of an unknown authority is refused', async () => {
    const origin = await startBackend();
    expect(await fetchAs(origin, origin)).toMatchObject({
      failure: 'unreachable',
      reason: expect.stringMatching(/SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_VERIFY/),
    });
  });

  test('the authority of the account is trusted', async () => {
    const origin = await startBackend();
    expect(await fetchAs(origin, origin, { ca: TEST_CA })).toMatchObject({ body: { text: 'nobody TLSv1.3' } });
  });

  test('a server whose certificate has another name is refused', async () => {
    const origin = (await startBackend()).replace('127.0.0.1', '127.0.0.2');
    expect(await fetchAs(origin, origin, { ca: TEST_CA })).toMatchObject({ failure: 'unreachable' });
  });

  test('the client certificate is shown to the origin of the SrvURI', async () => {
    const origin = await startBackend();
    expect(await fetchAs(origin, origin, CLIENT)).toMatchObject({ body: { text: 'bridge TLSv1.3' } });
  });

  test('the client certificate is not shown to another origin', async () => {
    const repository = await startBackend();
    expect(await fetchAs(repository, 'https://127.0.0.1:1/dm', CLIENT)).toMatchObject({
      body: { text: 'nobody TLSv1.3' },
    });
  });

  test('a pre-shared key is used toward the origin of the SrvURI only', async () => {
    const psk = { identity: 'bridge-1', key: '00112233445566778899aabbccddeeff' };
    const origin = await startBackend();
    expect(await fetchAs(origin, origin, { ca: TEST_CA, psk })).toMatchObject({ failure: 'unreachable' });
    expect(await fetchAs(origin, 'https://127.0.0.1:1/dm', { ca: TEST_CA, psk })).toMatchObject({
      body: { text: 'nobody TLSv1.3' },
    });
  });

  test.each([
    ['TLS 1.0', 'TLSv1'],
    ['TLS 1.1', 'TLSv1.1'],
    ['TLS 1.2', 'TLSv1.2'],
  ] as const)('%s is spoken with a server that has nothing newer, when the account allows it', async (_, version) => {
    const origin = await startBackend(version);
    expect(await fetchAs(origin, origin, { ca: TEST_CA, minVersion: version })).toMatchObject({
      body: { text: `nobody ${version}` },
    });
  });

  test.each([
    ['TLSv1', 'TLSv1.1'],
    ['TLSv1', 'TLSv1.2'],
    ['TLSv1.1', 'TLSv1.2'],
    ['TLSv1.2', 'TLSv1.3'],
  ] as const)('a server of %s is refused when %s is required', async (version, minVersion) => {
    const origin = await startBackend(version);
    expect(await fetchAs(origin, origin, { ca: TEST_CA, minVersion })).toMatchObject({ failure: 'unreachable' });
  });

  test.each([
    ['TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256', 'ECDHE-ECDSA-AES128-GCM-SHA256'],
    ['TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256', 'ECDHE-ECDSA-AES128-SHA256'],
  ])('the cipher suite %s is known', async (suite, name) => {
    const origin = await startBackend('TLSv1.2', name);
    expect(await fetchAs(origin, origin, { ca: TEST_CA })).toMatchObject({ body: { text: `nobody TLSv1.2 ${suite}` } });
  });
});
