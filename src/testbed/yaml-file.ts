/** Reads the files of the testbed: YAML that follows a JSON Schema. */
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { ConfigError } from '../errors.ts';
import type { Validated } from '../json-schema.ts';

/**
 * Reads a YAML file.
 * @throws ConfigError ERR_CONFIG_INVALID for a file that cannot be read
 */
export function readYaml(file: string, options: { readonly merge?: boolean } = {}): unknown {
  try {
    return parse(readFileSync(file, 'utf8'), options);
  } catch (cause) {
    throw new ConfigError('ERR_CONFIG_INVALID', `${file}: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
}

/**
 * Returns the checked value of a file.
 * @throws ConfigError ERR_CONFIG_INVALID with every problem of the value
 */
export function requireValid<T>(result: Validated<T>, file: string): T {
  if (result.ok) return result.value;
  const problems = result.problems.map(({ pointer, message }) => `${file}: ${pointer || '/'} ${message}`);
  throw new ConfigError('ERR_CONFIG_INVALID', problems.join('\n'), { problems });
}
