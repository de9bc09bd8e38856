/** The composition root: builds a bridge with its store, mappings and connections from a configuration. */
import { dirname } from 'node:path';
import { type Bridge, createBridge } from '../../bridge/bridge.ts';
import type { BridgeOptions, SouthSettings } from '../../bridge/options.ts';
import type { Store } from '../../bridge/ports.ts';
import { refuseDevice } from '../../bridge/refuse-device.ts';
import type { AccountConfig, Config } from '../../config/config.ts';
import { isSame } from '../../config/config-changes.ts';
import { secretBytes } from '../../device/credentials.ts';
import { parseAccountUri } from '../../dm2/server-uri.ts';
import { BackendClient } from '../../http/backend-client.ts';
import { NotificationDelivery } from '../../http/delivery/notification-delivery.ts';
import type { Journal } from '../../log-events.ts';
import type { MappingSet } from '../../mapping/load.ts';
import { MoIndex } from '../../mapping/mo-index.ts';
import { readMoid } from '../../mo/moid.ts';
import type { NotificationSettings } from '../../notification/settings.ts';
import type { Route } from '../../routing/route.ts';
import { loadNonceKey } from '../../store/open-store.ts';
import type { BackendAccount } from '../../translate/context.ts';
import type { ComposedBridge, PublicUrls } from './composed-bridge.ts';
import { ddfDocument } from './ddf-document.ts';
import { importConfigured, importOptions, loadAndLog } from './load-inputs.ts';
import { notificationAccounts } from './notification-settings.ts';
import { repeat } from './repeat.ts';
import { systemClock, systemRandom } from './system-ports.ts';

/** MO data is larger than the object in it, because of base64, escapes and names. */
const REPLY_BYTES_PER_OBJECT_BYTE = 2;

/** The interval at which the bridge looks for idle sessions and for due reports. */
const BACKGROUND_INTERVAL_MS = 1_000;

/** Bounds the wait for work that is under way in `close`; the bridge must stop within 10 s altogether. */
const CLOSE_WAIT_MS = 700;

export interface BridgeParts {
  readonly config: Config;
  readonly urls: PublicUrls;
  readonly journal: Journal;
  readonly mappings: MappingSet;
  readonly notifications: NotificationSettings;
  readonly store: Store;
  /** Closes the store and gives up its lock. */
  readonly close: () => Promise<void>;
}

/**
 * The options that a reload changes. They are read anew for each message, so a message that is being handled keeps those that it
 * began with.
 */
type LiveOptions = Pick<BridgeOptions, 'index' | 'statusTable' | 'profiles' | 'toldParameters' | 'routes'>;

/**
 * Builds the bridge that the configuration describes.
 * @throws StoreError when the key of nonces cannot be used
 */
export async function composeBridge(parts: BridgeParts): Promise<ComposedBridge> {
  const { config, urls, journal, store } = parts;
  const south = southSettings(config, urls.south, await nonceKeyOf(config));
  const backend = createBackend(config);
  const delivery = new NotificationDelivery(config.notifications.deliver);
  let live = liveOptions(config, parts.mappings);
  let { accounts } = config;
  const bridge = createBridge({
    ...settings(config, urls.north),
    store,
    backend,
    clock: systemClock,
    random: systemRandom,
    journal,
    south,
    notifications: { settings: parts.notifications, accounts: notificationAccounts(config), delivery },
    get index() {
      return live.index;
    },
    get statusTable() {
      return live.statusTable;
    },
    get profiles() {
      return live.profiles;
    },
    get toldParameters() {
      return live.toldParameters;
    },
    get routes() {
      return live.routes;
    },
  });
  const background = repeat(() => bridge.runBackground(), BACKGROUND_INTERVAL_MS, systemClock, journal);
  return {
    handleDeviceMessage: (request) => bridge.handleDeviceMessage(request),
    ...callsOf(bridge),
    routes: () => live.routes,
    acceptPackage0: (devId, bytes) => bridge.acceptPackage0(devId, bytes),
    ddf: (moid) => ddfOf(live.index, moid),
    pendingNotifications: () => store.countPendingNotifications(),
    subscriptions: () => store.countSubscriptions(),
    check: () => store.check(),
    async reload(next) {
      const mappings = loadAndLog(next.mappings, journal);
      // The rules of the running bridge: the others need a restart.
      const deviceRows = await importConfigured(store, next.devices, importOptions(config, journal), journal);
      // A new account needs a restart, and so do routes to it.
      const hasAccounts = next.routes.every((route) => hasAccount(route, config));
      live = liveOptions({ routes: hasAccounts ? next.routes : live.routes }, mappings);
      setCertificates(backend, accounts, next.accounts);
      accounts = next.accounts;
      return { mappings: mappings.mappings.length, deviceRows, areRoutesUsed: hasAccounts };
    },
    close: () =>
      close(Promise.all([background.stop(), bridge.drained()]), { bridge, backend, delivery, closeStore: parts.close }),
  };
}

type PassedOn = Pick<
  ComposedBridge,
  'isOpenSession' | 'judgeLongBody' | 'lookUp' | 'refuse' | 'refusedAlerts' | 'putAlertBack'
