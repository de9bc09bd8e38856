/** Starts and stops the bridge with its three listeners; `serve` and `demo` use it. */

import type Koa from 'koa';
import type { Config } from '../../config/config.ts';
import { urlHost } from '../../config/value-parsers.ts';
import { StoreError } from '../../errors.ts';
import { adminApp } from '../../http/admin-app.ts';
import type { DdfHost } from '../../http/ddf-endpoint.ts';
import type { DeviceHost } from '../../http/device-endpoint.ts';
import { type Listener, type ListenerOptions, openListener } from '../../http/listener.ts';
import { northApp } from '../../http/north-app.ts';
import { southApp } from '../../http/south-app.ts';
import { oldSuites, type TlsSettings } from '../../http/tls-options.ts';
import type { Journal } from '../../log-events.ts';

/** The part of the composed bridge that the listeners and the shutdown need. */
export interface ComposedBridge extends DeviceHost, DdfHost {
  /** @throws StoreError when the store cannot keep messages */
  check(): Promise<void>;
  /** Ends background work and closes the store. */
  close(): Promise<void>;
}

/** The URLs at which others reach the bridge. */
export interface PublicUrls {
  /** Base of RespURI. */
  readonly south: string;
  /** Base of DDF links. */
  readonly north: string;
}

/** Builds the bridge once the addresses are known. */
export type Compose = (config: Config, urls: PublicUrls, journal: Journal) => Promise<ComposedBridge>;

/** The URLs are those of the bound addresses; `south` includes the path to which devices POST. */
export interface RunningServer {
  readonly south: string;
  readonly north: string;
  readonly admin: string;
  /** Uses the south certificates of `config` for new connections. Every other change needs a restart. */
  reload(config: Config): void;
  /** Accepts no new request, lets running ones finish, then closes the store. */
  stop(): Promise<void>;
}

/** Bounds the time for running requests when the bridge stops; it must stop within 10 s altogether. */
const RUNNING_REQUESTS_MS = 6_000;

/**
 * Opens the listeners, then builds the bridge. Devices get 503 until the bridge exists.
 * @throws ConfigError, MappingError, StoreError or the system's error, after everything was closed again
 */
export async function startServer(config: Config, journal: Journal, compose: Compose): Promise<RunningServer> {
  const listeners: Listener[] = [];
  let bridge: ComposedBridge | undefined;
  const open = async (options: ListenerOptions, app: Koa) => {
    const listener = await openListener(options, app.callback());
    listeners.push(listener);
    return listener;
  };
  const stop = async () => {
    await Promise.all(listeners.map((listener) => listener.close(RUNNING_REQUESTS_MS)));
    await bridge?.close();
  };
  const notReady = async () => {
    const missing: string[] = [];
    if (listeners.length < 3 || !listeners.every(({ isListening }) => isListening)) missing.push('listeners');
    if (bridge === undefined || !(await isWorking(bridge))) missing.push('store');
    return missing;
  };
  const host = hostBehind(() => bridge);
  try {
    const { path, maxBodyBytes, trustProxy, tls } = config.south;
    const deviceEndpoint = { host, path, maxBodyBytes, trustProxy };
    if (tls !== undefined) warnOfOldSuites(tls, journal);
    const south = await open({ ...config.south.listen, tls }, southApp(deviceEndpoint, journal));
    const north = await open(config.north.listen, northApp(host, journal));
    const admin = await open(config.admin.listen, adminApp({ token: config.admin.token, notReady }, journal));
    bridge = await compose(config, publicUrls(config, south.url, north.url), journal);
    return {
      south: `${south.url}${path}`,
      north: north.url,
      admin: admin.url,
      reload: (next) => reloadCertificates(south, next, journal),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The bridge as the applications see it, which may not exist yet. */
function hostBehind(current: () => ComposedBridge | undefined): DeviceHost & DdfHost {
  const started = () => {
    const bridge = current();
    if (bridge === undefined) throw new StoreError('ERR_STORE_FAILED', 'the bridge is starting');
    return bridge;
  };
  return {
    handleDeviceMessage: async (request) => started().handleDeviceMessage(request),
    ddf: (moid) => started().ddf(moid),
  };
}

function warnOfOldSuites(tls: TlsSettings, journal: Journal): void {
  const suites = oldSuites(tls);
  if (suites.length > 0) journal.log('tls.old_suites', { listener: 'south', minVersion: tls.minVersion, suites });
}

function reloadCertificates(south: Listener, { south: { tls } }: Config, journal: Journal): void {
  const isSecure = south.url.startsWith('https:');
  if (isSecure !== (tls !== undefined)) journal.log('config.restart_needed', { setting: 'south.tls' });
  if (!isSecure || tls === undefined) return;
  south.setTls(tls);
  journal.log('tls.reloaded', { listener: 'south' });
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
