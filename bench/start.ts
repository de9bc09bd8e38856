/** Measures the second start of the program with very many registered devices and an unchanged devices file. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { devIdAt, PASSWORD, USER } from './measurement.ts';
import type { BenchRow } from './row.ts';
import { THIS_TREE } from './tested-process.ts';

const CONFIGURATION = `
south: { listen: 127.0.0.1:0 }
north: { listen: 127.0.0.1:0 }
accounts: { main: { url: "http://127.0.0.1:9/dm", serverId: DMS1, auth: { type: none } } }
routes: [{ match: {}, bridge: main }]
admin: { listen: "127.0.0.1:0" }
devices: devices.csv
store: sqlite:store.db
log: { level: error }
`;

/** @param devices the number of rows of the devices file */
export async function benchStart(devices: number): Promise<readonly BenchRow[]> {
  const folder = mkdtempSync(join(tmpdir(), 'dmbridge-bench-'));
  try {
    const file = join(folder, 'dmbridge.yaml');
    writeFileSync(file, CONFIGURATION);
    await writeDevices(join(folder, 'devices.csv'), devices);
    const first = await secondsUntilReady(file);
    const second = await secondsUntilReady(file);
    const figure = `${devices} devices; first start, with the import, ${first.toFixed(1)} s`;
    return [{ name: 'start with an unchanged devices file, s', figure, value: second, must: 5, stretch: 2 }];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function writeDevices(file: string, count: number): Promise<void> {
  const stream = createWriteStream(file);
  stream.write('devId,user,password\n');
  for (let at = 0; at < count; at += 1) {
    if (!stream.write(`${devIdAt(at)},${USER},${PASSWORD}\n`)) await once(stream, 'drain');
  }
  stream.end();
  await once(stream, 'finish');
}

async function secondsUntilReady(file: string): Promise<number> {
  const begin = performance.now();
  const main = join(THIS_TREE, 'src', 'main.ts');
  const child = spawn(process.execPath, ['--disable-sigusr1', main, 'serve', '--config', file], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await untilReady(child);
  const seconds = (performance.now() - begin) / 1000;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
  return seconds;
}

function untilReady(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    child.stdout?.on('data', (text: Buffer) => {
      if (text.includes('dmbridge ready')) resolve();
    });
    child.once('exit', (code) => reject(new Error(`the bridge ended with ${code}`)));
  });
}
