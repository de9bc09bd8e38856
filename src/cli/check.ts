/** `dmbridge check`: would this configuration, with its mappings and its devices file, start? */
import { loadMappings } from '../mapping/load.ts';
import { EXIT, parseConfigArguments, print, readConfig } from './command.ts';
import { readDevicesFile } from './devices-file.ts';

/** Reads everything that `serve` reads, opens nothing. */
export async function runCheck(args: readonly string[]): Promise<number> {
  const { config: file } = parseConfigArguments(args);
  const config = readConfig(file);
  const { mappings } = loadMappings(config.mappings);
  const devices = config.devices === undefined ? [] : readDevicesFile(config.devices);
  const accounts = Object.keys(config.accounts).length;
  print(`${file}: good (accounts: ${accounts}, mappings: ${mappings.length}, devices: ${devices.length})`);
  return EXIT.done;
}
