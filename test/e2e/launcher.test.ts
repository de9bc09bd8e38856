/** `bin/dmbridge.cjs`: the flags of Node, signals and the exit code. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

const LAUNCHER = fileURLToPath(new URL('../../bin/dmbridge.cjs', import.meta.url));
const FLAG = '--disable-sigusr1';
const ANY = '{ listen: "127.0.0.1:0" }';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'dmbridge-launcher-'));
  const text = `accounts: { main: {} }\nroutes: [{ bridge: main }]\nsouth: ${ANY}\nnorth: ${ANY}\nadmin: ${ANY}\n`;
  writeFileSync(join(folder, 'c.yaml'), text);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

class Launched {
  readonly child: ChildProcess;
  readonly end: Promise<readonly [number | null, NodeJS.Signals | null]>;
  output = '';
  #next = Promise.withResolvers<void>();

  constructor(options: readonly string[], environment: Readonly<Record<string, string>> = {}) {
    this.child = spawn(process.execPath, [...options, LAUNCHER, 'serve', '--config', 'c.yaml'], {
      cwd: folder,
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.end = new Promise((resolve) => this.child.on('close', (code, signal) => resolve([code, signal])));
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        this.output += chunk.toString();
        this.#next.resolve();
        this.#next = Promise.withResolvers();
      });
    }
  }

  async until(pattern: RegExp): Promise<void> {
    const ended = this.end.then(() => Promise.reject(new Error(`it ended: ${this.output}`)));
    while (!pattern.test(this.output)) await Promise.race([this.#next.promise, ended]);
    ended.catch(() => undefined);
  }

  /** The process ids of the launcher and of what it started. */
  processes(): readonly number[] {
    const { pid = 0 } = this.child;
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
    return [pid, ...children.split(' ').filter(Boolean).map(Number)];
  }
}

describe.runIf(process.platform === 'linux')('the launcher', () => {
  test.for([
    ['without flags it starts one child that has them', [], {}, 2],
    ['with the flags it is the bridge', [FLAG], {}, 1],
    ['with the flags in NODE_OPTIONS it is the bridge', [], { NODE_OPTIONS: FLAG }, 1],
  ] as const)(
    'SIGUSR1 opens no debugger, SIGHUP reloads, SIGTERM ends with 0: %s',
    async ([_what, flags, env, count]) => {
      const launched = new Launched(flags, env);
      await launched.until(/dmbridge ready/u);
      const processes = launched.processes();
      expect(processes).toHaveLength(count);
      for (const pid of processes) process.kill(pid, 'SIGUSR1');
      launched.child.kill('SIGHUP');
      await launched.until(/"event":"config\.reloaded"/u);
      expect(launched.output).not.toMatch(/debugger|inspector/iu);
      launched.child.kill('SIGTERM');
      expect(await launched.end).toEqual([0, null]);
      expect(launched.output).not.toMatch(/debugger|inspector/iu);
    },
  );

  test('the answer to SIGHUP is written at a log level above it, too', async () => {
    const launched = new Launched([]);
    await launched.until(/dmbridge ready/u);
    const file = join(folder, 'c.yaml');
    writeFileSync(file, `${readFileSync(file, 'utf8')}log: { level: error }\n`);
    launched.child.kill('SIGHUP');
    await launched.until(/"logLevel":"error".*"event":"config\.reloaded"/u);
    launched.child.kill('SIGHUP');
    await launched.until(/("event":"config\.reloaded".*){2}/su);
    launched.child.kill('SIGTERM');
    expect(await launched.end).toEqual([0, null]);
    expect(launched.output).not.toContain('bridge.stopping');
  });

  test('options of Node reach the child', async () => {
    const launched = new Launched(['--title=some-bridge']);
    await launched.until(/dmbridge ready/u);
    const [, child] = launched.processes();
    const words = readFileSync(`/proc/${child}/cmdline`, 'utf8').split('\0');
    // A title takes the place of the command line.
    expect(words.join(' ')).toContain('some-bridge');
    launched.child.kill('SIGTERM');
    await launched.end;
  });

  test('a second bridge on the same store ends with 2, through the launcher, too; after a kill the lock is free', async () => {
    const first = new Launched([]);
    await first.until(/dmbridge ready/u);
    const [, bridge] = first.processes();
    const second = new Launched([]);
    expect(await second.end).toEqual([2, null]);
    expect(second.output).toMatch(
      new RegExp(`^dmbridge: the store .*dmbridge\\.db is in use by process ${bridge}\\n$`, 'u'),
    );
    first.child.kill('SIGKILL');
    await first.end;
    const third = new Launched([]);
    await third.until(/dmbridge ready/u);
    third.child.kill('SIGTERM');
    expect(await third.end).toEqual([0, null]);
  });
});
