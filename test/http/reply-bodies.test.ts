/** The bodies of replies: which are read, how codings are undone, where limits count. */
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { OutgoingRequest } from '../../src/bridge/ports.ts';
import { untilPublished } from '../support/until-published.ts';
import { clientFor, fetchOf, type Handler, HOUR, packageTo, startServer, uploadTo } from './client-scene.ts';

const JSON_TYPE = { 'Content-Type': 'application/json' };

afterEach(() => {
  vi.useRealTimers();
});

async function exchange(handler: Handler, request: (url: string) => OutgoingRequest) {
  const { origin, seen } = await startServer(handler);
  const client = clientFor(origin, {}, { maxReplyBytes: 1_000, maxPackageBytes: 2_000 });
  return { reply: await client.send(request(`${origin}/dm`)), seen };
}

describe('content codings of a reply', () => {
  test.each([
    ['a resource', fetchOf],
    ['a Package#2', packageTo],
  ] as const)('%s is decoded, and the request says which codings may come', async (_name, request) => {
    const coded = brotliCompressSync(gzipSync('{"grün":1}'));
    const { reply, seen } = await exchange(
      (response) => response.writeHead(200, { ...JSON_TYPE, 'Content-Encoding': 'gzip, br' }).end(coded),
      request,
    );
    expect(reply).toMatchObject({ status: 200, body: { text: '{"grün":1}' } });
    expect(seen[0]?.headers['accept-encoding']).toBe('gzip, deflate, br');
  });

  test('a gzip file without Content-Encoding stays as it is', async () => {
    const file = gzipSync('hello');
    const { reply } = await exchange(
      (response) => response.writeHead(200, { 'Content-Type': 'application/gzip' }).end(file),
      fetchOf,
    );
    expect(reply).toMatchObject({ status: 200, body: { base64: file.toString('base64') } });
  });

  test.each([
    ['an unknown coding', 'zstd', Buffer.from('x'), 'unknown content coding "zstd"'],
    ['a damaged body', 'gzip', Buffer.from('x'), 'damaged content coding "gzip"'],
  ])('%s is named as the failure, with the status that came before', async (_name, coding, body, reason) => {
    const { reply } = await exchange(
      (response) => response.writeHead(200, { 'Content-Encoding': coding }).end(body),
      packageTo,
    );
    expect(reply).toEqual({ failure: 'coding', reason, answered: 200 });
  });

  test('an empty body has no coding that could be damaged', async () => {
    const { reply } = await exchange(
      (response) => response.writeHead(200, { 'Content-Encoding': 'gzip' }).end(),
      fetchOf,
    );
    expect(reply).toMatchObject({ status: 200, body: { text: '' } });
  });
});

describe('limits of a reply', () => {
  test.each([
    ['a resource', fetchOf, 1_000],
    ['a Package#2', packageTo, 2_000],
  ] as const)('%s may have as many decoded bytes as its limit says', async (_name, request, limit) => {
    const serve =
      (length: number): Handler =>
      (response) =>
        response.writeHead(200, { 'Content-Encoding': 'gzip' }).end(gzipSync('x'.repeat(length)));
    expect((await exchange(serve(limit), request)).reply).toMatchObject({ body: { text: 'x'.repeat(limit) } });
    expect((await exchange(serve(limit + 1), request)).reply).toMatchObject({ failure: 'tooLarge', answered: 200 });
  });

  test('a body that its coding makes longer may come as long as its decoded bytes fit', async () => {
    const coded = gzipSync('x'.repeat(1_000), { level: 0 });
    expect(coded.length).toBeGreaterThan(1_000);
    const headers = { 'Content-Encoding': 'gzip', 'Content-Length': coded.length };
    const { reply } = await exchange((response) => response.writeHead(200, headers).end(coded), fetchOf);
    expect(reply).toMatchObject({ status: 200, body: { text: 'x'.repeat(1_000) } });
  });

  test.each([
    ['of known length', (response) => response.writeHead(200, { 'Content-Length': 1_001 }).end('x'.repeat(1_001))],
    ['of unknown length', (response) => response.writeHead(200).write('x'.repeat(1_001))],
    [
      'of known length with a coding',
      (response) =>
        response.writeHead(200, { 'Content-Encoding': 'gzip', 'Content-Length': 99_999 }).write(gzipSync('x')),
    ],
  ] as readonly [string, Handler][])('a longer body %s is not waited for', async (_name, handler) => {
    expect((await exchange(handler, fetchOf)).reply).toMatchObject({ failure: 'tooLarge' });
  });

  test.each([
    ['announced', (response) => response.writeHead(200, { 'Content-Length': '10' }).write('x')],
    ['chunked', (response) => response.writeHead(200).write('x')],
  ] as readonly [string, Handler][])('a truncated body that was %s is no resource', async (_name, write) => {
    const { reply } = await exchange((response, seen, count) => {
      write(response, seen, count);
      setImmediate(() => response.destroy());
    }, fetchOf);
    expect(reply).toMatchObject({ failure: 'unreachable' });
  });
});

