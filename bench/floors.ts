/**
 * The floors: two hops for each device message (device, bridge, backend) with fixed bytes and no work. The koa floor is koa and
 * undici `request`, the bare floor `node:http` and undici `dispatch`.
 */
import { createServer, type IncomingMessage } from 'node:http';
import Koa from 'koa';
import { type Dispatcher, Pool } from 'undici';

/** As many bytes as a bridge and a backend send on the average. */
export const ANSWER = Buffer.alloc(1_200, 'x');
export const PACKAGE = 'x'.repeat(600);
const CONNECTIONS = 64;
export const HEADERS = { 'content-type': 'application/vnd.oma.dm.response+json' };

/** Opens a floor; returns the URL for devices. */
export function openFloor(mode: 'koa-floor' | 'bare-floor', backendUrl: string): Promise<string> {
  const { origin, pathname } = new URL(backendUrl);
  const pool = new Pool(origin, { connections: CONNECTIONS });
  return mode === 'koa-floor' ? openKoa(pool, pathname) : openBare(pool, pathname);
}

function openKoa(pool: Pool, path: string): Promise<string> {
  const app = new Koa();
  app.use(async (context) => {
    await read(context.req);
    const reply = await pool.request({ method: 'POST', path, headers: HEADERS, body: PACKAGE });
    await reply.body.arrayBuffer();
    context.set('Content-Type', context.get('content-type'));
    context.set('Cache-Control', 'no-store');
    context.body = ANSWER;
  });
  return listen(createServer(app.callback()));
}

function openBare(pool: Pool, path: string): Promise<string> {
  const server = createServer(async (request, response) => {
    await read(request);
    await dispatch(pool, { method: 'POST', path, headers: HEADERS, body: PACKAGE });
    response.writeHead(200, { 'content-type': request.headers['content-type'] ?? '', 'cache-control': 'no-store' });
    response.end(ANSWER);
  });
  return listen(server);
}

function read(request: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => resolve(Buffer.concat(chunks)));
    request.on('error', reject);
  });
}

function dispatch(pool: Pool, options: Dispatcher.DispatchOptions): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    pool.dispatch(options, {
      onRequestStart: () => {},
      onResponseStart: () => {},
      onResponseData: (_controller, chunk) => void chunks.push(chunk),
      onResponseEnd: () => resolve(Buffer.concat(chunks)),
      onResponseError: (_controller, error) => reject(error),
    });
  });
}

function listen(server: ReturnType<typeof createServer>): Promise<string> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      if (address === null || typeof address === 'string') throw new TypeError('not a TCP socket');
      resolve(`http://127.0.0.1:${address.port}/dm`);
    });
  });
}
