/** The client of the backend and of Data Repositories, toward real servers. */
import { createHash, randomBytes } from 'node:crypto';
import type { lookup } from 'node:dns';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { OutgoingRequest } from '../../src/bridge/ports.ts';
import { BackendClient, type BackendClientOptions } from '../../src/http/backend-client.ts';
import type { HttpAccount } from '../../src/http/backend-connections.ts';
import { untilPublished } from '../support/until-published.ts';

interface Seen {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly authorization: string | undefined;
  readonly body: string;
}

type Handler = (response: ServerResponse, seen: Seen, count: number) => void;

const servers: Server[] = [];
const clients: BackendClient[] = [];
afterEach(async () => {
  vi.useRealTimers();
  await Promise.all(clients.splice(0).map((client) => client.close()));
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function startBackend(handler: Handler): Promise<{ origin: string; port: number; seen: Seen[] }> {
  const seen: Seen[] = [];
  const server = createServer(async (request: IncomingMessage, response) => {
    const body = (await buffer(request)).toString('utf8');
    const entry = { method: request.method, url: request.url, authorization: request.headers.authorization, body };
    seen.push(entry);
    handler(response, entry, seen.length);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return { origin: `http://127.0.0.1:${port}`, port, seen };
}

const HOUR = 3_600_000;

function account(url: string, more: Partial<HttpAccount> = {}): HttpAccount {
  return {
    name: 'main',
    url,
    auth: { type: 'none' },
    tls: undefined,
    timeout: HOUR,
    ...more,
  };
}

function client(
  accounts: Record<string, HttpAccount>,
  allowServerUris: readonly string[],
  more: Partial<BackendClientOptions> = {},
): BackendClient {
  const created = new BackendClient({
    accounts,
    allowServerUris,
    maxReplyBytes: 100_000,
    maxPackageBytes: 200_000,
    random: { bytes: (count) => randomBytes(count) },
    ...more,
  });
  clients.push(created);
  return created;
}

const fetchFrom = (url: string): OutgoingRequest => ({
  method: 'GET',
  url,
  headers: { Accept: '*/*' },
  account: 'main',
  purpose: 'repository',
});
const packageTo = (url: string): OutgoingRequest => ({
  method: 'POST',
  url,
  headers: { 'Content-Type': 'application/json' },
  body: { text: '{"ä":1}' },
  account: 'main',
  purpose: 'package',
});

const BASIC = { type: 'basic', user: 'u', password: 'ü' } as const;
const BASIC_HEADER = `Basic ${Buffer.from('u:ü').toString('base64')}`;

describe('a package', () => {
  test('a package is posted and its answer comes back', async () => {
    const backend = await startBackend((response, { body }) => {
      response.writeHead(201, { 'Content-Type': 'application/json', 'X-Twice': ['a', 'b'] });
      response.end(body);
    });
    const reply = await client({ main: account(`${backend.origin}/dm?x=1`) }, []).send(
      packageTo(`${backend.origin}/dm?x=1`),
    );
    expect(reply).toMatchObject({
      status: 201,
      body: { text: '{"ä":1}' },
      headers: { 'content-type': 'application/json', 'x-twice': 'a, b' },
    });
    expect(backend.seen).toEqual([{ method: 'POST', url: '/dm?x=1', authorization: undefined, body: '{"ä":1}' }]);
  });

  test('a package goes to another URL only within the allow-list', async () => {
    const backend = await startBackend((response) => response.end());
    const main = { main: account(`${backend.origin}/dm`) };
    expect(await client(main, []).send(packageTo(`${backend.origin}/other`))).toMatchObject({ failure: 'forbidden' });
    expect(await client(main, [`${backend.origin}/oth`]).send(packageTo(`${backend.origin}/other`))).toMatchObject({
      failure: 'forbidden',
    });
    expect(await client(main, [`${backend.origin}/`]).send(packageTo(`${backend.origin}/other`))).toMatchObject({
      status: 200,
    });
    expect(backend.seen).toHaveLength(1);
  });

  test('each package goes to its own URL, wherever the one before it went', async () => {
    const backend = await startBackend((response) => response.end());
    const sender = client({ main: account(`${backend.origin}/dm`) }, [`${backend.origin}/`]);
    for (const path of ['/dm', '/dm', '/continued', '/dm']) await sender.send(packageTo(`${backend.origin}${path}`));
    expect(backend.seen.map(({ url }) => url)).toEqual(['/dm', '/dm', '/continued', '/dm']);
  });

  test('a package of an unknown account is not sent', async () => {
    expect(await client({}, ['http://127.0.0.1/']).send(packageTo('http://127.0.0.1/'))).toMatchObject({
      failure: 'forbidden',
    });
  });
});

describe('bytes', () => {
  test.each([
    ['text', Buffer.from('grün'), { text: 'grün' }],
    ['nothing', Buffer.alloc(0), { text: '' }],
    ['a byte order mark', Buffer.from('\uFEFFx'), { text: '\uFEFFx' }],
    ['bytes that are not UTF-8', Buffer.from([0xff, 0x00]), { base64: '/wA=' }],
  ])('a body comes back whole: %s', async (_, bytes, expected) => {
    const backend = await startBackend((response) => response.end(bytes));
    const reply = await client({ main: account(backend.origin) }, [backend.origin]).send(
      fetchFrom(`${backend.origin}/x`),
    );
    expect(reply).toMatchObject({ status: 200, body: expected });
  });

  test('bytes are sent as they are', async () => {
    const backend = await startBackend((response) => response.end());
    const put = { ...fetchFrom(`${backend.origin}/x`), method: 'PUT', body: { base64: 'w6Q=' } } as const;
    expect(await client({ main: account(backend.origin) }, [backend.origin]).send(put)).toMatchObject({ status: 200 });
    expect(backend.seen[0]?.body).toBe('ä');
  });

  test('an answer with more bytes than the limit is refused', async () => {
    const backend = await startBackend((response) => response.end('x'.repeat(101)));
    const reply = await client({ main: account(backend.origin) }, [backend.origin], { maxReplyBytes: 100 }).send(
      fetchFrom(`${backend.origin}/x`),
    );
    expect(reply).toMatchObject({ failure: 'tooLarge' });
  });

  test('an answer with as many bytes as the limit is taken', async () => {
    const backend = await startBackend((response) => response.end('x'.repeat(100)));
    const reply = await client({ main: account(backend.origin) }, [backend.origin], { maxReplyBytes: 100 }).send(
      fetchFrom(`${backend.origin}/x`),
    );
    expect(reply).toMatchObject({ status: 200 });
  });
});

describe('credentials', () => {
  test('credentials of type basic go along at once, to the origin of the SrvURI', async () => {
    const backend = await startBackend((response) => response.end());
    await client({ main: account(`${backend.origin}/dm`, { auth: BASIC }) }, [backend.origin]).send(
      fetchFrom(`${backend.origin}/data`),
    );
    expect(backend.seen[0]?.authorization).toBe(BASIC_HEADER);
  });

  test('credentials do not go to another origin', async () => {
    const repository = await startBackend((response) =>
      response.writeHead(401, { 'WWW-Authenticate': 'Basic realm="x"' }).end(),
    );
    const main = account('http://127.0.0.1:1/dm', { auth: BASIC });
    expect(await client({ main }, [repository.origin]).send(fetchFrom(`${repository.origin}/data`))).toMatchObject({
      status: 401,
    });
    expect(repository.seen.map(({ authorization }) => authorization)).toEqual([undefined]);
  });

  test('a request carries the credentials of the account at its origin', async () => {
    const other = await startBackend((response) => response.end());
    const accounts = {
      main: account('http://127.0.0.1:1/dm', { auth: { type: 'basic', user: 'main', password: 'm' } }),
      other: account(`${other.origin}/dm`, { name: 'other', auth: BASIC }),
    };
    await client(accounts, [other.origin]).send(fetchFrom(`${other.origin}/data`));
    expect(other.seen[0]?.authorization).toBe(BASIC_HEADER);
  });

  test('wrong credentials of type basic are not tried twice', async () => {
    const backend = await startBackend((response) =>
      response.writeHead(401, { 'WWW-Authenticate': 'Basic realm="x"' }).end(),
    );
    const reply = await client({ main: account(backend.origin, { auth: BASIC }) }, []).send(
      packageTo(`${backend.origin}/`),
    );
    expect(reply).toMatchObject({ status: 401 });
    expect(backend.seen).toHaveLength(1);
  });

  test('credentials of type digest answer a challenge once, and go along at once from then on', async () => {
    const challenge = 'Digest realm="r", nonce="n", qop="auth", algorithm=SHA-256';
    const backend = await startBackend((response, { authorization }) => {
      if (authorization === undefined) response.writeHead(401, { 'WWW-Authenticate': challenge });
      response.end();
    });
    const sender = client(
      { main: account(`${backend.origin}/dm?q`, { auth: { type: 'digest', user: 'u', password: 'p' } }) },
      [],
    );
    expect(await sender.send(packageTo(`${backend.origin}/dm?q`))).toMatchObject({ status: 200 });
    expect(await sender.send(packageTo(`${backend.origin}/dm?q`))).toMatchObject({ status: 200 });
    const headers = backend.seen.map(({ authorization }) => authorization ?? '');
    expect(headers.map((header) => /nc=(\d+)/.exec(header)?.[1])).toEqual([undefined, '00000001', '00000002']);
    expect(headers[1]).toContain(`response="${expectedResponse(headers[1] ?? '')}"`);
    expect(backend.seen[1]?.body).toBe('{"ä":1}');
  });

  test('wrong credentials of type digest are tried once', async () => {
    const backend = await startBackend((response, _, count) =>
      response.writeHead(401, { 'WWW-Authenticate': `Digest realm="r", nonce="${count}", qop="auth"` }).end(),
    );
    const main = account(`${backend.origin}/`, { auth: { type: 'digest', user: 'u', password: 'p' } });
    expect(await client({ main }, []).send(packageTo(`${backend.origin}/`))).toMatchObject({ status: 401 });
    expect(backend.seen).toHaveLength(2);
  });
});

/** RFC 7616 §3.4.1, written out for the test's user, realm and request. */
function expectedResponse(header: string): string {
  const sha256 = (data: string) => createHash('sha256').update(data).digest('hex');
  const cnonce = /cnonce="([^"]+)"/.exec(header)?.[1];
  return sha256(`${sha256('u:r:p')}:n:00000001:${cnonce}:auth:${sha256('POST:/dm?q')}`);
}

describe('redirects of a GET', () => {
  test('a redirect inside the allow-list is followed, without credentials for another origin', async () => {
    const target = await startBackend((response) => response.end('there'));
    const backend = await startBackend((response) =>
      response.writeHead(302, { Location: `${target.origin}/data` }).end(),
    );
    const main = account(backend.origin, { auth: BASIC });
    const reply = await client({ main }, [backend.origin, `${target.origin}/data`]).send(
      fetchFrom(`${backend.origin}/x`),
    );
    expect(reply).toMatchObject({ status: 200, body: { text: 'there' } });
    expect([backend.seen[0]?.authorization, target.seen[0]?.authorization]).toEqual([BASIC_HEADER, undefined]);
  });

  test('a relative redirect is followed', async () => {
    const backend = await startBackend((response, { url }) =>
      url === '/a/x' ? response.writeHead(301, { Location: '../b' }).end() : response.end(url),
    );
    const reply = await client({ main: account(backend.origin) }, [backend.origin]).send(
      fetchFrom(`${backend.origin}/a/x`),
    );
    expect(reply).toMatchObject({ body: { text: '/b' } });
  });

  test('a redirect out of the allow-list is refused', async () => {
    const target = await startBackend((response) => response.end('secret'));
    const backend = await startBackend((response) =>
      response.writeHead(302, { Location: `${target.origin}/data` }).end(),
    );
    const reply = await client({ main: account(backend.origin) }, [backend.origin]).send(
      fetchFrom(`${backend.origin}/x`),
    );
    expect(reply).toMatchObject({ failure: 'forbidden' });
    expect(target.seen).toEqual([]);
  });

  test.each(['file:///etc/passwd', 'http://u:p@127.0.0.1/', 'http://[bad'])(
    'a redirect to %s is refused',
    async (location) => {
      const backend = await startBackend((response) => response.writeHead(302, { Location: location }).end());
      const reply = await client({ main: account(backend.origin) }, [backend.origin]).send(
        fetchFrom(`${backend.origin}/x`),
      );
      expect(reply).toMatchObject({ failure: 'forbidden' });
    },
  );

  test('redirects in a circle end', async () => {
    const backend = await startBackend((response) => response.writeHead(302, { Location: '/x' }).end());
    const reply = await client({ main: account(backend.origin) }, [backend.origin]).send(
      fetchFrom(`${backend.origin}/x`),
    );
    expect(reply).toMatchObject({ failure: 'forbidden', reason: 'too many redirects' });
    expect(backend.seen).toHaveLength(6);
  });

  test('a redirect of another method than GET is not followed', async () => {
    const backend = await startBackend((response) => response.writeHead(307, { Location: '/y' }).end());
    const put = { ...fetchFrom(`${backend.origin}/x`), method: 'PUT', body: { text: 'x' } } as const;
    expect(await client({ main: account(backend.origin) }, [backend.origin]).send(put)).toMatchObject({ status: 307 });
  });
});

describe('a name', () => {
  test.each([
    ['127.0.0.1', { status: 200 }],
    ['169.254.169.254', { failure: 'forbidden' }],
    ['fe80::1', { failure: 'forbidden' }],
  ])('a listed name is subject to the address that it leads to: %s', async (address, expected) => {
    const backend = await startBackend((response) => response.end());
    const url = `http://repository.example:${backend.port}/`;
    const resolver = (_name: string, _options: object, callback: (error: null, found: object[]) => void) =>
      callback(null, [{ address, family: address.includes(':') ? 6 : 4 }]);
    const sender = client({ main: account(url) }, [url], { lookup: resolver as typeof lookup });
    expect(await sender.send(fetchFrom(url))).toMatchObject(expected);
  });
});

describe('a server that fails', () => {
  test('a server that does not answer is given up when the time of the account is over', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const asked = Promise.withResolvers<void>();
    const backend = await startBackend((response, { url }) => (url === '/answered' ? response.end() : asked.resolve()));
    const sender = client({ main: account(backend.origin) }, [backend.origin]);
    let isOver = false;
    const reply = sender.send(fetchFrom(`${backend.origin}/x`)).finally(() => {
      isOver = true;
    });
    await asked.promise;
    vi.advanceTimersByTime(HOUR - 1);
    await sender.send(fetchFrom(`${backend.origin}/answered`));
    expect(isOver).toBe(false);
    vi.advanceTimersByTime(1);
    expect(await reply).toEqual({ failure: 'timeout', reason: 'no whole answer in time' });
  });

  test('no timer is left behind a request that has its answer, or that failed', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const backend = await startBackend((response, { url }) => (url === '/x' ? response.end() : response.destroy()));
    const sender = client({ main: account(backend.origin) }, [backend.origin]);
    for (const path of ['/x', '/broken', '/x']) await sender.send(fetchFrom(`${backend.origin}${path}`));
    expect(vi.getTimerCount()).toBe(0);
  });

  test('a server that does not end its answer is given up when the time of the account is over', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const backend = await startBackend((response) => response.writeHead(200, { 'Content-Length': '10' }).write('x'));
    const sender = client({ main: account(backend.origin) }, [backend.origin]);
    const reply = sender.send(fetchFrom(`${backend.origin}/x`));
    await untilPublished('undici:request:headers');
    vi.advanceTimersByTime(HOUR);
    expect(await reply).toEqual({ failure: 'timeout', reason: 'no whole answer in time' });
  });

  test('a server that breaks off in the middle of its answer is unreachable', async () => {
    const backend = await startBackend((response) => {
      response.writeHead(200, { 'Content-Length': '10' }).write('x', () => response.destroy());
    });
    const reply = await client({ main: account(backend.origin) }, [backend.origin]).send(
      fetchFrom(`${backend.origin}/x`),
    );
    expect(reply).toMatchObject({ failure: 'unreachable' });
  });

  test('a server that does not listen is unreachable', async () => {
    const backend = await startBackend(() => {});
    servers[0]?.close();
    const reply = await client({ main: account(backend.origin) }, [backend.origin]).send(
      fetchFrom(`${backend.origin}/x`),
    );
    expect(reply).toEqual({ failure: 'unreachable', reason: 'the connection failed (ECONNREFUSED)' });
  });

  test('a server whose name has no address is unreachable', async () => {
    const url = 'http://repository.example/';
    const resolver = (_name: string, _options: object, callback: (error: Error) => void) =>
      callback(Object.assign(new Error('no such name'), { code: 'ENOTFOUND' }));
    const sender = client({ main: account(url) }, [url], { lookup: resolver as typeof lookup });
    expect(await sender.send(fetchFrom(url))).toEqual({
      failure: 'unreachable',
      reason: 'the connection failed (ENOTFOUND)',
    });
  });

  test.each(['', 'x', 'ftp://a/', 'http://u:p@127.0.0.1/', 'http://127.0.0.1/a b'])(
    'a request to "%s" is not sent',
    async (url) => {
      expect(
        await client({ main: account('http://127.0.0.1:1/') }, ['http://127.0.0.1/']).send(fetchFrom(url)),
      ).toMatchObject({ failure: 'forbidden' });
    },
  );

  test('a request with headers that HTTP forbids fails as unreachable', async () => {
    const backend = await startBackend((response) => response.end());
    const bad = { ...fetchFrom(`${backend.origin}/x`), headers: { 'X-Bad': 'a\r\nb' } };
    expect(await client({ main: account(backend.origin) }, [backend.origin]).send(bad)).toMatchObject({
      failure: 'unreachable',
    });
  });
});

test.each(['http://169.254.169.254/', 'http://[fe80::1]/', 'http://0.0.0.0/', 'http://[::ffff:169.254.1.1]/'])(
  'a listed address that no host has is refused: %s',
  async (url) => {
    expect(await client({ main: account(url) }, [url]).send(fetchFrom(url))).toMatchObject({ failure: 'forbidden' });
    expect(await client({ main: account(url) }, [url]).send(packageTo(`${url}dm`))).toMatchObject({
      failure: 'forbidden',
    });
  },
);
