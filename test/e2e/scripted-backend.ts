/** A DM 2.0 Server and Data Repository made of a script: it answers what the test tells it and remembers what it was sent. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';

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
}

/** `hang`: no answer, ever. */
export type Answering = (request: Received, packages: number) => Reply | 'hang' | Promise<Reply | 'hang'>;

export class ScriptedBackend {
  readonly received: Received[] = [];
  script: Answering = () => list(['END']);
  readonly #server = createServer((request, response) => {
    this.#serve(request, response).catch((error: unknown) =>
      response.destroy(error instanceof Error ? error : undefined),
    );
  });
  #arrived = Promise.withResolvers<void>();

  async open(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new TypeError('not a TCP socket');
    return `http://127.0.0.1:${address.port}`;
  }

  /** Begins a new test: nothing received, this script. */
  expect(script: Answering): void {
    this.received.length = 0;
    this.script = script;
  }

  /** Resolves when the next request has come in whole. */
  async nextRequest(): Promise<void> {
    this.#arrived = Promise.withResolvers();
    await this.#arrived.promise;
  }

  /** What the packages told, in order: statuses and texts of Generic Alerts. */
  told(): readonly { readonly statuses: readonly number[] | undefined; readonly notes: readonly unknown[] }[] {
    return this.received
      .filter(({ path }) => path === '/dm20')
      .map(({ body }) => {
        const json = body.startsWith('{') ? body : (/\r\n\r\n(\{.*?\})\r\n--/su.exec(body)?.[1] ?? '{}');
        const { Status, Alert = [] }: Told = JSON.parse(json);
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
    this.#arrived.resolve();
    const packages = this.received.filter((each) => each.path === '/dm20').length;
    const reply = await this.script(received, packages);
    if (reply === 'hang') return;
    response.writeHead(reply.status ?? 200, { 'content-type': reply.type ?? 'application/vnd.oma.dm.request+json' });
    response.end(reply.body ?? '');
  }
}

interface Told {
  readonly Status?: readonly { readonly sc: number }[];
  readonly Alert?: readonly { readonly Data?: { readonly DM1x?: unknown } }[];
}

/** Package#2. */
export function list(...commands: readonly (readonly string[])[]): Reply {
  return { body: JSON.stringify({ CMD: commands }) };
}
