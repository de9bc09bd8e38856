/** The admin and the north listener. */
import { afterEach, describe, expect, test } from 'vitest';
import { adminApp } from '../../src/http/admin-app.ts';
import { type Listener, openListener } from '../../src/http/listener.ts';
import { northApp } from '../../src/http/north-app.ts';
import { createJournal } from '../../src/log.ts';
import { NO_METRICS, NO_PACKAGE0, NO_REFUSED_ALERTS } from '../support/device-host.ts';

const journal = createJournal({ level: 'silent' });
const listeners: Listener[] = [];
afterEach(async () => {
  await Promise.all(listeners.splice(0).map((listener) => listener.close(0)));
});

const NO_BACKENDS = { ddf: async () => undefined, ...NO_PACKAGE0 };

async function start(app: { callback(): Parameters<typeof openListener>[1] }): Promise<string> {
  const listener = await openListener({ host: '127.0.0.1', port: 0 }, app.callback());
  listeners.push(listener);
  return listener.url;
}

const admin = (token?: string, missing: readonly string[] = []) =>
  start(adminApp({ token: () => token, notReady: async () => missing, ...NO_METRICS, ...NO_REFUSED_ALERTS }, journal));

async function get(url: string, init: RequestInit = {}) {
  const response = await fetch(url, init);
  return {
    status: response.status,
    type: response.headers.get('content-type'),
    headers: response.headers,
    body: await response.json(),
  };
}

describe('the admin listener', () => {
  test('/healthz answers while the process runs', async () => {
    expect(await get(`${await admin('secret')}/healthz`)).toMatchObject({ status: 200, body: { status: 'ok' } });
  });

  test('/readyz answers 503 with what is missing, or 200', async () => {
    expect(await get(`${await admin()}/readyz`)).toMatchObject({ status: 200, body: { status: 'ready' } });
    expect(await get(`${await admin(undefined, ['store'])}/readyz`)).toMatchObject({
      status: 503,
      body: { status: 'not ready', missing: ['store'] },
    });
  });

  test.each(['/api/v1', '/api/v1/devices/IMEI:1', '/openapi.json', '/'])(
    'the admin listener answers 501 at %s',
    async (path) => {
      const answer = await get(`${await admin()}${path}`);
      expect(answer).toMatchObject({
        status: 501,
        type: 'application/problem+json',
        body: { type: 'about:blank', status: 501 },
      });
    },
  );

  test('the API answers 501 to other methods', async () => {
    expect((await get(`${await admin()}/api/v1/routes`, { method: 'PUT', body: '[]' })).status).toBe(501);
  });

  test.each(['/nothing', '/healthz/x', '/api/v2'])('the admin listener answers 404 at %s', async (path) => {
    expect(await get(`${await admin()}${path}`)).toMatchObject({ status: 404, type: 'application/problem+json' });
  });

  test('the admin listener answers 405 to a method that a path does not have', async () => {
    const answer = await get(`${await admin()}/healthz`, { method: 'POST' });
    expect(answer.status).toBe(405);
    expect(answer.headers.get('allow')).toContain('GET');
  });

  test.each(['/metrics', '/api/v1/routes'])('the admin listener asks for the token at %s', async (path) => {
    const url = `${await admin('secret')}${path}`;
    const withHeader = (authorization: string) => get(url, { headers: { authorization } });
    const refused = await get(url);
    expect(refused).toMatchObject({ status: 401, type: 'application/problem+json' });
    expect(refused.headers.get('www-authenticate')).toContain('Bearer');
    expect((await withHeader('Bearer secre')).status).toBe(401);
    expect((await withHeader('Basic secret')).status).toBe(401);
    expect((await fetch(url, { headers: { authorization: 'Bearer secret' } })).status).toBe(
      path === '/metrics' ? 200 : 501,
    );
  });
});

describe('the north listener', () => {
  test.each(['/bootstrap'])('the north listener answers 501 at %s', async (path) => {
    const url = await start(northApp(NO_BACKENDS, { type: 'none' }, journal));
    expect(await get(`${url}${path}`, { method: 'POST', body: 'x' })).toMatchObject({
      status: 501,
      type: 'application/problem+json',
    });
  });

  test.each(['/', '/notifications', '/dm'])('the north listener answers 404 at %s', async (path) => {
    const url = await start(northApp(NO_BACKENDS, { type: 'none' }, journal));
    expect(await get(`${url}${path}`)).toMatchObject({ status: 404, type: 'application/problem+json' });
  });
});
