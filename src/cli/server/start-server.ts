/** Starts and stops the bridge with its three listeners; `serve` and `demo` use it. */

import type { RequestListener } from 'node:http';
import type { Config } from '../../config/config.ts';
import { urlHost } from '../../config/value-parsers.ts';
import { StoreError } from '../../errors.ts';
import { adminApp } from '../../http/admin-app.ts';
import { DEFAULT_BODY_TIMES } from '../../http/body-watch.ts';
import type { DeviceHost } from '../../http/device-endpoint.ts';
import { DeviceEndpoint } from '../../http/device-endpoint.ts';
import { type DoorHost, FrontDoor } from '../../http/front-door.ts';
import { DEFAULT_LIMITS, type Listener, type ListenerOptions, openListener } from '../../http/listener.ts';
import { type NorthHost, northApp } from '../../http/north-app.ts';
import type { OutboxHost } from '../../http/outbox-endpoint.ts';
import { PassThrough } from '../../http/pass-through.ts';
import { southListener } from '../../http/south-listener.ts';
import { oldSuites, type TlsSettings } from '../../http/tls-options.ts';
import type { Journal, LogFacts } from '../../log-events.ts';
import { type MetricSources, Metrics } from '../../observe/metrics.ts';
import { DoorKeeper } from '../../routing/door-keeper.ts';
import type { Passthrough } from '../../routing/route.ts';
import type { ComposedBridge, Prepare, PublicUrls } from './composed-bridge.ts';
import { Reloader } from './reload.ts';

/** The URLs are those of the bound addresses; `south` includes the path to which devices POST. */
export interface RunningServer {
  readonly south: string;
  readonly north: string;
  readonly admin: string;
  /**
   * Uses what can be changed without a restart: certificates, devices, routes, mappings and admin token. Returns what was done,
   * and which other keys have changed.
   * @throws ConfigError, MappingError or StoreError when a file is faulty or the store fails; the rest is as it was before
   */
  reload(config: Config): Promise<LogFacts['config.reloaded']>;
  /** Accepts no new request, lets running ones finish, then closes the store. */
  stop(): Promise<void>;
}

/** Longer than the device endpoint waits for a body, whose own limits come first. */
const WHOLE_REQUEST_MS = 2 * DEFAULT_BODY_TIMES.total;

/** Bounds the time for running requests when the bridge stops; it must stop within 10 s altogether. */
const RUNNING_REQUESTS_MS = 6_000;

function metricSources(bridge: () => ComposedBridge | undefined): MetricSources {
  return {
    pendingNotifications: async () => bridge()?.pendingNotifications(),
    subscriptions: async () => bridge()?.subscriptions(),
  };
}

/**
 * Prepares the bridge, opens the listeners, then builds the bridge. Devices get 503 until the bridge exists.
 * @throws ConfigError, MappingError, StoreError or the system's error, after everything was closed again
 */
