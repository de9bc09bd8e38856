import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from 'vitest';
import type { DeviceAnswer, DeviceRequest } from '../../src/bridge/device-request.ts';
import { DecodeError } from '../../src/errors.ts';
import { DEFAULT_LIMITS, type Listener, type ListenerLimits, openListener } from '../../src/http/listener.ts';
import { southApp } from '../../src/http/south-app.ts';
import { createJournal } from '../../src/log.ts';

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

async function start(
  handler: Handler = echo,
  path = '/dm',
  limits: Partial<ListenerLimits> = {},
  trustProxy: readonly string[] = [],
) {
  const seen: DeviceRequest[] = [];
  const host = {
    async handleDeviceMessage(request: DeviceRequest) {
      seen.push(request);
      return handler(request);
    },
  };
  const app = southApp({ host, path, maxBodyBytes: 1000, trustProxy }, journal);
  const listener = await openListener(
    { host: '127.0.0.1', port: 0, limits: { ...DEFAULT_LIMITS, ...limits } },
    app.callback(),
  );
  listeners.push(listener);
  return { seen, listener, port: Number(new URL(listener.url).port) };
}

/** Writes raw bytes and reads until the other side closes. */
async function raw(
  port: number,
  ...pieces: readonly string[]
): Promise<{ status: number; head: string; body: string }> {
  const socket = connect(port, '127.0.0.1');
  for (const piece of pieces) {
    socket.write(piece, 'latin1');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  const answer = await text(socket);
  const [head = '', body = ''] = answer.split('\r\n\r\n');
  return { status: Number(head.split(' ')[1]), head: head.toLowerCase(), body };
}

function post(headers: Record<string, string>, body = '', target = '/dm', version = '1.1'): string {
  const lines = Object.entries({ Host: 'x', 'Content-Type': XML, Connection: 'close', ...headers }).map(
    ([k, v]) => `${k}: ${v}\r\n`,
  );
  return `POST ${target} HTTP/${version}\r\n${lines.join('')}\r\n${body}`;
}

const sized = (body: string) => ({ 'Content-Length': String(body.length) });

describe('a message', () => {
  it('is handed over with its bytes and comes back with length and no-store', async () => {
    const { port, seen } = await start();
    const answer = await raw(port, post({ ...sized('<a/>'), 'X-Test': 'y' }, '<a/>', '/dm/Tok_en-1'));
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

  it.each([
    ['HTTP/1.0', post(sized('<a/>'), '<a/>', '/dm', '1.0')],
    ['HTTP/1.0 without Host', `POST /dm HTTP/1.0\r\nContent-Type: ${XML}\r\nContent-Length: 4\r\n\r\n<a/>`],
    [
      'HTTP/1.1 without Host',
      `POST /dm HTTP/1.1\r\nContent-Type: ${XML}\r\nConnection: close\r\nContent-Length: 4\r\n\r\n<a/>`,
    ],
    ['chunked', post({ 'Transfer-Encoding': 'chunked' }, '1\r\n<\r\n3;x=y\r\na/>\r\n0\r\n\r\n')],
    [
      'a media type with parameters',
      post({ ...sized('<a/>'), 'Content-Type': 'Application/VND.syncml.dm+XML; charset="utf-8"; x=1' }, '<a/>'),
    ],
    ['a Content-Encoding that is no coding', post({ ...sized('<a/>'), 'Content-Encoding': 'UTF-8' }, '<a/>')],
    ['an absolute request target', post(sized('<a/>'), '<a/>', 'http://old.example/dm')],
    ['a trailing slash', post(sized('<a/>'), '<a/>', '/dm/')],
    ['a query', post(sized('<a/>'), '<a/>', '/dm?x=1')],
  ])('is taken: %s', async (_, bytes) => {
    const { port, seen } = await start();
    expect(await raw(port, bytes)).toMatchObject({ status: 200, body: '<a/>' });
    expect(seen[0]?.token).toBeUndefined();
    expect(seen[0]?.contentType).toBe(XML);
  });

  it.each(['application/vnd.syncml.dm+wbxml', 'application/vnd.syncml+xml', 'application/vnd.syncml+wbxml'])(
    'may be %s',
    async (type) => {
      const { port } = await start();
      const answer = await raw(port, post({ ...sized('x'), 'Content-Type': type }, 'x'));
      expect(answer.status).toBe(200);
      expect(answer.head).toContain(`content-type: ${type}`);
    },
  );

  it('that is binary keeps every byte', async () => {
    const body = String.fromCharCode(...Array.from({ length: 256 }, (_, byte) => byte));
    const { port, seen } = await start(({ body: bytes }) => ({ status: 200, headers: {}, body: bytes.subarray(0, 1) }));
    const answer = await raw(port, post({ ...sized(body), 'Content-Type': 'application/vnd.syncml.dm+wbxml' }, body));
    expect(Buffer.from(seen[0]?.body ?? []).toString('latin1')).toBe(body);
    expect(answer.head).toContain('content-length: 1');
  });

  it('may be answered with nothing', async () => {
    const { port } = await start(() => ({ status: 200, headers: {}, body: new Uint8Array() }));
    const answer = await raw(port, post(sized('x'), 'x'));
    expect(answer).toMatchObject({ status: 200, body: '' });
    expect(answer.head).toContain('content-length: 0');
    expect(answer.head).not.toContain('content-type');
  });

  it('is of the address that a trusted balancer names, and has its request target', async () => {
    const headers = { ...sized('x'), 'X-Forwarded-For': '203.0.113.9, 198.51.100.7' };
    const { port, seen } = await start(echo, '/dm', {}, ['127.0.0.1']);
    await raw(port, post(headers, 'x', '/dm/Token?y=1'));
    expect(seen[0]).toMatchObject({ remoteAddress: '198.51.100.7', target: '/dm/Token?y=1' });
    const other = await start();
    await raw(other.port, post(headers, 'x'));
    expect(other.seen[0]).toMatchObject({ remoteAddress: '127.0.0.1', target: '/dm' });
  });

  it('may be answered with HTTP challenges, one line each', async () => {
    const { port } = await start(() => ({
      status: 401,
      headers: {},
      body: new Uint8Array(),
      httpChallenges: ['Digest realm="a", nonce="b"', 'Basic realm="a"'],
    }));
    const answer = await raw(port, post(sized('x'), 'x'));
    expect(answer.status).toBe(401);
    expect(answer.head).toContain('www-authenticate: digest realm="a", nonce="b"\r\n');
    expect(answer.head).toContain('www-authenticate: basic realm="a"\r\n');
  });

  it('keeps an HTTP/1.0 connection open only for a client that asks', async () => {
    const { port } = await start();
    const closing = post({ ...sized('2'), Connection: 'close' }, '2', '/dm', '1.0');
    const kept = await raw(port, post({ ...sized('1'), Connection: 'keep-alive' }, '1', '/dm', '1.0'), closing);
    expect(kept.head).toContain('connection: keep-alive');
    expect(kept.body.startsWith('1HTTP/1.1 200')).toBe(true);
    const { head } = await raw(port, `POST /dm HTTP/1.0\r\nContent-Type: ${XML}\r\nContent-Length: 1\r\n\r\n1`);
    expect(head).toContain('connection: close');
  });

  it.each(['1.0', '1.1'])('may wait with its body until it is asked for it: HTTP/%s', async (version) => {
    const { port, seen } = await start();
    const head = post({ ...sized('<a/>'), Expect: '100-continue' }, '', '/dm', version);
    const socket = connect(port, '127.0.0.1');
    socket.write(head);
    if (version === '1.1') expect(String((await once(socket, 'data'))[0])).toBe('HTTP/1.1 100 Continue\r\n\r\n');
    expect(seen).toEqual([]);
    socket.write('<a/>');
    expect(await text(socket)).toMatch(/^HTTP\/1\.1 200 [\s\S]*<a\/>$/u);
  });

  it('that expects anything else is refused', async () => {
    const { port, seen } = await start();
    expect((await raw(port, post({ ...sized('x'), Expect: 'wonders' }, 'x'))).status).toBe(417);
    expect(seen).toEqual([]);
  });

  it('that comes before the answer to the one before it waits for its turn', async () => {
    const { port, seen } = await start(async (request) => {
      if (seen.length === 1) await new Promise((resolve) => setTimeout(resolve, 50));
      return echo(request);
    });
    const both = post({ ...sized('first'), Connection: 'keep-alive' }, 'first') + post(sized('second'), 'second');
    const { body } = await raw(port, both);
    expect(body).toMatch(/^firstHTTP\/1\.1 200/u);
    expect(seen.map(({ body: bytes }) => String(Buffer.from(bytes)))).toEqual(['first', 'second']);
  });

  it('shares its connection with the next', async () => {
    const { port } = await start();
    const answer = await raw(port, post({ ...sized('1'), Connection: 'keep-alive' }, '1'), post(sized('2'), '2'));
    expect(answer.head).toContain('http/1.1 200');
    expect(answer.body.startsWith('1HTTP/1.1 200')).toBe(true);
  });

  it('below a root path has its token, too', async () => {
    const { port, seen } = await start(echo, '');
    await raw(port, post(sized('x'), 'x', '/token'));
    await raw(port, post(sized('x'), 'x', '/'));
    expect(seen.map(({ token }) => token)).toEqual(['token', undefined]);
  });
});

describe('refused before the bridge sees it', () => {
  it.each([
    ['another media type', post({ ...sized('{}'), 'Content-Type': 'application/json' }, '{}'), 415],
    ['no media type', 'POST /dm HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx', 415],
    ['a compressed body', post({ ...sized('x'), 'Content-Encoding': 'gzip' }, 'x'), 415],
    ['a DM 2.0 package', post({ ...sized('{}'), 'Content-Type': 'application/vnd.oma.dm.initiation+json' }, '{}'), 501],
    ['a body of unknown length', post({}), 411],
    ['another path', post(sized('x'), 'x', '/other'), 404],
    ['a path that only begins alike', post(sized('x'), 'x', '/dmx'), 404],
    ['another method', 'GET /dm HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n', 405],
    ['a header that is too large', post({ ...sized('x'), 'X-Long': 'x'.repeat(20_000) }, 'x'), 431],
    ['broken HTTP', 'NONSENSE\r\n\r\n', 400],
  ])('%s', async (_, bytes, status) => {
    const { port, seen } = await start();
    expect((await raw(port, bytes)).status).toBe(status);
    expect(seen).toEqual([]);
  });

  it('names the method that it takes', async () => {
    const { port } = await start();
    expect((await raw(port, 'PUT /dm/x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')).head).toContain(
      'allow: post',
    );
  });

  it.each([
    ['announced', post({ 'Content-Length': '5000' }), 'x'.repeat(5000)],
    ['chunked', post({ 'Transfer-Encoding': 'chunked' }), `1388\r\n${'x'.repeat(5000)}\r\n0\r\n\r\n`],
  ])('a body over the limit, after all of it was read: %s', async (_, head, body) => {
    const { port, seen } = await start();
    const answer = await raw(port, head, body.slice(0, 2000), body.slice(2000));
    expect(answer).toMatchObject({ status: 413, body: 'a message has at most 1000 bytes\n' });
    expect(answer.head).toContain('connection: close');
    expect(seen).toEqual([]);
  });

  it('a body without end, once it is far over the limit', async () => {
    const { port } = await start();
    const answer = await raw(port, post({ 'Content-Length': '1000000', Connection: 'keep-alive' }), 'x'.repeat(9000));
    expect(answer.status).toBe(413);
  });

  it('a body of exactly the limit is not', async () => {
    const { port } = await start();
    const body = 'x'.repeat(1000);
    expect((await raw(port, post(sized(body), body))).body).toBe(body);
  });
});

describe('trouble', () => {
  it("that is the device's own is one line with the status of its code", async () => {
    const { port } = await start(() => {
      throw new DecodeError('ERR_XML_SYNTAX', 'not\nwell-formed');
    });
    const answer = await raw(port, post(sized('x'), 'x'));
    expect(answer).toMatchObject({ status: 400, body: 'not well-formed\n' });
    expect(answer.head).toContain('content-type: text/plain; charset=utf-8');
    expect(answer.head).toContain('cache-control: no-store');
  });

  it('that is a bug tells nothing of itself', async () => {
    const { port } = await start(() => {
      throw new TypeError('x of undefined');
    });
    expect(await raw(port, post(sized('x'), 'x'))).toMatchObject({ status: 500, body: 'internal error\n' });
  });

  it('with a slow body ends the request', async () => {
    const { port, seen } = await start(echo, '/dm', { requestTimeout: 150, headersTimeout: 100, checkInterval: 20 });
    const answer = await raw(port, post({ 'Content-Length': '100' }, 'x'));
    expect(answer.status).toBe(408);
    expect(seen).toEqual([]);
  });

  it('with a slow header ends the connection', async () => {
    const { port } = await start(echo, '/dm', { headersTimeout: 100, requestTimeout: 150, checkInterval: 20 });
    expect((await raw(port, 'POST /dm HTTP/1.1\r\nHo')).status).toBe(408);
  });

  it('with too many connections turns new ones away, and takes them again', async () => {
    const { port } = await start(echo, '/dm', { maxConnections: 2 });
    const held = [connect(port, '127.0.0.1'), connect(port, '127.0.0.1')];
    await Promise.all(held.map((socket) => once(socket, 'connect')));
    const refused = connect(port, '127.0.0.1');
    refused.on('error', () => {});
    refused.resume();
    let heard = 0;
    refused.on('data', () => {
      heard += 1;
    });
    refused.write(post(sized('x'), 'x'));
    await new Promise((resolve) => refused.on('close', resolve));
    expect(heard).toBe(0);
    held[0]?.destroy();
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect((await raw(port, post(sized('x'), 'x'))).status).toBe(200);
    held[1]?.destroy();
  });

  it('with an idle connection ends it', async () => {
    const { port } = await start(echo, '/dm', { keepAliveTimeout: 50 });
    const answer = await raw(port, post({ ...sized('x'), Connection: 'keep-alive' }, 'x'));
    expect(answer).toMatchObject({ status: 200, body: 'x' });
  });

  it('with a client that goes away leaves the listener working', async () => {
    const { port, seen } = await start();
    const socket = connect(port, '127.0.0.1');
    socket.write(post({ 'Content-Length': '100' }, 'x'));
    await new Promise((resolve) => setTimeout(resolve, 30));
    socket.destroy();
    expect((await raw(port, post(sized('y'), 'y'))).body).toBe('y');
    expect(seen).toHaveLength(1);
  });
});

describe('closing', () => {
  it('lets a message in flight finish, and takes no more', async () => {
    const { promise: gate, resolve: open } = Promise.withResolvers<void>();
    const { port, listener } = await start(async (request) => {
      await gate;
      return echo(request);
    });
    const answer = raw(port, post({ ...sized('late'), Connection: 'keep-alive' }, 'late'));
    await new Promise((resolve) => setTimeout(resolve, 50));
    const closed = listener.close(5_000);
    await expect(fetch(listener.url)).rejects.toThrow();
    open();
    expect(await answer).toMatchObject({ status: 200, body: 'late' });
    await closed;
    expect(listener.isListening).toBe(false);
  });

  it('cuts off what does not finish', async () => {
    const { port, listener } = await start(() => new Promise(() => {}));
    const answer = raw(port, post(sized('x'), 'x')).catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, 50));
    await listener.close(50);
    expect((await answer)?.status).not.toBe(200);
  });
});
