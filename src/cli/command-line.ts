/** The parts that all commands share: exit codes, arguments, output, and the report of an error. */
import { type ParseArgsConfig, parseArgs } from 'node:util';
import type { Config } from '../config/config.ts';
import { loadConfig } from '../config/load.ts';
import { ConfigError, DmError, MappingError } from '../errors.ts';

/** Exit codes; `usage` is also the code for a configuration, mapping or input file that cannot be used. */
export const EXIT = { done: 0, failed: 1, usage: 2 } as const;

/** The command line is wrong; the message says how. */
export class UsageError extends Error {}

/**
 * `parseArgs` of Node for the command line of a person.
 * @throws UsageError for arguments that the command does not have
 */
export function parseArguments<T extends ParseArgsConfig>(config: T): ReturnType<typeof parseArgs<T>> {
  try {
    return parseArgs(config);
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

export interface ConfigArguments {
  /** The configuration file. */
  readonly config: string;
  readonly positionals: readonly string[];
}

/**
 * Reads `--config FILE` and the other arguments; the default file is `dmbridge.yaml` in the current folder.
 * @param positionals the names of the arguments that the command needs
 */
export function parseConfigArguments(args: readonly string[], positionals: readonly string[] = []): ConfigArguments {
  const parsed = parseArguments({
    args: [...args],
    options: { config: { type: 'string', short: 'c', default: 'dmbridge.yaml' } },
    allowPositionals: true,
  });
  if (parsed.positionals.length !== positionals.length) {
    const wanted = positionals.length === 0 ? 'no arguments' : positionals.join(' ');
    throw new UsageError(`expected ${wanted} beside --config FILE`);
  }
  return { config: parsed.values.config, positionals: parsed.positionals };
}

/** Reads an argument that must be a positive whole number. */
export function parsePositive(name: string, text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1) throw new UsageError(`${name} ${text} is not a positive number`);
  return number;
}

/** The configuration in `file`, with the environment of this process. */
export function readConfig(file: string): Config {
  return loadConfig(file, process.env);
}

/** Prints an error on stderr and returns the exit code for it. */
export function reportFailure(error: unknown): number {
  printError(describeError(error));
  if (error instanceof UsageError) printError('See dmbridge --help.');
  return isUsage(error) ? EXIT.usage : EXIT.failed;
}

/** True when the operator asked for something that cannot be done, so that to try again is of no use. */
function isUsage(error: unknown): boolean {
  if (error instanceof DmError && error.code === 'ERR_STORE_IN_USE') return true;
  return error instanceof UsageError || error instanceof ConfigError || error instanceof MappingError;
}

/** The message of an expected error; the stack of a bug. */
function describeError(error: unknown): string {
  if (error instanceof ConfigError) return error.problems.join('\n');
  if (error instanceof MappingError) return error.message;
  if (error instanceof DmError || error instanceof UsageError) return `dmbridge: ${error.message}`;
  if (error instanceof Error && 'code' in error && 'syscall' in error) return `dmbridge: ${error.message}`;
  return `dmbridge: ${error instanceof Error ? error.stack : String(error)}`;
}

/** Prints one or more lines on stderr. */
export function printError(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** Prints one or more lines on stdout. */
export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** Resolves at the first SIGTERM or SIGINT; a terminal may send each of them twice. */
export function untilSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    process.on('SIGTERM', resolve);
    process.on('SIGINT', resolve);
  });
}
