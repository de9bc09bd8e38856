/** A server in raw bytes that records requests and answers as it is told, and a client that sends and gets raw bytes. */
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

export interface RawServer {
  readonly port: number;
  /** The bytes of each connection, one character each. */
  readonly received: readonly string[];
  readonly server: Server;
  close(): Promise<void>;
}

/** @param answer called for each whole request with its bytes */
export async function rawServer(answer: (socket: Socket, request: string) => void): Promise<RawServer> {
  const received: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    const at = received.push('') - 1;
    let from = 0;
    sockets.add(socket);
    socket.setEncoding('latin1');
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
    socket.on('data', (text: string) => {
      received[at] += text;
      const request = (received[at] ?? '').slice(from);
      if (!isWholeRequest(request)) return;
      from = received[at]?.length ?? 0;
      answer(socket, request);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new TypeError('not a TCP socket');
  const close = async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, 'close');
  };
  return { port: address.port, received, server, close };
}

/** Sends bytes, one per character, and resolves with all that comes back until the connection closes. */
export async function rawExchange(port: number, bytes: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  let received = '';
  socket.setEncoding('latin1');
  socket.on('data', (text: string) => {
    received += text;
  });
  socket.on('error', () => undefined);
  socket.write(Buffer.from(bytes, 'latin1'));
  await new Promise((resolve) => socket.on('close', resolve));
  return received;
}

function isWholeRequest(bytes: string): boolean {
  const end = bytes.indexOf('\r\n\r\n');
  if (end < 0) return false;
  const head = bytes.slice(0, end);
  if (/^transfer-encoding: chunked/imu.test(head)) return bytes.endsWith('0\r\n\r\n');
  const length = Number(/^content-length: *(\d+)/imu.exec(head)?.[1] ?? 0);
  return bytes.length >= end + 4 + length;
}
