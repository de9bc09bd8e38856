/** The two ways that a request of a device may take: which requests take which, and that both end alike. */
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import type { DeviceAnswer, DeviceRequest } from '../../src/bridge/device-request.ts';
import { DecodeError, StoreError } from '../../src/errors.ts';
import { type Listener, openListener } from '../../src/http/listener.ts';
import { ordinaryTarget } from '../../src/http/ordinary-post.ts';
import { southListener } from '../../src/http/south-listener.ts';
import type { Journal } from '../../src/log-events.ts';
import { NO_LONG_BODIES } from '../support/device-host.ts';
import { exchangeRaw, parseAnswer, type RawAnswer, RawConnection } from '../support/raw-http.ts';
import { SOUTH_WAYS, type SouthWay, throughApplication } from '../support/south-ways.ts';

const XML = 'application/vnd.syncml.dm+xml';
const listeners: Listener[] = [];
afterEach(async () => {
  await Promise.all(listeners.splice(0).map((listener) => listener.close(0)));
});

const NOT_SENDABLE: Uint8Array = JSON.parse('{ "length": 3, "byteLength": 3 }');

/** What the bridge of these tests does is the first word of the body. */
async function answerOf({ body, contentType, target }: DeviceRequest): Promise<DeviceAnswer> {
  const headers = { 'content-type': contentType, 'x-syncml-hmac': 'm' };
  const httpChallenges = ['Digest realm="a", nonce="b"', 'Basic realm="a"'];
  switch (Buffer.from(body).toString('latin1').split(' ')[0]) {
    case 'unreadable':
      throw new DecodeError('ERR_XML_SYNTAX', 'not\r\nwell-formed: größer');
    case 'store':
      throw new StoreError('ERR_STORE_FAILED', '/var/lib/dmbridge.db is full');
    case 'bug':
      throw new TypeError('x of undefined');
    case 'header':
      return { status: 200, headers: { 'x-syncml-hmac': 'a\r\nb' }, body };
    case 'half':
      // Its length can be read, but it cannot be sent.
      return { status: 200, headers: {}, body: NOT_SENDABLE };
    case 'nothing':
      return { status: 200, headers: {}, body: new Uint8Array() };
    case 'challenge':
      return { status: 401, headers, body, httpChallenges };
    default:
      return { status: 200, headers: { ...headers, target: target ?? '' }, body };
  }
}

type Logged = readonly [event: string, facts: unknown];

async function open(way: SouthWay, path = '/dm', handle = answerOf) {
  const seen: DeviceRequest[] = [];
  const logged: Logged[] = [];
  const journal: Journal = { log: (event, facts) => logged.push([event, facts]), trace: () => {} };
  const handleDeviceMessage = (request: DeviceRequest) => {
    seen.push({ ...request, body: new Uint8Array(request.body) });
    return handle(request);
  };
  const host = { ...NO_LONG_BODIES, handleDeviceMessage };
  const handler = way({ host, path, maxBodyBytes: 1_000, trustProxy: ['127.0.0.1'] }, journal);
  const listener = await openListener({ host: '127.0.0.1', port: 0 }, handler);
  listeners.push(listener);
  return { port: Number(new URL(listener.url).port), seen, logged };
}

/** Both ways with the same bytes: all that a client, the bridge and the log get to know. */
async function openBoth(path?: string) {
  const [direct, application] = [await open(southListener, path), await open(throughApplication, path)];
  return async (bytes: string) => {
    const outcomes = [];
    for (const { port, seen, logged } of [direct, application]) {
      const { status, head, body } = finalAnswer(await exchangeRaw(port, bytes));
      const lines = head.split('\r\n').filter((line) => !line.startsWith('date: '));
      outcomes.push({ status, head: lines.toSorted(), body, seen: seen.splice(0), logged: logged.splice(0) });
    }
    return outcomes;
  };
}

/** The answer behind `100 Continue`. */
function finalAnswer(answer: RawAnswer): RawAnswer {
  return answer.status === 100 ? parseAnswer(answer.body) : answer;
}

function requestOf(line: string, headers: Readonly<Record<string, string | undefined>>, body: string): string {
  const all = { Host: 'x', 'Content-Type': XML, Connection: 'close', ...headers };
  const lines = Object.entries(all).flatMap(([name, value]) => (value === undefined ? [] : [`${name}: ${value}\r\n`]));
  return `${line}\r\n${lines.join('')}\r\n${body}`;
}

function post(body: string, headers: Readonly<Record<string, string | undefined>> = {}, target = '/dm'): string {
  return requestOf(`POST ${target} HTTP/1.1`, { 'Content-Length': String(body.length), ...headers }, body);
}

