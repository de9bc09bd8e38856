/**
 * One listening socket: limits against slow and greedy clients, and an end that lets messages in flight finish.
 */
import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { isIPv6 } from 'node:net';

export interface ListenerLimits {
  /** A client must have sent its header, and its whole request, by then. */
  readonly headersTimeout: number;
  readonly requestTimeout: number;
  /** How often both are looked at. */
  readonly checkInterval: number;
  /** Longer than the 60 s after which common balancers drop an idle connection, so that they never use a closed one. */
  readonly keepAliveTimeout: number;
  readonly maxHeaderSize: number;
  readonly maxConnections: number;
}

/** For slow radio links on one side and floods on the other. */
export const DEFAULT_LIMITS: ListenerLimits = {
  headersTimeout: 20_000,
  requestTimeout: 120_000,
  checkInterval: 5_000,
  keepAliveTimeout: 75_000,
  maxHeaderSize: 16_384,
  maxConnections: 20_000,
};

export interface Listener {
  /** The bound address, as `http://host:port`. */
  readonly url: string;
  readonly isListening: boolean;
  /** Accepts nothing new, lets running requests finish for `grace` milliseconds, then cuts them off. */
  close(grace: number): Promise<void>;
}

/** Opens the socket; resolves once it is bound. */
export async function openListener(
  address: { readonly host: string; readonly port: number },
  handler: RequestListener,
  limits: ListenerLimits = DEFAULT_LIMITS,
): Promise<Listener> {
  const running = new Set<ServerResponse>();
  const server = createServer(
    {
      headersTimeout: limits.headersTimeout,
      requestTimeout: limits.requestTimeout,
      connectionsCheckingInterval: limits.checkInterval,
      keepAliveTimeout: limits.keepAliveTimeout,
      maxHeaderSize: limits.maxHeaderSize,
      // Old clients leave Host out.
      requireHostHeader: false,
      noDelay: true,
    },
    (request, response) => {
      running.add(response);
      response.on('close', () => running.delete(response));
      if (!server.listening) response.setHeader('Connection', 'close');
      handler(request, response);
    },
  );
  server.maxConnections = limits.maxConnections;
  await bind(server, address);
  return {
    url: urlOf(server),
    get isListening() {
      return server.listening;
    },
    close: (grace) => closeServer(server, running, grace),
  };
}

function bind(server: Server, address: { readonly host: string; readonly port: number }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(address.port, address.host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function urlOf(server: Server): string {
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new TypeError('not a TCP socket');
  return `http://${isIPv6(bound.address) ? `[${bound.address}]` : bound.address}:${bound.port}`;
}

function closeServer(server: Server, running: ReadonlySet<ServerResponse>, grace: number): Promise<void> {
  return new Promise((resolve) => {
    const deadline = setTimeout(() => server.closeAllConnections(), grace);
    server.close(() => {
      clearTimeout(deadline);
      resolve();
    });
    // A connection whose answer is under way closes with it; without this it would idle until its keep-alive ends.
    for (const response of running) {
      if (!response.headersSent) response.setHeader('Connection', 'close');
    }
    server.closeIdleConnections();
  });
}
