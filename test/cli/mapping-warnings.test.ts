/** An operator learns of old spellings in mapping files from `dmbridge check` and from the log at start. */
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { runCheck } from '../../src/cli/check.ts';
import { readConfig } from '../../src/cli/command-line.ts';
import { prepareBridge } from '../../src/cli/server/prepare-bridge.ts';
import { createJournal } from '../../src/log.ts';
import { folderWith } from '../support/mappings.ts';

afterEach(() => vi.restoreAllMocks());

/** A folder with a configuration, and the folder of mappings that it names. */
function operatorsFolder() {
  const mappings = folderWith({ 'radio.yaml': 'moid: com.example/1.0/Radio\nname: Radio\nfind: type\nminima: true\n' });
  const accounts = 'accounts: { main: { url: "http://127.0.0.1:9/dm", serverId: DMS1 } }';
  const settings = `${accounts}\nroutes: [{ match: {}, bridge: main }]\nstore: sqlite:dmbridge.db\nmappings: [${mappings}]\n`;
  const config = join(folderWith({ 'dmbridge.yaml': settings }), 'dmbridge.yaml');
  return { mappings, config };
}

test('dmbridge check reports an old spelling with its file, its line and the new one', async () => {
  const { mappings, config } = operatorsFolder();
  let stdout = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    stdout += text;
    return true;
  });
  expect(await runCheck(['--config', config])).toBe(0);
  expect(stdout.split('\n')[1]).toBe(
    `${join(mappings, 'radio.yaml')}:4: warning: "minima" is an old spelling, which the next version refuses: write "minimumAccess"`,
  );
});

test('the bridge logs an old spelling at start', async () => {
  const { mappings, config } = operatorsFolder();
  const lines: string[] = [];
  const journal = createJournal({ level: 'warn', write: (line) => lines.push(line) });
  const bridge = await prepareBridge(readConfig(config), journal);
  await bridge.close();
  expect(lines.map((line) => JSON.parse(line))).toContainEqual({
    level: 'warn',
    time: expect.any(String),
    event: 'mapping.deprecated_key',
    file: join(mappings, 'radio.yaml'),
    line: 4,
    old: 'minima',
    replacement: 'minimumAccess',
  });
});
