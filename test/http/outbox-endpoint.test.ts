/** Refused alerts at the admin listener: pages, filters, ids, and the way back. */
import { afterEach, describe, expect, test } from 'vitest';
import type { AlertName, PutBackResult, RefusedQuery } from '../../src/bridge/operator-outbox.ts';
import type { ListedAlert } from '../../src/bridge/ports.ts';
import { parseDevId } from '../../src/device/dev-id.ts';
import { adminApp } from '../../src/http/admin-app.ts';
import { type Listener, openListener } from '../../src/http/listener.ts';
import { createJournal } from '../../src/log.ts';
import { NO_METRICS } from '../support/device-host.ts';

const listeners: Listener[] = [];
afterEach(async () => {
  await Promise.all(listeners.splice(0).map((listener) => listener.close(0)));
});

const DEVICE = parseDevId('IMEI:1/ä');

function listed(seq: number): ListedAlert {
  const refusal = { state: 'refused', status: 413, at: 1_700_003_600_000, tries: 2 } as const;
  const item = { meta: { type: 'com.example.note' }, data: 'secret' };
  return { devId: DEVICE, item: { seq, receivedAt: 1_700_000_000_000, code: 1226, item, refusal } };
}

interface Api {
  readonly url: string;
  readonly queries: RefusedQuery[];
  readonly keys: AlertName[];
}

async function open(alerts: number, result: PutBackResult = 'done', token?: string): Promise<Api> {
  const [queries, keys]: [RefusedQuery[], AlertName[]] = [[], []];
  const app = adminApp(
    {
      token: () => token,
      notReady: async () => [],
      ...NO_METRICS,
      refusedAlerts: async (query) => {
        queries.push(query);
        const from = query.after?.seq ?? 0;
        return Array.from({ length: Math.min(query.limit, alerts - from) }, (_, at) => listed(from + at + 1));
      },
      putAlertBack: async (key) => {
        keys.push(key);
        return result;
      },
    },
    createJournal({ level: 'silent' }),
  );
  const listener = await openListener({ host: '127.0.0.1', port: 0 }, app.callback());
  listeners.push(listener);
  return { url: `${listener.url}/api/v1/outbox`, queries, keys };
}

async function json(url: string, init: RequestInit = {}) {
  const response = await fetch(url, init);
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === '' ? undefined : JSON.parse(text) };
}

describe('GET /api/v1/outbox', () => {
  test('a refused alert is told with its id, its device and its last failure, and without its data', async () => {
    const { url } = await open(1);
    const got = await json(`${url}?state=refused`);
    expect(got).toMatchObject({ status: 200, body: { next: null } });
    expect(got.body.items).toEqual([
      {
        id: `${Buffer.from('IMEI:1/ä').toString('base64url')}.1`,
        device: 'IMEI:1/ä',
        state: 'refused',
        type: 'com.example.note',
        received: '2023-11-14T22:13:20.000Z',
        tries: 2,
        lastFailure: { status: 413, at: '2023-11-14T23:13:20.000Z' },
      },
    ]);
    expect(got.headers.get('link')).toBeNull();
  });

  test('pages of any size show each alert once, and the link of a page leads to the next one', async () => {
    const { url } = await open(5);
    const seen: string[] = [];
    let next: string | undefined = `${url}?state=refused&limit=2`;
    for (let pages = 0; next !== undefined; pages += 1) {
      expect(pages).toBeLessThan(3);
      const got = await json(next);
      seen.push(...got.body.items.map(({ id }: { id: string }) => id.split('.')[1]));
      const [, link] = /^<(.*)>; rel="next"$/.exec(got.headers.get('link') ?? '') ?? [];
      expect(link === undefined).toBe(got.body.next === null);
      next = link === undefined ? undefined : new URL(link, url).href;
    }
    expect(seen).toEqual(['1', '2', '3', '4', '5']);
  });

  test('filters reach the bridge, and the default page has 50 alerts', async () => {
    const { url, queries } = await open(0);
    await json(`${url}?state=refused`);
    await json(`${url}?state=refused&device=${encodeURIComponent('IMEI:1/ä')}&limit=200`);
    expect(queries).toEqual([{ limit: 51 }, { limit: 201, devId: 'IMEI:1/ä' }]);
  });

  test.each([
    '',
    '?state=waiting',
    '?state=refused&limit=0',
    '?state=refused&limit=201',
    '?state=refused&limit=x',
    '?state=refused&cursor=broken',
    '?state=refused&colour=red',
  ])('the query "%s" is refused', async (query) => {
    const { url, queries } = await open(1);
    const got = await json(`${url}${query}`);
    expect(got.status).toBe(400);
    expect(got.headers.get('content-type')).toBe('application/problem+json');
    expect(queries).toEqual([]);
  });
});

describe('POST /api/v1/outbox/{id}/retry', () => {
  test.each([
    ['done', 204],
    ['unknown', 404],
    ['full', 409],
  ] as const)('the result "%s" is answered %i', async (result, status) => {
    const { url, keys } = await open(1, result);
    const [item] = (await json(`${url}?state=refused`)).body.items;
    expect((await json(`${url}/${item.id}/retry`, { method: 'POST' })).status).toBe(status);
    expect(keys).toEqual([{ devId: 'IMEI:1/ä', seq: 1 }]);
  });

  test.each(['x', '.1', 'SU1FSTox', 'SU1FSTox.', 'SU1FSTox.1.2', 'SU1FSTox.-1'])(
    'an id of another form ("%s") is 404',
    async (id) => {
      const { url, keys } = await open(1);
      expect((await json(`${url}/${id}/retry`, { method: 'POST' })).status).toBe(404);
      expect(keys).toEqual([]);
    },
  );

  test('another method is not accepted', async () => {
    const { url, keys } = await open(1);
    expect((await json(`${url}/SU1FSTox.1/retry`)).status).toBe(501);
    expect((await json(`${url}/SU1FSTox.1/retry`, { method: 'DELETE' })).status).toBe(501);
    expect(keys).toEqual([]);
  });

  test('a page of another origin changes nothing', async () => {
    const { url, keys } = await open(1);
    for (const origin of ['http://attacker.example', 'null', 'not a URL']) {
      expect((await json(`${url}/SU1FSTox.1/retry`, { method: 'POST', headers: { origin } })).status).toBe(403);
    }
    expect(keys).toEqual([]);
    const { origin } = new URL(url);
    expect((await json(`${url}/SU1FSTox.1/retry`, { method: 'POST', headers: { origin } })).status).toBe(204);
  });
});

test('both operations need the token', async () => {
  const { url, keys, queries } = await open(1, 'done', 'secret');
  const headers = { authorization: 'Bearer secret' };
  expect((await json(`${url}?state=refused`)).status).toBe(401);
  expect((await json(`${url}/SU1FSTox.1/retry`, { method: 'POST' })).status).toBe(401);
  expect([queries, keys]).toEqual([[], []]);
  expect((await json(`${url}?state=refused`, { headers })).status).toBe(200);
  expect((await json(`${url}/SU1FSTox.1/retry`, { method: 'POST', headers })).status).toBe(204);
});
