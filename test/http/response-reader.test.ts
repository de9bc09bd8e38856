/** One request to a server: informational responses, bodies up to their limit, bodies that are skipped, requests that are given up. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Pool } from 'undici';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { type BodyLimit, Cancellation, type LimitBody, sendRequest } from '../../src/http/response-reader.ts';

const servers: Server[] = [];
const pools: Pool[] = [];
afterEach(async () => {
  vi.useRealTimers();
  await Promise.all(pools.splice(0).map((pool) => pool.destroy()));
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

type Handler = (response: ServerResponse, request: IncomingMessage) => void;

/** A server, and a function that sends one request to it. */
async function open(handler: Handler) {
  const server = createServer((request, response) => handler(response, request));
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const pool = new Pool(`http://127.0.0.1:${port}`, { headersTimeout: 0, bodyTimeout: 0 });
  pools.push(pool);
  const send = (limit: BodyLimit | LimitBody, cancellation = new Cancellation()) => {
    const limitBody = typeof limit === 'function' ? limit : () => limit;
    return sendRequest(pool, { method: 'POST', path: '/', body: 'x' }, limitBody, cancellation);
  };
  return { server, pool, send };
}

const textOf = (body: unknown) => (body instanceof Uint8Array ? Buffer.from(body).toString() : body);

describe('a response', () => {
  test('a response has its status, its headers in lower case, and its body', async () => {
    const { send } = await open((response) =>
      response.writeHead(201, { 'X-Twice': ['a', 'b'], 'Content-Type': 'text/plain' }).end('body'),
    );
    const { status, headers, body } = await send(4);
    expect(status).toBe(201);
    expect(headers).toMatchObject({ 'x-twice': 'a, b', 'content-type': 'text/plain' });
    expect(textOf(body)).toBe('body');
  });

  test('informational responses before it do not count', async () => {
    const { send } = await open((response) => {
      response.writeProcessing();
      response.writeEarlyHints({ link: '</a>; rel=preload' }, () => response.writeHead(200).end('final'));
    });
    const statuses: number[] = [];
    const { status, headers, body } = await send((given) => {
      statuses.push(given);
      return 100;
    });
    expect([status, statuses, textOf(body)]).toEqual([200, [200], 'final']);
    expect(headers).not.toHaveProperty('link');
  });

  test('a body may have as many bytes as its limit says, in any number of chunks', async () => {
    const { send } = await open((response) => {
      for (let at = 0; at < 5_000; at += 1) response.write('x');
      response.end();
    });
    expect(textOf((await send(5_000)).body)).toBe('x'.repeat(5_000));
    expect((await send(4_999)).body).toBe('tooLong');
  });

  test.each([
    ['an announced length', (response: ServerResponse) => response.writeHead(200, { 'Content-Length': 11 }).write('x')],
    ['chunks', (response: ServerResponse) => response.writeHead(200).write('x'.repeat(11))],
  ])('a body over its limit by %s is not waited for, and its connection ends', async (_what, write) => {
    const closed = Promise.withResolvers<void>();
    const { send } = await open((response) => {
      response.on('close', () => closed.resolve());
      write(response);
    });
    expect(await send(10)).toMatchObject({ status: 200, body: 'tooLong' });
    await closed.promise;
  });

  test('a body that breaks off leaves the status', async () => {
    const { send } = await open((response) =>
      response.writeHead(503, { 'Content-Length': 10 }).write('x', () => response.destroy()),
    );
    const { status, body } = await send(10);
    expect([status, body]).toEqual([503, expect.any(Error)]);
  });

  test('a request without a response has the error of its connection', async () => {
    const { send } = await open((response) => response.destroy());
    await expect(send(10)).rejects.toMatchObject({ code: 'UND_ERR_SOCKET' });
  });

  test('a request that HTTP forbids is not sent', async () => {
    const { pool } = await open((response) => response.end());
    const options = { method: 'POST', path: '/', headers: { 'x-bad': 'a\r\nb' } } as const;
    await expect(sendRequest(pool, options, () => 1, new Cancellation())).rejects.toThrow('x-bad');
  });
});

