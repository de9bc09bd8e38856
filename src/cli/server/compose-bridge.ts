/** The composition root: builds a bridge with its store, mappings and connections from a configuration. */
import { dirname } from 'node:path';
import { createBridge } from '../../bridge/bridge.ts';
import type { SouthSettings } from '../../bridge/options.ts';
import type { Store } from '../../bridge/ports.ts';
import type { Config } from '../../config/config.ts';
import { secretBytes } from '../../config/value-parsers.ts';
import { parseAccountUri } from '../../dm2/server-uri.ts';
import { BackendClient } from '../../http/backend-client.ts';
import type { Journal } from '../../log-events.ts';
import { writeDdf } from '../../mapping/ddf-write.ts';
import { loadMappings, type MappingSet } from '../../mapping/load.ts';
import { MoIndex } from '../../mapping/mo-index.ts';
import { readMoid } from '../../mo/moid.ts';
import { loadNonceKey, openStore } from '../../store/open-store.ts';
import type { BackendAccount } from '../../translate/context.ts';
import { importDevices, readDevicesFile } from './devices-file.ts';
import { repeat } from './repeat.ts';
import type { ComposedBridge, PublicUrls } from './start-server.ts';
import { systemClock, systemRandom } from './system-ports.ts';

/** MO data is larger than the object in it, because of base64, escapes and names. */
const REPLY_BYTES_PER_OBJECT_BYTE = 2;

/** The interval at which the bridge looks for idle sessions and for due reports. */
const BACKGROUND_INTERVAL_MS = 1_000;

/** Bounds each of the two waits for background work in `close`; the bridge must stop within 10 s altogether. */
const CLOSE_WAIT_MS = 700;

/**
 * Builds the bridge that `config` describes.
 * @throws ConfigError or MappingError for a faulty file; StoreError when the store cannot be used
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
    maxReplyBytes: REPLY_BYTES_PER_OBJECT_BYTE * config.south.maxObjectBytes,
    maxPackageBytes: config.north.maxPackageBytes,
    random: systemRandom,
  });
  try {
    await importDevices(store, rows);
    const index = new MoIndex(mappings.mappings);
    const bridge = createBridge({
      store,
      backend,
      clock: systemClock,
      random: systemRandom,
      journal,
      index,
      statusTable: mappings.status,
      profiles: mappings.profiles,
      south: southSettings(config, urls.south, await nonceKeyOf(config)),
      northPublicUrl: urls.north,
      maxCommands: config.north.maxCommands,
      maxOutbox: config.outbox.maxPerDevice,
      allowedServerUris: config.north.allowServerUris,
      accounts: translationAccounts(config.accounts),
      routes: config.routes,
    });
    const background = repeat(() => bridge.runBackground(), BACKGROUND_INTERVAL_MS, systemClock, journal);
    return {
      handleDeviceMessage: (request) => bridge.handleDeviceMessage(request),
      ddf: (moid) => {
        const known = readMoid(moid);
        const mapping = known === undefined ? undefined : index.byMoid(known);
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

/** Loads the mappings and logs their warnings. */
function loadAndLog(folders: readonly string[], journal: Journal): MappingSet {
  const mappings = loadMappings(folders);
  for (const { file, line, old, replacement } of mappings.warnings) {
    journal.log('mapping.deprecated_key', { file, line, old, replacement });
  }
  return mappings;
}

async function close(work: Promise<unknown>, backend: BackendClient, store: Store): Promise<void> {
  await waitFor(work, CLOSE_WAIT_MS);
  // Work that still waits for a backend fails now.
  await backend.close();
  await waitFor(work, CLOSE_WAIT_MS);
  await store.close();
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

function translationAccounts(accounts: Config['accounts']): Record<string, BackendAccount> {
  const entries = Object.values(accounts).map(({ name, serverId, url, moids, statusForm, alwaysSendMos, reasons }) => {
    const provided = moids.flatMap((moid) => (moid === '*' ? moid : (readMoid(moid) ?? [])));
    return [
      name,
      { id: name, serverId, url: parseAccountUri(url), moids: provided, statusForm, alwaysSendMos, reasons },
    ] as const;
  });
  return Object.fromEntries(entries);
}