>;

/** The calls that go to the bridge as they are. */
function callsOf(bridge: Bridge): PassedOn {
  return {
    isOpenSession: (token) => bridge.isOpenSession(token),
    judgeLongBody: (request, part) => bridge.judgeLongBody(request, part),
    lookUp: (request, parsed) => bridge.lookUp(request, parsed),
    refuse: refuseDevice,
    refusedAlerts: (query) => bridge.refusedAlerts(query),
    putAlertBack: (name) => bridge.putAlertBack(name),
  };
}

function hasAccount(route: Route, { accounts }: Config): boolean {
  return !('bridge' in route) || Object.hasOwn(accounts, route.bridge);
}

type Settings = Pick<
  BridgeOptions,
  | 'northPublicUrl'
  | 'maxCommands'
  | 'maxOutbox'
  | 'subscriptionRecheck'
  | 'allowedServerUris'
  | 'accounts'
  | 'maxConnections'
>;

/** The settings that need a restart. */
function settings({ north, outbox, subscriptions, accounts }: Config, northPublicUrl: string): Settings {
  return {
    northPublicUrl,
    maxCommands: north.maxCommands,
    maxOutbox: outbox.maxPerDevice,
    subscriptionRecheck: subscriptions.recheck,
    allowedServerUris: north.allowServerUris,
    accounts: translationAccounts(accounts),
    maxConnections: connectionLimits(accounts),
  };
}

async function ddfOf(index: MoIndex, moid: string): Promise<string | undefined> {
  const known = readMoid(moid);
  const mapping = known === undefined ? undefined : index.byMoid(known);
  return mapping === undefined ? undefined : await ddfDocument(mapping, systemClock);
}

function createBackend({ accounts, north, south }: Config): BackendClient {
  return new BackendClient({
    accounts,
    allowServerUris: north.allowServerUris,
    maxReplyBytes: REPLY_BYTES_PER_OBJECT_BYTE * south.maxObjectBytes,
    maxPackageBytes: north.maxPackageBytes,
    random: systemRandom,
  });
}

function setCertificates(backend: BackendClient, before: Config['accounts'], next: Config['accounts']): void {
  for (const { name, tls } of Object.values(next)) {
    if (!isSame(tls, before[name]?.tls)) backend.setTls(name, tls);
  }
}

function liveOptions({ routes }: Pick<Config, 'routes'>, set: MappingSet): LiveOptions {
  const { mappings, status, profiles, toldParameters } = set;
  return { index: new MoIndex(mappings), statusTable: status, profiles, toldParameters, routes };
}

interface ClosedParts {
  readonly bridge: Bridge;
  readonly backend: BackendClient;
  readonly delivery: NotificationDelivery;
  readonly closeStore: () => Promise<void>;
}

async function close(work: Promise<unknown>, { bridge, backend, delivery, closeStore }: ClosedParts): Promise<void> {
  await waitFor(work, CLOSE_WAIT_MS);
  // Work that still waits for a backend stays as it is stored, and the next process goes on with it.
  bridge.stop();
  await Promise.all([backend.close(), delivery.close()]);
  await closeStore();
}

async function waitFor(work: Promise<unknown>, ms: number): Promise<void> {
  const timer = systemClock.after(ms);
  await Promise.race([work, timer.done]);
  timer.cancel();
}

/** The configured key of challenge nonces, or the one that is stored beside the store. */
async function nonceKeyOf({ south, store, file }: Config): Promise<Uint8Array> {
  const { nonceKey } = south.auth;
  return nonceKey === undefined ? await loadNonceKey(store, dirname(file)) : secretBytes(nonceKey);
}

function southSettings({ south }: Config, publicUrl: string, nonceKey: Uint8Array): SouthSettings {
  const { accept, required, sha256Type, certificate, binding, serverBasic } = south.auth;
  return {
    serverId: south.serverId,
    publicUrl,
    acceptedAuth: accept,
    authRequired: required,
    nonceKey,
    sha256Type,
    certificate,
    binding,
    serverBasic,
    maxBodyBytes: south.maxBodyBytes,
    maxObjectBytes: south.maxObjectBytes,
    answerWithin: south.answerWithin,
    sessionTimeout: south.sessionTimeout,
  };
}

function translationAccounts(accounts: Config['accounts']): Record<string, BackendAccount> {
  return Object.fromEntries(Object.values(accounts).map((account) => [account.name, translationAccount(account)]));
}

function translationAccount(account: AccountConfig): BackendAccount {
  const { name, serverId, url, moids, statusForm, alwaysSendMos, reasons, dialect } = account;
  const provided = moids.flatMap((moid) => (moid === '*' ? moid : (readMoid(moid) ?? [])));
  const common = { id: name, serverId, url: parseAccountUri(url), moids: provided, statusForm, alwaysSendMos, reasons };
  return dialect === 'dm20' ? common : { ...common, dialect };
}

function connectionLimits(accounts: Config['accounts']): BridgeOptions['maxConnections'] {
  return Object.fromEntries(Object.values(accounts).map(({ name, maxConnections }) => [name, maxConnections]));
}
