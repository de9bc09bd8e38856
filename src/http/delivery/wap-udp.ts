/** WAP Push over UDP: one datagram to the device (DM-NOTI 1.3 §7.1). */
import { createSocket, type Socket } from 'node:dgram';
import { lookup as systemLookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { Push } from '../../bridge/ports.ts';
import { ACCEPTED } from '../../notification/delivery-outcome.ts';
import type { SendingOutcome } from '../../notification/sending.ts';
import { formatPush } from '../../notification/wap-push.ts';

/** The registered port of connectionless WAP Push. */
const WAP_PUSH_PORT = 2948;
/** The errors of a resolver that does not find a name. */
const NOT_FOUND: readonly string[] = ['ENOTFOUND', 'ENODATA', 'EAI_AGAIN', 'EAI_NONAME'];
const LOOKUP_TIMEOUT_MS = 10_000;

type Lookup = (host: string) => Promise<{ readonly address: string; readonly family: number }>;

export class WapUdp {
  readonly #lookup: Lookup;
  readonly #sockets = new Map<'udp4' | 'udp6', Socket>();
  /** Counts the pushes of this process. */
  #transaction = 0;

  constructor(lookup: Lookup = (host) => systemLookup(host)) {
    this.#lookup = lookup;
  }

  /** The socket has taken the datagram: there is no word of its arrival. Never throws. */
  async send({ target, format, message }: Push): Promise<SendingOutcome> {
    const { host, port } = parseTarget(target);
    try {
      const { address, family } = await this.#resolve(host);
      this.#transaction = (this.#transaction + 1) & 0xff;
      const datagram = formatPush(format, this.#transaction, message);
      await sendDatagram(this.#socket(family === 6 ? 'udp6' : 'udp4'), datagram, port, address);
      return ACCEPTED;
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
      if (NOT_FOUND.includes(code)) return { kind: 'unresolved', reason: `the host name was not found (${code})` };
      return { kind: 'failed', reason: `the datagram was not sent (${code})` };
    }
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets.values()) socket.close();
    this.#sockets.clear();
  }

  async #resolve(host: string): ReturnType<Lookup> {
    const family = isIP(host);
    if (family !== 0) return { address: host, family };
    const timer = Promise.withResolvers<never>();
    const timeout = setTimeout(
      () => timer.reject(Object.assign(new Error(), { code: 'EAI_AGAIN' })),
      LOOKUP_TIMEOUT_MS,
    );
    try {
      return await Promise.race([this.#lookup(host), timer.promise]);
    } finally {
      clearTimeout(timeout);
    }
  }

  #socket(type: 'udp4' | 'udp6'): Socket {
    const known = this.#sockets.get(type);
    if (known !== undefined) return known;
    const socket = createSocket(type);
    // The callback of each datagram gets its error.
    socket.on('error', () => undefined);
    socket.unref();
    this.#sockets.set(type, socket);
    return socket;
  }
}

function sendDatagram(socket: Socket, datagram: Uint8Array, port: number, address: string): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.send(datagram, port, address, (error) => (error === null ? resolve() : reject(error)));
  });
}

/** Reads `host`, `host:port` or `[IPv6]:port`. */
export function parseTarget(target: string): { readonly host: string; readonly port: number } {
  const [, bracketed, plain, digits] = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d+))?$/.exec(target) ?? [];
  return { host: bracketed ?? plain ?? target, port: digits === undefined ? WAP_PUSH_PORT : Number(digits) };
}
