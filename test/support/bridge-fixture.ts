/**
 * A whole bridge in the process of a test: real codecs, sessions, mappings and store, a clock that the test moves, random
 * bytes that repeat, and a backend that the test plays. It can be opened again on the same store.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createBridge } from '../../src/bridge/bridge.ts';
import type { Package0Result } from '../../src/bridge/notifications/accept-package0.ts';
import type { BridgeOptions } from '../../src/bridge/options.ts';
import type { Backend, Clock, Delivery, Push, Random, Store } from '../../src/bridge/ports.ts';
import { parseDevId } from '../../src/device/dev-id.ts';
import { applyRow, type DeviceRow } from '../../src/device/device-import.ts';
import type { DeviceRecord } from '../../src/device/record.ts';
import { parseAccountUri } from '../../src/dm2/server-uri.ts';
import type { Journal } from '../../src/log-events.ts';
import { LOG_LEVELS } from '../../src/log-events.ts';
import { loadMappings } from '../../src/mapping/load.ts';
import { MoIndex } from '../../src/mapping/mo-index.ts';
import { parseMoid } from '../../src/mo/moid.ts';
import type { Mutable } from '../../src/mutable.ts';
import { MemoryStore } from '../../src/store/memory-store.ts';
import { openSqliteStore } from '../../src/store/sqlite-store.ts';
import { miidTable } from './miid-table.ts';
import { NOTIFICATION_SETTINGS, RecordedDelivery } from './notifications.ts';
import type { BridgeSetup, SetupDevice } from './transcript/setup.ts';
import type { WireMessage } from './transcript/wire-form.ts';

const SOUTH_URL = 'http://127.0.0.1:8080/dm';
const NORTH_URL = 'http://127.0.0.1:8081';
const ACCOUNT_URL = 'http://127.0.0.1:9000/dmserver/dm20';
const START = Date.UTC(2026, 2, 6, 10, 15);

const shipped = loadMappings();

export interface BridgeFixture {
  /** Handles one message of a device; its path may have a token. */
  post(message: WireMessage): Promise<WireMessage>;
  /** Handles a Package#0 of the backend. */
  notify(devId: string, bytes: Uint8Array): Promise<Package0Result>;
  /** The next notification that the bridge has sent to a device; undefined when there is none. */
  nextPush(): (Push & { readonly way: string }) | undefined;
  /** Closes the bridge and its store, as the end of a process does, and opens both again. */
  restart(): Promise<void>;
  /** Moves the clock. */
  advance(milliseconds: number): void;
  /** Closes sessions that timed out, and sends reports that are due. */
  background(): Promise<void>;
  /** Every log line so far. */
  logs(): readonly string[];
  close(): Promise<void>;
}

/** Opens a bridge on a SQLite file when `durable`, which `restart` needs, else in memory. */
export async function openBridgeFixture(
  setup: BridgeSetup,
  backend: Backend,
  { durable }: { readonly durable: boolean },
): Promise<BridgeFixture> {
  const folder = durable ? mkdtempSync(join(tmpdir(), 'dmbridge-test-')) : undefined;
  const openStore = (): Store =>
    folder === undefined ? new MemoryStore() : openSqliteStore({ file: join(folder, 'bridge.db') });
  const clock = steppedClock();
  const lines: string[] = [];
  const delivery = new RecordedDelivery();
  const world = { backend, clock, random: seededRandom(), journal: listingJournal(lines), delivery };
  let store = openStore();
  await registerDevices(store, setup.devices);
  let bridge = createBridge(toOptions(setup, { ...world, store }));
  const shut = async (): Promise<void> => {
    await bridge.drained();
    await store.close();
  };
  return {
    async post(message) {
      const { 'content-type': contentType = '', ...headers } = message.headers;
      const answer = await bridge.handleDeviceMessage({
        body: message.body,
        contentType,
        headers,
        token: tokenOf(message.startLine),
        remoteAddress: '192.0.2.1',
      });
      return { startLine: `HTTP/1.1 ${answer.status}`, headers: answer.headers, body: answer.body };
    },
    async notify(devId, bytes) {
      const result = await bridge.acceptPackage0(devId, bytes);
      await bridge.drained();
      return result;
    },
    nextPush: () => delivery.sent.shift(),
    async restart() {
      if (folder === undefined) throw new Error('a bridge in memory does not survive a restart');
      await shut();
      store = openStore();
      bridge = createBridge(toOptions(setup, { ...world, store }));
    },
    advance: clock.advance,
    async background() {
      await bridge.runBackground();
      await bridge.drained();
    },
    logs: () => lines,
    async close() {
      await shut();
      if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
    },
  };
}

