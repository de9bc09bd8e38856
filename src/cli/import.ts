/** `dmbridge import FILE`: imports device credentials; a bridge may run on the same store meanwhile. */
import { dirname } from 'node:path';
import { openStore } from '../store/open-store.ts';
import { EXIT, parseConfigArguments, print, readConfig } from './command-line.ts';
import { importDevices, readDevicesFile } from './server/devices-file.ts';

/** Imports the whole file, or nothing when a row is wrong. */
export async function runImport(args: readonly string[]): Promise<number> {
  const { config: configFile, positionals } = parseConfigArguments(args, ['FILE']);
  const config = readConfig(configFile);
  const file = positionals[0] ?? '';
  const rows = readDevicesFile(file);
  const store = await openStore(config.store, dirname(config.file), config.cache.maxBytes);
  try {
    await importDevices(store, rows);
  } finally {
    await store.close();
  }
  print(`${file}: ${rows.length} devices imported`);
  return EXIT.done;
}
