/** The ways of delivery against servers that answer as gateways and devices do. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { afterEach, describe, expect, test } from 'vitest';
import type { Push } from '../../src/bridge/ports.ts';
import type { DeliverySettings } from '../../src/http/delivery/delivery-settings.ts';
import { NotificationDelivery } from '../../src/http/delivery/notification-delivery.ts';
import { parseTarget, WapUdp } from '../../src/http/delivery/wap-udp.ts';
import { readWapPush } from '../../src/testbed/device/notification.ts';

const MESSAGE = Buffer.from('the message');
const PUSH: Push = {
  target: '',
  format: '1.3',
  message: MESSAGE,
  sessionId: 'A7',
  pushId: 'A7.1.0123456789ab@legacy-dm',
  deliverBefore: Date.UTC(2026, 11, 2),
};
const HTTP_SETTINGS = { timeout: 10_000, tls: undefined, credentials: undefined };

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

interface SeenRequest {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

/** A server that answers the nth request with the nth answer, and the last one from then on. */
async function serve(...answers: readonly { status?: number; body?: string; headers?: Record<string, string> }[]) {
  const seen: SeenRequest[] = [];
  const server: Server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    seen.push({ method: request.method, url: request.url, headers: request.headers, body: Buffer.concat(chunks) });
    const { status = 200, body = '', headers = {} } = answers[Math.min(seen.length, answers.length) - 1] ?? {};
    response.writeHead(status, headers).end(body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { url: `http://127.0.0.1:${address.port}/push`, seen };
}

function open(settings: DeliverySettings): NotificationDelivery {
  const delivery = new NotificationDelivery([settings]);
  closing.push(() => delivery.close());
  return delivery;
}

describe('wap', () => {
  test.each([
    ['127.0.0.1', 'udp4'],
    ['localhost', 'udp4'],
    ['[::1]', 'udp6'],
  ] as const)('one datagram goes to %s', async (host, type) => {
    const device = createSocket(type);
    device.bind(0, type === 'udp4' ? '127.0.0.1' : '::1');
    await once(device, 'listening');
    closing.push(() => device.close());
    const arrived = once(device, 'message');
    const udp = new WapUdp(async () => ({ address: '127.0.0.1', family: 4 }));
    closing.push(() => udp.close());
    expect(await udp.send({ ...PUSH, target: `${host}:${device.address().port}` })).toEqual({ kind: 'accepted' });
    const [datagram] = await arrived;
    expect(readWapPush(datagram)).toEqual({ transaction: 1, format: '1.3', message: MESSAGE });
  });

  test('the transaction counts per process', async () => {
    const device = createSocket('udp4');
    device.bind(0, '127.0.0.1');
    await once(device, 'listening');
    closing.push(() => device.close());
    const received: number[] = [];
    device.on('message', (datagram) => received.push(datagram[0] ?? -1));
    const udp = new WapUdp();
    closing.push(() => udp.close());
    for (let count = 0; count < 3; count += 1) {
      await udp.send({ ...PUSH, target: `127.0.0.1:${device.address().port}` });
    }
    while (received.length < 3) await once(device, 'message');
    expect(received).toEqual([1, 2, 3]);
  });

  test.each(['ENOTFOUND', 'EAI_AGAIN'])('a name that a resolver does not find (%s) is unresolved', async (code) => {
    const udp = new WapUdp(() => Promise.reject(Object.assign(new Error(), { code })));
    expect(await udp.send({ ...PUSH, target: 'gone.example.com' })).toMatchObject({ kind: 'unresolved' });
  });

  test('a message that is too long for a datagram fails', async () => {
    const udp = new WapUdp();
    closing.push(() => udp.close());
    const push = { ...PUSH, message: new Uint8Array(70_000), target: '127.0.0.1:9' };
    expect(await udp.send(push)).toEqual({ kind: 'failed', reason: 'the datagram was not sent (EMSGSIZE)' });
  });

  test.each([
    ['192.0.2.1', '192.0.2.1', 2948],
    ['phone.example.com:4000', 'phone.example.com', 4000],
    ['[2001:db8::1]', '2001:db8::1', 2948],
    ['[2001:db8::1]:4000', '2001:db8::1', 4000],
  ])('the target %s has host %s and port %i', (target, host, port) => {
    expect(parseTarget(target)).toEqual({ host, port });
  });
});

describe('http', () => {
  const settings: DeliverySettings = { name: 'http', type: 'http', http: HTTP_SETTINGS };

  test('the raw message goes to the URL of the device with type, application and length', async () => {
    const { url, seen } = await serve({ status: 202 });
    expect(await open(settings).send('http', { ...PUSH, target: `${url}?a=b` })).toEqual({ kind: 'accepted' });
    expect(seen).toMatchObject([
      {
        method: 'POST',
        url: '/push?a=b',
        body: MESSAGE,
        headers: {
          'content-type': 'application/vnd.syncml.dm.notification',
          'x-wap-application-id': 'x-wap-application:syncml.dm',
          'content-length': String(MESSAGE.length),
        },
      },
    ]);
    expect(seen[0]?.headers).not.toHaveProperty('authorization');
  });

  test('a notification of DM 1.2 has its own type, and credentials are sent as Basic', async () => {
    const { url, seen } = await serve({});
    const credentials = { user: 'me', password: 'pä' };
    const delivery = open({ ...settings, http: { ...HTTP_SETTINGS, credentials } });
    await delivery.send('http', { ...PUSH, format: '1.2', target: url });
    expect(seen[0]?.headers).toMatchObject({
      'content-type': 'application/vnd.syncml.notification',
      authorization: `Basic ${Buffer.from('me:pä').toString('base64')}`,
    });
  });

  test.each([
    [404, 'refused'],
    [408, 'failed'],
    [425, 'failed'],
    [429, 'failed'],
    [500, 'failed'],
    [204, 'accepted'],
  ])('status %i means %s', async (status, kind) => {
    const { url } = await serve({ status });
    expect(await open(settings).send('http', { ...PUSH, target: url })).toMatchObject({ kind });
  });

  test('a redirect is not followed', async () => {
    const { url, seen } = await serve({ status: 307, headers: { location: '/other' } });
    expect(await open(settings).send('http', { ...PUSH, target: url })).toMatchObject({ kind: 'failed' });
    expect(seen).toHaveLength(1);
  });

  test('a device that does not answer in time, or that is not there, fails', async () => {
    const silent = createServer(() => undefined);
    silent.listen(0, '127.0.0.1');
    await once(silent, 'listening');
    closing.push(() => {
      silent.closeAllConnections();
      silent.close();
    });
    const address = silent.address();
    const target = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/`;
    const delivery = open({ ...settings, http: { ...HTTP_SETTINGS, timeout: 50 } });
    expect(await delivery.send('http', { ...PUSH, target })).toEqual({
      kind: 'failed',
      reason: 'no whole answer in time',
    });
    silent.closeAllConnections();
    silent.close();
    await once(silent, 'close');
    expect(await delivery.send('http', { ...PUSH, target })).toEqual({
      kind: 'failed',
      reason: 'the connection failed (ECONNREFUSED)',
    });
  });

  test('a way that is not configured fails', async () => {
    expect(await open(settings).send('other', PUSH)).toMatchObject({ kind: 'failed' });
  });
});

describe('pap', () => {
  const answer = (code: string) =>
    `<?xml version="1.0"?><pap><push-response push-id="x"><response-result code="${code}"/></push-response></pap>`;

  test("the gateway gets the request with the device's number in the address", async () => {
    const { url, seen } = await serve({ status: 202, body: answer('1001') });
    const delivery = open({
      name: 'ppg',
      type: 'pap',
      http: HTTP_SETTINGS,
      url,
      address: 'WAPPUSH={msisdn}/TYPE=PLMN@ppg',
    });
    expect(await delivery.send('ppg', { ...PUSH, target: '+49$&170' })).toEqual({ kind: 'accepted' });
    expect(seen[0]?.headers['content-type']).toBe('multipart/related; type="application/xml"; boundary=dmbridge-0');
    const text = String(seen[0]?.body);
    expect(text).toContain('address-value="WAPPUSH=+49$&amp;170/TYPE=PLMN@ppg"');
    expect(text).toContain(`push-id="${PUSH.pushId}"`);
    expect(text).toContain('deliver-before-timestamp="2026-12-02T00:00:00Z"');
  });

  test('a gateway that refuses the address refuses for good', async () => {
    const { url } = await serve({ body: answer('2004') });
    const delivery = open({ name: 'ppg', type: 'pap', http: HTTP_SETTINGS, url, address: '{msisdn}' });
    expect(await delivery.send('ppg', { ...PUSH, target: '1' })).toEqual({ kind: 'refused', reason: 'PAP code 2004' });
  });
});

describe('sms', () => {
  const sms = (url: string, more: Partial<Extract<DeliverySettings, { type: 'sms' }>> = {}): DeliverySettings => ({
    name: 'sms',
    type: 'sms',
    http: HTTP_SETTINGS,
    url,
    method: 'GET',
    headers: { 'X-Key': 'k' },
    template: { kind: 'query', pairs: { to: '{to}', udh: '{udh:bytes}', text: '{data:bytes}' } },
    accepted: undefined,
    ...more,
  });
  const push = { ...PUSH, target: '+49170' };

  test('a short message goes as a query, behind that of the URL', async () => {
    const { url, seen } = await serve({ status: 202, body: '0: Accepted for delivery' });
    const delivery = open(sms(`${url}?user=me`, { accepted: '^0:' }));
    expect(await delivery.send('sms', push)).toEqual({ kind: 'accepted' });
    expect(seen).toHaveLength(1);
    expect(seen[0]?.url).toMatch(
      /^\/push\?user=me&to=%2B49170&udh=%06%05%04%0B%84%23%F0&text=%[0-9A-F]{2}%06%03%D8%AF%87/u,
    );
    expect(seen[0]?.headers['x-key']).toBe('k');
  });

  test('a long message goes in segments, one request each, in order', async () => {
    const { url, seen } = await serve({});
    const template = {
      kind: 'json',
      body: { to: '{to}', udh: '{udh}', data: '{data:base64}', id: '{sessionId}' },
    } as const;
    const delivery = open(sms(url, { method: 'POST', template }));
    expect(await delivery.send('sms', { ...push, message: new Uint8Array(300) })).toEqual({ kind: 'accepted' });
    const bodies = seen.map(({ body }) => JSON.parse(String(body)));
    expect(bodies.map(({ udh }) => udh.slice(-4))).toEqual(['0301', '0302', '0303']);
    expect(bodies[0]).toMatchObject({ to: '+49170', id: 'A7' });
    expect(seen[0]?.headers['content-type']).toBe('application/json');
  });

  test('a failed segment ends the sending, and all are repeated under the same reference', async () => {
    const { url, seen } = await serve({}, { status: 500 }, {});
    const template = { kind: 'form', pairs: { udh: '{udh}' } } as const;
    const delivery = open(sms(url, { method: 'POST', template }));
    const long = { ...push, message: new Uint8Array(300) };
    expect(await delivery.send('sms', long)).toMatchObject({ kind: 'failed' });
    expect(await delivery.send('sms', long)).toEqual({ kind: 'accepted' });
    const references = seen.map(({ body }) => String(body).slice(-6));
    expect(references.map((each) => each.slice(2))).toEqual(['0301', '0302', '0301', '0302', '0303']);
    expect(new Set(references.map((each) => each.slice(0, 2))).size).toBe(1);
    expect(seen[0]?.headers['content-type']).toBe('application/x-www-form-urlencoded');
  });

  test('an answer that `accepted` does not describe is a failure, and a 4xx a refusal', async () => {
    const { url } = await serve({ body: 'no credit' }, { status: 403 });
    const delivery = open(sms(url, { accepted: '^0:' }));
    expect(await delivery.send('sms', push)).toMatchObject({ kind: 'failed' });
    expect(await delivery.send('sms', push)).toMatchObject({ kind: 'refused' });
  });
});
