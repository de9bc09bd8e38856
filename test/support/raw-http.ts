/** HTTP in raw bytes over one TCP connection, for tests about details that an HTTP client hides. */
import { connect, type Socket } from 'node:net';

/** The first answer on a connection; further answers follow in `body`. */
export interface RawAnswer {
  readonly status: number;
  /** In lower case. */
  readonly head: string;
  readonly body: string;
}

/** A connection to 127.0.0.1. It waits for what the server sends, however long that takes. */
export class RawConnection {
  readonly #socket: Socket;
  #received = '';
  #isClosed = false;
  #error: Error | undefined;
  #nextEvent = Promise.withResolvers<void>();

  constructor(port: number) {
    this.#socket = connect(port, '127.0.0.1');
    this.#socket.setEncoding('utf8');
    this.#socket.on('data', (text: string) => {
      this.#received += text;
      this.#signal();
    });
    this.#socket.on('error', (error) => {
      this.#error = error;
    });
    this.#socket.on('close', () => {
      this.#isClosed = true;
      this.#signal();
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
    while (!pattern.test(this.#received)) {
      if (this.#isClosed) throw new Error(`closed before ${pattern} came: ${this.#received}`, { cause: this.#error });
      await this.#nextEvent.promise;
    }
  }

  /**
   * Waits until the server closes the connection.
   * @throws the system's error when the connection was reset
   */
  async untilClosed(): Promise<RawAnswer> {
    while (!this.#isClosed) await this.#nextEvent.promise;
    if (this.#error !== undefined) throw this.#error;
    const end = this.#received.indexOf('\r\n\r\n');
    const head = this.#received.slice(0, end).toLowerCase();
    return { status: Number(head.split(' ')[1]), head, body: this.#received.slice(end + 4) };
  }

  /** Leaves, whatever is under way. */
  destroy(): void {
    this.#socket.destroy();
  }

  #signal(): void {
    this.#nextEvent.resolve();
    this.#nextEvent = Promise.withResolvers();
  }
}

/** Sends these bytes and waits until the server closes the connection. */
export async function exchangeRaw(port: number, ...bytes: readonly (string | Buffer)[]): Promise<RawAnswer> {
  const connection = new RawConnection(port);
  for (const each of bytes) connection.write(each);
  return await connection.untilClosed();
}