describe('a body that is skipped', () => {
  test('the response counts before the body has come', async () => {
    const body = Promise.withResolvers<void>();
    const { send } = await open(async (response) => {
      response.writeHead(200).flushHeaders();
      await body.promise;
      response.end('x');
    });
    expect(await send('skip')).toMatchObject({ status: 200, body: new Uint8Array() });
    body.resolve();
  });

  test.each([
    [
      'announced as long',
      (response: ServerResponse) => response.writeHead(200, { 'Content-Length': 16_385 }).flushHeaders(),
    ],
    ['long', (response: ServerResponse) => response.writeHead(200).write('x'.repeat(16_385))],
  ])('the connection of a body that is %s ends at once', async (_what, write) => {
    // Without a clock, only the length can end it.
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const closed = Promise.withResolvers<void>();
    const { send } = await open((response) => {
      response.on('close', () => closed.resolve());
      write(response);
    });
    expect(await send('skip')).toMatchObject({ status: 200, body: new Uint8Array() });
    await closed.promise;
  });

  test('the connection of a slow body ends after a second', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const closed = Promise.withResolvers<void>();
    let isClosed = false;
    const { send } = await open((response) => {
      response.on('close', () => {
        isClosed = true;
        closed.resolve();
      });
      response.writeHead(200).write('x');
    });
    await send('skip');
    vi.advanceTimersByTime(999);
    await new Promise((resolve) => setImmediate(resolve));
    expect(isClosed).toBe(false);
    vi.advanceTimersByTime(1);
    await closed.promise;
  });

  test('no timer is left when the body has come', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const { send } = await open((response) => response.end('x'.repeat(16_384)));
    const before = vi.getTimerCount();
    await send('skip');
    while (vi.getTimerCount() > before) await new Promise((resolve) => setImmediate(resolve));
  });
});

describe('a request that is given up', () => {
  test('a request that is given up before its response ends at once, with its connection', async () => {
    const asked = Promise.withResolvers<void>();
    const closed = Promise.withResolvers<void>();
    const { send } = await open((response) => {
      response.on('close', () => closed.resolve());
      asked.resolve();
    });
    const cancellation = new Cancellation();
    const response = send(10, cancellation);
    const ended = expect(response).rejects.toThrow();
    await asked.promise;
    cancellation.cancel();
    await ended;
    await closed.promise;
    expect(cancellation.isCancelled).toBe(true);
  });

  test('a request that is given up in its body keeps its status', async () => {
    const closed = Promise.withResolvers<void>();
    const { send } = await open((response) => {
      response.on('close', () => closed.resolve());
      response.writeHead(200).write('x');
    });
    const cancellation = new Cancellation();
    const begun = Promise.withResolvers<void>();
    const response = send(() => {
      begun.resolve();
      return 10;
    }, cancellation);
    await begun.promise;
    cancellation.cancel();
    expect(await response).toMatchObject({ status: 200, body: expect.any(Error) });
    await closed.promise;
  });

  test('a request that is given up while it is connected does not reach the server', async () => {
    const paths: (string | undefined)[] = [];
    const { send, pool } = await open((response, { url }) => {
      paths.push(url);
      response.end();
    });
    const cancellation = new Cancellation();
    const response = send(10, cancellation);
    const ended = expect(response).rejects.toThrow();
    cancellation.cancel();
    await ended;
    await expect(send(10, cancellation)).rejects.toThrow();
    await sendRequest(pool, { method: 'GET', path: '/next' }, () => 10, new Cancellation());
    expect(paths).toEqual(['/next']);
  });

  test('a response that has ended is given up without effect', async () => {
    const { send } = await open((response) => response.end('whole'));
    const cancellation = new Cancellation();
    const { body } = await send(10, cancellation);
    cancellation.cancel();
    expect(textOf(body)).toBe('whole');
    expect((await send(10)).status).toBe(200);
  });
});
