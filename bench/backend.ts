/** The backend of the bench: it sends the packages of a script, and holds the documents that the commands name. */
import { createServer, type IncomingMessage, type Server } from 'node:http';

export type Wire = readonly string[];

/** The commands of the Package#2s of a session, in order; after them comes END. */
export type Script = readonly (readonly Wire[])[];

const END = JSON.stringify({ CMD: [['END']] });

export class Backend {
  readonly #server: Server;
  #script: readonly string[] = [];
  /** The number of Package#2s that the session of a device has had. */
  readonly #sent = new Map<string, number>();

  private constructor() {
    this.#server = createServer((request, response) => {
      request.resume();
      request.on('end', () => {
        response.setHeader('content-type', this.#typeFor(request));
        response.end(this.#replyTo(request));
      });
    });
  }

  static async open(): Promise<Backend> {
    const backend = new Backend();
    await new Promise<void>((resolve) => backend.#server.listen(0, '127.0.0.1', resolve));
    return backend;
  }

  get url(): string {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new TypeError('not a TCP socket');
    return `http://127.0.0.1:${address.port}/dm`;
  }

  /** Documents have any name below it. */
  get dataUrl(): string {
    return `${this.url}/data`;
  }

  /** Sets the script of all sessions. */
  play(script: Script): void {
    this.#script = script.map((commands) => JSON.stringify({ CMD: commands }));
  }

  /** One Package#2 as text, of any form. */
  playText(text: string): void {
    this.#script = [text];
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  #typeFor({ method }: IncomingMessage): string {
    return method === 'GET' ? 'text/plain' : 'application/vnd.oma.dm.request+json';
  }

  #replyTo({ method, headers }: IncomingMessage): string {
    if (method === 'GET') return 'true';
    if (method === 'PUT') return '';
    const devId = String(headers['omadm-devid'] ?? '');
    const isFirst = headers['content-type'] === 'application/vnd.oma.dm.initiation+json';
    const at = isFirst ? 0 : (this.#sent.get(devId) ?? 0);
    this.#sent.set(devId, at + 1);
    return this.#script[at] ?? END;
  }
}
