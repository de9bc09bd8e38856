/** A server that a test scripts, and a backend client for it; both end with the test. */
import { randomBytes } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { afterEach } from 'vitest';
import type { OutgoingRequest } from '../../src/bridge/ports.ts';
import { BackendClient, type BackendClientOptions } from '../../src/http/backend-client.ts';
import type { HttpAccount } from '../../src/http/backend-connections.ts';

export interface SeenRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export type Handler = (response: ServerResponse, seen: SeenRequest, count: number) => void;

const servers: Server[] = [];
const clients: BackendClient[] = [];
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

export async function startServer(
  handler: Handler,
): Promise<{ readonly origin: string; readonly seen: SeenRequest[] }> {
  const seen: SeenRequest[] = [];
  const server = createServer(async (request, response) => {
    const body = (await buffer(request)).toString('utf8');
    const entry = { method: request.method ?? '', url: request.url ?? '', headers: request.headers, body };
    seen.push(entry);
    handler(response, entry, seen.length);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return { origin: `http://127.0.0.1:${port}`, seen };
}

export const HOUR = 3_600_000;

/** A client whose one account has its SrvURI at `/dm` of `origin` and may fetch from everywhere there. */
export function clientFor(
  origin: string,
  account: Partial<HttpAccount> = {},
  options: Partial<BackendClientOptions> = {},
): BackendClient {
  const main: HttpAccount = {
    name: 'main',
    url: `${origin}/dm`,
    auth: { type: 'none' },
    tls: undefined,
    timeout: HOUR,
    ...account,
  };
  const client = new BackendClient({
    accounts: { main },
    allowServerUris: [`${origin}/`],
    maxReplyBytes: 100_000,
    maxPackageBytes: 200_000,
    random: { bytes: (count) => randomBytes(count) },
    ...options,
  });
  clients.push(client);
  return client;
}

/** HGET of a resource. */
export function fetchOf(url: string): OutgoingRequest {
  return { method: 'GET', url, headers: { accept: '*/*' }, account: 'main', purpose: 'repository' };
}

/** HPUT or HPOST of a text. */
export function uploadTo(url: string, method: 'PUT' | 'POST' = 'PUT'): OutgoingRequest {
  const headers = { 'content-type': 'text/plain' };
  return { method, url, headers, body: { text: 'x' }, account: 'main', purpose: 'repository' };
}

/** A package on its way to the backend. */
export function packageTo(url: string): OutgoingRequest {
  const headers = { 'content-type': 'application/json' };
  return { method: 'POST', url, headers, body: { text: '{"ä":1}' }, account: 'main', purpose: 'package' };
}