type World = Pick<BridgeOptions, 'store' | 'backend' | 'clock' | 'random' | 'journal'> & {
  readonly delivery: Delivery;
};

function toOptions(setup: BridgeSetup, { delivery, ...world }: World): BridgeOptions {
  const { serverId = 'DMS1', moids = ['*'], statusForm = 'object' } = setup.account ?? {};
  const { alwaysSendMos = false, reasons = false, notificationSecret, dialect } = setup.account ?? {};
  const provided = moids.map((moid) => (moid === '*' ? moid : parseMoid(moid)));
  const account = {
    id: 'main',
    serverId,
    url: parseAccountUri(ACCOUNT_URL),
    moids: provided,
    statusForm,
    alwaysSendMos,
    reasons,
  };
  return {
    ...world,
    index: new MoIndex(shipped.mappings),
    statusTable: shipped.status,
    subscriptionRecheck: 86_400_000,
    profiles: shipped.profiles,
    toldParameters: shipped.toldParameters,
    south: {
      serverId: 'legacy-dm',
      publicUrl: SOUTH_URL,
      acceptedAuth: setup.accept ?? ['basic', 'md5'],
      authRequired: true,
      binding: 'token',
      serverBasic: false,
      nonceKey: Buffer.alloc(32, 7),
      maxBodyBytes: setup.maxBodyBytes ?? 1_048_576,
      maxObjectBytes: setup.maxObjectBytes ?? 16_777_216,
      answerWithin: 20_000,
      sessionTimeout: 900_000,
    },
    northPublicUrl: NORTH_URL,
    maxCommands: 5_000,
    maxOutbox: 10_000,
    maxConnections: {},
    notifications: {
      settings: { ...NOTIFICATION_SETTINGS, ...setup.notifications },
      accounts:
        notificationSecret === undefined
          ? {}
          : { main: { secret: Buffer.from(notificationSecret), requireDigest: true } },
      delivery,
    },
    allowedServerUris: [new URL('/', ACCOUNT_URL).href, ...(setup.allowServerUris ?? [])],
    accounts: { main: dialect === undefined ? account : { ...account, dialect } },
    routes: [{ name: 'rule-1', match: {}, bridge: 'main' }],
  };
}

async function registerDevices(store: Store, devices: readonly SetupDevice[]): Promise<void> {
  for (const device of devices) {
    await store.upsert(parseDevId(device.devId), (current) => {
      const record: Mutable<DeviceRecord> = { ...applyRow(current, toRow(device)) };
      if (device.miids !== undefined) record.miids = miidTable(device.miids);
      if (device.facts !== undefined) record.facts = device.facts;
      return record;
    });
  }
}

function toRow(device: SetupDevice): DeviceRow {
  const { devId, user, password, clientNonce, serverUser, serverPassword, values = {} } = device;
  const row: Mutable<DeviceRow> = { line: 1, devId: parseDevId(devId), user, password, values };
  if (clientNonce !== undefined) row.clientNonce = clientNonce;
  if (serverPassword !== undefined) row.server = { user: serverUser ?? '', password: serverPassword };
  return row;
}

function tokenOf(startLine: string): string | undefined {
  return /\/dm\/([^/ ]+)/u.exec(startLine)?.[1];
}

/** Returns a clock that only `advance` moves. Its timers never end, so that nothing depends on the speed of the machine. */
function steppedClock(): Clock & { advance(milliseconds: number): void } {
  let now = START;
  return {
    now: () => now,
    monotonic: () => now,
    after: () => ({ done: new Promise(() => {}), cancel: () => {} }),
    nextTurn: () => Promise.resolve(),
    advance(milliseconds) {
      now += milliseconds;
    },
  };
}

/** Returns the same bytes in every run; a linear congruential generator is random enough here. */
function seededRandom(): Random {
  let state = 20_260_306;
  const next = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 24;
  };
  return { bytes: (count) => Uint8Array.from({ length: count }, next) };
}

function listingJournal(lines: string[]): Journal {
  return {
    log(event, facts) {
      lines.push(JSON.stringify({ level: LOG_LEVELS[event], event, ...facts }));
    },
    trace() {},
  };
}
