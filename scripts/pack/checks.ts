/** Uses of an installed package. Each throws an error that says what is wrong. */
import { spawn, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Installed {
  /** The folder in whose `node_modules` the package is. */
  readonly folder: string;
  /** The Node that runs it. */
  readonly node: string;
}

interface Ended {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number | null;
}

const CONFIG = `south: { listen: "127.0.0.1:0" }
north: { listen: "127.0.0.1:0" }
admin: { listen: "127.0.0.1:0" }
accounts: { main: {} }
routes: [{ bridge: main }]
`;

const LIBRARY = `import { createJournal, parseConfig, prepareBridge, startServer } from 'dmbridge';

const config = parseConfig(${JSON.stringify(CONFIG)}, 'dmbridge.yaml', {});
const server = await startServer(config, createJournal({ level: 'error' }), prepareBridge);
const answer = await fetch(\`\${server.admin}/readyz\`);
await server.stop();
console.log(answer.status);
`;

const CODEC = `import { compileType, decodeWbxml, encodeWbxml, tokenTables } from 'dmbridge/wbxml';

const type = compileType({ formalPublicId: '-//EXAMPLE//DTD Parcel 1.0//EN', publicId: 0x2345, pages: [{ namespace: 'urn:parcel', tags: ['parcel'] }] });
const bytes = encodeWbxml({ name: 'parcel', namespace: 'urn:parcel', content: ['tea'] }, { type, version: '1.3' });
console.log(decodeWbxml(bytes, tokenTables([type])).root.content[0]);
`;

/** `--version`, `check` and `translate`. */
export function usesCommands(installed: Installed): void {
  writeFileSync(join(installed.folder, 'dmbridge.yaml'), CONFIG);
  writeFileSync(join(installed.folder, 'acl.txt'), 'Get=*&Replace=legacy-dm');
  expect(dmbridge(installed, '--version'), /^\d+\.\d+\.\d+\n$/);
  expect(dmbridge(installed, 'check'), /^dmbridge\.yaml: good/);
  expect(dmbridge(installed, 'translate', '--from', 'acl', 'acl.txt'), /legacy-dm/);
}

/** `serve` until it is ready, then SIGTERM. */
export async function serveOnce(installed: Installed): Promise<void> {
  const child = spawn(installed.node, [launcher(installed), 'serve'], {
    cwd: installed.folder,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const end = new Promise<number | null>((resolve) => child.on('close', resolve));
  let printed = '';
  child.stdout.on('data', (chunk: Buffer) => {
    printed += chunk.toString();
    if (printed.includes('dmbridge ready')) child.kill('SIGTERM');
  });
  const code = await end;
  if (code !== 0 || !printed.startsWith('dmbridge ready')) throw new Error(`code ${code}, printed "${printed}"`);
}

/** A program that starts a server. */
export function usesAsLibrary(installed: Installed): void {
  expect(script(installed, 'library.js', LIBRARY), /^200\n$/);
}

/** A program that uses the WBXML codec. */
export function usesCodec(installed: Installed): void {
  expect(script(installed, 'codec.js', CODEC), /^tea\n$/);
}

/** Without the runtime that the package brings: a new Node runs it, an old one says what is missing. */
export function startsWithoutRuntime(old: Installed, newNode: string): void {
  expect(dmbridge({ ...old, node: newNode }, '--version'), /^\d/);
  const { stderr, code } = dmbridge(old, '--version');
  if (code !== 2 || !/needs Node 24/.test(stderr)) throw new Error(`code ${code}, printed "${stderr}"`);
}

function script(installed: Installed, name: string, text: string): Ended {
  writeFileSync(join(installed.folder, name), text);
  return run(installed, name);
}

function dmbridge(installed: Installed, ...args: readonly string[]): Ended {
  return run(installed, launcher(installed), ...args);
}

function launcher({ folder }: Installed): string {
  return join(folder, 'node_modules/dmbridge/bin/dmbridge.cjs');
}

function run({ folder, node }: Installed, ...args: readonly string[]): Ended {
  const { stdout, stderr, status } = spawnSync(node, args, { cwd: folder, encoding: 'utf8' });
  return { stdout, stderr, code: status };
}

function expect({ stdout, stderr, code }: Ended, wanted: RegExp): void {
  if (code !== 0 || !wanted.test(stdout)) throw new Error(`code ${code}, printed "${stdout}${stderr}"`);
}
