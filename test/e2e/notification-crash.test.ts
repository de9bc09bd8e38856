/** kill -9 between Package#0 and the session that answers it: one SessionID is on the air, and one NOTIFICATION-ID is told. */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { writePackage0 } from '../../src/testbed/backend/package0.ts';
import { SimulatedDevice } from '../../src/testbed/device/device.ts';
import { httpWorld } from '../../src/testbed/device/http-world.ts';
import { readNotification, readWapPush } from '../../src/testbed/device/notification.ts';
import { runSession } from '../../src/testbed/device/session.ts';
import { buildTree } from '../../src/testbed/device/tree-data.ts';
import { BridgeProcess } from './bridge-process.ts';

const SERVER = { user: 'legacy-dm', password: 'srvpass' };

let phone: Socket;
let backend: Server;
let bridge: BridgeProcess;
/** The SessionID of each datagram. */
let sessionIds: string[];
/** The session alert of each Package#1. */
let alerts: unknown[];

beforeEach(async () => {
  [sessionIds, alerts] = [[], []];
  phone = createSocket('udp4');
  phone.on('message', (datagram) => {
    sessionIds.push(readNotification(readWapPush(datagram), { server: SERVER, nonce: Buffer.of() }).sessionId);
  });
  phone.bind(0, '127.0.0.1');
  backend = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    alerts.push(JSON.parse(String(Buffer.concat(chunks))).Alert[0]);
    response.writeHead(200, { 'content-type': 'application/vnd.oma.dm.request+json' }).end('{"CMD":[["END"]]}');
  });
  backend.listen(0, '127.0.0.1');
  await Promise.all([once(phone, 'listening'), once(backend, 'listening')]);
  const address = backend.address();
  const port = typeof address === 'object' ? address?.port : 0;
  const columns = 'devId,user,password,serverUser,serverPassword,pushHost';
  const row = `IMEI:1,bruce,OhBehave,${SERVER.user},${SERVER.password},127.0.0.1:${phone.address().port}`;
  bridge = new BridgeProcess(`http://127.0.0.1:${port}`, `${columns}\n${row}\n`);
  await bridge.start();
});
afterEach(async () => {
  await bridge.remove();
  phone.close();
  backend.closeAllConnections();
  backend.close();
});

async function notify(): Promise<unknown> {
  const response = await fetch(`${bridge.north}/notifications/IMEI%3A1`, {
    method: 'POST',
    headers: { 'content-type': 'application/vnd.syncml.dm.notification' },
    body: writePackage0({ notificationId: 7 }),
  });
  return { status: response.status, ...JSON.parse(await response.text()) };
}

async function untilPushed(count: number): Promise<string> {
  while (sessionIds.length < count) await once(phone, 'message');
  return sessionIds.at(-1) ?? '';
}

function runDevice(sessionId: string, initiation: 1200 | 1201): ReturnType<typeof runSession> {
  const device = new SimulatedDevice({
    devId: 'IMEI:1',
    server: { url: bridge.south, id: SERVER.user },
    account: { user: 'bruce', password: 'OhBehave' },
    serverAccount: SERVER,
    tree: buildTree({ DevInfo: { DevId: 'IMEI:1', Man: 'Maker', Mod: 'Phone', DmV: '1.2', Lang: 'en' } }),
  });
  return runSession(device, httpWorld(), { initiation, sessionId });
}

test.each([
  ['after its answer', ['answered']],
  ['after the notification was sent', ['sent']],
  ['after its answer and after the notification was sent', ['answered', 'sent']],
] as const)('a bridge that is killed %s sends one SessionID and tells one NOTIFICATION-ID', async (_, kills) => {
  const first = await notify();
  expect(first).toMatchObject({ status: 202, state: 'accepted' });
  const at = (moment: 'answered' | 'sent') => kills.some((each) => each === moment);
  if (at('answered')) await bridge.restart();
  const sessionId = await untilPushed(1);
  if (at('sent')) await bridge.restart();
  expect(await runDevice(sessionId, 1200)).toMatchObject({ end: 'done', faults: [] });
  await bridge.restart();
  expect(await notify()).toEqual(first);
  expect(await runDevice(sessionId, 1200)).toMatchObject({ end: 'done' });
  expect(alerts).toEqual([
    {
      AlertType: 'urn:oma:at:dm:2.0:ServerInitiatedMgmt',
      DataType: 'application/json',
      Data: { 'NOTIFICATION-ID': 7 },
    },
    { AlertType: 'urn:oma:at:dm:2.0:ClientInitiatedMgmt' },
  ]);
  expect(new Set(sessionIds)).toEqual(new Set([sessionId]));
});
