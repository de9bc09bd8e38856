/**
 * The bridge with its three listeners, as one thing that starts and stops; `serve` and `demo` run it.
 */

import type { Config } from '../../config/config.ts';
import { urlHost } from '../../config/value-parsers.ts';
import { StoreError } from '../../errors.ts';
import { adminApp } from '../../http/admin-app.ts';
import type { DdfHost } from '../../http/ddf-endpoint.ts';
import type { DeviceHost } from '../../http/device-endpoint.ts';
import { type Listener, openListener } from '../../http/listener.ts';
import { northApp } from '../../http/north-app.ts';
import { southApp } from '../../http/south-app.ts';
import type { Journal } from '../../log-events.ts';

/** The composed bridge, as far as listeners and shutdown see it. */
export interface ComposedBridge extends DeviceHost, DdfHost {
  /** Fails when messages could not be kept. */
  check(): Promise<void>;
  /** Ends background work and closes the store. */
  close(): Promise<void>;
}

/** What others reach the bridge at. */
export interface PublicUrls {
  /** Base of RespURI. */
  readonly south: string;
  readonly north: string;
}

/** Builds the bridge once the addresses are known. */
export type Compose = (config: Config, urls: PublicUrls, journal: Journal) => Promise<ComposedBridge>;

export interface RunningServer {
  /** Where devices POST; the listeners' own addresses. */
  readonly south: string;
  readonly north: string;
  readonly admin: string;
  /** Takes the certificates that `config` names now; connections that are open stay. All else needs a restart. */
  reload(config: Config): void;
  /** Accepts nothing new, lets messages in flight finish, then closes the store. */
  stop(): Promise<void>;
}

/** Of the 10 s in which a stopped bridge is gone, what messages in flight may take. */
const GRACE = 6_000;

/**
 * Opens the listeners, then the bridge behind them; until it is there devices get 503.
 * @throws ConfigError, MappingError, StoreError or the system's error, with everything closed again
 */
export async function startServer(config: Config, journal: Journal, compose: Compose): Promise<RunningServer> {
  const listeners: Listener[] = [];
  let bridge: ComposedBridge | undefined;
  const open = async (...parameters: Parameters<typeof openListener>) => {
    const listener = await openListener(...parameters);
    listeners.push(listener);
    return listener;
  };
  const stop = async () => {
    await Promise.all(listeners.map((listener) => listener.close(GRACE)));
    await bridge?.close();
  };
  const host = hostBehind(() => bridge);
  const notReady = async () => [
    ...(listeners.length === 3 && listeners.every(({ isListening }) => isListening) ? [] : ['listeners']),
    ...((await works(bridge)) ? [] : ['store']),
  ];
  try {
    const { path, maxBodyBytes, trustProxy, tls } = config.south;
    const endpoint = southApp({ host, path, maxBodyBytes, trustProxy }, journal).callback();
    const south = await open({ ...config.south.listen, tls }, endpoint);
    const north = await open(config.north.listen, northApp(host, journal).callback());
    const admin = await open(
      config.admin.listen,
      adminApp({ token: config.admin.token, notReady }, journal).callback(),
    );
    bridge = await compose(config, publicUrls(config, south.url, north.url), journal);
    const urls = { south: `${south.url}${path}`, north: north.url, admin: admin.url };
    return { ...urls, reload: reloadSouth(south, journal), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** What the applications talk to before the bridge is there. */
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

function reloadSouth(south: Listener, journal: Journal): RunningServer['reload'] {
  const isSecure = south.url.startsWith('https:');
  return ({ south: { tls } }) => {
    if (isSecure !== (tls !== undefined)) journal.log('config.restart_needed', { setting: 'south.tls' });
    if (!isSecure || tls === undefined) return;
    south.setTls(tls);
    journal.log('tls.reloaded', { listener: 'south' });
  };
}

/** As configured, else as bound. */
function publicUrls({ south, north }: Config, boundSouth: string, boundNorth: string): PublicUrls {
  return {
    south: south.publicUrl ?? `${reachable(boundSouth, south.listen.host)}${south.path}`,
    north: north.publicUrl ?? reachable(boundNorth, north.listen.host),
  };
}

async function works(bridge: ComposedBridge | undefined): Promise<boolean> {
  try {
    await bridge?.check();
    return bridge !== undefined;
  } catch {
    return false;
  }
}

/** The bound URL with the configured host name in place of its address. */
function reachable(bound: string, host: string): string {
  const { protocol, port } = new URL(bound);
  return `${protocol}//${urlHost(host)}:${port || (protocol === 'https:' ? '443' : '80')}`;
}
