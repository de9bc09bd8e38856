/**
 * What every command line command shares: its options, its exit codes, and how it says that something went wrong.
 */
import { parseArgs } from 'node:util';
import type { Config } from '../config/config.ts';
import { loadConfig } from '../config/load.ts';
import { ConfigError, DmError, MappingError } from '../errors.ts';

/** Exit codes of the contract. */
export const EXIT = { done: 0, failed: 1, usage: 2 } as const;

/** The command line is wrong; the message says how. */
export class UsageError extends Error {}

export interface ConfigArguments {
  readonly config: string;
  readonly positionals: readonly string[];
}

/** `--config FILE`, by default `dmbridge.yaml` in the current folder, and the arguments beside it. */
export function parseConfigArguments(args: readonly string[], positionals: readonly string[] = []): ConfigArguments {
  const parsed = parseOrUsage(args);
  if (parsed.positionals.length !== positionals.length) {
    const wanted = positionals.length === 0 ? 'no arguments' : positionals.join(' ');
    throw new UsageError(`expected ${wanted} beside --config FILE`);
  }
  return { config: parsed.values.config, positionals: parsed.positionals };
}

function parseOrUsage(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: { config: { type: 'string', short: 'c', default: 'dmbridge.yaml' } },
      allowPositionals: true,
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

/** The configuration in `file`, with this process's environment. */
export function readConfig(file: string): Config {
  return loadConfig(file, process.env);
}

/** Says on stderr what went wrong; the exit code that fits it. */
export function reportFailure(error: unknown): number {
  say(describe(error));
  if (error instanceof UsageError) say('See dmbridge --help.');
  const isOperators = error instanceof UsageError || error instanceof ConfigError || error instanceof MappingError;
  return isOperators ? EXIT.usage : EXIT.failed;
}

function describe(error: unknown): string {
  if (error instanceof ConfigError) return error.problems.join('\n');
  if (error instanceof MappingError) return error.message;
  if (error instanceof DmError || error instanceof UsageError) return `dmbridge: ${error.message}`;
  if (error instanceof Error && 'code' in error && 'syscall' in error) return `dmbridge: ${error.message}`;
  return `dmbridge: ${error instanceof Error ? error.stack : String(error)}`;
}

/** One line, or several, on stderr. */
export function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** One line on stdout. */
export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
