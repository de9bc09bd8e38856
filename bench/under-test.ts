/**
 * A process under test: the bridge, or a floor. It takes measurements of itself when the driver asks for them.
 *
 * With `--baseline` a copy of this file runs in the tree of another commit, so it uses little of `src/`.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { type Bridge, createBridge } from '../src/bridge/bridge.ts';
import type { Clock, OutgoingRequest, Store } from '../src/bridge/ports.ts';
import { systemClock, systemRandom } from '../src/cli/server/system-ports.ts';
import { applyRow, DevicesReader } from '../src/device/device-import.ts';
import { parseAccountUri } from '../src/dm2/server-uri.ts';
import { BackendClient } from '../src/http/backend-client.ts';
import type { HttpAccount } from '../src/http/backend-connections.ts';
import type { DeviceEndpointOptions, DeviceHost } from '../src/http/device-endpoint.ts';
import { openListener } from '../src/http/listener.ts';
import { loadMappings } from '../src/mapping/load.ts';
import { MoIndex } from '../src/mapping/mo-index.ts';
import type { NotificationSettings } from '../src/notification/settings.ts';
import { MemoryStore } from '../src/store/memory-store.ts';
import { openSqliteStore } from '../src/store/sqlite-store.ts';
import { ANSWER, HEADERS, openFloor, PACKAGE } from './floors.ts';
import { devIdAt, type Measurement, type MeasureRequest, PASSWORD, type TestedOptions, USER } from './measurement.ts';

const options = JSON.parse(process.argv[2] ?? '{}') as TestedOptions;
const folder = mkdtempSync(join(tmpdir(), 'dmbridge-bench-'));
const IMPORTED_AT_ONCE = 1_000;

/** Looks at the event loop each millisecond. */
class Watch {
  readonly #histogram = monitorEventLoopDelay({ resolution: 1 });
  readonly #timer: NodeJS.Timeout;
  #at = threadCpu();
  longestTurn = 0;

