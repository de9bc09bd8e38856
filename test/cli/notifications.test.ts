/**
 * A whole server wakes devices: Package#0 over HTTP, the notification over UDP or HTTP to a device or an SMS gateway, the session that
 * follows, and what the backend is told.
 */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { prepareBridge } from '../../src/cli/server/prepare-bridge.ts';
import { type RunningServer, startServer } from '../../src/cli/server/start-server.ts';
import { parseConfig } from '../../src/config/load.ts';
import { createJournal } from '../../src/log.ts';
import { type NotificationOptions, writePackage0 } from '../../src/testbed/backend/package0.ts';
import { SimulatedDevice } from '../../src/testbed/device/device.ts';
import { httpWorld } from '../../src/testbed/device/http-world.ts';
import { type DeviceNotification, readNotification, type WapPush } from '../../src/testbed/device/notification.ts';
import { listenForPushes } from '../../src/testbed/device/push-listener.ts';
import { runSession } from '../../src/testbed/device/session.ts';
import { buildTree } from '../../src/testbed/device/tree-data.ts';
import { folderWith } from '../support/mappings.ts';

const SERVER = { user: 'legacy-dm', password: 'srvpass' };
const SECRET = { secret: Buffer.from('s3cret') };
const TYPE = 'application/vnd.syncml.dm.notification';
const AUTHORIZATION = `Basic ${Buffer.from('backend:pw').toString('base64')}`;
const SERVER_INITIATED = 'urn:oma:at:dm:2.0:ServerInitiatedMgmt';

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

