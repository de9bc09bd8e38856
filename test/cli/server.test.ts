import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import {
  type ComposedBridge,
  type PublicUrls,
  type RunningServer,
  startServer,
} from '../../src/cli/server/start-server.ts';
import { parseConfig } from '../../src/config/load.ts';
import { StoreError } from '../../src/errors.ts';
import { createJournal } from '../../src/log.ts';

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
    ddf: () => undefined,
    check: async () => {},
    close: async () => {},
    ...more,
  };
}

async function start(text = BASE + PORTS, composed = bridge()) {
  let urls: PublicUrls | undefined;
  const server = await startServer(parseConfig(text, join('/tmp', 'c.yaml'), {}), journal, async (_config, given) => {
    urls = given;
    return composed;
  });
  running.push(server);
  return { server, urls };
}

const send = (url: string) =>
  fetch(url, { method: 'POST', headers: { 'content-type': 'application/vnd.syncml.dm+xml' }, body: '<a/>' });

describe('the running bridge', () => {
  it('serves devices and probes at the addresses that were bound', async () => {
    const { server, urls } = await start();
    expect(urls).toEqual({ south: server.south, north: server.north });
    expect(server.south).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/dm$/);
    expect(await (await send(server.south)).text()).toBe('<a/>');
    expect((await fetch(`${server.admin}/readyz`)).status).toBe(200);
  });

  it('announces the public URLs that it was given', async () => {
    const text = `${BASE}south: { listen: "127.0.0.1:0", publicUrl: "https://dm.example/x" }\nnorth: { listen: "127.0.0.1:0", publicUrl: "https://n.example/" }\nadmin: { listen: "127.0.0.1:0" }`;
    expect((await start(text)).urls).toEqual({ south: 'https://dm.example/x', north: 'https://n.example' });
  });

  it('is not ready while the store fails', async () => {
    const check = async () => {
      throw new StoreError('ERR_STORE_FAILED', 'disk full');
    };
    const { server } = await start(BASE + PORTS, bridge({ check }));
    const response = await fetch(`${server.admin}/readyz`);
    expect([response.status, await response.json()]).toEqual([503, { status: 'not ready', missing: ['store'] }]);
    expect((await fetch(`${server.admin}/healthz`)).status).toBe(200);
  });

  it('stops listening first and closes the bridge last', async () => {
    const order: string[] = [];
    const { promise: gate, resolve: open } = Promise.withResolvers<void>();
    const { server } = await start(
      BASE + PORTS,
      bridge({
        async handleDeviceMessage({ body }) {
          await gate;
          order.push('answered');
          return { status: 200, headers: {}, body };
        },
        async close() {
          order.push('closed');
        },
      }),
    );
    const answer = send(server.south);
    await new Promise((resolve) => setTimeout(resolve, 50));
    const stopped = server.stop();
    await expect(fetch(`${server.admin}/healthz`)).rejects.toThrow();
    open();
    expect((await answer).status).toBe(200);
    await stopped;
    expect(order).toEqual(['answered', 'closed']);
  });

  it('leaves nothing open when it cannot be composed', async () => {
    const { server } = await start();
    const port = Number(new URL(server.south).port);
    await server.stop();
    const text = `${BASE}south: { listen: "127.0.0.1:${port}" }\nnorth: { listen: "127.0.0.1:0" }\nadmin: { listen: "127.0.0.1:0" }`;
    const config = parseConfig(text, '/tmp/c.yaml', {});
    const failing = startServer(config, journal, () => Promise.reject(new StoreError('ERR_STORE_FAILED', 'no disk')));
    await expect(failing).rejects.toThrow('no disk');
    expect((await start(text)).server.south).toBe(`http://127.0.0.1:${port}/dm`);
  });

  it('fails when an address is taken', async () => {
    const { server } = await start();
    const text = `${BASE}south: { listen: "127.0.0.1:${new URL(server.south).port}" }`;
    await expect(start(text)).rejects.toThrow('EADDRINUSE');
  });
});