describe('bodies that do not count', () => {
  test.each([
    ['a resource', fetchOf, 404],
    ['a part of a resource', fetchOf, 206],
    ['a Package#2', packageTo, 500],
  ] as const)(
    'the body of a refusal instead of %s is kept for traces when it is short',
    async (_n, request, status) => {
      const { reply } = await exchange((response) => response.writeHead(status).end('why'), request);
      expect(reply).toMatchObject({ status, body: { text: 'why' } });
    },
  );

  test.each([
    ['is long', (response) => response.writeHead(503).end('x'.repeat(100_000))],
    ['is damaged', (response) => response.writeHead(503, { 'Content-Encoding': 'gzip' }).end('x')],
  ] as readonly [string, Handler][])('a refusal whose body %s keeps its status', async (_name, handler) => {
    const { reply } = await exchange(handler, packageTo);
    expect(reply).toMatchObject({ status: 503, body: { text: '' } });
  });

  test('a refusal whose body does not end keeps its status when the time of the account is over', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const exchanged = exchange((response) => response.writeHead(503).write('x'), packageTo);
    await untilPublished('undici:request:headers');
    vi.advanceTimersByTime(HOUR);
    expect((await exchanged).reply).toMatchObject({ status: 503, body: { text: '' } });
  });

  test.each([
    ['is long', (response) => response.writeHead(200).write('x'.repeat(1_000_000))],
    ['does not end', (response) => response.writeHead(200, { 'Content-Length': '10' }).write('x')],
    ['has an unknown coding', (response) => response.writeHead(200, { 'Content-Encoding': 'zstd' }).end('x')],
  ] as readonly [string, Handler][])('the reply to an upload is not read when it %s', async (_name, handler) => {
    for (const method of ['PUT', 'POST'] as const) {
      const { reply, seen } = await exchange(handler, (url) => uploadTo(url, method));
      expect(reply).toMatchObject({ status: 200, body: { text: '' } });
      expect(seen[0]?.headers).not.toHaveProperty('accept-encoding');
    }
  });

  test('a connection is used again after an upload with a short reply', async () => {
    const ports = new Set<number | undefined>();
    const { origin } = await startServer((response) => {
      ports.add(response.socket?.remotePort);
      response.writeHead(200, { 'Content-Length': '9' }).flushHeaders();
      void untilPublished('undici:request:headers').then(() => response.end('thank you'));
    });
    const client = clientFor(origin);
    for (let count = 0; count < 3; count += 1) {
      const isWhole = untilPublished('undici:request:trailers');
      await client.send(uploadTo(`${origin}/x`));
      await isWhole;
      // undici takes the connection back in the turn of the event loop that follows.
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(ports.size).toBe(1);
  });
});
