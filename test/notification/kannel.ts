/** Runs Kannel (bearerbox, smsbox, wapbox) on loopback with a fake SMS centre, for tests. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';

/** Between two tries to connect. */
const RETRY_MS = 50;

/** A short message as it reaches the SMS centre. */
export interface SentMessage {
  readonly sender: string;
  readonly receiver: string;
  readonly header: Buffer;
  readonly data: Buffer;
}

/** The ports of the boxes that the other boxes connect to, as the configuration writes them. */
export interface KannelPorts {
  readonly smsbox: number;
  readonly wapbox: number;
}

export class Kannel {
  readonly #processes: ChildProcess[] = [];
  #folder = '';
  #smsCentre: Socket | undefined;
  #lines: AsyncIterator<string> | undefined;

  /** Resolves when every box is connected. `conf` has no group `smsc`. */
  async open(conf: string, ports: KannelPorts): Promise<void> {
    this.#folder = await mkdtemp(join(tmpdir(), 'dmbridge-kannel-'));
    const smsCentrePort = await freePort();
    await writeFile(join(this.#folder, 'kannel.conf'), `${conf}\n${fakeSmsCentre(smsCentrePort)}`);
    const bearerbox = this.#start('bearerbox', 'entering mainloop');
    // The other boxes give up at once when they find no bearerbox.
    const connected = [ports.smsbox, ports.wapbox].map((port) => connectTo(port, bearerbox.ended));
    for (const socket of await Promise.all(connected)) socket.destroy();
    await bearerbox.ready;
    this.#smsCentre = await connectTo(smsCentrePort, bearerbox.ended);
    this.#lines = createInterface({ input: this.#smsCentre })[Symbol.asyncIterator]();
    const boxes = ['smsbox', 'wapbox'].map((box) => this.#start(box, 'Connected to bearerbox').ready);
    await Promise.all(boxes);
  }

  /** The next `count` short messages that Kannel hands to the SMS centre. */
  async sentMessages(count: number): Promise<readonly SentMessage[]> {
    const messages: SentMessage[] = [];
    while (messages.length < count) {
      const line = await this.#lines?.next();
      if (line === undefined || line.done === true) throw new Error('Kannel has closed the connection');
      if (line.value !== '') messages.push(parseMessage(line.value));
    }
    return messages;
  }

  async close(): Promise<void> {
    this.#smsCentre?.destroy();
    for (const process of this.#processes) {
      if (process.exitCode !== null || process.signalCode !== null || process.pid === undefined) continue;
      const ended = once(process, 'exit');
      process.kill('SIGKILL');
      await ended;
    }
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** `ready` resolves when the box has logged the text; it is rejected when the box ends before that. */
  #start(box: string, text: string): { readonly ready: Promise<void>; readonly ended: AbortSignal } {
    const process = spawn(box, ['-v', '1', 'kannel.conf'], { cwd: this.#folder, stdio: ['ignore', 'ignore', 'pipe'] });
    this.#processes.push(process);
    const ended = new AbortController();
    const ready = new Promise<void>((resolve, reject) => {
      const log: string[] = [];
      const fail = (error: Error): void => {
        ended.abort(error);
        reject(error);
      };
      process.once('error', fail);
      process.once('close', () => fail(new Error(`${box} ended:\n${log.join('\n')}`)));
      createInterface({ input: process.stderr }).on('line', (line) => {
        log.push(line);
        if (line.includes(text)) resolve();
      });
    });
    ready.catch(() => undefined);
    return { ready, ended: ended.signal };
  }
}

/** Connects to a port of loopback as soon as it takes connections. */
async function connectTo(port: number, ended: AbortSignal): Promise<Socket> {
  for (;;) {
    ended.throwIfAborted();
    const socket = connect(port, '127.0.0.1');
    const isConnected = await once(socket, 'connect').then(
      () => true,
      () => false,
    );
    if (isConnected) return socket;
    await delay(RETRY_MS);
  }
}

/** A line of the fake SMS centre: `sender receiver udh HEADER data DATA`, the bytes in the encoding of forms. */
function parseMessage(line: string): SentMessage {
  const [, sender = '', receiver = '', header = '', data = ''] = /^(\S+) (\S+) udh (\S+) data (\S+)$/.exec(line) ?? [];
  if (sender === '') throw new Error(`no short message with a user data header: ${line}`);
  return { sender, receiver, header: formBytes(header), data: formBytes(data) };
}

function formBytes(text: string): Buffer {
  const characters = text.replaceAll('+', ' ').replace(/%([0-9A-F]{2})/gi, (_, digits: string) => {
    return String.fromCharCode(Number.parseInt(digits, 16));
  });
  return Buffer.from(characters, 'latin1');
}

/** A port of loopback that is free. It is none of those that the system gives to outgoing connections. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 10_000);
    const server = createServer().listen(port, '127.0.0.1');
    const isFree = await once(server, 'listening').then(
      () => true,
      () => false,
    );
    if (!isFree) continue;
    server.close();
    await once(server, 'close');
    return port;
  }
}

function fakeSmsCentre(port: number): string {
  return `group = smsc
smsc = fake
smsc-id = fake
our-host = 127.0.0.1
port = ${port}
connect-allow-ip = "127.0.0.1"
`;
}
