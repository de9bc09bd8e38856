/** Prepares all of a bridge that needs no address: mappings, the store and its lock, the devices of the devices file. */
import { dirname } from 'node:path';
import type { Store } from '../../bridge/ports.ts';
import type { Config } from '../../config/config.ts';
import type { Journal } from '../../log-events.ts';
import { lockStoreAt, openStore } from '../../store/open-store.ts';
import { composeBridge } from './compose-bridge.ts';
import type { PreparedBridge } from './composed-bridge.ts';
import { importConfigured, importOptions, loadAndLog } from './load-inputs.ts';
import { notificationSettings } from './notification-settings.ts';

/**
 * Loads and opens all that `config` names, and imports the devices file if it has changed.
 * @throws ConfigError or MappingError for a faulty file; StoreError when the store cannot be used, or another process uses it
 */
export async function prepareBridge(config: Config, journal: Journal): Promise<PreparedBridge> {
  const mappings = loadAndLog(config.mappings, journal);
  const notifications = notificationSettings(config, mappings.moIndexes);
  if (!config.south.auth.required) {
    journal.log('auth.not_required', { setting: 'south.auth.required' });
  }
  if (config.south.auth.binding === 'address') {
    journal.log('auth.weak_binding', { setting: 'south.auth.binding' });
  }
  const lock = lockStoreAt(config.store, dirname(config.file));
  let store: Store | undefined;
  const close = async () => {
    await store?.close();
    lock?.release();
  };
  try {
    const opened = await openStore(config.store, dirname(config.file), config.cache.maxBytes, journal);
    store = opened;
    await importConfigured(opened, config.devices, importOptions(config, journal), journal);
    const parts = { config, journal, mappings, notifications, store: opened, close };
    return { compose: (urls) => composeBridge({ ...parts, urls }), close };
  } catch (error) {
    await close();
    throw error;
  }
}
