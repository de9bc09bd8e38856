/**
 * A whole bridge for tests: real engines, mappings and store; the test controls time, randomness and the backend.
 *
 * All values go to the store and come back as JSON, so that no state survives in memory alone. The bridge can be killed: its
 * store is cut off at that moment, and another bridge goes on with the durable state.
 */

import { createBridge } from '../../src/bridge/bridge.ts';
import type { BodyPart, DeviceAnswer, DeviceRequest, LongBodyVerdict } from '../../src/bridge/device-request.ts';
import type { Package0Result } from '../../src/bridge/notifications/accept-package0.ts';
import type { BridgeOptions, NotificationAccount, SouthSettings } from '../../src/bridge/options.ts';
import type {
  Backend,
  Clock,
  DeviceChange,
  DeviceState,
  IncomingReply,
  OutgoingRequest,
  Random,
  Store,
} from '../../src/bridge/ports.ts';
import type { DmSession } from '../../src/bridge/session.ts';
import { parseDevId } from '../../src/device/dev-id.ts';
import { applyRow, type DeviceRow } from '../../src/device/device-import.ts';
import type { AlertState, OutboxItem } from '../../src/device/outbox-item.ts';
import { parseServerUri } from '../../src/dm2/server-uri.ts';
import { StoreError } from '../../src/errors.ts';
import type { TraceEntry } from '../../src/log-events.ts';
import { LOG_LEVELS } from '../../src/log-events.ts';
import { loadMappings } from '../../src/mapping/load.ts';
import type { MoMapping } from '../../src/mapping/mapping.ts';
import { MoIndex } from '../../src/mapping/mo-index.ts';
import type { Notification } from '../../src/notification/notification.ts';
import type { NotificationSettings } from '../../src/notification/settings.ts';
import { MemoryStore } from '../../src/store/memory-store.ts';
import { openSqliteStore } from '../../src/store/sqlite-store.ts';
import type { BackendAccount } from '../../src/translate/context.ts';
import { type Account, type Answer, DM_XML, readAnswer } from '../e2e/scripted-device.ts';
import { NOTIFICATION_SETTINGS, RecordedDelivery } from '../support/notifications.ts';

export const PUBLIC_URL = 'http://bridge.example.com/dm';
export const SRV_URI = 'http://backend.example.com/dm20';
export const OTHER_SRV_URI = 'http://other.example.com/dm20';
export const BRUCE: Account = { devId: 'IMEI:1', user: 'bruce', password: 'OhBehave' };
export const AUSTIN: Account = { devId: 'IMEI:2', user: 'austin', password: 'Groovy' };

/** An MO that the registry has for each device, and nodes of an MO that each device has. */
const FUMO = 'urn:oma:mo:oma-fumo:1.0';
export const UPDATE = `${FUMO}/FUMO/Update`;
export const DEV_TYP = 'urn:oma:mo:oma-dm-devdetail:1.0//DevTyp';
export const FW_V = 'urn:oma:mo:oma-dm-devdetail:1.0//FwV';
export const LEAVES = { './DevDetail/DevTyp': 'Phone', './DevDetail/FwV': '7.1', './DevInfo/DevId': 'IMEI:1' };

const shipped = loadMappings();
const shippedIndex = new MoIndex(shipped.mappings);

/** Plays the backend and the Data Repository. */
export type BackendScript = (request: OutgoingRequest, count: number) => IncomingReply | Promise<IncomingReply>;

