/**
 * The process whose CPU time is measured: the bridge, or the floor (the same server and client, fixed bytes, no work).
 *
 * The parent sends `{ measure: 'start' | 'stop' | 'heap' }`.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Pool } from 'undici';
import { createBridge } from '../src/bridge/bridge.ts';
import type { Store } from '../src/bridge/ports.ts';
import { systemClock, systemRandom } from '../src/cli/server/system-ports.ts';
import { applyRow, DevicesReader } from '../src/device/device-import.ts';
import { parseAccountUri } from '../src/dm2/server-uri.ts';
import { BackendClient } from '../src/http/backend-client.ts';
import type { HttpAccount } from '../src/http/backend-connections.ts';
import type { DeviceHost } from '../src/http/device-endpoint.ts';
import { openListener } from '../src/http/listener.ts';
import { southApp } from '../src/http/south-app.ts';
import { HTTP } from '../src/http-status.ts';
import { loadMappings } from '../src/mapping/load.ts';
import { MoIndex } from '../src/mapping/mo-index.ts';
import { MemoryStore } from '../src/store/memory-store.ts';
import { openSqliteStore } from '../src/store/sqlite-store.ts';

const [mode = 'memory', backendUrl = '', devices = '64'] = process.argv.slice(2);
const journal = { log: () => {}, trace: () => {} };
const folder = mkdtempSync(join(tmpdir(), 'dmbridge-bench-'));

const host = await hostFor(mode);
const listener = await openListener(
  { host: '127.0.0.1', port: 0 },
  southApp({ host, path: '/dm', maxBodyBytes: 1 << 20 }, journal).callback(),
);
process.send?.({ url: `${listener.url}/dm` });

let before = process.cpuUsage();
process.on('message', ({ measure }: { measure: string }) => {
  if (measure === 'start') {
    before = process.cpuUsage();
    process.send?.({ ok: true });
  }
  if (measure === 'stop') {
    const { user, system } = process.cpuUsage(before);
    process.send?.({ cpu: user + system });
  }
  if (measure === 'heap') {
    globalThis.gc?.();
    process.send?.({ heap: process.memoryUsage().heapUsed });
  }
});
process.on('disconnect', () => {
  rmSync(folder, { recursive: true, force: true });
  process.exit(0);
});

async function hostFor(name: string): Promise<DeviceHost> {
  if (name === 'floor') return floor();
  return bridge(name === 'sqlite' ? openSqliteStore({ file: join(folder, 'b.db') }) : new MemoryStore());
}

/** Sends one POST to the backend for each message, and responds with as many bytes as a bridge. */
function floor(): DeviceHost {
  const pool = new Pool(new URL(backendUrl).origin, { connections: 64 });
  const body = new Uint8Array(Buffer.from('x'.repeat(1_200)));
  return {
    isOpenSession: () => false,
    isAuthenticStart: async () => false,
    async handleDeviceMessage({ contentType }) {
      const reply = await pool.request({
        method: 'POST',
        path: '/dm',
        headers: { 'content-type': 'application/vnd.oma.dm.response+json' },
        body: 'x'.repeat(600),
      });
      await reply.body.arrayBuffer();
      return { status: HTTP.ok, headers: { 'content-type': contentType }, body };
    },
  };
}

async function bridge(store: Store): Promise<DeviceHost> {
  const { mappings, status, profiles } = loadMappings();
  const lines = Array.from({ length: Number(devices) }, (_, at) => `IMEI:${at},Bruce2,OhBehave`);
  const reader = new DevicesReader({ encodeDevIds: false });
  const rows = [...reader.read(Buffer.from(['devId,user,password', ...lines].join('\n'))), ...reader.end()];
  await Promise.all(rows.map((row) => store.upsert(row.devId, (current) => applyRow(current, row))));
  const account: HttpAccount = {
    name: 'main',
    url: backendUrl,
    auth: { type: 'none' },
    tls: undefined,
    timeout: 30_000,
  };
  return createBridge({
    store,
    backend: new BackendClient({
      accounts: { main: account },
      allowServerUris: [backendUrl],
      maxReplyBytes: 1 << 24,
      maxPackageBytes: 1 << 24,
      random: systemRandom,
    }),
    clock: systemClock,
    random: systemRandom,
    journal,
    index: new MoIndex(mappings),
    statusTable: status,
    profiles,
    south: {
      serverId: 'legacy-dm',
      publicUrl: 'http://127.0.0.1/dm',
      acceptedAuth: ['basic'],
      authRequired: true,
      binding: 'token',
      serverBasic: false,
      nonceKey: new Uint8Array(32),
      maxBodyBytes: 1 << 20,
      maxObjectBytes: 1 << 24,
      answerWithin: 20_000,
      sessionTimeout: 900_000,
    },
    northPublicUrl: 'http://127.0.0.1:8081',
    maxCommands: 100_000,
    maxOutbox: 10_000,
    maxConnections: {},
    allowedServerUris: [backendUrl],
    accounts: {
      main: {
        id: 'main',
        serverId: 'DMS1',
        url: parseAccountUri(backendUrl),
        moids: ['*'],
        statusForm: 'object',
        alwaysSendMos: false,
        reasons: false,
      },
    },
    routes: [{ match: {}, bridge: 'main' }],
  });
}
