/**
 * Reads the configuration file: YAML and environment in, one frozen `Config` out.
 *
 * All faults are found in one go and reported as `file:line: key: message`. The steps are `yaml-source.ts` (text,
 * variables, lines), `raw-config.ts` (JSON Schema), `not-built.ts` (values that this version does not support) and
 * `build-config.ts` (defaults and rules).
 */
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { ConfigError } from '../errors.ts';
import { buildConfig } from './build-config.ts';
import type { Config } from './config.ts';
import { findNotBuilt } from './not-built.ts';
import { toRawConfig } from './raw-config.ts';
import { reasonOf } from './referenced-files.ts';
import { Section } from './section.ts';
import type { Variables } from './variables.ts';
import { findWarnings } from './warnings.ts';
import { formatKeyPath, readYaml, type SourceProblem } from './yaml-source.ts';

/** The environment variables that the file may use. */
type Environment = Variables['env'];

/**
 * Loads and checks the configuration in `file`; relative paths in it count from its folder.
 * @throws ConfigError ERR_CONFIG_INVALID with every problem found
 */
export function loadConfig(file: string, env: Environment): Config {
  return parseConfig(readText(file), file, env);
}

export interface CheckedConfig {
  readonly config: Config;
  /** Each `file:line: warning: key: message`, by line. */
  readonly warnings: readonly string[];
}

/**
 * Loads and checks the configuration like `loadConfig`, and finds values that probably do not do what was meant.
 * @throws ConfigError ERR_CONFIG_INVALID with every problem found
 */
export function checkConfig(file: string, env: Environment): CheckedConfig {
  return parseAndCheck(readText(file), file, env);
}

/**
 * Checks the configuration `text`, which came from `file`.
 * @throws ConfigError ERR_CONFIG_INVALID with every problem found
 */
export function parseConfig(text: string, file: string, env: Environment): Config {
  return parseAndCheck(text, file, env).config;
}

function parseAndCheck(text: string, file: string, env: Environment): CheckedConfig {
  const absolute = resolve(file);
  const folder = dirname(absolute);
  const source = readYaml(text, { env, folder });
  const unreadable = source.problems.filter(({ path }) => path.length === 0);
  if (unreadable.length > 0) throw invalid(file, unreadable.map(onLine(() => 1)));
  const { raw, problems: schemaProblems } = toRawConfig(source);
  const found: SourceProblem[] = [...schemaProblems, ...findNotBuilt(source.value)];
  const config = raw && buildConfig(raw, absolute, new Section(folder, found));
  const problems = [...source.problems, ...firstPerPath(found).filter(({ path }) => !source.isUnset(path))];
  if (config === undefined || problems.length > 0) {
    throw invalid(file, problems.map(onLine(({ path }) => source.lineOf(path))));
  }
  const warnings = findWarnings(config, source)
    .map(onLine(({ path }) => source.lineOf(path)))
    .toSorted((a, b) => a.line - b.line)
    .map(({ line, path, message }) => `${file}:${line}: warning: ${formatKeyPath(path)}: ${message}`);
  return { config: deepFreeze(config), warnings };
}

type LocatedProblem = SourceProblem & { readonly line: number };

/** Adds the line to a problem that has none. */
function onLine(lineOf: (problem: SourceProblem) => number): (problem: SourceProblem) => LocatedProblem {
  return (problem) => ({ ...problem, line: problem.line ?? lineOf(problem) });
}

/** The first problem of each value: a value that breaks the schema breaks later rules as a consequence. */
function firstPerPath(problems: readonly SourceProblem[]): readonly SourceProblem[] {
  const byPath = Map.groupBy(problems, ({ path }) => path.join('\0'));
  return [...byPath.values()].flatMap(([first]) => first ?? []);
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    const message = `cannot read the configuration file (${reasonOf(cause)})`;
    throw invalid(file, [{ line: 1, path: [], message }], cause);
  }
}

function invalid(file: string, found: readonly LocatedProblem[], cause?: unknown): ConfigError {
  const sorted = found.toSorted((a, b) => a.line - b.line);
  const problems = sorted.map(({ line, path, message }) => `${file}:${line}: ${formatKeyPath(path)}: ${message}`);
  return new ConfigError('ERR_CONFIG_INVALID', problems.join('\n'), {
    cause,
    problems,
    place: { file, line: sorted[0]?.line ?? 1 },
  });
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    Object.values(value).forEach(deepFreeze);
  }
  return value;
}
