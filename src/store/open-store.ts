/** Opens the store that the configuration names, and loads the keys that are kept beside it. */
import { randomBytes } from 'node:crypto';
import { resolve } from 'node:path';
import type { Store } from '../bridge/ports.ts';
import { ConfigError } from '../errors.ts';
import type { Journal } from '../log-events.ts';
import { loadOrCreateKey } from './key-file.ts';
import { IN_MEMORY } from './sqlite-schema.ts';
import { openSqliteStore } from './sqlite-store.ts';
import { lockStore, type StoreLock } from './store-lock.ts';

export interface StoreLocation {
  /** `sqlite:` and a path, relative to the configuration file, or `sqlite::memory:`. */
  readonly url: string;
  /** Encrypts secrets at rest; absent: a key file beside the store. */
  readonly key?: string | undefined;
}

/**
 * Opens the store that the configuration names; `cacheBytes` bounds the MO cache in it.
 * @throws ConfigError ERR_CONFIG_INVALID for a kind of store that is not there; StoreError when it cannot be used
 */
export async function openStore(
  location: StoreLocation,
  configDir: string,
  cacheBytes: number,
  journal?: Journal,
): Promise<Store> {
  return openSqliteStore({ file: sqliteFile(location.url, configDir), key: location.key, cacheBytes, journal });
}

/**
 * Makes this process the only one that serves the store; undefined for a store in memory.
 * @throws StoreError ERR_STORE_IN_USE when another process serves it
 */
export function lockStoreAt(location: StoreLocation, configDir: string): StoreLock | undefined {
  const file = sqliteFile(location.url, configDir);
  return file === IN_MEMORY ? undefined : lockStore(file);
}

/** The key of challenge nonces when none is configured: made at first start, kept beside the store. */
export async function loadNonceKey(location: StoreLocation, configDir: string): Promise<Uint8Array> {
  const file = sqliteFile(location.url, configDir);
  return file === IN_MEMORY ? randomBytes(32) : loadOrCreateKey(file, 'nonce');
}

/**
 * The file of a SQLite store: an absolute path, or `:memory:`.
 * @throws ConfigError ERR_CONFIG_INVALID for another kind of store
 */
export function sqliteFile(url: string, configDir: string): string {
  const colon = url.indexOf(':');
  const scheme = colon < 0 ? '' : url.slice(0, colon);
  const path = url.slice(colon + 1);
  if (scheme === 'redis' || scheme === 'rediss') {
    throw new ConfigError('ERR_CONFIG_INVALID', `store: ${scheme}: is not built yet`);
  }
  if (scheme !== 'sqlite' || path === '') {
    throw new ConfigError('ERR_CONFIG_INVALID', 'store: must be sqlite: and the path of a file');
  }
  return path === IN_MEMORY ? path : resolve(configDir, path);
}
