/** Bodies of devices: how long they may be before their sender is authenticated, how much memory they hold, how slow they may be. */
import { afterEach, describe, expect, test } from 'vitest';
import type { DeviceRequest } from '../../src/bridge/device-request.ts';
import { DEFAULT_BODY_TIMES, isTooSlow } from '../../src/http/body-watch.ts';
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
  /** A bridge that knows the token `open`, and takes bodies that begin with `right`. */
  async function start(more: Partial<DeviceEndpointOptions> = {}) {
    const handled: number[] = [];
    const judged: DeviceRequest[] = [];
    const gate = Promise.withResolvers<void>();
    const host = {
      async handleDeviceMessage({ body }: DeviceRequest) {
        handled.push(body.length);
        return { status: 200, headers: {}, body: Buffer.from('ok') };
      },
      isOpenSession: (token: string) => token === 'open',
      async isAuthenticStart(request: DeviceRequest) {
        judged.push({ ...request, body: new Uint8Array(request.body) });
        await gate.promise;
        return Buffer.from(request.body.subarray(0, 5)).toString() === 'right';
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
      expect(refused).toMatchObject({ status: 413, body: 'a message has at most 1048576 bytes\n' });
      expect(judged).toHaveLength(1);
      expect(handled).toEqual([LIMIT]);
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
    /** Opens requests until one of them is refused, and holds the others. */
    async function fill(port: number, path: string, forwarded: (at: number) => string) {
      const connections: RawConnection[] = [];
      for (let at = 0; at < 12; at += 1) {
        const connection = new RawConnection(port);
        connection.write(head(LIMIT, path, forwarded(at)) + body('', 200 * KIB));
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
    const SECOND = 1_000;
    const MINUTE = 60 * SECOND;

    test.for([
      ['fresh', 0, 0, 0, false],
      ['29 s of silence', 0, 0, 29 * SECOND, false],
      ['30 s of silence', 0, 0, 30 * SECOND, true],
      ['500 bytes a second', 30_000, 59 * SECOND, MINUTE, false],
      ['less than 500 bytes a second', 29_999, 59 * SECOND, MINUTE, true],
      ['slow, but within the first 30 s', 1, 29 * SECOND, 30 * SECOND, false],
      ['15 minutes in all, at a good rate', 1e9, 15 * MINUTE - 1, 15 * MINUTE, true],
      ['just under 15 minutes', 1e9, 15 * MINUTE - 2, 15 * MINUTE - 1, false],
    ] as const)('a body is too slow or not: %s', ([_what, received, lastByteAt, now, expected]) => {
      expect(isTooSlow({ received, lastByteAt }, 0, now, DEFAULT_BODY_TIMES)).toBe(expected);
    });

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
