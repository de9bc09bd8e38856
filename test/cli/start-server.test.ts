/** The listeners and the bridge behind them, started and stopped together. */
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import type { ComposedBridge, PublicUrls } from '../../src/cli/server/composed-bridge.ts';
import { type RunningServer, startServer } from '../../src/cli/server/start-server.ts';
import { parseConfig } from '../../src/config/load.ts';
import { StoreError } from '../../src/errors.ts';
import { createJournal } from '../../src/log.ts';
import { NO_LONG_BODIES, NO_OTHER_DOORS, NO_PACKAGE0, NO_REFUSED_ALERTS } from '../support/device-host.ts';

const journal = createJournal({ level: 'silent' });
const running: RunningServer[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.stop()));
});

const BASE = 'accounts: { main: {} }\nroutes: [{ bridge: main }]\n';
const PORTS = 'south: { listen: "127.0.0.1:0" }\nnorth: { listen: "127.0.0.1:0" }\nadmin: { listen: "127.0.0.1:0" }\n';

function bridge(more: Partial<ComposedBridge> = {}): ComposedBridge {
  return {
    handleDeviceMessage: async ({ body, contentType }) => ({
      status: 200,
      headers: { 'content-type': contentType },
      body,
    }),
    ...NO_LONG_BODIES,
    ...NO_OTHER_DOORS,
    ddf: async () => undefined,
    ...NO_PACKAGE0,
    pendingNotifications: async () => 0,
    subscriptions: async () => 0,
    ...NO_REFUSED_ALERTS,
    check: async () => {},
    reload: async () => ({ mappings: 0, deviceRows: undefined, areRoutesUsed: true }),
    close: async () => {},
    ...more,
  };
}

async function start(text = BASE + PORTS, composed = bridge()) {
  let urls: PublicUrls | undefined;
  const server = await startServer(parseConfig(text, join('/tmp', 'c.yaml'), {}), journal, async () => ({
    async compose(given) {
      urls = given;
      return composed;
    },
    close: () => composed.close(),
  }));
  running.push(server);
  return { server, urls };
}

const send = (url: string) =>
  fetch(url, { method: 'POST', headers: { 'content-type': 'application/vnd.syncml.dm+xml' }, body: '<a/>' });

describe('the running bridge', () => {
  test('a bridge serves devices and probes at the addresses that were bound', async () => {
    const { server, urls } = await start();
    expect(urls).toEqual({ south: server.south, north: server.north });
    expect(server.south).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/dm$/);
    expect(await (await send(server.south)).text()).toBe('<a/>');
    expect((await fetch(`${server.admin}/readyz`)).status).toBe(200);
  });

  test('a bridge announces the public URLs of its configuration', async () => {
    const text = `${BASE}south: { listen: "127.0.0.1:0", publicUrl: "https://dm.example/x" }\nnorth: { listen: "127.0.0.1:0", publicUrl: "https://n.example/" }\nadmin: { listen: "127.0.0.1:0" }`;
    expect((await start(text)).urls).toEqual({ south: 'https://dm.example/x', north: 'https://n.example' });
  });

  test('a bridge is not ready while the store fails', async () => {
    const check = async () => {
      throw new StoreError('ERR_STORE_FAILED', 'disk full');
    };
    const { server } = await start(BASE + PORTS, bridge({ check }));
    const response = await fetch(`${server.admin}/readyz`);
    expect([response.status, await response.json()]).toEqual([503, { status: 'not ready', missing: ['store'] }]);
    expect((await fetch(`${server.admin}/healthz`)).status).toBe(200);
  });

  test('a stopping server stops listening first and closes the bridge last', async () => {
    const order: string[] = [];
    const arrived = Promise.withResolvers<void>();
    const gate = Promise.withResolvers<void>();
    const { server } = await start(
      BASE + PORTS,
      bridge({
        async handleDeviceMessage({ body }) {
          arrived.resolve();
          await gate.promise;
          order.push('answered');
          return { status: 200, headers: {}, body };
        },
        async close() {
          order.push('closed');
        },
      }),
    );
    const answer = send(server.south);
    await arrived.promise;
    const stopped = server.stop();
    await expect(fetch(`${server.admin}/healthz`)).rejects.toThrow();
    gate.resolve();
    expect((await answer).status).toBe(200);
    await stopped;
    expect(order).toEqual(['answered', 'closed']);
  });

  test('a bridge that cannot be composed leaves no listener open', async () => {
    const countListeners = () => process.getActiveResourcesInfo().filter((name) => name === 'TCPServerWrap').length;
    const before = countListeners();
    let opened = 0;
    const closed: string[] = [];
    const failing = startServer(parseConfig(BASE + PORTS, '/tmp/c.yaml', {}), journal, async () => ({
      compose() {
        opened = countListeners() - before;
        return Promise.reject(new StoreError('ERR_STORE_FAILED', 'no disk'));
      },
      close: async () => void closed.push('prepared'),
    }));
    await expect(failing).rejects.toThrow('no disk');
    // Node lets go of a closed socket at the end of a turn of its event loop.
    for (let turn = 0; turn < 2; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    expect([opened, countListeners() - before]).toEqual([3, 0]);
    expect(closed).toEqual(['prepared']);
  });

  test('the start fails when an address is taken', async () => {
    const { server } = await start();
    const text = `${BASE}south: { listen: "127.0.0.1:${new URL(server.south).port}" }`;
    await expect(start(text)).rejects.toThrow('EADDRINUSE');
  });
});
