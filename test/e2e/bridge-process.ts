/** `dmbridge serve` as an operator runs it: a process of its own with its configuration, its file store and its logs. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DM_XML } from './scripted-device.ts';

const LAUNCHER = fileURLToPath(new URL('../../bin/dmbridge.cjs', import.meta.url));

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
}

export class BridgeProcess {
  readonly folder = mkdtempSync(join(tmpdir(), 'dmbridge-e2e-'));
  /** Everything that was ever logged, by all processes of this bridge. */
  stderr = '';
  /** Milliseconds from launch to the ready line. */
  startTime = 0;
  south = '';
  admin = '';
  /** What its environment has beyond that of the tests. */
  environment: Readonly<Record<string, string>> = {};
  #child: ChildProcess | undefined;
  #exit: Promise<number | null> = Promise.resolve(null);

  constructor(backendUrl: string, devices: string, more = '') {
    this.write('devices.csv', devices);
    this.write(
      'dmbridge.yaml',
      [
        'south: { listen: "127.0.0.1:0", auth: { accept: [md5, basic] } }',
        'north: { listen: "127.0.0.1:0" }',
        'admin: { listen: "127.0.0.1:0" }',
        `accounts: { main: { url: "${backendUrl}/dm20", auth: { type: basic, user: bridge, password: backend-pass } } }`,
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
    const begun = performance.now();
    const child = spawn(process.execPath, [LAUNCHER, 'serve', '--config', 'dmbridge.yaml'], {
      cwd: this.folder,
      env: { ...process.env, ...this.environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    this.#exit = new Promise((resolve) => child.on('exit', resolve));
    child.stderr.on('data', (chunk: Buffer) => {
      this.stderr += chunk.toString();
    });
    const line = await new Promise<string>((resolve, reject) => {
      let text = '';
      child.stdout.on('data', (chunk: Buffer) => {
        text += chunk.toString();
        if (text.includes('\n')) resolve(text);
      });
      child.on('exit', (code) => reject(new Error(`ended with ${code}: ${this.stderr}`)));
    });
    this.startTime = performance.now() - begun;
    const [, south, , admin] = /^dmbridge ready south=(\S+) north=(\S+) admin=(\S+)\n$/u.exec(line) ?? [];
    this.south = south ?? '';
    this.admin = admin ?? '';
    return line;
  }

  /** As the power fails. */
  async kill(): Promise<void> {
    this.#child?.kill('SIGKILL');
    await this.#exit;
  }

  async restart(): Promise<void> {
    await this.kill();
    await this.start();
  }

  /** Its exit code, and how long it took to end. */
  async terminate(): Promise<{ readonly code: number | null; readonly took: number }> {
    const begun = performance.now();
    this.#child?.kill('SIGTERM');
    return { code: await this.#exit, took: performance.now() - begun };
  }

  exited(): Promise<number | null> {
    return this.#exit;
  }

  /** POSTs a message to `path` below the endpoint, which keeps its port from one process to the next no longer than it lives. */
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

  /** Ends it, whatever state it is in, and removes what it kept. */
  async remove(): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