interface Received {
  readonly url: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

/** A server that answers everything in one way, and gives its requests one after the other. */
async function serve(answer: { readonly type: string; readonly body: string }) {
  const received: Received[] = [];
  const server: Server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    received.push({ url: request.url ?? '', headers: request.headers, body: Buffer.concat(chunks) });
    response.writeHead(200, { 'content-type': answer.type }).end(answer.body);
    server.emit('received');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(async () => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    async next(): Promise<Received> {
      while (received.length === 0) await once(server, 'received');
      const [first] = received.splice(0, 1);
      if (first === undefined) throw new Error('no request');
      return first;
    },
  };
}

const END = { type: 'application/vnd.oma.dm.request+json', body: '{"CMD":[["END"]]}' };

/** Starts a bridge with one device and the settings in YAML. */
async function start(backendUrl: string, columns: Readonly<Record<string, string>>, notifications = '{}') {
  const head = ['devId', 'user', 'password', 'serverUser', 'serverPassword', ...Object.keys(columns)];
  const row = ['IMEI:1', 'bruce', 'OhBehave', SERVER.user, SERVER.password, ...Object.values(columns)];
  const folder = folderWith({ 'devices.csv': `${head.join(',')}\n${row.join(',')}\n` });
  const text = [
    'south: { listen: "127.0.0.1:0" }',
    'north: { listen: "127.0.0.1:0", auth: { type: basic, user: backend, password: pw } }',
    'admin: { listen: "127.0.0.1:0" }',
    `accounts: { main: { url: "${backendUrl}/dm20", notificationSecret: s3cret } }`,
    'routes: [{ bridge: main }]',
    'devices: devices.csv',
    'store: "sqlite::memory:"',
    `notifications: ${notifications}`,
  ].join('\n');
  const config = parseConfig(text, join(folder, 'c.yaml'), {});
  const server = await startServer(config, createJournal({ level: 'silent' }), prepareBridge);
  closing.push(() => server.stop());
  return server;
}

function device(server: RunningServer, version: '1.2' | '1.3' = '1.2'): SimulatedDevice {
  const leaves = { DevId: 'IMEI:1', Man: 'Maker', Mod: 'Phone', DmV: version, Lang: 'en' };
  return new SimulatedDevice({
    devId: 'IMEI:1',
    server: { url: server.south, id: SERVER.user },
    account: { user: 'bruce', password: 'OhBehave' },
    serverAccount: SERVER,
    tree: buildTree({ DevInfo: leaves }),
    profile: { version },
  });
}

async function notify(server: RunningServer, options: NotificationOptions = {}): Promise<{ sessionId: string }> {
  const timestamp = Math.floor(Date.now() / 1_000);
  const response = await fetch(`${server.north}/notifications/imei%3A1`, {
    method: 'POST',
    headers: { 'content-type': TYPE, authorization: AUTHORIZATION },
    body: writePackage0({ serverId: 'DMS1', notificationId: 7, timestamp, ...options }, SECRET),
  });
  expect(response.status).toBe(202);
  const { sessionId } = JSON.parse(await response.text());
  return { sessionId };
}

function readPushed(format: '1.2' | '1.3', message: Buffer): DeviceNotification {
  const push: WapPush = { transaction: 0, format, message };
  return readNotification(push, { server: SERVER, nonce: Buffer.of() });
}

describe('a Package#0', () => {
  test.each([
    ['1.2', '[SCR-DM-NOTI-S-001-M SCR-DM-NOTI-S-002-M SCR-DM-NOTI-S-012-O CP-DMNOTI-5 CP-DMNOTI-6a CP-DMNOTI-7.1]'],
    [
      '1.3',
      '[SCR-DM-NOTI-S-001-M SCR-DM-NOTI-S-002-M SCR-DM-NOTI-S-012-O CP-DMNOTI-5 CP-DMNOTI-6b CP-DMNOTI-7.1 DM-MEC-003-C-O DM-MEC-006-C-O]',
    ],
  ] as const)('wakes a device of DM %s by WAP push over UDP %s', async (format, _items) => {
    const backend = await serve(END);
    const port = await freePort();
    const server = await start(backend.url, { pushHost: `127.0.0.1:${port}`, dmVersion: format });
    const phone = device(server, format);
    const listener = await listenForPushes(phone, httpWorld(), { host: '127.0.0.1', port });
    closing.push(() => listener.close());
    await notify(server);
    expect(await listener.nextSession()).toMatchObject({ end: 'done', faults: [] });
    const package1 = JSON.parse(String((await backend.next()).body));
    expect(package1.Alert).toEqual([
      { AlertType: SERVER_INITIATED, DataType: 'application/json', Data: { 'NOTIFICATION-ID': 7 } },
    ]);
    expect(phone.faults).toEqual([]);
  });

  test('reaches a device by HTTP push, and its session is server-initiated [SCR-DM-NOTI-S-015-O CP-DMNOTI-7.4]', async () => {
    const [backend, phoneServer] = [await serve(END), await serve({ type: 'text/plain', body: '' })];
    const server = await start(backend.url, { pushUrl: `${phoneServer.url}/push`, dmVersion: '1.3' });
    const { sessionId } = await notify(server);
    const { url, headers, body } = await phoneServer.next();
    expect(url).toBe('/push');
    expect(headers).toMatchObject({ 'content-type': TYPE, 'x-wap-application-id': 'x-wap-application:syncml.dm' });
    expect(readPushed('1.3', body)).toMatchObject({ sessionId, serverId: 'legacy-dm', uiMode: 1, initiator: 1 });
    const phone = device(server, '1.3');
    expect(await runSession(phone, httpWorld(), { initiation: 1200, sessionId })).toMatchObject({ end: 'done' });
    const package1 = JSON.parse(String((await backend.next()).body));
    expect(package1.Alert).toMatchObject([{ AlertType: SERVER_INITIATED, Data: { 'NOTIFICATION-ID': 7 } }]);
  });

  test('has every configured option in the notification [SCR-DM-NOTI-S-006-M SCR-DM-NOTI-S-007-O SCR-DM-NOTI-S-009-O]', async () => {
    const [backend, phoneServer] = [await serve(END), await serve({ type: 'text/plain', body: '' })];
    const settings =
      '{ format: "1.3", uiMode: interaction, transport: https, requestedMos: [0x0C, "urn:oma:mo:oma-scomo:1.1"], targetedMos: ["urn:oma:mo:oma-fumo:1.0"], connectReason: Update, vendorInfo: acme, validFor: 90s, serverId: other }';
    const server = await start(backend.url, { pushUrl: phoneServer.url }, settings);
    await notify(server, { connections: [1, 2, 3] });
    const read = readPushed('1.3', (await phoneServer.next()).body);
    expect(read).toMatchObject({ serverId: 'other', uiMode: 3, transport: 2, timeout: 2 });
    expect(read.options?.map(({ number, value }) => [number, value.toString('hex')])).toEqual([
      [1, Buffer.from('other').toString('hex')],
      [2, '27'],
      [3, '0c'],
      [3, '3c'],
      [4, '02'],
      [5, Buffer.from('Update').toString('hex')],
      [6, Buffer.from('acme').toString('hex')],
    ]);
  });

  test('reaches a phone through the JSON interface of an SMS gateway', async () => {
    const [backend, gateway] = [
      await serve(END),
      await serve({ type: 'application/json', body: '{"state":"queued"}' }),
    ];
    const settings = `{ deliver: [{ type: sms, url: "${gateway.url}/send", json: { to: "{to}", udh: "{udh}", data: "{data}" }, accepted: queued }] }`;
    const server = await start(backend.url, { msisdn: '+491701234567' }, settings);
    const { sessionId } = await notify(server);
    const { to, udh, data } = JSON.parse(String((await gateway.next()).body));
    expect([to, udh]).toEqual(['+491701234567', '0605040B8423F0']);
    expect(data).toMatch(/^..0603C4AF87/u);
    expect(readPushed('1.2', Buffer.from(data, 'hex').subarray(6))).toMatchObject({ sessionId });
  });

  test('without credentials of the listener gets 401', async () => {
    const backend = await serve(END);
    const server = await start(backend.url, {});
    const response = await fetch(`${server.north}/notifications/IMEI:1`, { method: 'POST', body: 'x' });
    expect(response.status).toBe(401);
  });
});

test('a MOID without an index stops the start', async () => {
  await expect(start('http://127.0.0.1:9', {}, '{ requestedMos: [com.example/1.0/X] }')).rejects.toThrow(
    'notifications.requestedMos: mo-indexes.yaml has no index for "com.example/1.0/X"',
  );
});

async function freePort(): Promise<number> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  return port;
}
