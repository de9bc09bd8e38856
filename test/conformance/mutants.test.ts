/** `npm run conformance:mutants`: its verdicts and exit codes, with a small project in place of the bridge. */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test } from 'vitest';

const PROJECT = join(import.meta.dirname, '..', '..');
const ENGINE = 'export function answer(): number {\n  return 200; // a comment\n}\n';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'dmbridge-small-'));
  symlinkSync(join(PROJECT, 'node_modules'), join(root, 'node_modules'), 'dir');
  write('package.json', '{ "type": "module" }');
  write(
    'vitest.config.ts',
    "export default { test: { projects: [{ test: { name: 'core', include: ['test/**/*.test.ts'] } }] } };",
  );
  write('src/bridge/bridge.ts', ENGINE);
  write('test/bridge/a.test.ts', claimingTest(200));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function write(name: string, content: string): void {
  mkdirSync(dirname(join(root, name)), { recursive: true });
  writeFileSync(join(root, name), content);
}

function claimingTest(expected: number): string {
  return [
    "import { expect, test } from 'vitest';",
    "import { answer } from '../../src/bridge/bridge.ts';",
    `test('an answer comes (CP-DMPRO-7)', () => expect(answer()).toBe(${expected}));`,
    "test('another item (CP-DMPRO-7.2a)', () => expect(answer()).toBe(1));",
  ].join('\n');
}

async function run(find: string, replace: string, ...options: readonly string[]) {
  const damage = { items: ['CP-DMPRO-7'], fault: 'a fault', file: 'src/bridge/bridge.ts', find, replace };
  write('scripts/conformance/damages/a.yaml', JSON.stringify([damage]));
  const script = join(PROJECT, 'scripts', 'conformance-mutants.ts');
  const child = spawn(process.execPath, [script, '--root', root, ...options], { stdio: ['ignore', 'pipe', 'inherit'] });
  const code = new Promise<number | null>((resolve) => child.on('close', resolve));
  return { lines: (await text(child.stdout)).trim().split('\n'), code: await code };
}

test.each([
  ['is noticed', '200', '500', 0, 'killed: CP-DMPRO-7: a fault', '1 killed, 0 survived, 0 broken list'],
  [
    'is not noticed',
    'a comment',
    'no comment',
    1,
    'survived: CP-DMPRO-7: a fault: CP-DMPRO-7',
    '0 killed, 1 survived, 0 broken list',
  ],
  [
    'has no place in its file',
    '404',
    '500',
    2,
    'broken list: CP-DMPRO-7: the text to replace is not exactly once in src/bridge/bridge.ts',
    '0 killed, 0 survived, 1 broken list',
  ],
  [
    'breaks the program so that no test runs',
    'return 200',
    'return (',
    2,
    'broken list: CP-DMPRO-7: a fault: no test of CP-DMPRO-7 ran',
    '0 killed, 0 survived, 1 broken list',
  ],
])('a damage that %s decides the exit code and the report', async (_, find, replace, code, ...lines) => {
  expect(await run(find, replace)).toEqual({ code, lines });
  expect(readFileSync(join(root, 'src/bridge/bridge.ts'), 'utf8')).toBe(ENGINE);
});

test('a claiming test that fails without any damage makes the list broken', async () => {
  write('test/bridge/a.test.ts', claimingTest(404));
  const { code, lines } = await run('200', '500');
  expect(code).toBe(2);
  expect(lines[0]).toMatch(/^fails undamaged: test\/bridge\/a\.test\.ts: .*CP-DMPRO-7/u);
});

test('an item without a damage makes the list broken', async () => {
  expect(await run('200', '500', '--item', 'CP-DMPRO-6a')).toMatchObject({ code: 2 });
});
