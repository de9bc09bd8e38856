/** Loads the files that a configuration names, at the start and at a reload, and logs what was found. */
import type { Store } from '../../bridge/ports.ts';
import type { Config } from '../../config/config.ts';
import type { DevicesFileRules } from '../../device/device-import.ts';
import type { Journal } from '../../log-events.ts';
import { loadMappings, type MappingSet } from '../../mapping/load.ts';
import { type ImportOptions, importChangedFile } from './devices-file.ts';

/** Loads the mappings and logs their warnings. */
export function loadAndLog(folders: readonly string[], journal: Journal): MappingSet {
  const mappings = loadMappings(folders);
  for (const { file, line, old, replacement } of mappings.warnings) {
    journal.log('mapping.deprecated_key', { file, line, old, replacement });
  }
  return mappings;
}

/**
 * Imports the devices file unless it is unchanged; returns the number of its rows, undefined when it is unchanged or absent.
 * @throws ConfigError for a faulty file; then nothing was changed
 */
export async function importConfigured(
  store: Store,
  file: string | undefined,
  options: ImportOptions,
  journal: Journal,
): Promise<number | undefined> {
  if (file === undefined) return undefined;
  const imported = await importChangedFile(store, file, options);
  if (imported === undefined) journal.log('devices.unchanged', { file });
  else journal.log('devices.imported', { file, rows: imported.rows, others: await othersThan(imported, store) });
  return imported?.rows;
}

/** The number of devices in the store that an imported file does not name: an import removes none. */
export async function othersThan({ rows }: { readonly rows: number }, store: Store): Promise<number> {
  return (await store.countDevices()) - rows;
}

/** The rules of a configuration for its devices file. */
export function devicesFileRules({ north, notifications }: Config): DevicesFileRules {
  return { encodeDevIds: north.encodeDevIds, deliveries: notifications.deliver.map(({ name }) => name) };
}

export function importOptions(config: Config, journal: Journal): ImportOptions {
  return {
    ...devicesFileRules(config),
    onProgress: (progress) => journal.log('devices.importing', progress),
  };
}
