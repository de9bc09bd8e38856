/**
 * From the file's values to the complete `Config`: defaults, notations, and the rules that a schema cannot express.
 *
 * One function builds each section of the file. The listeners and the accounts have files of their own.
 */

import { buildAccounts } from './build-accounts.ts';
import { buildAdmin, buildNorth, buildSouth } from './build-listeners.ts';
import { buildNotifications } from './build-notifications.ts';
import { buildRoutes } from './build-routes.ts';
import type { Config, StoreConfig } from './config.ts';
import type { RawConfig } from './raw-config.ts';
import { checkFile, checkFolder, isReadableFolder } from './referenced-files.ts';
import type { Section } from './section.ts';
import { parseDuration } from './value-parsers.ts';

/** Bytes of the MO cache over all devices: 256 MiB. */
const DEFAULT_CACHE_BYTES = 268_435_456;
/** Alerts of one device that wait for its backend. */
const DEFAULT_OUTBOX_SIZE = 10_000;

/**
 * Builds the configuration.
 * @param file the absolute path of the file that `raw` came from
 * @param root the whole file; a fault that is reported there makes the result unusable
 */
export function buildConfig(raw: RawConfig, file: string, root: Section): Config {
  const accounts = buildAccounts(raw.accounts, root.at('accounts'));
  const south = buildSouth(raw.south ?? {}, root.at('south'));
  const north = buildNorth(raw.north ?? {}, accounts, root.at('north'));
  const admin = buildAdmin(raw.admin ?? {}, root.at('admin'));
  const publicUrls = [south.publicUrl, north.publicUrl].flatMap((url) => url ?? []);
  const listeners = { listen: [south.listen, north.listen, admin.listen], publicUrls };
  return {
    file,
    south,
    north,
    accounts,
    notifications: buildNotifications(raw.notifications ?? {}, south.serverId, root.at('notifications')),
    routes: buildRoutes(raw.routes, { accounts: new Set(Object.keys(raw.accounts)), listeners }, root.at('routes')),
    devices: raw.devices && buildDevices(raw.devices, root.at('devices')),
    store: buildStore(raw.store, root.at('store')),
    cache: { maxBytes: raw.cache?.maxBytes ?? DEFAULT_CACHE_BYTES },
    outbox: { maxPerDevice: raw.outbox?.maxPerDevice ?? DEFAULT_OUTBOX_SIZE },
    subscriptions: { recheck: recheckOf(raw.subscriptions?.recheck ?? '24h', root.at('subscriptions', 'recheck')) },
    mappings: buildMappings(raw.mappings ?? [DEFAULT_MAPPINGS], root.at('mappings')),
    admin,
    log: { level: raw.log?.level ?? 'info' },
  };
}

/** `0`, also as text, is never. */
function recheckOf(value: string | 0, section: Section): number {
  return value === 0 || /^0(?:ms|s|m|h|d)?$/.test(value.trim()) ? 0 : section.read(parseDuration, value, 0);
}

function buildDevices(file: string, section: Section): string {
  const path = section.resolve(file);
  checkFile(path, section);
  return path;
}

function buildStore(raw: RawConfig['store'], section: Section): StoreConfig {
  const { url = 'sqlite:data/dmbridge.db', key } = typeof raw === 'object' ? raw : { url: raw };
  if (!/^(sqlite:.|rediss?:\/\/.)/.test(url)) {
    const value = typeof raw === 'object' ? section.at('url') : section;
    value.report('must be sqlite:FILE or redis://HOST:PORT/DB');
  }
  const file = url.slice('sqlite:'.length);
  return { url: file === ':memory:' ? url : `sqlite:${section.resolve(file)}`, key };
}

const DEFAULT_MAPPINGS = './mappings';

/** The default folder may be absent, even where the file names it; any other folder must exist. */
function buildMappings(folders: readonly string[], section: Section): readonly string[] {
  const paths: string[] = [];
  folders.forEach((folder, index) => {
    const path = section.resolve(folder);
    if (folder !== DEFAULT_MAPPINGS) checkFolder(path, section.at(index));
    if (isReadableFolder(path)) paths.push(path);
  });
  return paths;
}
