/** A DM 2.0 Server and Data Repository made of a script: it answers as the test says and remembers what it was sent. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { ConditionVariable } from '../support/condition-variable.ts';

export interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export interface Reply {
  readonly status?: number;
  readonly type?: string;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Gives the answer to a request; `packages` counts the packages so far. `hang`: the request is never answered. */
export type Script = (request: Received, packages: number) => Reply | 'hang' | Promise<Reply | 'hang'>;

/** The parts of a package of the bridge that tests look at. */
export interface SentPackage {
  /** Absent in Package#1. */
  readonly statuses: readonly number[] | undefined;
  /** The texts of Generic Alerts. */
  readonly notes: readonly unknown[];
}

export class ScriptedBackend {
  readonly received: Received[] = [];
  #script: Script = () => list(['END']);
  readonly #server = createServer((request, response) => {
    this.#serve(request, response).catch((error: unknown) =>
      response.destroy(error instanceof Error ? error : undefined),
    );
  });
  readonly #arrived = new ConditionVariable();

  async open(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new TypeError('not a TCP socket');
    return `http://127.0.0.1:${address.port}`;
  }

  /** Forgets what it received, and answers by this script from now on. */
  answerBy(script: Script): void {
    this.received.length = 0;
    this.#script = script;
  }

  /** Waits until it has received this many whole requests since `answerBy`. */
  async untilReceived(count: number): Promise<void> {
    await this.#arrived.waitUntil(() => this.received.length >= count);
  }

  /** The packages that it received, in order. */
  packages(): readonly SentPackage[] {
    return this.received
      .filter(({ path }) => path === '/dm20')
      .map(({ body }) => {
        const json = body.startsWith('{') ? body : (/\r\n\r\n(\{.*?\})\r\n--/su.exec(body)?.[1] ?? '{}');
        const { Status, Alert = [] }: PackageBody = JSON.parse(json);
        const notes = Alert.flatMap(({ Data }) => (Data === undefined ? [] : [Data.DM1x]));
        return { statuses: Status?.map(({ sc }) => sc), notes };
      });
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url: path = '', headers } = request;
    const received = { method, path, headers, body: await text(request) };
    this.received.push(received);
    this.#arrived.notifyAll();
    const packages = this.received.filter((each) => each.path === '/dm20').length;
    const reply = await this.#script(received, packages);
    if (reply === 'hang') return;
    const type = reply.type ?? 'application/vnd.oma.dm.request+json';
    response.writeHead(reply.status ?? 200, { 'content-type': type, ...reply.headers });
    response.end(reply.body ?? '');
  }
}

interface PackageBody {
  readonly Status?: readonly { readonly sc: number }[];
  readonly Alert?: readonly { readonly Data?: { readonly DM1x?: unknown } }[];
}

/** Returns the reply with these commands, Package#2. */
export function list(...commands: readonly (readonly string[])[]): Reply {
  return { body: JSON.stringify({ CMD: commands }) };
}
