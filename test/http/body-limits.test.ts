/** Bodies of devices: how long they may be before their sender is authenticated, how much memory they hold, how slow they may be. */
import { afterEach, describe, expect, test } from 'vitest';
import type { BodyPart, DeviceRequest, LongBodyVerdict } from '../../src/bridge/device-request.ts';
import { StoreError } from '../../src/errors.ts';
import { DEFAULT_BODY_TIMES } from '../../src/http/body-watch.ts';
import type { DeviceEndpointOptions } from '../../src/http/device-endpoint.ts';
import { type Listener, openListener } from '../../src/http/listener.ts';
import { createJournal } from '../../src/log.ts';
import { exchangeRaw, RawConnection } from '../support/raw-http.ts';
import { SOUTH_WAYS } from '../support/south-ways.ts';

const KIB = 1024;
const LIMIT = 256 * KIB;
const listeners: Listener[] = [];
afterEach(async () => {
  await Promise.all(listeners.splice(0).map((listener) => listener.close(0)));
});

function head(length: number | 'chunked', path = '/dm', more = ''): string {
  const framing = length === 'chunked' ? 'Transfer-Encoding: chunked' : `Content-Length: ${length}`;
  const lines = [`POST ${path} HTTP/1.1`, 'Host: x', 'Content-Type: application/vnd.syncml.dm+xml', framing];
  return `${lines.join('\r\n')}\r\n${more}\r\n`;
}