  constructor() {
    this.#histogram.enable();
    this.#timer = setInterval(() => {
      const now = threadCpu();
      this.longestTurn = Math.max(this.longestTurn, now - this.#at);
      this.#at = now;
    }, 1);
  }

  stop(): Pick<Measurement, 'delayP99' | 'delayMax' | 'longestTurn'> {
    clearInterval(this.#timer);
    this.#histogram.disable();
    const { longestTurn } = this;
    return { delayP99: this.#histogram.percentile(99) / 1e6, delayMax: this.#histogram.max / 1e6, longestTurn };
  }
}

/** Milliseconds. */
function threadCpu(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

/** Milliseconds by which the bridge's clocks are ahead. */
let offset = 0;
const clock: Clock = {
  ...systemClock,
  now: () => Date.now() + offset,
  monotonic: () => performance.now() + offset,
};
/** Nothing is traced, as usual. Commits before the trace was optional call it in any case. */
const hasOptionalTrace = readFileSync(join(import.meta.dirname, '..', 'src', 'log-events.ts'), 'utf8').includes(
  'trace?(',
);
const journal = hasOptionalTrace ? { log: () => {} } : { log: () => {}, trace: () => {} };
let tested: Bridge | undefined;

/** No backend of the bench sends a Package#0. */
const SETTINGS: NotificationSettings = {
  format: 'auto',
  serverId: 'legacy-dm',
  uiMode: 'background',
  transport: 'unspecified',
  requestedMos: [],
  targetedMos: [],
  validFor: 1,
  repeatAfter: [],
  version12: 11,
  joinedDigest13: false,
  maxAge: 1,
  ways: [],
};

process.send?.({ url: await open() });

let before = process.cpuUsage();
let watch: Watch | undefined;
process.on('message', async (request: MeasureRequest) => {
  if (request.measure === 'collect') globalThis.gc?.();
  if (request.measure === 'later') await passTime(request.ms);
  const watched = request.measure === 'stop' ? watch?.stop() : undefined;
  const { user, system } = process.cpuUsage(before);
  const { heapUsed: heap, rss } = process.memoryUsage();
  const measurement: Measurement = {
    cpu: user + system,
    delayP99: Number.NaN,
    delayMax: Number.NaN,
    longestTurn: Number.NaN,
    heap,
    rss,
    ...watched,
  };
  if (request.measure === 'start') {
    watch = request.watch ? new Watch() : undefined;
    before = process.cpuUsage();
  }
  process.send?.(measurement);
});
process.on('disconnect', () => {
  rmSync(folder, { recursive: true, force: true });
  process.exit(0);
});

async function passTime(ms: number): Promise<void> {
  offset += ms;
  await tested?.drained();
  // Each round handles a bounded number of devices.
  for (let round = 0; round <= options.devices / 100; round += 1) await tested?.runBackground();
}

/** Opens what is measured; returns the URL for devices. */
async function open(): Promise<string> {
  const { mode, backendUrl } = options;
  if (mode === 'koa-floor' || mode === 'bare-floor') return openFloor(mode, backendUrl);
  if (mode === 'transport') return openListenerFor(transportHost());
  const store = mode === 'sqlite' ? openSqliteStore({ file: options.file ?? join(folder, 'b.db') }) : new MemoryStore();
  tested = await bridgeWith(store);
  return openListenerFor(tested);
}

async function openListenerFor(host: DeviceHost): Promise<string> {
  const handler = await southHandler({ host, path: '/dm', maxBodyBytes: 1 << 20, trustProxy: ['127.0.0.1'] });
  const listener = await openListener({ host: '127.0.0.1', port: 0 }, handler);
  return `${listener.url}/dm`;
}

/** The handler of the listener for devices. Commits before it had a file of its own have the application only. */
async function southHandler(endpoint: DeviceEndpointOptions): Promise<RequestListener> {
  const folder = join(import.meta.dirname, '..', 'src', 'http');
  if (existsSync(join(folder, 'south-listener.ts'))) {
    const { southListener } = await import('../src/http/south-listener.ts');
    return southListener(endpoint, journal);
  }
  const { southApp } = (await import(join(folder, 'south-app.ts'))) as {
    southApp: (...args: unknown[]) => { callback: () => RequestListener };
  };
  return southApp(endpoint, journal).callback();
}

/** Sends one package for each message, and answers with fixed bytes. */
function transportHost(): DeviceHost {
  const backend = backendClient();
  const { signal } = new AbortController();
  const request: OutgoingRequest = {
    method: 'POST',
    url: options.backendUrl,
    headers: HEADERS,
    body: { text: PACKAGE },
    account: 'main',
    purpose: 'package',
  };
  const host = {
    async handleDeviceMessage({ contentType }: { readonly contentType: string }) {
      await backend.send(request, signal);
      return { status: 200, headers: { 'content-type': contentType }, body: ANSWER };
    },
    isOpenSession: () => false,
  };
  // The part that judges long bodies differs between commits; no body here is long.
  return host as unknown as DeviceHost;
}

function backendClient(): BackendClient {
  const { backendUrl } = options;
  const account: HttpAccount = {
    name: 'main',
    url: backendUrl,
    auth: { type: 'none' },
    tls: undefined,
    timeout: 30_000,
  };
  return new BackendClient({
    accounts: { main: account },
    allowServerUris: [backendUrl],
    maxReplyBytes: 1 << 24,
    maxPackageBytes: 1 << 24,
    random: systemRandom,
  });
}

async function bridgeWith(store: Store): Promise<Bridge> {
  const { backendUrl } = options;
  const { mappings, status, profiles, toldParameters } = loadMappings();
  await register(store);
  return createBridge({
    store,
    backend: backendClient(),
    clock,
    random: systemRandom,
    journal,
    index: new MoIndex(mappings),
    statusTable: status,
    subscriptionRecheck: 86_400_000,
    profiles,
    toldParameters,
    south: {
      serverId: 'legacy-dm',
      publicUrl: 'http://127.0.0.1/dm',
      acceptedAuth: ['basic', 'md5'],
      authRequired: true,
      binding: 'token',
      serverBasic: false,
      nonceKey: new Uint8Array(32),
      maxBodyBytes: 1 << 20,
      maxObjectBytes: 1 << 24,
      answerWithin: 600_000,
      sessionTimeout: 3_600_000,
    },
    northPublicUrl: 'http://127.0.0.1:8081',
    // The growth rows need more than the limits that an operator has.
    maxCommands: 100_000,
    maxOutbox: 100_000,
    notifications: { settings: SETTINGS, accounts: {}, delivery: { send: async () => ({ kind: 'accepted' }) } },
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
    routes: [{ name: 'all', match: {}, bridge: 'main' }],
  });
}

/** Registers the devices with the user and password that all of them share. */
async function register(store: Store): Promise<void> {
  for (let from = 0; from < options.devices; from += IMPORTED_AT_ONCE) {
    const count = Math.min(IMPORTED_AT_ONCE, options.devices - from);
    const lines = Array.from({ length: count }, (_, at) => `${devIdAt(from + at)},${USER},${PASSWORD}`);
    const reader = new DevicesReader({ encodeDevIds: false });
    const rows = [...reader.read(Buffer.from(['devId,user,password', ...lines].join('\n'))), ...reader.end()];
    await store.importDevices(rows.map((row) => ({ devId: row.devId, update: (current) => applyRow(current, row) })));
  }
}
