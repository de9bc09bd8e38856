/** A process under test as the driver sees it. */
import { type ChildProcess, fork } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Pool } from 'undici';
import { HTTP } from '../src/http-status.ts';
import type { Measurement, MeasureRequest, TestedOptions } from './measurement.ts';

export type Encoding = 'xml' | 'wbxml';

export const MEDIA_TYPES: Readonly<Record<Encoding, string>> = {
  xml: 'application/vnd.syncml.dm+xml',
  wbxml: 'application/vnd.syncml.dm+wbxml',
};

/** The folder of the code that is measured together with this bench. */
export const THIS_TREE = join(import.meta.dirname, '..');
const CONNECTIONS = 64;
const FLAGS = ['--expose-gc', '--disable-sigusr1'];
/** Where Node keeps the compiled sources: a bench starts some twenty processes. It makes no difference to code that is warm. */
const COMPILED = join(tmpdir(), 'dmbridge-bench-compiled');

export class TestedProcess {
  readonly #child: ChildProcess;
  readonly #pool: Pool;
  /** The path for devices. */
  readonly path: string;

  private constructor(child: ChildProcess, url: string) {
    const { origin, pathname } = new URL(url);
    this.#child = child;
    this.#pool = new Pool(origin, { connections: CONNECTIONS });
    this.path = pathname;
  }

  /** Starts the code of `tree`, the folder of a commit. */
  static async start(options: TestedOptions, tree = THIS_TREE, flags: readonly string[] = []): Promise<TestedProcess> {
    const child = fork(join(tree, 'bench', 'under-test.ts'), [JSON.stringify(options)], {
      execArgv: [...FLAGS, ...flags],
      env: { ...process.env, NODE_COMPILE_CACHE: COMPILED },
    });
    const { url } = await new Promise<{ url: string }>((resolve, reject) => {
      child.once('message', (message) => resolve(message as { url: string }));
      child.once('exit', (code) => reject(new Error(`the process under test ended with ${code}`)));
    });
    return new TestedProcess(child, url);
  }

  measure(request: MeasureRequest): Promise<Measurement> {
    const measurement = new Promise<Measurement>((resolve) => {
      this.#child.once('message', (message) => resolve(message as Measurement));
    });
    this.#child.send(request);
    return measurement;
  }

  /** Measures while `work` runs. */
  async during(work: () => Promise<void>, watch = false): Promise<Measurement> {
    await this.measure({ measure: 'start', watch });
    await work();
    return this.measure({ measure: 'stop' });
  }

  /** @throws Error for any answer but 200 */
  async post(body: Uint8Array, encoding: Encoding, path = this.path): Promise<Buffer> {
    const { status, answer } = await this.exchange(body, encoding, path);
    if (status !== HTTP.ok) throw new Error(`HTTP ${status}: ${answer.toString('latin1').slice(0, 200)}`);
    return answer;
  }

  async exchange(body: Uint8Array, encoding: Encoding, path = this.path): Promise<{ status: number; answer: Buffer }> {
    const headers = { 'content-type': MEDIA_TYPES[encoding] };
    const reply = await this.#pool.request({ method: 'POST', path, headers, body, headersTimeout: 0, bodyTimeout: 0 });
    return { status: reply.statusCode, answer: Buffer.from(await reply.body.arrayBuffer()) };
  }

  async close(): Promise<void> {
    const ended = new Promise((resolve) => this.#child.once('exit', resolve));
    await this.#pool.destroy();
    this.#child.disconnect();
    await ended;
  }
}