const body = (start: string, length: number) => start.padEnd(length, 'x');
const chunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`;

describe.each(SOUTH_WAYS)('%s', (_way, southWay) => {
  /**
   * A bridge that knows the token `open`, and takes bodies that begin with `right`. One that begins with `later` must end with
   * `!`; with one that begins with `guess` it has no patience, and one that begins with `fails` it cannot judge.
   */
  async function start(more: Partial<DeviceEndpointOptions> = {}) {
    const handled: number[] = [];
    const judged: (DeviceRequest & { readonly part: BodyPart })[] = [];
    const gate = Promise.withResolvers<void>();
    const host = {
      async handleDeviceMessage({ body }: DeviceRequest) {
        handled.push(body.length);
        return { status: 200, headers: {}, body: Buffer.from('ok') };
      },
      isOpenSession: (token: string) => token === 'open',
      async judgeLongBody(request: DeviceRequest, part: BodyPart): Promise<LongBodyVerdict> {
        judged.push({ ...request, body: new Uint8Array(request.body), part });
        await gate.promise;
        const text = Buffer.from(request.body).toString('latin1');
        if (text.startsWith('right') || (text.startsWith('later') && text.endsWith('!'))) return 'authentic';
        if (text.startsWith('fails')) throw new StoreError('ERR_STORE_FAILED', 'the disk is full');
        if (text.startsWith('guess')) return 'tooManyAttempts';
        return text.startsWith('later') && part === 'beginning' ? 'undecided' : 'refused';
      },
    };
    const options = { host, path: '/dm', maxBodyBytes: 1024 * KIB, ...more };
    const handler = southWay(options, createJournal({ level: 'silent' }));
    const listener = await openListener({ host: '127.0.0.1', port: 0 }, handler);
    listeners.push(listener);
    return { handled, judged, open: () => gate.resolve(), port: Number(new URL(listener.url).port) };
  }

  describe('a long body', () => {
    test('a body of 256 KiB needs no judgement, one byte more does', async () => {
      const { port, handled, judged, open } = await start();
      open();
      const connection = new RawConnection(port);
      expect((await connection.request(head(LIMIT) + body('', LIMIT))).status).toBe(200);
      expect(judged).toEqual([]);
      const refused = await connection.request(head(LIMIT + 1) + body('wrong', LIMIT + 1));
      expect(refused).toMatchObject({
        status: 413,
        body: 'without right credentials a message has at most 262144 bytes\n',
      });
      expect(judged).toHaveLength(1);
      expect(handled).toEqual([LIMIT]);
    });

    test.for([
      ['right credentials over the whole body', `${body('later', 1024 * KIB - 1)}!`, 200, undefined],
      ['wrong credentials over the whole body', body('later', 1024 * KIB), 413, undefined],
      ['wrong credentials beyond all patience', body('guess', 300 * KIB), 503, '8'],
      ['a store that fails', body('fails', 300 * KIB), 503, '5'],
    ] as const)('a long body is answered when it is judged: %s', async ([_what, text, status, retryAfter]) => {
      const { port, handled, judged, open } = await start();
      open();
      const answer = await new RawConnection(port).request(head(text.length) + text);
      expect(answer.status).toBe(status);
      expect(/^retry-after: (\d+)$/mu.exec(answer.head)?.[1]).toBe(retryAfter);
      expect(handled).toEqual(status === 200 ? [text.length] : []);
      const isWhole = text.startsWith('later');
      expect(judged.map(({ part }) => part)).toEqual(isWhole ? ['beginning', 'whole'] : ['beginning']);
      if (isWhole) expect(judged[1]?.body.length).toBe(text.length);
    });

    test.for([
      ['with a length', (text: string) => head(text.length) + text],
      [
        'chunked',
        (text: string) => `${head('chunked')}${chunk(text.slice(0, 300_000))}${chunk(text.slice(300_000))}0\r\n\r\n`,
      ],
    ] as const)('a body whose beginning is authentic is taken whole: %s', async ([_what, toBytes]) => {
      const { port, handled, judged, open } = await start();
      const text = body('right', 1024 * KIB);
      const connection = new RawConnection(port);
      const answer = connection.request(toBytes(text));
      open();
      expect((await answer).status).toBe(200);
      expect(handled).toEqual([text.length]);
      expect(judged).toHaveLength(1);
      expect(judged[0]).toMatchObject({ contentType: 'application/vnd.syncml.dm+xml', remoteAddress: '127.0.0.1' });
      expect(judged[0]?.body.length).toBeGreaterThan(LIMIT);
    });

    test('while the beginning is judged, nothing more is held', async () => {
      const { port, handled, judged, open } = await start();
      const connection = new RawConnection(port);
      connection.write(head(1024 * KIB) + body('right', 1024 * KIB));
      while (judged.length === 0) await exchangeRaw(port, `${head(1, '/dm', 'Connection: close\r\n')}x`);
      expect(judged[0]?.body.length).toBeLessThan(LIMIT + 128 * KIB);
      expect(handled.filter((length) => length > 1)).toEqual([]);
      open();
      await connection.until(/200 OK/u);
      expect(handled.filter((length) => length > 1)).toEqual([1024 * KIB]);
      connection.destroy();
    });

    test('a body to an open session is not judged', async () => {
      const { port, handled, judged } = await start();
      const connection = new RawConnection(port);
      const text = body('', 1024 * KIB);
      expect((await connection.request(head(text.length, '/dm/open') + text)).status).toBe(200);
      expect([handled, judged]).toEqual([[text.length], []]);
      connection.destroy();
    });
  });

  describe('bytes that are held', () => {
    /** Opens twelve requests that announce `length` bytes and send `text`, and holds those that are not refused. */
    async function fill(
      port: number,
      path: string,
      forwarded: (at: number) => string,
      { text = body('', 200 * KIB), length = LIMIT } = {},
    ) {
      const connections: RawConnection[] = [];
      for (let at = 0; at < 12; at += 1) {
        const connection = new RawConnection(port);
        connection.write(head(length, path, forwarded(at)) + text);
        connections.push(connection);
        // The listener has read these bytes by the time it answers on another connection.
        await exchangeRaw(port, `${head(1, '/dm/open', 'Connection: close\r\n')}x`);
      }
      return connections;
    }

    test('the newest unauthenticated body is refused with 503 when there is no room for all', async () => {
      const { port } = await start({ maxBufferedBytes: 1024 * KIB });
      const connections = await fill(port, '/dm', () => '');
      const refused = connections.map(({ received }) => /^HTTP\/1\.1 503 [\s\S]*retry-after: 5/iu.test(received));
      expect(refused[0]).toBe(false);
      expect(refused.indexOf(true)).toBe(refused.lastIndexOf(false) + 1);
      expect(refused.filter((isRefused) => !isRefused).length).toBeGreaterThan(1);
      // The oldest can still end.
      connections[0]?.write(body('', 56 * KIB));
      await connections[0]?.until(/200 OK/u);
      for (const connection of connections) connection.destroy();
    });

    test('a long body whose credentials cover the whole body counts until it is judged', async () => {
      const { port, open, handled } = await start({ maxBufferedBytes: 2048 * KIB });
      open();
      const connections = await fill(port, '/dm', () => '', { text: body('later', 600 * KIB), length: 1024 * KIB });
      const refused = connections.map(({ received }) => received.startsWith('HTTP/1.1 503'));
      expect(refused.slice(0, 2)).toEqual([false, false]);
      expect(refused.slice(4)).toEqual(Array(8).fill(true));
      connections[0]?.write(`${body('', 424 * KIB - 1)}!`);
      await connections[0]?.until(/200 OK/u);
      expect(handled).toContain(1024 * KIB);
      for (const connection of connections) connection.destroy();
    });

    test.for([
      ['the clients of a balancer', (at: number) => `X-Forwarded-For: 192.0.2.${at}\r\n`, false],
      ['one client of a balancer', () => 'X-Forwarded-For: 192.0.2.1\r\n', true],
      ['a balancer that names no client', () => '', false],
    ] as const)('one address has room for 8 MiB: %s', async ([_what, forwarded, isOneAddress]) => {
      const { port, open } = await start({ trustProxy: ['127.0.0.1'] });
      open();
      const connections = await fill(port, '/dm', forwarded, { text: body('later', 1000 * KIB), length: 1024 * KIB });
      const refused = connections.map(({ received }) => received.startsWith('HTTP/1.1 503'));
      expect([refused[0], refused[11]]).toEqual([false, isOneAddress]);
      for (const connection of connections) connection.destroy();
    });

    test('bodies of open sessions do not count', async () => {
      const { port } = await start({ maxBufferedBytes: 1024 * KIB });
      const connections = await fill(port, '/dm/open', () => '');
      expect(connections.every(({ received }) => received === '')).toBe(true);
      for (const connection of connections) connection.destroy();
    });

    test('bytes that were held are free again when their client has left', async () => {
      const { port } = await start({ maxBufferedBytes: 1024 * KIB });
      for (let round = 0; round < 3; round += 1) {
        const connection = new RawConnection(port);
        connection.write(head(LIMIT) + body('', 200 * KIB));
        await exchangeRaw(port, `${head(1, '/dm/open', 'Connection: close\r\n')}x`);
        connection.destroy();
      }
      const text = body('', LIMIT);
      expect((await new RawConnection(port).request(head(text.length) + text)).status).toBe(200);
    });
  });

  describe('slow bodies', () => {
    test('a body without a byte for too long ends its connection, one that flows does not', async () => {
      const bodyTimes = { ...DEFAULT_BODY_TIMES, silence: 40 };
      const { port, handled } = await start({ bodyTimes });
      const silent = new RawConnection(port);
      silent.write(`${head(100)}x`);
      expect((await silent.untilClosed()).head).toBe('');
      expect(handled).toEqual([]);
      expect((await new RawConnection(port).request(head(3) + body('', 3))).status).toBe(200);
    });

    test('the time that a judgement takes is no silence of the client', async () => {
      const bodyTimes = { ...DEFAULT_BODY_TIMES, silence: 40 };
      const { port, handled, judged, open } = await start({ bodyTimes });
      const connection = new RawConnection(port);
      connection.write(head(1024 * KIB) + body('right', 1024 * KIB));
      while (judged.length === 0) await exchangeRaw(port, `${head(1, '/dm/open', 'Connection: close\r\n')}x`);
      const silent = new RawConnection(port);
      silent.write(`${head(100)}x`);
      await silent.untilClosed();
      open();
      await connection.until(/200 OK/u);
      expect(handled).toContain(1024 * KIB);
      connection.destroy();
    });
  });
});
