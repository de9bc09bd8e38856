/** The simulated device that waits for WAP Pushes: the notifications that start a session, and those that do not. */
import { createSocket } from 'node:dgram';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { formatMessage12 } from '../../../src/notification/message12.ts';
import { formatPush } from '../../../src/notification/wap-push.ts';
import { SimulatedDevice } from '../../../src/testbed/device/device.ts';
import { listenForPushes, type PushListener } from '../../../src/testbed/device/push-listener.ts';
import { buildTree } from '../../../src/testbed/device/tree-data.ts';
import type { DeviceEvent } from '../../../src/testbed/device/world.ts';

const SERVER = { user: 'legacy-dm', password: 'srvpass' };

let device: SimulatedDevice;
let listener: PushListener;
let events: DeviceEvent[];
const sender = () => createSocket('udp4');

beforeEach(async () => {
  events = [];
  device = new SimulatedDevice({
    devId: 'IMEI:1',
    server: { url: 'http://server.example/dm', id: 'legacy-dm' },
    account: { user: 'u', password: 'p' },
    serverAccount: SERVER,
    tree: buildTree({}),
    serverNonce: Buffer.from('nonce').toString('base64'),
  });
  const world = {
    // The server is not there: the first message tells enough.
    post: () => Promise.reject(new Error('no server')),
    randomBytes: (count: number) => new Uint8Array(count),
    onEvent: (event: DeviceEvent) => void events.push(event),
  };
  listener = await listenForPushes(device, world, { host: '127.0.0.1', port: 0 });
});
afterEach(() => listener.close());

function push(sessionId: number, password = SERVER.password): Uint8Array {
  const message = { version: 11, uiMode: 'background', sessionId, serverId: 'legacy-dm' } as const;
  return formatPush('1.2', 1, formatMessage12(message, { password, nonce: Buffer.from('nonce') }));
}

async function send(...datagrams: readonly Uint8Array[]): Promise<void> {
  const socket = sender();
  for (const datagram of datagrams) {
    await new Promise<void>((resolve) => socket.send(datagram, listener.port, '127.0.0.1', () => resolve()));
  }
  socket.close();
}

/** SessionID and session alert of each first message. */
function sessions(): readonly unknown[] {
  return events.flatMap((event) =>
    event.type === 'sent' && event.message.header.msgId === '1'
      ? [[event.message.header.sessionId, event.message.commands[0]?.data]]
      : [],
  );
}

describe('a notification', () => {
  test('starts a session with its SessionID and Alert 1200', async () => {
    await send(push(0xa7));
    expect(await listener.nextSession()).toMatchObject({ end: 'failed' });
    expect(sessions()).toEqual([['A7', '1200']]);
    expect(device.faults).toEqual([]);
  });

  test('starts one session, however often it comes', async () => {
    await send(push(0xa7), push(0xa7), push(0xb8));
    await listener.nextSession();
    await listener.nextSession();
    expect(sessions()).toEqual([
      ['A7', '1200'],
      ['B8', '1200'],
    ]);
  });

  test('with a wrong digest, or bytes that are no push, start none', async () => {
    await send(push(0xa7, 'wrong'), Buffer.from('x'), push(0xb8));
    const outcomes = [await listener.nextSession(), await listener.nextSession(), await listener.nextSession()];
    expect(outcomes.map(({ reason }) => reason)).toEqual([
      'push: the digest is wrong',
      'push: no WSP Push',
      'no server',
    ]);
    expect(sessions()).toEqual([['B8', '1200']]);
    expect(device.faults).toEqual(['push: the digest is wrong', 'push: no WSP Push']);
  });
});
