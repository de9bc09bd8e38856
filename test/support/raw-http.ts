/** HTTP in raw bytes over one connection, for tests about details that an HTTP client hides. */
import { connect, type Socket } from 'node:net';
import { ConditionVariable } from './condition-variable.ts';

/** The first answer on a connection; further answers follow in `body`. */
export interface RawAnswer {
  readonly status: number;
  /** In lower case. */
  readonly head: string;
  readonly body: string;
}

/** A connection to 127.0.0.1, or over a socket that is open. It waits for what the server sends, however long that takes. */
export class RawConnection {
  readonly #socket: Socket;
  readonly #changed = new ConditionVariable();
  #received = '';
  #isClosed = false;
  #error: Error | undefined;

  constructor(to: number | Socket) {
    this.#socket = typeof to === 'number' ? connect(to, '127.0.0.1') : to;
    this.#socket.setEncoding('utf8');
    this.#socket.on('data', (text: string) => {
      this.#received += text;
      this.#changed.notifyAll();
    });
    this.#socket.on('error', (error) => {
      this.#error = error;
    });
    this.#socket.on('close', () => {
      this.#isClosed = true;
      this.#changed.notifyAll();
    });
  }

  /** Everything that the server has sent so far. */
  get received(): string {
    return this.#received;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Sends bytes; each character of a string is one byte. */
  write(bytes: string | Buffer): void {
    this.#socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes);
  }

  /** Waits until the server has sent this. */
  async until(pattern: RegExp): Promise<void> {
    await this.#changed.waitUntil(() => this.#isClosed || pattern.test(this.#received));
    if (pattern.test(this.#received)) return;
    throw new Error(`closed before ${pattern} came: ${this.#received}`, { cause: this.#error });
  }

  /** Sends a request on a connection that stays open; resolves with its answer, which must have a length. */
  async request(bytes: string | Buffer): Promise<RawAnswer> {
    const start = this.#received.length;
    this.write(bytes);
    const answer = () => parseAnswer(this.#received.slice(start));
    await this.#changed.waitUntil(() => this.#isClosed || isWhole(answer()));
    if (isWhole(answer())) return answer();
    throw new Error(`closed before the answer came: ${this.#received}`, { cause: this.#error });
  }

  /**
   * Waits until the server closes the connection.
   * @throws the system's error when the connection was reset
   */
  async untilClosed(): Promise<RawAnswer> {
    await this.#changed.waitUntil(() => this.#isClosed);
    if (this.#error !== undefined) throw this.#error;
    return parseAnswer(this.#received);
  }

  /** Breaks the connection. */
  reset(): void {
    this.#socket.resetAndDestroy();
  }

  /** Leaves, whatever is under way. */
  destroy(): void {
    this.#socket.destroy();
  }
}

/** Sends these bytes and waits until the server closes the connection. */
export async function exchangeRaw(port: number, ...bytes: readonly (string | Buffer)[]): Promise<RawAnswer> {
  const connection = new RawConnection(port);
  for (const each of bytes) connection.write(each);
  return await connection.untilClosed();
}

/** Reads the first answer of what a server sent. */
export function parseAnswer(received: string): RawAnswer {
  const end = received.indexOf('\r\n\r\n');
  const head = received.slice(0, end).toLowerCase();
  return { status: Number(head.split(' ')[1]), head, body: received.slice(end + 4) };
}

function isWhole({ head, body }: RawAnswer): boolean {
  const length = /^content-length: (\d+)$/mu.exec(head)?.[1];
  return length !== undefined && Buffer.byteLength(body) >= Number(length);
}
