/**
 * Reads the configuration file: YAML and environment in, one frozen `Config` out.
 *
 * Everything that is wrong is found in one go and told as `file:line: key: message`. The parts: `config/yaml-source.ts`
 * (text, variables, lines), `config/raw.ts` (the JSON Schema), `config/build.ts` (defaults and rules),
 * `config/not-built.ts` (what this version cannot do yet).
 */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { ConfigError } from '../errors.ts';
import { buildConfig } from './build-config.ts';
import type { Config } from './config.ts';
import { findNotBuilt } from './not-built.ts';
import { toRawConfig } from './raw-config.ts';
import { type KeyPath, readYaml, type SourceProblem } from './yaml-source.ts';

/**
 * Loads and checks the configuration in `file`; relative paths in it count from there.
 * @throws ConfigError ERR_CONFIG_INVALID with every problem found
 */
export function loadConfig(file: string, env: Readonly<Record<string, string | undefined>>): Config {
  return parseConfig(readText(file), file, env);
}

/** As `loadConfig`, with the text already at hand. */
export function parseConfig(text: string, file: string, env: Readonly<Record<string, string | undefined>>): Config {
  const source = readYaml(text, env);
  const unreadable = source.problems.filter(({ path }) => path.length === 0);
  if (unreadable.length > 0)
    throw invalid(
      file,
      unreadable.map((each) => ({ line: 1, ...each })),
    );
  const { raw, problems: broken } = toRawConfig(source);
  const found: SourceProblem[] = [...broken, ...findNotBuilt(source.value)];
  const config = raw && buildConfig(raw, resolve(file), (path, message) => found.push({ path, message }));
  const problems = [...source.problems, ...firstPerPath(found).filter(({ path }) => !source.isUnset(path))];
  if (config === undefined || problems.length > 0) {
    throw invalid(
      file,
      problems.map((each) => ({ line: source.lineOf(each.path), ...each })),
    );
  }
  return deepFreeze(config);
}

/** One fault per value: what a broken value breaks further on is no news. */
function firstPerPath(problems: readonly SourceProblem[]): readonly SourceProblem[] {
  return [...Map.groupBy(problems, ({ path }) => path.join('\0')).values()].flatMap(([first]) => first ?? []);
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    const reason = cause instanceof Error && 'code' in cause ? cause.code : 'unknown reason';
    throw invalid(file, [{ line: 1, path: [], message: `cannot read the configuration file (${reason})` }], cause);
  }
}

function invalid(file: string, found: readonly Required<SourceProblem>[], cause?: unknown): ConfigError {
  const sorted = found.toSorted((a, b) => a.line - b.line);
  const problems = sorted.map(({ line, path, message }) => `${file}:${line}: ${formatPath(path)}: ${message}`);
  return new ConfigError('ERR_CONFIG_INVALID', problems.join('\n'), {
    cause,
    problems,
    place: { file, line: sorted[0]?.line ?? 1 },
  });
}

/** `routes[1].bridge`; `(file)` for the whole. */
function formatPath(path: KeyPath): string {
  if (path.length === 0) return '(file)';
  return path
    .map((step) => (/^\d+$/.test(String(step)) ? `[${step}]` : `.${step}`))
    .join('')
    .replace(/^\./, '');
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    Object.values(value).forEach(deepFreeze);
  }
  return value;
}
