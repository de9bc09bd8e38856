import { randomBytes } from 'node:crypto';
import { createServer, type Server } from 'node:https';
import type { TLSSocket } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { BackendClient } from '../../src/http/backend-client.ts';
import type { BackendAccount, ClientTls } from '../../src/http/connections.ts';
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

/** Answers with the common name of the client's certificate and the TLS version. */
async function startBackend(maxVersion: 'TLSv1.2' | 'TLSv1.3' = 'TLSv1.3'): Promise<string> {
  const server = createServer(
    { key: SERVER_KEY, cert: SERVER_CERT, ca: TEST_CA, requestCert: true, rejectUnauthorized: false, maxVersion },
    (request, response) => {
      const socket = request.socket as TLSSocket;
      response.end(`${socket.getPeerCertificate().subject?.CN ?? 'nobody'} ${socket.getProtocol()}`);
    },
  );
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return `https://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
}

function fetchAs(url: string, srvUri: string, tls?: Partial<ClientTls>) {
  const settings: ClientTls = { ca: undefined, cert: undefined, key: undefined, minVersion: 'TLSv1.2', ...tls };
  const main: BackendAccount = {
    name: 'main',
    url: srvUri,
    auth: { type: 'none' },
    tls: tls === undefined ? undefined : settings,
    timeout: 2_000,
  };
  const random = { bytes: (count: number) => randomBytes(count) };
  const client = new BackendClient({ accounts: { main }, allowServerUris: [url], maxReplyBytes: 1000, random });
  clients.push(client);
  return client.send({ method: 'GET', url, headers: {}, account: 'main', purpose: 'repository' });
}

const CLIENT = { ca: TEST_CA, cert: CLIENT_CERT, key: CLIENT_KEY };

describe('https', () => {
  it('refuses a server that nobody known vouches for', async () => {
    const origin = await startBackend();
    expect(await fetchAs(origin, origin)).toMatchObject({
      failure: 'unreachable',
      reason: expect.stringMatching(/SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_VERIFY/),
    });
  });

  it('trusts the authority of the account', async () => {
    const origin = await startBackend();
    expect(await fetchAs(origin, origin, { ca: TEST_CA })).toMatchObject({ body: { text: 'nobody TLSv1.3' } });
  });

  it('refuses a server that bears another name', async () => {
    const origin = (await startBackend()).replace('127.0.0.1', '127.0.0.2');
    expect(await fetchAs(origin, origin, { ca: TEST_CA })).toMatchObject({ failure: 'unreachable' });
  });

  it("shows the client certificate to the SrvURI's origin", async () => {
    const origin = await startBackend();
    expect(await fetchAs(origin, origin, CLIENT)).toMatchObject({ body: { text: 'bridge TLSv1.3' } });
  });

  it('shows it to nobody else', async () => {
    const repository = await startBackend();
    expect(await fetchAs(repository, 'https://127.0.0.1:1/dm', CLIENT)).toMatchObject({
      body: { text: 'nobody TLSv1.3' },
    });
  });

  it.each([
    ['TLSv1.2', { body: { text: 'nobody TLSv1.2' } }],
    ['TLSv1.3', { failure: 'unreachable' }],
  ] as const)('speaks at least %s', async (minVersion, expected) => {
    const origin = await startBackend('TLSv1.2');
    expect(await fetchAs(origin, origin, { ca: TEST_CA, minVersion })).toMatchObject(expected);
  });
});
