/** The listener for devices: requests in raw bytes, its limits, and how it closes. */
import { afterEach, describe, expect, test } from 'vitest';
import type { DeviceAnswer, DeviceRequest } from '../../src/bridge/device-request.ts';
import { DecodeError } from '../../src/errors.ts';
import {
  checkInterval,
  DEFAULT_LIMITS,
  type Listener,
  type ListenerLimits,
  openListener,
} from '../../src/http/listener.ts';
import { createJournal } from '../../src/log.ts';
import { NO_LONG_BODIES } from '../support/device-host.ts';
import { exchangeRaw, type RawAnswer, RawConnection } from '../support/raw-http.ts';
import { SOUTH_WAYS } from '../support/south-ways.ts';
import { untilPublished } from '../support/until-published.ts';

const XML = 'application/vnd.syncml.dm+xml';
const journal = createJournal({ level: 'silent' });
const listeners: Listener[] = [];
afterEach(async () => {
  await Promise.all(listeners.splice(0).map((listener) => listener.close(0)));
});

type Handler = (request: DeviceRequest) => Promise<DeviceAnswer> | DeviceAnswer;

const echo: Handler = ({ body, contentType }) => ({
  status: 200,
  headers: { 'Content-Type': contentType, 'x-syncml-hmac': 'm' },
  body,
});

/** Sends a second request when the first one was answered, over the same connection. */
async function exchangeTwo(port: number, first: string, second: string): Promise<RawAnswer> {
  const connection = new RawConnection(port);
  await connection.request(first);
  connection.write(second);
  return await connection.untilClosed();
}

/** Waits until a listener has read the header of a request, whose body may still be on its way. */
const untilRequestStarts = () => untilPublished('http.server.request.start');

/** Longer than any test. */
const NEVER = 3_600_000;

function post(headers: Record<string, string>, body = '', target = '/dm', version = '1.1'): string {
  const lines = Object.entries({ Host: 'x', 'Content-Type': XML, Connection: 'close', ...headers }).map(
    ([k, v]) => `${k}: ${v}\r\n`,
  );
  return `POST ${target} HTTP/${version}\r\n${lines.join('')}\r\n${body}`;
}

const sized = (body: string) => ({ 'Content-Length': String(body.length) });

