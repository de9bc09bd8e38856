/** `dmbridge check`: what it prints about mappings and dropped DDFs. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { runCheck } from '../../src/cli/check.ts';
import { MappingFilesError } from '../../src/mapping/load.ts';
import { ddfFixture, ddfNode, ddfOf } from '../support/ddf.ts';
import { folderWith } from '../support/mappings.ts';

afterEach(() => vi.restoreAllMocks());

async function check(ddfs: Readonly<Record<string, string>>) {
  const folder = folderWith({
    'dmbridge.yaml': 'accounts: { main: {} }\nroutes: [{ bridge: main }]\nmappings: [./own]\n',
  });
  mkdirSync(join(folder, 'own', 'ddf'), { recursive: true });
  for (const [name, text] of Object.entries(ddfs)) writeFileSync(join(folder, 'own', 'ddf', name), text);
  let stdout = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    stdout += text;
    return true;
  });
  const code = await runCheck(['--config', join(folder, 'dmbridge.yaml')]);
  return { code, blocks: stdout.split('\n\n') };
}

describe('dmbridge check', () => {
  test('check prints what each mapping covers and leaves out', async () => {
    const { code, blocks } = await check({ 'radio.ddf': ddfFixture('radio.ddf') });
    expect(code).toBe(0);
    expect(blocks).toContain(
      [
        'com.example/1.0/Radio (Radio)',
        '  places: ./Vendor/Example/Radio',
        '  covers: 7 nodes, 0 alert types, new instances below ./Vendor/Example',
      ].join('\n'),
    );
    expect(blocks).toContain(
      [
        'urn:oma:mo:oma-fumo:1.0 (FUMO)',
        '  places: ./FUMO, ./FwUpdate/*',
        '  covers: 11 nodes, 5 alert types',
        '  leaves out: new instances; checks of access types; what is below 1 interior nodes without description',
      ].join('\n'),
    );
  });

  test('check prints what it ignored in a DDF', async () => {
    const { blocks } = await check({ 'policy.xml': ddfFixture('policy.xml') });
    expect(blocks.at(-1)).toMatch(/policy\.xml: com\.acme\/1\.1\/Lock\n {2}ignored: 1 Applicability, first at Lock\n/);
  });

  test('check prints what a DDF describes at each root, and that one describes a whole device', async () => {
    const device = ddfOf(ddfNode('.', '', [ddfNode('DevInfo', '', [ddfNode('Lang', '', [], 'chr')])]));
    const { blocks } = await check({ 'device.ddf': device, 'policy.xml': ddfFixture('policy.xml') });
    const block = (start: RegExp) => blocks.find((each) => start.test(each)) ?? '';
    expect(block(/^com\.acme\/1\.1\/Lock/)).toContain(
      [
        '  covers: 5 nodes, 0 alert types',
        '  at ./User/Vendor/ACME/Lock: 3 nodes, described for this place alone',
        '  at ./Device/Vendor/ACME/Lock: 2 nodes, described for this place alone',
        '  leaves out: new instances; checks of access types at other places',
      ].join('\n'),
    );
    expect(block(/device\.ddf:/)).toContain('device.ddf: a whole device, which refines other mappings');
  });

  test('check refuses a DDF that serve refuses', async () => {
    await expect(check({ 'a.ddf': '<MgmtTree/>' })).rejects.toBeInstanceOf(MappingFilesError);
  });
});
