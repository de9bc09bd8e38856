/** `dmbridge translate` as a process. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { loadMappings } from '../../src/mapping/load.ts';
import { encodeEmbedded } from '../../src/syncml/embedded-document.ts';
import { parseXml } from '../../src/syncml/xml-reader.ts';
import { ddfFixture } from '../support/ddf.ts';
import { folderWith, must } from '../support/mappings.ts';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'dmbridge-translate-'));
  const write = (name: string, content: string) => writeFileSync(join(folder, name), content);
  write('get.xml', '<Get><CmdID>1</CmdID><Item><Target><LocURI>./FUMO/State</LocURI></Target></Item></Get>');
  write('acl', 'Get=*&Replace=a');
  write('radio.ddf', ddfFixture('radio.ddf'));
  write('broken.xml', '<SyncBody><Get></SyncBody>');
  write('prose', 'once upon a time');
  write('empty', '');
  writeFileSync(join(folder, 'noise'), Buffer.from('8f00ff1e0bad', 'hex'));
  writeFileSync(join(folder, 'tree.wbxml'), encodeEmbedded(parseXml(TREE)));
});
afterAll(() => rmSync(folder, { recursive: true }));

function run(args: readonly string[], input?: string) {
  return new Promise<{ stdout: string; stderr: string; code: number }>((resolve) => {
    const child = execFile(process.execPath, [MAIN, 'translate', ...args], { cwd: folder }, (error, stdout, stderr) => {
      resolve({ stdout, stderr, code: typeof error?.code === 'number' ? error.code : 0 });
    });
    child.stdin?.end(input ?? '');
  });
}

const TREE =
  '<MgmtTree xmlns="syncml:dmddf1.2"><VerDTD>1.2</VerDTD><Node><NodeName>FUMO</NodeName><RTProperties><Format><node/></Format><Type><DDFName>urn:oma:mo:oma-fumo:1.0</DDFName></Type></RTProperties><Node><NodeName>State</NodeName><RTProperties><Format><int/></Format><Type><MIME>text/plain</MIME></Type></RTProperties><Value>10</Value></Node></Node></MgmtTree>';
const CMD = [['GET', 'urn:oma:mo:oma-fumo:1.0/FUMO/State']];

describe('dmbridge translate', () => {
  test('translate prints the other side', async () => {
    const { stdout, stderr, code } = await run(['get.xml']);
    expect([JSON.parse(stdout), stderr, code]).toEqual([{ CMD }, '', 0]);
  });

  test('translate reads standard input, and prints JSON with --json', async () => {
    const { stdout, stderr, code } = await run(['--json', '-'], 'Get=*&Replace=a');
    expect(JSON.parse(stdout)).toEqual({
      from: 'acl',
      to: 'access-rights',
      output: { Permissions: { 1: { MAID: '*', AR: 1 }, 2: { MAID: 'serverid:a', AR: 9 } } },
      warnings: [],
    });
    expect([stderr, code]).toEqual(['', 0]);
  });

  test('translate warns on stderr of what has no counterpart', async () => {
    const { stdout, stderr, code } = await run(['-'], '{"CMD":[["END"]]}');
    expect(stdout).toContain('<Final/>');
    expect(stderr).toMatch(/^NO_COUNTERPART END: .*\n$/);
    expect(code).toBe(0);
  });

  test('translate reads a TNDS document in WBXML', async () => {
    const { stdout, stderr, code } = await run(['--json', 'tree.wbxml']);
    const output = [{ ClientURI: 'urn:oma:mo:oma-fumo:1.0/FUMO/', MOData: { FUMO: { State: 10 } } }];
    expect(JSON.parse(stdout)).toEqual({ from: 'tnds', to: 'dmmo+json', output, warnings: [] });
    expect([stderr, code]).toEqual(['', 0]);
  });

  test('translate makes the mapping file of an MO from its DDF', async () => {
    const { stdout, stderr, code } = await run(['radio.ddf']);
    expect(code).toBe(0);
    expect(stderr).toMatch(/^NO_COUNTERPART Radio: 1 Copy ignored/);
    expect(parse(stdout)).toMatchObject({ moid: 'com.example/1.0/Radio', roots: ['./Vendor/Example/Radio'] });
    const { mappings } = loadMappings([folderWith({ 'radio.yaml': stdout })]);
    const { description } = must(mappings.find(({ moid }) => moid === 'com.example/1.0/Radio'));
    expect(description.children.map(({ name }) => name)).toEqual(['Power', 'Firmware', 'Bands']);
  });

  test.each([
    ['a document that cannot be read', ['broken.xml'], 1, /^dmbridge: .*end tag/],
    ['a text of no known kind', ['prose'], 1, /--from says which/],
    ['an empty file', ['empty'], 1, /--from says which/],
    ['empty standard input', ['-'], 1, /--from says which/],
    ['random bytes', ['--json', 'noise'], 1, /not utf-8/],
    ['random bytes that are said to be WBXML', ['--from', 'wbxml', 'noise'], 1, /not WBXML/],
    ['a document of another kind than said', ['--from', 'tnds', 'get.xml'], 1, /not a MgmtTree/],
    ['a file that is not there', ['none.xml'], 1, /ENOENT/],
    ['no file', [], 2, /expected one FILE/],
    ['two files', ['acl', 'acl'], 2, /expected one FILE/],
    ['an unknown kind', ['--from', 'fax', 'acl'], 2, /--from is one of syncml/],
    ['an unknown option', ['--fast', 'acl'], 2, /Unknown option '--fast'/],
    ['a repository that is no URL', ['--repository', 'x', 'acl'], 2, /--repository is a URL/],
  ] satisfies readonly [string, string[], number, RegExp][])(
    'translate fails for %s',
    async (_what, args, code, message) => {
      expect(await run(args)).toEqual({ stdout: '', stderr: expect.stringMatching(message), code });
    },
  );
});
