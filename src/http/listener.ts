/**
 * One listening socket: limits against slow and greedy clients, and an end that lets messages in flight finish.
 */
import { createServer, type RequestListener, type Server, type ServerOptions, type ServerResponse } from 'node:http';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https';
import { isIPv6 } from 'node:net';
import type { SecureContextOptions } from 'node:tls';

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

/** PEM texts; `ca` is who signs client certificates, which are asked for when it is there. */
export interface ListenerTls {
  readonly key: string | undefined;
  readonly cert: string | undefined;
  readonly ca: string | undefined;
  readonly minVersion: 'TLSv1' | 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3';
}

export interface Listener {
  /** The bound address, as `http://host:port` or `https://host:port`. */
  readonly url: string;
  readonly isListening: boolean;
  /**
   * New connections get these certificates; those that are open keep theirs.
   * @throws the system's error when they cannot be used; those of before stay
   */
  setTls(tls: ListenerTls): void;
  /** Accepts nothing new, lets running requests finish for `grace` milliseconds, then cuts them off. */
  close(grace: number): Promise<void>;
}

/** Opens the socket; resolves once it is bound. */
export async function openListener(
  address: { readonly host: string; readonly port: number },
  handler: RequestListener,
  limits: ListenerLimits = DEFAULT_LIMITS,
  tls?: ListenerTls,
): Promise<Listener> {
  const running = new Set<ServerResponse>();
  const listener: RequestListener = (request, response) => {
    running.add(response);
    response.on('close', () => running.delete(response));
    if (!server.listening) response.setHeader('Connection', 'close');
    handler(request, response);
  };
  const secure = tls === undefined ? undefined : createSecureServer(tls, limits, listener);
  const server = secure ?? createServer(httpOptions(limits), listener);
  server.maxConnections = limits.maxConnections;
  await bind(server, address);
  return {
    url: `${secure === undefined ? 'http' : 'https'}://${boundAddress(server)}`,
    get isListening() {
      return server.listening;
    },
    setTls: (next) => secure?.setSecureContext(contextOptions(next)),
    close: (grace) => closeServer(server, running, grace),
  };
}

function httpOptions(limits: ListenerLimits): ServerOptions {
  return {
    headersTimeout: limits.headersTimeout,
    requestTimeout: limits.requestTimeout,
    connectionsCheckingInterval: limits.checkInterval,
    keepAliveTimeout: limits.keepAliveTimeout,
    maxHeaderSize: limits.maxHeaderSize,
    // Old clients leave Host out.
    requireHostHeader: false,
    noDelay: true,
  };
}

/** Devices without certificate get in, too: whether one is needed depends on the device. */
function createSecureServer(tls: ListenerTls, limits: ListenerLimits, listener: RequestListener): TlsServer {
  const options = {
    ...httpOptions(limits),
    ...contextOptions(tls),
    requestCert: tls.ca !== undefined,
    rejectUnauthorized: false,
    handshakeTimeout: limits.headersTimeout,
  };
  return createTlsServer(options, listener);
}

function contextOptions({ key, cert, ca, minVersion }: ListenerTls): SecureContextOptions {
  return {
    minVersion,
    ...(key === undefined ? {} : { key }),
    ...(cert === undefined ? {} : { cert }),
    ...(ca === undefined ? {} : { ca }),
    // OpenSSL 3 speaks TLS 1.0 and 1.1 at this level only.
    ...(minVersion === 'TLSv1' || minVersion === 'TLSv1.1' ? { ciphers: 'DEFAULT@SECLEVEL=0' } : {}),
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

function boundAddress(server: Server): string {
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new TypeError('not a TCP socket');
  return `${isIPv6(bound.address) ? `[${bound.address}]` : bound.address}:${bound.port}`;
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