describe.each(SOUTH_WAYS)('%s', (_way, southWay) => {
  async function start(
    answer: Handler = echo,
    path = '/dm',
    limits: Partial<ListenerLimits> = {},
    trustProxy: readonly string[] = [],
  ) {
    const seen: DeviceRequest[] = [];
    const host = {
      ...NO_LONG_BODIES,
      async handleDeviceMessage(request: DeviceRequest) {
        seen.push(request);
        return answer(request);
      },
    };
    const handler = southWay({ host, path, maxBodyBytes: 1000, trustProxy }, journal);
    const listener = await openListener(
      { host: '127.0.0.1', port: 0, limits: { ...DEFAULT_LIMITS, ...limits } },
      handler,
    );
    listeners.push(listener);
    return { seen, listener, port: Number(new URL(listener.url).port) };
  }

  /**
   * Sends bytes to a listener with these limits twice, one after the other, and the same before that to one without limits,
   * which must keep its connection open until then: so it was these limits that ended the others.
   */
  async function exchangeWithin(limits: Partial<ListenerLimits>, bytes: string) {
    const noLimits = { headersTimeout: NEVER, requestTimeout: NEVER, keepAliveTimeout: NEVER };
    const unlimited = await start(echo, '/dm', noLimits);
    const kept = new RawConnection(unlimited.port);
    kept.write(bytes);
    const { port, seen } = await start(echo, '/dm', { ...noLimits, ...limits });
    const answers = [await exchangeRaw(port, bytes), await exchangeRaw(port, bytes)];
    expect(kept.isClosed).toBe(false);
    return { answers, seen };
  }

  describe('a message', () => {
    test('a message is handed over with its bytes, and its answer has its length and no-store', async () => {
      const { port, seen } = await start();
      const answer = await exchangeRaw(port, post({ ...sized('<a/>'), 'X-Test': 'y' }, '<a/>', '/dm/Tok_en-1'));
      expect(answer).toMatchObject({ status: 200, body: '<a/>' });
      expect(answer.head).toContain(`content-type: ${XML}\r\n`);
      expect(answer.head).toContain('content-length: 4');
      expect(answer.head).toContain('cache-control: no-store');
      expect(answer.head).toContain('x-syncml-hmac: m');
      expect(seen).toEqual([
        expect.objectContaining({
          contentType: XML,
          token: 'Tok_en-1',
          remoteAddress: '127.0.0.1',
          headers: expect.objectContaining({ 'x-test': 'y' }),
        }),
      ]);
    });

    test.each([
      ['HTTP/1.0', post(sized('<a/>'), '<a/>', '/dm', '1.0')],
      ['HTTP/1.0 without Host', `POST /dm HTTP/1.0\r\nContent-Type: ${XML}\r\nContent-Length: 4\r\n\r\n<a/>`],
      [
        'HTTP/1.1 without Host',
        `POST /dm HTTP/1.1\r\nContent-Type: ${XML}\r\nConnection: close\r\nContent-Length: 4\r\n\r\n<a/>`,
      ],
      ['chunks', post({ 'Transfer-Encoding': 'chunked' }, '1\r\n<\r\n3;x=y\r\na/>\r\n0\r\n\r\n')],
      [
        'a media type with parameters',
        post({ ...sized('<a/>'), 'Content-Type': 'Application/VND.syncml.dm+XML; charset="utf-8"; x=1' }, '<a/>'),
      ],
      ['a Content-Encoding that is no coding', post({ ...sized('<a/>'), 'Content-Encoding': 'UTF-8' }, '<a/>')],
      ['an absolute request target', post(sized('<a/>'), '<a/>', 'http://old.example/dm')],
      ['a trailing slash', post(sized('<a/>'), '<a/>', '/dm/')],
      ['a query', post(sized('<a/>'), '<a/>', '/dm?x=1')],
    ])('a request with %s is taken', async (_, bytes) => {
      const { port, seen } = await start();
      expect(await exchangeRaw(port, bytes)).toMatchObject({ status: 200, body: '<a/>' });
      expect(seen[0]?.token).toBeUndefined();
      expect(seen[0]?.contentType).toBe(XML);
    });

    test.each(['application/vnd.syncml.dm+wbxml', 'application/vnd.syncml+xml', 'application/vnd.syncml+wbxml'])(
      'a message of the type %s is taken and answered in that type',
      async (type) => {
        const { port } = await start();
        const answer = await exchangeRaw(port, post({ ...sized('x'), 'Content-Type': type }, 'x'));
        expect(answer.status).toBe(200);
        expect(answer.head).toContain(`content-type: ${type}`);
      },
    );

    test('a binary message keeps every byte', async () => {
      const body = String.fromCharCode(...Array.from({ length: 256 }, (_, byte) => byte));
      const { port, seen } = await start(({ body: bytes }) => ({
        status: 200,
        headers: {},
        body: bytes.subarray(0, 1),
      }));
      const answer = await exchangeRaw(
        port,
        post({ ...sized(body), 'Content-Type': 'application/vnd.syncml.dm+wbxml' }, body),
      );
      expect(Buffer.from(seen[0]?.body ?? []).toString('latin1')).toBe(body);
      expect(answer.head).toContain('content-length: 1');
    });

    test('an empty answer has the length 0 and no media type', async () => {
      const { port } = await start(() => ({ status: 200, headers: {}, body: new Uint8Array() }));
      const answer = await exchangeRaw(port, post(sized('x'), 'x'));
      expect(answer).toMatchObject({ status: 200, body: '' });
      expect(answer.head).toContain('content-length: 0');
      expect(answer.head).not.toContain('content-type');
    });

    test('TLS protects a message when a trusted balancer says so, and not when its sender does', async () => {
      const body = '<a/>';
      const headers = { ...sized(body), 'X-Forwarded-Proto': 'https' };
      const trusted = await start(echo, '/dm', {}, ['127.0.0.1']);
      await exchangeRaw(trusted.port, post(headers, body));
      await exchangeRaw(trusted.port, post(sized(body), body));
      const direct = await start();
      await exchangeRaw(direct.port, post(headers, body));
      expect([...trusted.seen, ...direct.seen].map(({ isProtected }) => isProtected)).toEqual([true, false, false]);
    });

    test('a message has the address that a trusted balancer names, and its request target', async () => {
      const headers = { ...sized('x'), 'X-Forwarded-For': '203.0.113.9, 198.51.100.7' };
      const { port, seen } = await start(echo, '/dm', {}, ['127.0.0.1']);
      await exchangeRaw(port, post(headers, 'x', '/dm/Token?y=1'));
      expect(seen[0]).toMatchObject({ remoteAddress: '198.51.100.7', target: '/dm/Token?y=1', below: '/Token?y=1' });
      const other = await start();
      await exchangeRaw(other.port, post(headers, 'x'));
      expect(other.seen[0]).toMatchObject({ remoteAddress: '127.0.0.1', target: '/dm' });
    });

    test('an answer has one header line for each HTTP challenge', async () => {
      const { port } = await start(() => ({
        status: 401,
        headers: {},
        body: new Uint8Array(),
        httpChallenges: ['Digest realm="a", nonce="b"', 'Basic realm="a"'],
      }));
      const answer = await exchangeRaw(port, post(sized('x'), 'x'));
      expect(answer.status).toBe(401);
      expect(answer.head).toContain('www-authenticate: digest realm="a", nonce="b"\r\n');
      expect(answer.head).toContain('www-authenticate: basic realm="a"\r\n');
    });

    test('an HTTP/1.0 connection stays open only for a client that asks for it', async () => {
      const { port } = await start();
      const closing = post({ ...sized('2'), Connection: 'close' }, '2', '/dm', '1.0');
      const asking = post({ ...sized('1'), Connection: 'keep-alive' }, '1', '/dm', '1.0');
      const kept = await exchangeTwo(port, asking, closing);
      expect(kept.head).toContain('connection: keep-alive');
      expect(kept.body.startsWith('1HTTP/1.1 200')).toBe(true);
      const { head } = await exchangeRaw(
        port,
        `POST /dm HTTP/1.0\r\nContent-Type: ${XML}\r\nContent-Length: 1\r\n\r\n1`,
      );
      expect(head).toContain('connection: close');
    });

    test.each(['1.0', '1.1'])('a client of HTTP/%s may send its body when it is asked for it', async (version) => {
      const { port, seen } = await start();
      const head = post({ ...sized('<a/>'), Expect: '100-continue' }, '', '/dm', version);
      const connection = new RawConnection(port);
      connection.write(head);
      if (version === '1.1') await connection.until(/^HTTP\/1\.1 100 Continue\r\n\r\n$/u);
      expect(seen).toEqual([]);
      connection.write('<a/>');
      await connection.untilClosed();
      expect(connection.received).toMatch(/HTTP\/1\.1 200 [\s\S]*<a\/>$/u);
    });

    test('a request that expects anything else is refused', async () => {
      const { port, seen } = await start();
      expect((await exchangeRaw(port, post({ ...sized('x'), Expect: 'wonders' }, 'x'))).status).toBe(417);
      expect(seen).toEqual([]);
    });

    test('answers have the order of the messages, although the second message came before the first answer', async () => {
      const second = Promise.withResolvers<void>();
      const { port, seen } = await start(async (request) => {
        if (seen.length === 1) await second.promise;
        else second.resolve();
        return echo(request);
      });
      const both = post({ ...sized('first'), Connection: 'keep-alive' }, 'first') + post(sized('second'), 'second');
      const { body } = await exchangeRaw(port, both);
      expect(body).toMatch(/^firstHTTP\/1\.1 200[\s\S]*second$/u);
      expect(seen.map(({ body: bytes }) => String(Buffer.from(bytes)))).toEqual(['first', 'second']);
    });

    test('two messages share a connection', async () => {
      const { port } = await start();
      const first = post({ ...sized('1'), Connection: 'keep-alive' }, '1');
      const answer = await exchangeTwo(port, first, post(sized('2'), '2'));
      expect(answer.head).toContain('http/1.1 200');
      expect(answer.body.startsWith('1HTTP/1.1 200')).toBe(true);
    });

    test('a message below a root path has its token, too', async () => {
      const { port, seen } = await start(echo, '');
      await exchangeRaw(port, post(sized('x'), 'x', '/token'));
      await exchangeRaw(port, post(sized('x'), 'x', '/'));
      expect(seen.map(({ token }) => token)).toEqual(['token', undefined]);
    });
  });

  describe('a request that the bridge does not see', () => {
    test.each([
      ['another media type', post({ ...sized('{}'), 'Content-Type': 'application/json' }, '{}'), 415],
      ['no media type', 'POST /dm HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx', 415],
      ['a compressed body', post({ ...sized('x'), 'Content-Encoding': 'gzip' }, 'x'), 415],
      [
        'a DM 2.0 package',
        post({ ...sized('{}'), 'Content-Type': 'application/vnd.oma.dm.initiation+json' }, '{}'),
        501,
      ],
      ['a body of unknown length', post({}), 411],
      ['another path', post(sized('x'), 'x', '/other'), 404],
      ['a path that only begins alike', post(sized('x'), 'x', '/dmx'), 404],
      ['another method', 'GET /dm HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n', 405],
      ['a header that is too large', post({ ...sized('x'), 'X-Long': 'x'.repeat(20_000) }, 'x'), 431],
      ['broken HTTP', 'NONSENSE\r\n\r\n', 400],
    ])('a request with %s is refused', async (_, bytes, status) => {
      const { port, seen } = await start();
      expect((await exchangeRaw(port, bytes)).status).toBe(status);
      expect(seen).toEqual([]);
    });

    test('an answer to another method names POST', async () => {
      const { port } = await start();
      expect((await exchangeRaw(port, 'PUT /dm/x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')).head).toContain(
        'allow: post',
      );
    });

    test('a body that is announced over the limit is refused before any of it comes; the rest is dropped, then the connection closes', async () => {
      const { port, seen } = await start();
      const connection = new RawConnection(port);
      const answer = await connection.request(post({ 'Content-Length': '5000', Connection: 'keep-alive' }));
      expect(answer).toMatchObject({ status: 413, body: 'a message has at most 1000 bytes\n' });
      expect(answer.head).toContain('connection: close');
      expect(answer.head).toContain('cache-control: no-store');
      // A listener that closes the connection has done so by the time it answers on another one.
      await exchangeRaw(port, post({}));
      expect(connection.isClosed).toBe(false);
      connection.write('x'.repeat(5000));
      await connection.untilClosed();
      expect(seen).toEqual([]);
    });

    test('a chunked body is refused when it is over the limit, and not before', async () => {
      const { port, seen } = await start();
      const connection = new RawConnection(port);
      connection.write(`${post({ 'Transfer-Encoding': 'chunked' })}1388\r\n${'x'.repeat(1000)}`);
      await untilRequestStarts();
      // The listener has read these bytes by the time it answers on another connection.
      await exchangeRaw(port, post({}));
      expect(connection.received).toBe('');
      connection.write('x');
      await connection.until(/\n$/u);
      connection.write(`${'x'.repeat(3999)}\r\n0\r\n\r\n`);
      expect(await connection.untilClosed()).toMatchObject({ status: 413, body: 'a message has at most 1000 bytes\n' });
      expect(seen).toEqual([]);
    });

    test.each([
      ['413', { 'Content-Length': '9000000' }, '/dm'],
      ['404', { 'Content-Length': '9000000' }, '/other'],
      ['415', { 'Content-Length': '9000000', 'Content-Type': 'text/plain' }, '/dm'],
    ] as const)('a client that writes 3 MiB before it reads sees the refusal: %s', async (status, headers, path) => {
      const { port } = await start();
      const connection = new RawConnection(port);
      connection.write(post({ ...headers, Connection: 'keep-alive' }, '', path));
      connection.write('x'.repeat(3 * 1024 * 1024));
      await connection.until(new RegExp(`^HTTP/1\\.1 ${status} [\\s\\S]*\\n$`, 'u'));
      connection.destroy();
    });

    test('a body of exactly the limit is taken', async () => {
      const { port } = await start();
      const body = 'x'.repeat(1000);
      expect((await exchangeRaw(port, post(sized(body), body))).body).toBe(body);
    });
  });

  describe('a listener in trouble', () => {
    test("a device's error is answered with one line and the status of its code", async () => {
      const { port } = await start(() => {
        throw new DecodeError('ERR_XML_SYNTAX', 'not\nwell-formed');
      });
      const answer = await exchangeRaw(port, post(sized('x'), 'x'));
      expect(answer).toMatchObject({ status: 400, body: 'not well-formed\n' });
      expect(answer.head).toContain('content-type: text/plain; charset=utf-8');
      expect(answer.head).toContain('cache-control: no-store');
    });

    test('a bug is answered with 500 and no details', async () => {
      const { port } = await start(() => {
        throw new TypeError('x of undefined');
      });
      expect(await exchangeRaw(port, post(sized('x'), 'x'))).toMatchObject({ status: 500, body: 'internal error\n' });
    });

    test('a request whose body is too slow ends with 408', async () => {
      const limits = { headersTimeout: 100, requestTimeout: 150 };
      const { answers, seen } = await exchangeWithin(limits, post({ 'Content-Length': '100' }, 'x'));
      expect(answers.map(({ status }) => status)).toEqual([408, 408]);
      expect(seen).toEqual([]);
    });

    test('a request whose header is too slow ends with 408', async () => {
      const { answers } = await exchangeWithin({ headersTimeout: 100 }, 'POST /dm HTTP/1.1\r\nHo');
      expect(answers.map(({ status }) => status)).toEqual([408, 408]);
    });

    test('a listener with too many connections turns new ones away until one ends', async () => {
      const { port } = await start(echo, '/dm', { maxConnections: 2 });
      const held = [new RawConnection(port), new RawConnection(port)];
      const asking = post({ ...sized('x'), Connection: 'keep-alive' }, 'x');
      for (const connection of held) await connection.request(asking);
      const refused = new RawConnection(port);
      refused.write(post(sized('x'), 'x'));
      await refused.untilClosed().catch(() => {});
      expect(refused.received).toBe('');
      held[0]?.destroy();
      // The listener hears of the end of a connection a moment later than the client.
      let status = 0;
      while (status !== 200) {
        const answer = await exchangeRaw(port, post(sized('x'), 'x')).catch(() => undefined);
        status = answer?.status ?? 0;
      }
      held[1]?.destroy();
    });

    test('a connection that stays idle is closed', async () => {
      const asking = post({ ...sized('x'), Connection: 'keep-alive' }, 'x');
      const { answers } = await exchangeWithin({ keepAliveTimeout: 50 }, asking);
      expect(answers).toMatchObject([
        { status: 200, body: 'x' },
        { status: 200, body: 'x' },
      ]);
    });

    test('a listener goes on when a client leaves in the middle of its request', async () => {
      const { port, seen } = await start();
      const leaving = new RawConnection(port);
      leaving.write(post({ 'Content-Length': '100' }, 'x'));
      await untilRequestStarts();
      leaving.destroy();
      expect((await exchangeRaw(port, post(sized('y'), 'y'))).body).toBe('y');
      expect(seen).toHaveLength(1);
    });
  });

  describe('a listener that closes', () => {
    test('a closing listener lets the message in flight finish, and takes no more', async () => {
      const arrived = Promise.withResolvers<void>();
      const gate = Promise.withResolvers<void>();
      const { port, listener } = await start(async (request) => {
        arrived.resolve();
        await gate.promise;
        return echo(request);
      });
      const answer = exchangeRaw(port, post({ ...sized('late'), Connection: 'keep-alive' }, 'late'));
      await arrived.promise;
      const closed = listener.close(NEVER);
      await expect(fetch(listener.url)).rejects.toThrow();
      gate.resolve();
      expect(await answer).toMatchObject({ status: 200, body: 'late' });
      await closed;
      expect(listener.isListening).toBe(false);
    });

    test('a closing listener cuts off a request that does not finish', async () => {
      const arrived = Promise.withResolvers<void>();
      const { port, listener } = await start(() => {
        arrived.resolve();
        return new Promise(() => {});
      });
      const connection = new RawConnection(port);
      connection.write(post(sized('x'), 'x'));
      await arrived.promise;
      await listener.close(50);
      await connection.untilClosed().catch(() => {});
      expect(connection.received).toBe('');
    });
  });
});

test.for([
  ['20 s for the header', DEFAULT_LIMITS, 1_000],
  ['2 s for the header', { ...DEFAULT_LIMITS, headersTimeout: 2_000 }, 200],
  ['a short time for the request', { ...DEFAULT_LIMITS, requestTimeout: 500 }, 50],
  ['1 ms for the header', { ...DEFAULT_LIMITS, headersTimeout: 1 }, 1],
] as const)('the limits of time are enforced ten times as often as they are long: %s', ([_what, limits, interval]) => {
  expect(checkInterval(limits)).toBe(interval);
});
