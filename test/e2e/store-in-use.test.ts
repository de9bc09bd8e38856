/** The store of a running bridge: commands beside it, a full disk, a read-only folder, a damaged file. */
import { spawn } from 'node:child_process';
import { openSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { BridgeProcess } from './bridge-process.ts';
import { list, ScriptedBackend } from './scripted-backend.ts';
import { note, packageOne, readAnswer } from './scripted-device.ts';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const ROWS = 'devId,user,password\nIMEI:1,bruce,OhBehave\n';
const BRUCE = { devId: 'IMEI:1', user: 'bruce', password: 'OhBehave' };
const AUSTIN = { devId: 'IMEI:2', user: 'austin', password: 'Groovy' };

let backend: ScriptedBackend;
let bridge: BridgeProcess;
beforeEach(async () => {
  backend = new ScriptedBackend();
  backend.answerBy(() => list(['END']));
  bridge = new BridgeProcess(await backend.open(), ROWS);
});
afterEach(async () => {
  await bridge.remove();
  await backend.close();
});

/** Runs a command in the folder of the bridge. */
async function run(...args: readonly string[]) {
  const child = spawn(process.execPath, [MAIN, ...args], { cwd: bridge.folder, stdio: ['ignore', 'pipe', 'pipe'] });
  const exit = new Promise<number | null>((resolve) => child.on('exit', resolve));
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), exit]);
  return { stdout, stderr, code };
}

const statusOf = async (account: typeof BRUCE, sessionId = '1') => {
  const answer = await bridge.post(packageOne(account, { sessionId }, [note(3, 'hello')]));
  return answer.status === 200 ? readAnswer(answer.body).statuses[0]?.split(' ')[2] : String(answer.status);
};
const readiness = async () => (await fetch(`${bridge.admin}/readyz`)).status;

describe('commands beside a running bridge', () => {
  test('import, store info and store backup work; the backup opens with its keys and has what was committed', async () => {
    await bridge.start();
    bridge.write('more.csv', 'devId,user,password,serverUser,serverPassword\nIMEI:2,austin,Groovy,srv,hush\n');
    expect(await statusOf(AUSTIN)).toBe('401');
    expect(await run('import', 'more.csv', '--config', 'dmbridge.yaml')).toMatchObject({
      stdout: 'more.csv: 1 devices imported\n1 devices of the store are not in this file; they can still log in\n',
      code: 0,
    });
    expect(['200', '212']).toContain(await statusOf(AUSTIN, '2'));
    const info = await run('store', 'info', '--config', 'dmbridge.yaml');
    expect(info).toMatchObject({ code: 0, stderr: '' });
    expect(info.stdout).toMatch(/^backend +sqlite\n[\s\S]*devices +2\n[\s\S]*runners +1 \(process \d+\)\n$/u);
    const backup = await run('store', 'backup', 'copy.db', '--config', 'dmbridge.yaml');
    expect(backup).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^copy\.db: \d+ bytes, keys in copy\.db\.keys\n$/u),
    });
    expect(statSync(join(bridge.folder, 'copy.db')).mode & 0o777).toBe(0o600);
    expect((await run('store', 'backup', 'copy.db', '--config', 'dmbridge.yaml')).code).toBe(1);
    expect(['200', '212']).toContain(await statusOf(BRUCE));

    // Another bridge opens the copy, without its devices file.
    const settings = 'south: { listen: "127.0.0.1:0", auth: { accept: [basic] } }\nnorth: { listen: "127.0.0.1:0" }';
    const lines = [
      settings,
      'admin: { listen: "127.0.0.1:0" }',
      'accounts: { main: {} }',
      'routes: [{ bridge: main }]',
    ];
    bridge.write('copy.yaml', [...lines, 'store: sqlite:copy.db'].join('\n'));
    expect((await run('store', 'info', '--config', 'copy.yaml')).stdout).toMatch(/devices +2\n/u);
    bridge.write('again.csv', 'devId,user,password,serverUser,serverPassword\nIMEI:2,austin,Groovy,srv,other\n');
    expect(await run('import', 'again.csv', '--config', 'copy.yaml')).toMatchObject({ code: 0, stderr: '' });
  });

  test.for([['store'], ['store', 'fly'], ['store', 'backup'], ['store', 'info', 'x']])(
    'a wrong command line ends with 2: %j',
    async (args) => {
      expect(await run(...args, ...(args.length > 1 ? ['--config', 'dmbridge.yaml'] : []))).toMatchObject({ code: 2 });
    },
  );
});

describe.runIf(process.platform === 'linux')('a full disk', () => {
  /** Bounds the size of every file that the process writes; undefined: no bound. */
  async function limitFiles(pid: number, bytes: number | undefined): Promise<void> {
    const limit = `--fsize=${bytes ?? 'unlimited'}:unlimited`;
    const child = spawn('prlimit', ['--pid', String(pid), limit], { stdio: 'ignore' });
    await new Promise((resolve) => child.on('exit', resolve));
  }

  test('devices get 503 and /readyz says so until a write succeeds, which the bridge tries by itself', async () => {
    await bridge.start();
    expect(await readiness()).toBe(200);
    await limitFiles(bridge.pid, 1);
    const refused = await bridge.post(packageOne(BRUCE, {}, [note(3, 'lost?')]));
    expect([refused.status, refused.body]).toEqual([503, 'the store cannot be used now: try again later\n']);
    await bridge.untilLogged(/"event":"store\.write_failed"[^\n]*|"event":"http\.request_failed"/u);
    expect([await readiness(), await readiness()]).toEqual([503, 503]);
    await limitFiles(bridge.pid, undefined);
    await bridge.untilLogged(/"event":"store\.recovered"/u);
    expect(await readiness()).toBe(200);
    expect(['200', '212']).toContain(await statusOf(BRUCE));
    expect(bridge.stderr).toMatch(/the store \S+dmbridge\.db failed: E\w+ \(/u);
  });
});

describe('a store that cannot be used', () => {
  test('a damaged store ends with 1 and one sentence that says what to do', async () => {
    await bridge.start();
    expect(await bridge.terminate()).toBe(0);
    const file = join(bridge.folder, 'data', 'dmbridge.db');
    const handle = openSync(file, 'r+');
    writeSync(handle, Buffer.alloc(2_000, 0x5a), 0, 2_000, 3_000);
    expect(await run('serve', '--config', 'dmbridge.yaml')).toEqual({
      code: 1,
      stdout: '',
      stderr: `dmbridge: the store ${file} is damaged, or it is no SQLite file: restore a backup (docs/operations/backup.md)\n`,
    });
  });

  test('a place that is no folder is named with the reason', async () => {
    writeFileSync(join(bridge.folder, 'data'), '');
    const { code, stderr } = await run('serve', '--config', 'dmbridge.yaml');
    expect(code).toBe(1);
    expect(stderr).toMatch(/^dmbridge: the store \S+ cannot be opened: E[A-Z]+\b/u);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });
});
