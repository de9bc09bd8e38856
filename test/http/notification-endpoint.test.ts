/** `POST /notifications/{DevID}`: the checks before the bridge, and its answers. */
import { request as httpsRequest } from 'node:https';
import { afterEach, describe, expect, test } from 'vitest';
import type { Package0Result } from '../../src/bridge/notifications/accept-package0.ts';
import { type Listener, openListener } from '../../src/http/listener.ts';
import { northApp } from '../../src/http/north-app.ts';
import type { NorthAuth } from '../../src/http/north-auth.ts';
import { createJournal } from '../../src/log.ts';
import { SERVER_CERT, SERVER_KEY } from '../support/certificates.ts';
import { DEVICE_CA, DEVICE_CERT, DEVICE_KEY, FOREIGN_CERT, FOREIGN_KEY } from '../support/device-certificates.ts';

const journal = createJournal({ level: 'silent' });
const TYPE = 'application/vnd.syncml.dm.notification';
const BODY = { device: 'IMEI:1', sessionId: 'A7', state: 'accepted', expiresAt: '2026-12-02T00:00:00.000Z' } as const;
const BASIC: NorthAuth = { type: 'basic', user: 'backend', password: 'pä:ss' };
const RIGHT = `Basic ${Buffer.from('backend:pä:ss').toString('base64')}`;

const listeners: Listener[] = [];
afterEach(async () => {
  await Promise.all(listeners.splice(0).map((listener) => listener.close(0)));
});

interface Received {
  readonly devId: string;
  readonly bytes: Uint8Array;
}

async function start(
  auth: NorthAuth = { type: 'none' },
  result: Package0Result = { kind: 'accepted', seq: 1, body: BODY },
  tls?: Parameters<typeof openListener>[0]['tls'],
) {
  const received: Received[] = [];
  const host = {
    ddf: async () => undefined,
    acceptPackage0: async (devId: string, bytes: Uint8Array) => {
      received.push({ devId, bytes });
      return result;
    },
  };
  const app = northApp(host, auth, journal);
  const listener = await openListener({ host: '127.0.0.1', port: 0, tls }, app.callback());
  listeners.push(listener);
  return { url: listener.url, received };
}

function post(url: string, init: RequestInit = {}): Promise<Response> {
  return fetch(url, { method: 'POST', body: Buffer.from([0x20, 0]), headers: { 'content-type': TYPE }, ...init });
}

describe('the answer', () => {
  test('to an accepted Package#0 is 202 with the body of the bridge', async () => {
    const { url, received } = await start();
    const response = await post(`${url}/notifications/IMEI%3A1%2Fx`);
    expect([response.status, response.headers.get('content-type')]).toEqual([202, 'application/json; charset=utf-8']);
    expect(await response.json()).toEqual(BODY);
    expect(received).toEqual([{ devId: 'IMEI:1/x', bytes: Buffer.from([0x20, 0]) }]);
  });

  test('to a duplicate is the same', async () => {
    const { url } = await start(undefined, { kind: 'duplicate', seq: 1, body: BODY });
    expect((await post(`${url}/notifications/IMEI:1`)).status).toBe(202);
  });

  test('to a refused one is a problem document', async () => {
    const { url } = await start(undefined, { kind: 'refused', status: 422, detail: 'no way' });
    const response = await post(`${url}/notifications/IMEI:1`);
    expect([response.status, response.headers.get('content-type')]).toEqual([422, 'application/problem+json']);
    expect(await response.json()).toEqual({
      type: 'about:blank',
      title: 'Unprocessable Entity',
      status: 422,
      detail: 'no way',
    });
  });
});