describe('both ways', () => {
  test.each([
    ['a message', post('<a/>')],
    ['a message of a session', post('<a/>', { 'X-Test': 'y' }, '/dm/Tok_en-1')],
    [
      'a message in chunks',
      post('1\r\nx\r\n0\r\n\r\n', { 'Content-Length': undefined, 'Transfer-Encoding': 'chunked' }),
    ],
    ['repeated headers', post('x', { 'Set-Cookie': 'a=1\r\nSet-Cookie: b=2', Accept: 'a\r\nAccept: b' })],
    ['a message behind a balancer', post('x', { 'X-Forwarded-For': '203.0.113.9', 'X-Forwarded-Proto': 'https' })],
    ['HTTP/1.0', requestOf('POST /dm HTTP/1.0', { 'Content-Length': '1', Connection: undefined }, 'x')],
    ['an empty message', post('')],
    ['an empty answer', post('nothing')],
    ['a challenge', post('challenge')],
    ['an unreadable message', post('unreadable')],
    ['a store that fails', post('store')],
    ['a bug', post('bug')],
    ['a bug in the headers of an answer', post('header')],
    ['a body over the limit', post('x'.repeat(1_001))],
    [
      'a body in chunks over the limit',
      post(`3e9\r\n${'x'.repeat(1_001)}\r\n0\r\n\r\n`, { 'Content-Length': undefined, 'Transfer-Encoding': 'chunked' }),
    ],
    ['a body of exactly the limit', post('x'.repeat(1_000))],
    ['no length', post('', { 'Content-Length': undefined })],
    ['a coding', post('x', { 'Content-Encoding': 'gzip' })],
    ['a character set for a coding', post('x', { 'Content-Encoding': 'UTF-8' })],
    ['another media type', post('x', { 'Content-Type': 'text/plain' })],
    ['a DM 2.0 package', post('{}', { 'Content-Type': 'application/vnd.oma.dm.initiation+json' })],
    ['a query', post('x', {}, '/dm/Token?y=1')],
    ['a deeper path', post('x', {}, '/dm/Token/deeper')],
    ['an absolute target', post('x', {}, 'http://old.example/dm/Token')],
    ['another path', post('x', {}, '/other')],
    ['another path without a body', requestOf('GET /other HTTP/1.1', {}, '')],
    ['another method', requestOf('GET /dm HTTP/1.1', {}, '')],
    ['a HEAD request', requestOf('HEAD /dm HTTP/1.1', {}, '')],
    ['a PUT request with a body', requestOf('PUT /dm HTTP/1.1', { 'Content-Length': '1' }, 'x')],
    ['an expectation', post('x', { Expect: '100-continue' })],
    ['another expectation', post('x', { Expect: 'wonders' })],
  ])('both ways end alike with %s', async (_what, bytes) => {
    const exchange = await openBoth();
    const [direct, application] = await exchange(bytes);
    expect(direct).toEqual(application);
    expect(direct?.status).toBeGreaterThan(0);
  });

  test.each(SOUTH_WAYS)(
    '%s, a bug in the middle of a reply is answered 500, and the bridge goes on',
    async (_name, way) => {
      const { port, logged } = await open(way);
      const connection = new RawConnection(port);
      const { status } = await connection.request(post('half', { Connection: 'keep-alive' }));
      connection.destroy();
      expect(status).toBe(500);
      expect(logged).toEqual([['http.request_failed', expect.objectContaining({ status: 500, path: '/dm' })]]);
      expect((await exchangeRaw(port, post('next'))).status).toBe(200);
    },
  );

  test.each(SOUTH_WAYS)('%s, the length of an error counts bytes', async (_name, way) => {
    const { port } = await open(way);
    const { head, body } = await exchangeRaw(port, post('unreadable'));
    expect(body).toBe('not well-formed: größer\n');
    expect(head).toContain(`content-length: ${Buffer.byteLength(body)}`);
  });

  test.each(SOUTH_WAYS)('%s, the bridge gets one text for each header name', async (_name, way) => {
    const { port, seen } = await open(way);
    await exchangeRaw(port, post('x', { 'Set-Cookie': 'a=1\r\nSet-Cookie: b=2', Accept: 'a\r\nAccept: b' }));
    await exchangeRaw(port, post('x', { Accept: 'a\r\nAccept: b' }));
    expect(seen.map(({ headers }) => headers)).toMatchObject([
      { 'set-cookie': 'a=1, b=2', accept: 'a, b' },
      { accept: 'a, b' },
    ]);
  });

  test('both ways end alike with any target, method and headers', async () => {
    const exchanges = { '/dm': await openBoth('/dm'), '': await openBoth('') };
    const segment = fc.constantFrom('', '/', '/dm', '/dmx', '/T0-k_n', '/a.b', '/%41', '//', '?x', '#y', ';z', '/..');
    const header = <T>(...values: T[]) => fc.option(fc.constantFrom(...values), { nil: undefined });
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('/dm', ''),
        fc.constantFrom('POST', 'POST', 'POST', 'PUT', 'GET', 'OPTIONS'),
        fc.array(segment, { minLength: 1, maxLength: 3 }),
        fc.record({
          'Content-Type': header(XML, `${XML.toUpperCase()};charset=utf-8`, 'text/xml', ' ', `${XML},${XML}`),
          'Content-Encoding': header('identity', 'br', 'utf-8', 'x, gzip'),
          'X-Forwarded-For': header('10.1.1.1', 'unknown', '203.0.113.9, 127.0.0.1'),
          Accept: header('*/*'),
        }),
        fc.constantFrom('x', 'unreadable', 'store', 'challenge', 'nothing', ''),
        async (path, method, segments, headers, body) => {
          const target = segments.join('');
          const line = `${method} ${target.startsWith('/') ? target : `/${target}`} HTTP/1.1`;
          const bytes = requestOf(line, { ...headers, 'Content-Length': String(body.length) }, body);
          const [direct, application] = await exchanges[path](bytes);
          expect(direct).toEqual(application);
        },
      ),
      { numRuns: 150 },
    );
  });

  test.each(SOUTH_WAYS)('%s, a client that breaks its connection before the answer is logged', async (_name, way) => {
    const arrived = Promise.withResolvers<void>();
    const { port, logged } = await open(way, '/dm', () => {
      arrived.resolve();
      return new Promise(() => {});
    });
    const leaving = new RawConnection(port);
    leaving.write(post('x', { Connection: 'keep-alive' }));
    await arrived.promise;
    leaving.reset();
    while (logged.length === 0) await exchangeRaw(port, post('x', {}, '/other'));
    expect(logged).toEqual([
      ['http.response_not_delivered', { error: expect.objectContaining({ code: 'ECONNRESET' }) }],
    ]);
  });

  test.each(SOUTH_WAYS)('%s, an answer to a client that has left is dropped', async (_name, way) => {
    const arrived = Promise.withResolvers<void>();
    const answer = Promise.withResolvers<DeviceAnswer>();
    const { port, logged } = await open(way, '/dm', async (request) => {
      if (request.body.length > 1) return answerOf(request);
      arrived.resolve();
      return answer.promise;
    });
    const leaving = new RawConnection(port);
    leaving.write(post('x', { Connection: 'keep-alive' }));
    await arrived.promise;
    leaving.destroy();
    await leaving.untilClosed();
    await exchangeRaw(port, post('x', {}, '/other'));
    answer.resolve({ status: 200, headers: {}, body: new Uint8Array(100_000) });
    expect((await exchangeRaw(port, post('yes'))).body).toBe('yes');
    expect(logged).toEqual([]);
  });
});

