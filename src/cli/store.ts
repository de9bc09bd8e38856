/** `dmbridge store`: facts and copies of the store; a bridge may serve it meanwhile. */
import { dirname } from 'node:path';
import { backupStore, storeInfo } from '../store/backup.ts';
import type { BackupKeys } from '../store/key-file.ts';
import { sqliteFile } from '../store/open-store.ts';
import { EXIT, parseConfigArguments, print, readConfig, UsageError } from './command-line.ts';

export async function runStore([action, ...args]: readonly string[]): Promise<number> {
  switch (action) {
    case 'info':
      return printInfo(args);
    case 'backup':
      return backup(args);
    default:
      throw new UsageError('expected info or backup FILE behind store');
  }
}

function printInfo(args: readonly string[]): number {
  const config = readConfig(parseConfigArguments(args).config);
  const file = fileOf(config.store.url, dirname(config.file));
  const { schema, devices, openSessions, outbox, bytes, user } = storeInfo(file);
  print(`backend        sqlite
file           ${file}
schema         ${schema}
devices        ${devices}
open sessions  ${openSessions}
outbox         ${outbox}
bytes          ${bytes}
runners        ${user === undefined ? 0 : `1 (${user})`}`);
  return EXIT.done;
}

function backup(args: readonly string[]): number {
  const { config: configFile, positionals } = parseConfigArguments(args, ['FILE']);
  const config = readConfig(configFile);
  const target = positionals[0] ?? '';
  const kept: (keyof BackupKeys)[] = [];
  if (config.store.key === undefined) kept.push('store');
  if (config.south.auth.nonceKey === undefined) kept.push('nonce');
  const { bytes, keysFile } = backupStore(fileOf(config.store.url, dirname(config.file)), target, kept);
  print(`${target}: ${bytes} bytes, keys in ${keysFile}`);
  if (kept.length < 2)
    print('The keys in the configuration are not in that file: keep the configuration with the backup.');
  return EXIT.done;
}

function fileOf(url: string, configDir: string): string {
  const file = sqliteFile(url, configDir);
  if (file === ':memory:') throw new UsageError('a store in memory ends with its process');
  return file;
}