export interface BridgeUnderTestOptions {
  readonly script?: BackendScript;
  readonly store?: 'memory' | 'sqlite';
  readonly devices?: readonly (Account & Partial<Omit<DeviceRow, 'devId'>>)[];
  readonly accept?: readonly string[];
  readonly answerWithin?: number;
  readonly reasons?: boolean;
  /** The account `main` speaks the early draft. */
  readonly dialect?: 'dm20-draft';
  readonly alwaysSendMos?: boolean;
  readonly maxCommands?: number;
  readonly maxOutbox?: number;
  readonly subscriptionRecheck?: number;
  /** Of the account `main`. */
  readonly maxConnections?: number;
  /** All devices belong to the account `main` when absent; there is another account, `other`. */
  readonly routes?: BridgeOptions['routes'];
  readonly clientNonce?: string;
  readonly south?: Partial<SouthSettings>;
  /** Replaces the shipped profiles. */
  readonly profiles?: BridgeOptions['profiles'];
  readonly mappings?: readonly MoMapping[];
  /** Bound of the MO cache. */
  readonly cacheBytes?: number;
  readonly notifications?: Partial<NotificationSettings>;
  readonly notificationAccounts?: Readonly<Record<string, NotificationAccount>>;
}

/** An HTTP answer as text. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly httpChallenges?: readonly string[] | undefined;
}

export class BridgeUnderTest {
  readonly clock = new ManualClock();
  readonly requests: OutgoingRequest[] = [];
  /** Of the requests; an aborted one means that the connection is destroyed. */
  readonly signals: AbortSignal[] = [];
  readonly logs: string[] = [];
  /** The way of all notifications. */
  readonly delivery = new RecordedDelivery();
  readonly traces: TraceEntry[] = [];
  script: BackendScript;
  readonly #options: BridgeUnderTestOptions;
  #index: MoIndex;
  readonly #base: Store;
  readonly #random = seededRandom();
  #store: CutStore;
  #bridge: ReturnType<typeof createBridge>;

  private constructor(options: BridgeUnderTestOptions, base: Store) {
    this.#options = options;
    this.#index = options.mappings === undefined ? shippedIndex : new MoIndex(options.mappings);
    this.script = options.script ?? (() => noCommands());
    this.#base = base;
    this.#store = new CutStore(base, this.outboxRows);
    this.#bridge = this.#create();
  }

  static async open(options: BridgeUnderTestOptions = {}): Promise<BridgeUnderTest> {
    const { cacheBytes } = options;
    const isSqlite = options.store === 'sqlite';
    const base = isSqlite ? openSqliteStore({ file: ':memory:', cacheBytes }) : new MemoryStore({ cacheBytes });
    for (const device of options.devices ?? [BRUCE, AUSTIN]) {
      const nonce = options.clientNonce === undefined ? {} : { clientNonce: options.clientNonce };
      const devId = parseDevId(device.devId);
      await base.upsert(devId, (current) => ({
        ...applyRow(current, { line: 1, values: {}, ...device, devId, ...nonce }),
        miids: { [FUMO]: { FUMO: './FUMO' } },
      }));
    }
    return new BridgeUnderTest(options, base);
  }

  /** POSTs one message. */
  async post(
    body: string,
    place: { token?: string | undefined; from?: string } & Partial<
      Pick<DeviceRequest, 'headers' | 'target' | 'below' | 'certificate' | 'contentType' | 'isProtected'>
    > = {},
  ): Promise<HttpAnswer> {
    const { token, from = '192.0.2.1', headers = {}, ...more } = place;
    const answer = await this.#bridge.handleDeviceMessage({
      body: Buffer.from(body),
      contentType: DM_XML,
      headers,
      token,
      ...more,
      remoteAddress: from,
    });
    return { ...answer, body: Buffer.from(answer.body).toString() };
  }

  /** Judges a long body of which this part has arrived. */
  judgeLongBody(request: DeviceRequest, part: BodyPart = 'beginning'): Promise<LongBodyVerdict> {
    return this.#bridge.judgeLongBody(request, part);
  }

  isOpenSession(token: string): boolean {
    return this.#bridge.isOpenSession(token);
  }

  /** Handles a request of the HTTP edge. */
  handle(request: DeviceRequest): Promise<DeviceAnswer> {
    return this.#bridge.handleDeviceMessage(request);
  }

  /** POSTs one message that is answered by a message. */
  async say(body: string, place: Parameters<BridgeUnderTest['post']>[1] = {}): Promise<Answer> {
    const got = await this.post(body, place);
    if (got.status !== 200 || got.body === '') throw new Error(`no message: ${got.status} ${got.body}`);
    return readAnswer(got.body);
  }

  /** The calls of the admin listener. */
  get operator(): Pick<ReturnType<typeof createBridge>, 'refusedAlerts' | 'putAlertBack'> {
    return this.#bridge;
  }

  /** A Package#0 of the backend. */
  notify(bytes: Uint8Array, devId = BRUCE.devId): Promise<Package0Result> {
    return this.#bridge.acceptPackage0(devId, bytes);
  }

  /** The stored notifications. */
  async notifications(devId = BRUCE.devId): Promise<readonly Notification[]> {
    return (await this.#base.notifications(parseDevId(devId)))?.notifications ?? [];
  }

  background(): Promise<void> {
    return this.#bridge.runBackground();
  }

  stop(): void {
    this.#bridge.stop();
  }

  drained(): Promise<void> {
    return this.#bridge.drained();
  }

  /** The process stops at once; another one opens the store, with other mappings when they are given. */
  kill(mappings?: readonly MoMapping[]): void {
    if (mappings !== undefined) this.#index = new MoIndex(mappings);
    this.#store = new CutStore(this.#base, this.outboxRows, this.#store.cut());
    this.#bridge = this.#create();
  }

  /** The process is suspended, and another one replaces it; the work of the first goes on when the test lets it. */
  takeOver(): void {
    this.#store = new CutStore(this.#base, this.outboxRows);
    this.#bridge = this.#create();
  }

  /** From now on, or no longer, every commit fails; of one device only, when its DevId is given. */
  breakStore(isBroken: boolean | string): void {
    this.#store.isBroken = isBroken;
  }

  /** From now on, or no longer, no device can be loaded. */
  breakLoads(isBroken: boolean): void {
    this.#store.areLoadsBroken = isBroken;
  }

  /** Commits wait until the returned function is called. */
  blockStore(): () => void {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#store.gate = promise;
    return resolve;
  }

  /** The rows of outboxes that went through the port, over all devices and processes. */
  readonly outboxRows = { loaded: 0, added: 0, removed: 0 };

  /** The number of times that a device was loaded, known or not. */
  get loads(): number {
    return this.#store.loads;
  }

  get wholeLoads(): number {
    return this.#store.wholeLoads;
  }

  get commits(): number {
    return this.#store.commits;
  }

  /** The stored state, with the alerts that are to be delivered. */
  async state(devId = BRUCE.devId): Promise<Omit<DeviceState, 'outbox'> & { readonly outbox: readonly OutboxItem[] }> {
    const loaded = await this.#base.load(parseDevId(devId));
    if (loaded === undefined) throw new Error(`${devId} is not registered`);
    const lists = [await this.alerts('kept', devId), await this.alerts('held', devId)];
    return { ...loaded.state, outbox: lists.flat().sort((one, other) => one.seq - other.seq) };
  }

  /** The stored alerts in one state. */
  async alerts(state: AlertState, devId = BRUCE.devId): Promise<readonly OutboxItem[]> {
    const loaded = await this.#base.load(parseDevId(devId), { outbox: { state, from: 0, limit: 1_000_000 } });
    return loaded?.outbox ?? [];
  }

  /** Changes the stored device without the bridge. */
  async commit(devId: string, change: DeviceChange): Promise<void> {
    await this.#base.commit(parseDevId(devId), (await this.state(devId)).version, change);
  }

  /** Changes the stored session without the bridge. */
  async changeSession(change: (session: DmSession) => DmSession, devId = BRUCE.devId): Promise<void> {
    const { version, session } = await this.state(devId);
    if (session === undefined) throw new Error(`${devId} has no session`);
    await this.#base.commit(parseDevId(devId), version, { session: change(session) });
  }

  /** Changes the stored state of a device without the bridge. */
  async changeDevice(change: (state: DeviceState) => DeviceChange, devId = BRUCE.devId): Promise<void> {
    const loaded = await this.#base.load(parseDevId(devId));
    if (loaded === undefined) throw new Error(`${devId} is not registered`);
    await this.#base.commit(parseDevId(devId), loaded.state.version, change(loaded.state));
  }

  reports(): ReturnType<Store['dueReports']> {
    return this.#base.dueReports({ now: Number.MAX_SAFE_INTEGER, limit: 100 });
  }

  /** The packages that were POSTed, as JSON; of multipart ones the first part. */
  packages(): readonly SentPackage[] {
    return this.requests.flatMap(({ purpose, body }) => (purpose === 'package' && body ? [readPackage(body)] : []));
  }

  #account(id: string, url: string): BackendAccount {
    const { reasons = false, alwaysSendMos = false, dialect } = this.#options;
    const account: BackendAccount = {
      id,
      serverId: 'DMS1',
      url: parseServerUri(url),
      moids: ['*'],
      statusForm: 'object',
      alwaysSendMos,
      reasons,
    };
    return dialect === undefined ? account : { ...account, dialect };
  }

  #create() {
    const send: Backend['send'] = async (request, signal) => {
      this.requests.push(request);
      this.signals.push(signal);
      return await this.script(request, this.requests.length);
    };
    const options: BridgeOptions = {
      store: this.#store,
      backend: { send },
      clock: this.clock,
      random: this.#random,
      journal: {
        log: (event, facts) => void this.logs.push(JSON.stringify({ level: LOG_LEVELS[event], event, ...facts })),
        trace: (entry) => this.traces.push(entry),
      },
      index: this.#index,
      statusTable: shipped.status,
      subscriptionRecheck: this.#options.subscriptionRecheck ?? 86_400_000,
      profiles: this.#options.profiles ?? shipped.profiles,
      toldParameters: shipped.toldParameters,
      south: {
        serverId: 'legacy-dm',
        publicUrl: PUBLIC_URL,
        acceptedAuth: this.#options.accept ?? ['md5', 'basic'],
        authRequired: true,
        binding: 'token',
        serverBasic: false,
        nonceKey: Buffer.alloc(32, 7),
        maxBodyBytes: 1_048_576,
        maxObjectBytes: 16_777_216,
        answerWithin: this.#options.answerWithin ?? 20_000,
        sessionTimeout: 900_000,
        ...this.#options.south,
      },
      northPublicUrl: 'http://bridge.example.com:8081',
      maxCommands: this.#options.maxCommands ?? 5_000,
      maxOutbox: this.#options.maxOutbox ?? 10_000,
      maxConnections: { main: this.#options.maxConnections ?? 128 },
      allowedServerUris: [new URL('/', SRV_URI).href],
      accounts: { main: this.#account('main', SRV_URI), other: this.#account('other', OTHER_SRV_URI) },
      routes: this.#options.routes ?? [{ name: 'rule-1', match: {}, bridge: 'main' }],
      notifications: {
        settings: { ...NOTIFICATION_SETTINGS, ...this.#options.notifications },
        accounts: this.#options.notificationAccounts ?? {},
        delivery: this.delivery,
      },
    };
    return createBridge(options);
  }
}

export interface SentPackage {
  readonly Status?: readonly { readonly sc: number }[];
  readonly Alert?: readonly {
    readonly AlertType: string;
    readonly SourceURI?: string;
    readonly Data?: { readonly DM1x?: unknown; readonly DM1xSource?: string };
  }[];
}

function readPackage(body: NonNullable<OutgoingRequest['body']>): SentPackage {
  const text = 'text' in body ? body.text : Buffer.from(body.base64, 'base64').toString();
  const json = text.startsWith('{') ? text : (/\r\n\r\n(\{.*?\})\r\n--/su.exec(text)?.[1] ?? '');
  return JSON.parse(json);
}

/** The data of the Generic Alerts in a package, in order. */
export function notesIn(sent: SentPackage | undefined): readonly unknown[] {
  return (sent?.Alert ?? []).filter(({ Data }) => Data !== undefined).map(({ Data }) => Data?.DM1x);
}

export function statusesIn(sent: SentPackage | undefined): readonly number[] | undefined {
  return sent?.Status?.map(({ sc }) => sc);
}

/** Package#2. */
export function commands(...list: readonly (readonly string[])[]): IncomingReply {
  return replied(JSON.stringify({ CMD: list }));
}

/** Package#2 that ends the session. */
export function noCommands(): IncomingReply {
  return commands(['END']);
}

export function replied(text: string, status = 200, headers: Record<string, string> = {}): IncomingReply {
  return { status, headers: { 'content-type': 'application/vnd.oma.dm.request+json', ...headers }, body: { text } };
}

/** A reply that arrives when the test calls `arrive`. */
export function later(): { readonly reply: Promise<IncomingReply>; arrive(reply: IncomingReply): void } {
  const { promise, resolve } = Promise.withResolvers<IncomingReply>();
  return { reply: promise, arrive: resolve };
}

/** Runs everything that can run while the clock stands still. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 30; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

export function tokenOf(answer: Answer): string | undefined {
  return answer.respUri?.startsWith(`${PUBLIC_URL}/`) === true
    ? answer.respUri.slice(PUBLIC_URL.length + 1)
    : undefined;
}

/** A clock that only `advance` moves; timers come due in order. */
class ManualClock implements Clock {
  #now = Date.UTC(2026, 2, 6, 10, 15);
  #shift = 0;
  readonly #timers = new Map<() => void, number>();

  now(): number {
    return this.#now + this.#shift;
  }

  monotonic(): number {
    return this.#now;
  }

  nextTurn(): Promise<void> {
    return new Promise((resolve) => setImmediate(resolve));
  }

  /** The system's clock is set forward or, below zero, back. */
  shift(ms: number): void {
    this.#shift += ms;
  }

  after(ms: number) {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#timers.set(resolve, this.#now + ms);
    return { done: promise, cancel: () => void this.#timers.delete(resolve) };
  }

  async advance(ms: number): Promise<void> {
    this.#now += ms;
    for (const [resolve, at] of this.#timers) {
      if (at > this.#now) continue;
      this.#timers.delete(resolve);
      resolve();
    }
    await settle();
  }

  get waiting(): number {
    return this.#timers.size;
  }
}

/** The store of one process. */
class CutStore implements Store {
  readonly outboxRows: { loaded: number; added: number; removed: number };
  isBroken: boolean | string = false;
  areLoadsBroken = false;
  commits = 0;
  loads = 0;
  /** Loads of a state that the process did not have. */
  wholeLoads = 0;
  gate: Promise<void> = Promise.resolve();
  readonly #base: Store;
  /** Resolves when the commits of the killed process have ended. */
  readonly #begin: Promise<unknown>;
  readonly #underWay = new Set<Promise<unknown>>();
  #isCut = false;

  constructor(base: Store, outboxRows: CutStore['outboxRows'], begin: Promise<unknown> = Promise.resolve()) {
    this.#base = base;
    this.outboxRows = outboxRows;
    this.#begin = begin;
  }

  /** Stops all traffic between this process and the store; commits that the store has begun end. */
  cut(): Promise<unknown> {
    this.#isCut = true;
    return Promise.allSettled(this.#underWay);
  }

  async load(...parameters: Parameters<Store['load']>): ReturnType<Store['load']> {
    this.loads += 1;
    await this.#begin;
    if (this.areLoadsBroken) throw new StoreError('ERR_STORE_FAILED', 'the disk is gone');
    return await this.#through(async () => {
      const read = await this.#base.load(...parameters);
      const known = parameters[1]?.known;
      const isKnown = read !== undefined && read.state === known;
      if (!isKnown) this.wholeLoads += 1;
      const loaded = isKnown ? read : throughJson(read);
      this.outboxRows.loaded += loaded?.outbox.length ?? 0;
      return loaded;
    });
  }

  async commit(...[devId, version, change]: Parameters<Store['commit']>): Promise<number> {
    return await this.#through(async () => {
      await this.gate;
      // A commit that was under way when the process was killed does not arrive.
      if (this.#isCut) return await new Promise<never>(() => {});
      if (this.isBroken === true || this.isBroken === devId)
        throw new StoreError('ERR_STORE_FAILED', 'the disk is full');
      this.commits += 1;
      this.outboxRows.added += change.outboxAdded?.length ?? 0;
      this.outboxRows.removed += change.outboxRemoved?.length ?? 0;
      const commit = this.#base.commit(devId, version, throughJson(change));
      this.#underWay.add(commit);
      return await commit.finally(() => this.#underWay.delete(commit));
    });
  }

  upsert(...parameters: Parameters<Store['upsert']>): Promise<void> {
    return this.#through(() => this.#base.upsert(...parameters));
  }

  removeExpired(...parameters: Parameters<Store['removeExpired']>): Promise<number> {
    return this.#through(() => this.#base.removeExpired(...parameters));
  }

  readCache(...parameters: Parameters<Store['readCache']>): ReturnType<Store['readCache']> {
    return this.#through(async () => throughJson(await this.#base.readCache(...parameters)));
  }

  countDevices(): Promise<number> {
    return this.#through(() => this.#base.countDevices());
  }

  deviceOfToken(...parameters: Parameters<Store['deviceOfToken']>): ReturnType<Store['deviceOfToken']> {
    return this.#through(() => this.#base.deviceOfToken(...parameters));
  }

  idleSessions(...parameters: Parameters<Store['idleSessions']>): ReturnType<Store['idleSessions']> {
    return this.#through(() => this.#base.idleSessions(...parameters));
  }

  listRefused(...parameters: Parameters<Store['listRefused']>): ReturnType<Store['listRefused']> {
    return this.#through(async () => throughJson(await this.#base.listRefused(...parameters)));
  }

  dueReports(...parameters: Parameters<Store['dueReports']>): ReturnType<Store['dueReports']> {
    return this.#through(async () => throughJson(await this.#base.dueReports(...parameters)));
  }

  notifications(...parameters: Parameters<Store['notifications']>): ReturnType<Store['notifications']> {
    return this.#through(async () => throughJson(await this.#base.notifications(...parameters)));
  }

  countSubscriptions(): Promise<number> {
    return this.#through(() => this.#base.countSubscriptions());
  }

  countPendingNotifications(): Promise<number> {
    return this.#through(() => this.#base.countPendingNotifications());
  }

  dueNotifications(...parameters: Parameters<Store['dueNotifications']>): ReturnType<Store['dueNotifications']> {
    return this.#through(() => this.#base.dueNotifications(...parameters));
  }

  importDevices(...parameters: Parameters<Store['importDevices']>): ReturnType<Store['importDevices']> {
    return this.#through(() => this.#base.importDevices(...parameters));
  }

  importedFile(...parameters: Parameters<Store['importedFile']>): ReturnType<Store['importedFile']> {
    return this.#through(() => this.#base.importedFile(...parameters));
  }

  check(): Promise<void> {
    return this.#base.check();
  }

  close(): Promise<void> {
    return this.#base.close();
  }

  async #through<T>(work: () => Promise<T>): Promise<T> {
    const never = new Promise<T>(() => {});
    if (this.#isCut) return never;
    const result = await work();
    return this.#isCut ? never : result;
  }
}

function throughJson<T>(value: T): T {
  return value === undefined ? value : JSON.parse(JSON.stringify(value));
}

/** The same bytes in every run. */
function seededRandom(): Random {
  let state = 20_260_306;
  const next = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 24;
  };
  return { bytes: (count) => Uint8Array.from({ length: count }, next) };
}
