/**
 * A listening socket with limits against slow and greedy clients; closing it lets running requests finish.
 */
import { createServer, type RequestListener, type Server, type ServerOptions, type ServerResponse } from 'node:http';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https';
import { isIPv6 } from 'node:net';
import { listenerTlsOptions, type TlsSettings } from './tls-options.ts';

/** Times in milliseconds, sizes in bytes. */
export interface ListenerLimits {
  /** A client has this long to send its header. */
  readonly headersTimeout: number;
  /** A client has this long to send its whole request. */
  readonly requestTimeout: number;
  /** Longer than the 60 s after which common balancers drop an idle connection, so that they never use a closed one. */
  readonly keepAliveTimeout: number;
  readonly maxHeaderSize: number;
  readonly maxConnections: number;
}

/** Long enough for slow radio links, and bounded against floods. */
export const DEFAULT_LIMITS: ListenerLimits = {
  headersTimeout: 20_000,
  requestTimeout: 120_000,
  keepAliveTimeout: 75_000,
  maxHeaderSize: 16_384,
  maxConnections: 20_000,
};

export interface Listener {
  /** The bound address, as `http://host:port` or `https://host:port`. */
  readonly url: string;
  readonly isListening: boolean;
  /**
   * Uses these certificates for new connections; open connections keep theirs.
   * @throws the system's error when the certificates cannot be used; the previous ones stay in use
   */
  setTls(tls: TlsSettings): void;
  /** Accepts no new request, and cuts off the requests that still run after `timeout` milliseconds. */
  close(timeout: number): Promise<void>;
}

export interface ListenerOptions {
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  readonly limits?: ListenerLimits;
  /** Absent: plain HTTP. With `ca`, clients are asked for certificates. */
  readonly tls?: TlsSettings | undefined;
}

/** Opens the socket; resolves once it is bound. */
export async function openListener(options: ListenerOptions, handler: RequestListener): Promise<Listener> {
  const { limits = DEFAULT_LIMITS, tls } = options;
  const running = new Set<ServerResponse>();
  function forget(this: ServerResponse): void {
    running.delete(this);
  }
  const listener: RequestListener = (request, response) => {
    running.add(response);
    response.on('close', forget);
    if (!server.listening) response.setHeader('Connection', 'close');
    handler(request, response);
  };
  const secure = tls === undefined ? undefined : createSecureServer(tls, limits, listener);
  const server = secure ?? createServer(httpOptions(limits), listener);
  server.maxConnections = limits.maxConnections;
  await bind(server, options);
  return {
    url: `${secure === undefined ? 'http' : 'https'}://${boundAddress(server)}`,
    get isListening() {
      return server.listening;
    },
    setTls: (next) => secure?.setSecureContext(listenerTlsOptions(next)),
    close: (timeout) => closeServer(server, running, timeout),
  };
}

/** The interval at which Node enforces the limits of time, in milliseconds: a tenth of the shorter one, 1 s at most. */
export function checkInterval({ headersTimeout, requestTimeout }: ListenerLimits): number {
  return Math.min(1_000, Math.ceil(Math.min(headersTimeout, requestTimeout) / 10));
}

function httpOptions(limits: ListenerLimits): ServerOptions {
  return {
    headersTimeout: limits.headersTimeout,
    requestTimeout: limits.requestTimeout,
    connectionsCheckingInterval: checkInterval(limits),
    keepAliveTimeout: limits.keepAliveTimeout,
    maxHeaderSize: limits.maxHeaderSize,
    // Old clients omit Host.
    requireHostHeader: false,
    noDelay: true,
  };
}

/** Accepts connections without a certificate, too, because the bridge decides for each device if it needs one. */
function createSecureServer(tls: TlsSettings, limits: ListenerLimits, listener: RequestListener): TlsServer {
  const options = {
    ...httpOptions(limits),
    ...listenerTlsOptions(tls),
    requestCert: tls.ca !== undefined,
    rejectUnauthorized: false,
    handshakeTimeout: limits.headersTimeout,
  };
  return createTlsServer(options, listener);
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

function boundAddress(server: Server): string {
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new TypeError('not a TCP socket');
  return `${isIPv6(bound.address) ? `[${bound.address}]` : bound.address}:${bound.port}`;
}

function closeServer(server: Server, running: ReadonlySet<ServerResponse>, timeout: number): Promise<void> {
  return new Promise((resolve) => {
    const deadline = setTimeout(() => server.closeAllConnections(), timeout);
    server.close(() => {
      clearTimeout(deadline);
      resolve();
    });
    // Closes each connection after its running response; it would otherwise idle until its keep-alive ends.
    for (const response of running) {
      if (!response.headersSent) response.setHeader('Connection', 'close');
    }
    server.closeIdleConnections();
  });
}
