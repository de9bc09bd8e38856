/** The composition root: from a configuration to a bridge with its store, mappings and connections. */
import { dirname } from 'node:path';
import { createBridge } from '../../bridge/bridge.ts';
import type { BridgeOptions, SouthSettings } from '../../bridge/options.ts';
import type { Store } from '../../bridge/ports.ts';
import type { AccountConfig, Config } from '../../config/config.ts';
import { secretBytes } from '../../config/value-parsers.ts';
import { BackendClient } from '../../http/backend-client.ts';
import type { Journal } from '../../log-events.ts';
import { writeDdf } from '../../mapping/ddf-write.ts';
import { loadMappings, type MappingSet } from '../../mapping/load.ts';
import { MoIndex } from '../../mapping/mo-index.ts';
import { loadNonceKey, openStore } from '../../store/open-store.ts';
import type { BackendAccount } from '../../translate/context.ts';
import { importDevices, readDevicesFile } from './devices-file.ts';
import { repeat } from './repeat.ts';
import type { ComposedBridge, PublicUrls } from './start-server.ts';
import { systemClock, systemRandom } from './system-ports.ts';

/** MO data is larger than the object it carries: base64, escapes, names. */
const REPLY_PER_OBJECT = 2;

/** How often sessions that timed out and reports that are due are looked for. */
const BACKGROUND_INTERVAL = 1_000;

/** Of the 10 s in which a stopped bridge is gone, what work without a device may take, twice. */
const PATIENCE = 700;

/**
 * Builds the bridge that `config` describes.
 * @throws ConfigError, MappingError for what the operator wrote; StoreError when the store cannot be used
 */
export async function composeBridge(config: Config, urls: PublicUrls, journal: Journal): Promise<ComposedBridge> {
  const mappings = loadAndLog(config.mappings, journal);
  const rows = config.devices === undefined ? [] : readDevicesFile(config.devices);
  if (!config.south.auth.required) {
    journal.log('auth.not_required', { setting: 'south.auth.required' });
  }
  const store = await openStore(config.store, dirname(config.file), config.cache.maxBytes);
  const backend = new BackendClient({
    accounts: config.accounts,
    allowServerUris: config.north.allowServerUris,
    maxReplyBytes: REPLY_PER_OBJECT * config.south.maxObjectBytes,
    random: systemRandom,
  });
  try {
    await importDevices(store, rows);
    const options = settings(config, urls, mappings, await nonceKeyOf(config));
    const bridge = createBridge({
      ...options,
      store,
      backend,
      clock: systemClock,
      random: systemRandom,
      journal,
    });
    const background = repeat(() => bridge.runBackground(), BACKGROUND_INTERVAL, systemClock, journal);
    return {
      handleDeviceMessage: (request) => bridge.handleDeviceMessage(request),
      ddf: (moid) => {
        const mapping = options.index.byMoid(moid);
        return mapping === undefined ? undefined : writeDdf(mapping);
      },
      check: () => store.check(),
      close: () => close(Promise.all([background.stop(), bridge.drained()]), backend, store),
    };
  } catch (error) {
    await backend.close();
    await store.close();
    throw error;
  }
}

/** Loads the mappings; their warnings go into the log. */
function loadAndLog(folders: readonly string[], journal: Journal): MappingSet {
  const mappings = loadMappings(folders);
  for (const { file, line, old, replacement } of mappings.warnings) {
    journal.log('mapping.deprecated_key', { file, line, old, replacement });
  }
  return mappings;
}

async function close(ended: Promise<unknown>, backend: BackendClient, store: Store): Promise<void> {
  await inTime(ended);
  // Whatever still waits for the other side fails now, and ends.
  await backend.close();
  await inTime(ended);
  await store.close();
}

async function inTime(work: Promise<unknown>): Promise<void> {
  const patience = systemClock.after(PATIENCE);
  await Promise.race([work, patience.done]);
  patience.cancel();
}

type Settings = Omit<BridgeOptions, 'store' | 'backend' | 'clock' | 'random' | 'journal'>;

/** The configured key of challenge nonces, else the one that is kept beside the store. */
async function nonceKeyOf({ south, store, file }: Config): Promise<Uint8Array> {
  const { nonceKey } = south.auth;
  return nonceKey === undefined ? await loadNonceKey(store, dirname(file)) : secretBytes(nonceKey);
}

function settings(
  config: Config,
  urls: PublicUrls,
  { mappings, status, profiles }: MappingSet,
  nonceKey: Uint8Array,
): Settings {
  const accounts = Object.entries(config.accounts).map(([id, account]) => [id, crossingAccount(account)] as const);
  return {
    index: new MoIndex(mappings),
    statusTable: status,
    profiles,
    south: southSettings(config, urls.south, nonceKey),
    northPublicUrl: urls.north,
    allowedServerUris: config.north.allowServerUris,
    accounts: Object.fromEntries(accounts),
    routes: config.routes,
  };
}

function southSettings({ south }: Config, publicUrl: string, nonceKey: Uint8Array): SouthSettings {
  const { accept, required, sha256Type, certificate } = south.auth;
  return {
    serverId: south.serverId,
    publicUrl,
    acceptedAuth: accept,
    authRequired: required,
    nonceKey,
    sha256Type,
    certificate,
    maxBodyBytes: south.maxBodyBytes,
    maxObjectBytes: south.maxObjectBytes,
    answerWithin: south.answerWithin,
    sessionTimeout: south.sessionTimeout,
  };
}

function crossingAccount({ name, serverId, url, moids, statusForm, alwaysSendMos }: AccountConfig): BackendAccount {
  return { id: name, serverId, url, moids, statusForm, alwaysSendMos };
}