describe('an ordinary POST', () => {
  const HEADERS = { 'content-type': XML, 'content-length': '1' };
  const targetOf = (request: object, base = '/dm') =>
    ordinaryTarget({ method: 'POST', url: '/dm', headers: HEADERS, ...request }, base);

  test.each([
    ['the path of devices', '/dm', '/dm', ''],
    ['that path with a slash', '/dm/', '/dm', ''],
    ['the address of a session', '/dm/Tok_en-1', '/dm', 'Tok_en-1'],
    ['the root', '/', '', ''],
    ['a session below the root', '/Token', '', 'Token'],
    ['a session below a longer path', '/a/b/Token', '/a/b', 'Token'],
  ])('a POST to %s takes the direct way', (_what, url, base, token) => {
    expect(targetOf({ url }, base)).toEqual({ path: url, search: '', token });
  });

  test.each([
    ['a length', HEADERS],
    ['the chunked coding', { 'content-type': XML, 'transfer-encoding': 'chunked' }],
    ['parameters of its media type', { ...HEADERS, 'content-type': `${XML}; charset=utf-8` }],
    ['WBXML', { ...HEADERS, 'content-type': 'application/vnd.syncml.dm+wbxml' }],
    ['headers that do not matter here', { ...HEADERS, accept: '*/*', authorization: 'Basic eA==', 'user-agent': 'x' }],
  ])('a POST with %s takes the direct way', (_what, headers) => {
    expect(targetOf({ headers })).toBeDefined();
  });

  test.each([
    ['another method', { method: 'PUT' }],
    ['another path', { url: '/other' }],
    ['a path that begins alike', { url: '/dmx' }],
    ['a deeper path', { url: '/dm/a/b' }],
    ['two slashes', { url: '/dm//a' }],
    ['a query', { url: '/dm?a' }],
    ['a fragment', { url: '/dm#a' }],
    ['an encoded character', { url: '/dm/%41' }],
    ['a segment that is no token', { url: '/dm/a.b' }],
    ['an absolute target', { url: 'http://x/dm' }],
    ['no length', { headers: { 'content-type': XML } }],
    ['no media type', { headers: { 'content-length': '1' } }],
    ['another media type', { headers: { ...HEADERS, 'content-type': 'text/xml' } }],
    ['any content coding', { headers: { ...HEADERS, 'content-encoding': 'identity' } }],
    ['an expectation', { headers: { ...HEADERS, expect: '100-continue' } }],
  ])('a request with %s goes through the application', (_what, request) => {
    expect(targetOf(request)).toBeUndefined();
  });
});