export async function startServer(config: Config, log: Journal, prepare: Prepare): Promise<RunningServer> {
  let bridge: ComposedBridge | undefined;
  const metrics = new Metrics(metricSources(() => bridge));
  const journal = metrics.counting(log);
  const prepared = await prepare(config, journal);
  const listeners: Listener[] = [];
  let token = config.admin.token;
  const open = async (options: ListenerOptions, handler: RequestListener) => {
    const listener = await openListener(options, handler);
    listeners.push(listener);
    return listener;
  };
  const setAdminToken = (next: string | undefined) => {
    token = next;
  };
  const passThrough = new PassThrough(journal);
  const stop = async () => {
    await Promise.all(listeners.map((listener) => listener.close(RUNNING_REQUESTS_MS)));
    passThrough.close();
    await (bridge ?? prepared).close();
  };
  const notReady = async () => {
    const missing: string[] = [];
    if (listeners.length < 3 || !listeners.every(({ isListening }) => isListening)) missing.push('listeners');
    if (bridge === undefined || !(await isWorking(bridge))) missing.push('store');
    return missing;
  };
  const host = hostBehind(() => bridge);
  try {
    const { tls } = config.south;
    const limits = { ...DEFAULT_LIMITS, headersTimeout: config.south.headerTimeout, requestTimeout: WHOLE_REQUEST_MS };
    if (tls !== undefined) warnOfOldSuites(tls, journal);
    const south = await open(
      { ...config.south.listen, tls, limits },
      openFrontDoor(config, host, passThrough, journal),
    );
    const north = await open(
      { ...config.north.listen, tls: config.north.tls },
      northApp(host, config.north.auth, journal).callback(),
    );
    const forOperators = { token: () => token, notReady, metrics: (accept: string) => metrics.page(accept), ...host };
    const admin = await open(config.admin.listen, adminApp(forOperators, journal).callback());
    const composed = await prepared.compose(publicUrls(config, south.url, north.url));
    bridge = composed;
    const reloader = new Reloader(config, { bridge: composed, south, north, setAdminToken });
    return {
      south: `${south.url}${config.south.path}`,
      north: north.url,
      admin: admin.url,
      reload: (next) => reloader.reload(next),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The bridge as the applications see it, which may not exist yet. */
function hostBehind(current: () => ComposedBridge | undefined): DeviceHost & DoorHost & NorthHost & OutboxHost {
  const started = () => {
    const bridge = current();
    if (bridge === undefined) throw new StoreError('ERR_STORE_FAILED', 'the bridge is starting');
    return bridge;
  };
  return {
    handleDeviceMessage: async (request) => started().handleDeviceMessage(request),
    isOpenSession: (token) => current()?.isOpenSession(token) === true,
    judgeLongBody: async (request, part) => started().judgeLongBody(request, part),
    // A bridge that is starting takes all requests, and answers 503.
    routes: () => current()?.routes() ?? [],
    lookUp: async (request, parsed) => started().lookUp(request, parsed),
    refuse: (request, parsed) => started().refuse(request, parsed),
    ddf: async (moid) => started().ddf(moid),
    acceptPackage0: async (devId, bytes) => started().acceptPackage0(devId, bytes),
    refusedAlerts: async (query) => started().refusedAlerts(query),
    putAlertBack: async (name) => started().putAlertBack(name),
  };
}

function openFrontDoor(
  config: Config,
  host: DeviceHost & DoorHost,
  passThrough: PassThrough,
  journal: Journal,
): RequestListener {
  const { path, maxBodyBytes, maxBufferedBytes, trustProxy, publicUrl, bodyTimeout, sessionTimeout } = config.south;
  const isPublicTls = publicUrl?.startsWith('https:');
  const bodyTimes = { ...DEFAULT_BODY_TIMES, silence: bodyTimeout };
  const options = { host, path, maxBodyBytes, maxBufferedBytes, bodyTimes, trustProxy, isPublicTls };
  const endpoint = new DeviceEndpoint(options, journal);
  const toBridge = southListener(options, journal, endpoint);
  const keeper = new DoorKeeper(sessionTimeout);
  const accounts = forwardedAccounts(config);
  return new FrontDoor(host, { endpoint, toBridge, passThrough, keeper, accounts, journal }).handle;
}

/** The backends as DM 2.0 devices reach them: with none of the accounts' own credentials. */
function forwardedAccounts({ accounts }: Config): Readonly<Record<string, Passthrough>> {
  const entries = Object.values(accounts).map(({ name, url, timeout, tls }): [string, Passthrough] => {
    const own = { cert: undefined, key: undefined, servername: undefined, verify: true };
    const trust = tls && { ca: tls.ca, minVersion: tls.minVersion, ...own };
    return [name, { url, timeout, host: undefined, forwarded: false, clientCertHeader: undefined, tls: trust }];
  });
  return Object.fromEntries(entries);
}

function warnOfOldSuites(tls: TlsSettings, journal: Journal): void {
  const suites = oldSuites(tls);
  if (suites.length > 0) journal.log('tls.old_suites', { listener: 'south', minVersion: tls.minVersion, suites });
}

/** The configured URLs; by default those of the bound addresses. */
function publicUrls({ south, north }: Config, boundSouth: string, boundNorth: string): PublicUrls {
  return {
    south: south.publicUrl ?? `${withHost(boundSouth, south.listen.host)}${south.path}`,
    north: north.publicUrl ?? withHost(boundNorth, north.listen.host),
  };
}

async function isWorking(bridge: ComposedBridge): Promise<boolean> {
  try {
    await bridge.check();
    return true;
  } catch {
    return false;
  }
}

/** The bound URL with the configured host name in place of its address. */
function withHost(bound: string, host: string): string {
  const { protocol, port } = new URL(bound);
  const defaultPort = protocol === 'https:' ? '443' : '80';
  return `${protocol}//${urlHost(host)}:${port || defaultPort}`;
}
