/** `dmbridge serve` as an operator runs it: a process of its own with its configuration, its file store and its logs. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ConditionVariable } from '../support/condition-variable.ts';
import { DM_XML } from './scripted-device.ts';

const LAUNCHER = fileURLToPath(new URL('../../bin/dmbridge.cjs', import.meta.url));
const STOPPED_CLOCK = new URL('./stopped-clock.ts', import.meta.url).href;

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
}

/** Nothing in it depends on the speed of the machine: it waits an hour for its backend, and its clock does not move. */
export class BridgeProcess {
  readonly folder = mkdtempSync(join(tmpdir(), 'dmbridge-e2e-'));
  /** What has arrived of the log of all processes of this bridge; `readLog` waits for the rest. */
  stderr = '';
  south = '';
  north = '';
  admin = '';
  /** Variables that it has beside those of the tests. */
  environment: Readonly<Record<string, string>> = {};
  readonly #startedAt = Date.now();
  #child: ChildProcess | undefined;
  /** The exit code, once all output has arrived. */
  #end: Promise<number | null> = Promise.resolve(null);
  #isRunning = false;
  readonly #changed = new ConditionVariable();
  #marks = 0;

  /** `devices` is the devices file, `more` further lines of the configuration. */
  constructor(backendUrl: string, devices: string, more = '') {
    this.write('devices.csv', devices);
    this.write(
      'dmbridge.yaml',
      [
        'south: { listen: "127.0.0.1:0", answerWithin: 1h, auth: { accept: [md5, basic] } }',
        'north: { listen: "127.0.0.1:0" }',
        'admin: { listen: "127.0.0.1:0" }',
        `accounts: { main: { url: "${backendUrl}/dm20", timeout: 1h, auth: { type: basic, user: bridge, password: backend-pass } } }`,
        'routes: [{ match: {}, bridge: main }]',
        'devices: devices.csv',
        'log: { level: debug }',
        more,
      ].join('\n'),
    );
  }

  write(name: string, content: string): void {
    writeFileSync(join(this.folder, name), content);
  }

  /** Starts it on the same store; resolves with the ready line. */
  async start(): Promise<string> {
    const flags = ['--disable-sigusr1', '--import', STOPPED_CLOCK];
    const child = spawn(process.execPath, [...flags, LAUNCHER, 'serve', '--config', 'dmbridge.yaml'], {
      cwd: this.folder,
      env: { ...process.env, STOPPED_AT: String(this.#startedAt), ...this.environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    this.#isRunning = true;
    this.#end = new Promise((resolve) => {
      child.on('close', (code) => {
        this.#isRunning = false;
        this.#changed.notifyAll();
        resolve(code);
      });
    });
    child.stderr.on('data', (chunk: Buffer) => {
      this.stderr += chunk.toString();
      this.#changed.notifyAll();
    });
    const line = await new Promise<string>((resolve, reject) => {
      let text = '';
      child.stdout.on('data', (chunk: Buffer) => {
        text += chunk.toString();
        if (text.includes('\n')) resolve(text);
      });
      child.on('close', (code) => reject(new Error(`ended with ${code}: ${this.stderr}`)));
    });
    const [, south, north, admin] = /^dmbridge ready south=(\S+) north=(\S+) admin=(\S+)\n$/u.exec(line) ?? [];
    this.south = south ?? '';
    this.north = north ?? '';
    this.admin = admin ?? '';
    return line;
  }

  /** Ends it as a power failure does. */
  async kill(): Promise<void> {
    this.signal('SIGKILL');
    await this.#end;
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  async restart(): Promise<void> {
    await this.kill();
    await this.start();
  }

  signal(name: NodeJS.Signals): void {
    this.#child?.kill(name);
  }

  /** Sends SIGTERM; resolves with the exit code. */
  async terminate(): Promise<number | null> {
    this.signal('SIGTERM');
    return await this.#end;
  }

  /** Waits until the log has this. */
  async untilLogged(pattern: RegExp): Promise<void> {
    await this.#changed.waitUntil(() => !this.#isRunning || pattern.test(this.stderr));
    if (!pattern.test(this.stderr)) throw new Error(`ended before it logged ${pattern}: ${this.stderr}`);
  }

  /** The whole log up to now. A request that the bridge refuses is logged behind everything that came before it. */
  async readLog(): Promise<string> {
    this.#marks += 1;
    const mark = `end-of-log-${this.#marks}`;
    await this.post('', `/${mark}`);
    const markedLine = new RegExp(`^.*/${mark}".*\n`, 'mu');
    await this.untilLogged(markedLine);
    this.stderr = this.stderr.replace(markedLine, '');
    return this.stderr;
  }

  /** POSTs a message to `path` below the endpoint. Each process has another port, so the path of a RespURI is enough. */
  async post(
    body: string | Uint8Array<ArrayBuffer>,
    path = '',
    headers: Record<string, string> = {},
  ): Promise<HttpAnswer> {
    const response = await fetch(`${this.south}${path}`, {
      method: 'POST',
      headers: { 'content-type': DM_XML, ...headers },
      body,
    });
    return { status: response.status, headers: response.headers, body: await response.text() };
  }

  /** Kills it and removes its folder. */
  async remove(): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
