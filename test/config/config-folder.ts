/** A folder with the files that the configurations of these tests name, and a parser for texts that lie in it. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import type { Config } from '../../src/config/config.ts';
import { parseConfig } from '../../src/config/load.ts';
import { ConfigError } from '../../src/errors.ts';
import { CLIENT_CERT, CLIENT_KEY, TEST_CA } from '../support/certificates.ts';

export const folder = mkdtempSync(join(tmpdir(), 'dmbridge-config-'));
writeFileSync(join(folder, 'ca.pem'), TEST_CA);
writeFileSync(join(folder, 'client.pem'), CLIENT_CERT);
writeFileSync(join(folder, 'client.key'), CLIENT_KEY);
writeFileSync(join(folder, 'not.pem'), 'hello');
writeFileSync(join(folder, 'devices.csv'), 'devId,user,password\n');
mkdirSync(join(folder, 'extra'));
afterAll(() => rmSync(folder, { recursive: true }));

const FILE = join(folder, 'c.yaml');

export const MINIMAL = 'accounts: { main: {} }\nroutes: [{ bridge: main }]\n';

export function parse(text: string, env: Record<string, string> = {}): Config {
  return parseConfig(text, FILE, env);
}

/** The problems of a configuration, without the name of its file. */
export function problemsOf(text: string, env: Record<string, string> = {}): readonly string[] {
  try {
    parse(text, env);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.map((problem) => problem.replace(`${FILE}:`, ''));
    throw error;
  }
  return [];
}
