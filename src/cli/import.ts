/** `dmbridge import FILE`: imports device credentials; a bridge may run on the same store meanwhile. */
import { dirname } from 'node:path';
import { createJournal } from '../log.ts';
import { openStore } from '../store/open-store.ts';
import { EXIT, parseConfigArguments, print, printError, readConfig } from './command-line.ts';
import { importDevicesFile } from './server/devices-file.ts';
import { devicesFileRules, othersThan } from './server/load-inputs.ts';

/** Imports the whole file, or nothing when a row is wrong. */
export async function runImport(args: readonly string[]): Promise<number> {
  const { config: configFile, positionals } = parseConfigArguments(args, ['FILE']);
  const config = readConfig(configFile);
  const file = positionals[0] ?? '';
  const journal = createJournal({ level: config.log.level });
  const store = await openStore(config.store, dirname(config.file), config.cache.maxBytes, journal);
  try {
    const { rows } = await importDevicesFile(store, file, {
      ...devicesFileRules(config),
      onProgress: (progress) => printError(`${progress.file}: ${progress.step}, ${progress.rows} rows so far`),
    });
    print(`${file}: ${rows} devices imported`);
    const others = await othersThan({ rows }, store);
    if (others > 0) print(`${others} devices of the store are not in this file; they can still log in`);
  } finally {
    await store.close();
  }
  return EXIT.done;
}