describe('requests that the bridge does not see', () => {
  const other = { headers: { 'content-type': 'application/octet-stream' } };
  test.each<[string, number, RequestInit]>([
    ['another method', 405, { method: 'PUT' }],
    ['GET', 405, { method: 'GET', body: null }],
    ['another type', 415, other],
    ['another method and another type', 405, { ...other, method: 'PUT' }],
    ['another type and too many bytes', 415, { ...other, body: Buffer.alloc(8_193) }],
    ['8193 bytes', 413, { body: Buffer.alloc(8_193) }],
  ])('%s is refused with %i', async (_, status, init) => {
    const { url, received } = await start();
    const response = await post(`${url}/notifications/IMEI:1`, init);
    expect(response.status).toBe(status);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    expect(response.headers.get('allow')).toBe(status === 405 ? 'POST' : null);
    expect(received).toEqual([]);
  });

  test('a body of unknown length is refused at its 8193rd byte', async () => {
    const { url, received } = await start();
    const body = new ReadableStream({
      start(controller) {
        for (let at = 0; at < 9; at += 1) controller.enqueue(new Uint8Array(1_024));
        controller.close();
      },
    });
    const init = { method: 'POST', body, headers: { 'content-type': TYPE }, duplex: 'half' } as const;
    expect((await fetch(`${url}/notifications/IMEI:1`, init)).status).toBe(413);
    expect(received).toEqual([]);
  });

  test('8192 bytes, and a type with a parameter, reach the bridge', async () => {
    const { url, received } = await start();
    const init = { body: Buffer.alloc(8_192), headers: { 'content-type': `${TYPE}; charset=utf-8` } };
    expect((await post(`${url}/notifications/IMEI:1`, init)).status).toBe(202);
    expect(received[0]?.bytes).toHaveLength(8_192);
  });

  test('a malformed percent-encoding names no device', async () => {
    const { url, received } = await start();
    await post(`${url}/notifications/IMEI%3`);
    expect(received).toMatchObject([{ devId: '' }]);
  });
});

describe('north.auth: basic', () => {
  const withAuthorization = (authorization: string, type = TYPE) => ({
    headers: { authorization, 'content-type': type },
  });

  test('right credentials pass, and others get 401 before the method is looked at', async () => {
    const { url, received } = await start(BASIC);
    expect((await post(`${url}/notifications/IMEI:1`, withAuthorization(RIGHT))).status).toBe(202);
    for (const init of [
      {},
      withAuthorization('Basic eA=='),
      withAuthorization('Bearer x'),
      { method: 'PUT', body: 'x' },
    ]) {
      const response = await post(`${url}/notifications/IMEI:1`, init);
      expect(response.status).toBe(401);
      expect(response.headers.get('www-authenticate')).toBe('Basic realm="dmbridge", charset="UTF-8"');
    }
    expect(received).toHaveLength(1);
  });

  test('after ten failures of an address in a minute wrong credentials get 429, and right ones pass', async () => {
    const { url } = await start(BASIC);
    const wrong = () => post(`${url}/notifications/IMEI:1`, withAuthorization('Basic eA=='));
    const statuses: number[] = [];
    for (let count = 0; count < 10; count += 1) statuses.push((await wrong()).status);
    expect(new Set(statuses)).toEqual(new Set([401]));
    const limited = await wrong();
    expect(limited.status).toBe(429);
    expect(Number(limited.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(Number(limited.headers.get('retry-after'))).toBeLessThanOrEqual(60);
    expect((await post(`${url}/notifications/IMEI:1`, withAuthorization(RIGHT))).status).toBe(202);
  });

  test('/bootstrap needs them, too, and /ddf does not', async () => {
    const { url } = await start(BASIC);
    expect((await post(`${url}/bootstrap`)).status).toBe(401);
    expect((await fetch(`${url}/ddf/x.ddf`)).status).toBe(404);
  });
});

describe('north.auth: mtls', () => {
  const TLS = { key: SERVER_KEY, cert: SERVER_CERT, ca: DEVICE_CA, minVersion: 'TLSv1.2' } as const;
  const statusWith = (url: string, certificate: { key?: string; cert?: string }): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      const options = { method: 'POST', headers: { 'content-type': TYPE }, rejectUnauthorized: false, ...certificate };
      const request = httpsRequest(`${url}/notifications/IMEI:1`, options, (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      request.on('error', reject);
      request.end(Buffer.from([0x20, 0]));
    });

  test('a certificate of the authority passes, and none gets 403', async () => {
    const { url, received } = await start({ type: 'mtls' }, undefined, TLS);
    expect(await statusWith(url, { key: DEVICE_KEY, cert: DEVICE_CERT })).toBe(202);
    expect(await statusWith(url, {})).toBe(403);
    expect(await statusWith(url, { key: FOREIGN_KEY, cert: FOREIGN_CERT })).toBe(403);
    expect(received).toHaveLength(1);
  });

  test('without TLS no request passes', async () => {
    const { url } = await start({ type: 'mtls' });
    expect((await post(`${url}/notifications/IMEI:1`)).status).toBe(403);
  });
});
