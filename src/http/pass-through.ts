/**
 * Passes requests to another server, byte for byte, and its answers back. A request is never sent a second time.
 *
 * @see RFC 9110 §7.6 (forwarding)
 */
import {
  Agent,
  type ClientRequest,
  request as httpRequest,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import { request as httpsRequest, Agent as TlsAgent } from 'node:https';
import { TLSSocket } from 'node:tls';
import { HTTP } from '../http-status.ts';
import type { Journal } from '../log-events.ts';
import { endToEnd, upstreamHeaders } from '../routing/forwarding.ts';
import type { Passthrough } from '../routing/route.ts';
import { guardedLookup, hasReachableHost } from './address-guard.ts';
import type { BegunBody } from './body-reader.ts';
import { NO_STORE } from './device-headers.ts';
import { type DeviceReply, sendReply, textReply } from './device-reply.ts';
import { answerEarly } from './early-answer.ts';
import { clientTlsOptions } from './tls-options.ts';

/** A request to be passed on. */
export interface ForwardedRequest {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** The part of the body that was read; the request is paused when there is more. */
  readonly begun: BegunBody;
  /** Path and query at the server. */
  readonly target: string;
  /** Of the client. */
  readonly address: string;
  /** Lower case: headers that only the bridge may set. */
  readonly reserved: ReadonlySet<string>;
}

const MAX_CONNECTIONS = 128;
/** Shorter than most servers keep an idle connection. */
const IDLE_CONNECTION_MS = 4_000;
const CONNECT_MS = 5_000;
/** Without a byte of the answer, or without the device reading. */
const SILENCE_MS = 60_000;
export const MAX_PASSED_BYTES = 16 * 1024 * 1024;
const MAX_HOPS = 5;

export const TOO_LARGE = textReply(HTTP.contentTooLarge, `a body has at most ${MAX_PASSED_BYTES} bytes`, NO_STORE);
const LOOP = textReply(HTTP.loopDetected, 'the request has come here before', NO_STORE);

export class PassThrough {
  readonly #journal: Journal;
  /** One pool for each rule of a table. */
  readonly #agents = new Map<Passthrough, Agent>();

  constructor(journal: Journal) {
    this.#journal = journal;
  }

  /** Resolves when the exchange is over, however it ended. */
  forward(forwarded: ForwardedRequest, server: Passthrough): Promise<void> {
    const { request, response, begun } = forwarded;
    if (Number(request.headers['content-length'] ?? 0) > MAX_PASSED_BYTES) return refuse(request, response, TOO_LARGE);
    if (server.forwarded && isLoop(request.headers.via)) return refuse(request, response, LOOP);
    const url = new URL(server.url);
    return new Promise((resolve) => {
      new Exchange(forwarded, {
        begin: () => this.#begin(forwarded, server, url),
        timeout: server.timeout,
        fail: (status, reason) => {
          this.#journal.log('route.upstream_failed', { origin: url.origin, status, reason });
          const reply = textReply(status, 'the legacy server cannot be used now', NO_STORE);
          if (begun.isWhole) sendReply(response, reply);
          else answerEarly(request, response, reply);
        },
        done: resolve,
      }).start();
    });
  }

  /** Ends all connections. */
  close(): void {
    for (const agent of this.#agents.values()) agent.destroy();
    this.#agents.clear();
  }

  #begin(
    { request, begun, target, address, reserved }: ForwardedRequest,
    server: Passthrough,
    url: URL,
  ): ClientRequest {
    if (!hasReachableHost(url)) throw new Error('the address is not allowed');
    const headers = upstreamHeaders(request.rawHeaders, {
      host: url.host,
      replacesHost: server.host === 'upstream',
      dropped: reserved,
      framing: framingOf(request, begun),
      added: addedHeaders(request, server, address),
    });
    const options = {
      host: url.hostname.replace(/^\[(.*)\]$/u, '$1'),
      port: url.port,
      method: request.method,
      path: target,
      headers,
      agent: this.#agentOf(server, url),
    };
    return url.protocol === 'https:' ? httpsRequest(options) : httpRequest(options);
  }

  #agentOf(server: Passthrough, url: URL): Agent {
    const known = this.#agents.get(server);
    if (known !== undefined) return known;
    const pool = { keepAlive: true, maxSockets: MAX_CONNECTIONS, timeout: IDLE_CONNECTION_MS, lookup: guardedLookup() };
    const agent = url.protocol === 'https:' ? new TlsAgent({ ...pool, ...tlsOf(server) }) : new Agent(pool);
    this.#agents.set(server, agent);
    return agent;
  }
}

function tlsOf({ tls }: Passthrough) {
  if (tls === undefined) return { minVersion: 'TLSv1.2' } as const;
  const named = tls.servername === undefined ? {} : { servername: tls.servername };
  return { ...clientTlsOptions(tls), rejectUnauthorized: tls.verify, ...named };
}

function refuse(request: IncomingMessage, response: ServerResponse, reply: DeviceReply): Promise<void> {
  answerEarly(request, response, reply);
  return Promise.resolve();
}

function isLoop(via: string | undefined): boolean {
  const hops = via?.split(',') ?? [];
  return hops.length >= MAX_HOPS || hops.some((hop) => hop.trim().split(' ')[1] === 'dmbridge');
}

/** A body in chunks that is whole goes on with its length; a request without a body must not get chunks. */
function framingOf({ headers, method = '' }: IncomingMessage, { bytes, isWhole }: BegunBody): readonly string[] {
  const isChunked = headers['transfer-encoding'] !== undefined;
  if (isChunked) return isWhole ? ['Content-Length', String(bytes.length)] : ['Transfer-Encoding', 'chunked'];
  const hasLength = headers['content-length'] !== undefined;
  return !hasLength && /^(?:POST|PUT|PATCH)$/u.test(method) ? ['Content-Length', '0'] : [];
}

function addedHeaders({ socket, headers }: IncomingMessage, server: Passthrough, address: string): readonly string[] {
  const added: string[] = [];
  if (server.forwarded) {
    added.push('X-Forwarded-For', address, 'X-Forwarded-Proto', socket instanceof TLSSocket ? 'https' : 'http');
    if (headers.host !== undefined) added.push('X-Forwarded-Host', headers.host);
    added.push('Via', '1.1 dmbridge');
  }
  if (server.clientCertHeader !== undefined && socket instanceof TLSSocket && socket.authorized) {
    const certificate = socket.getPeerX509Certificate();
    if (certificate !== undefined) added.push(server.clientCertHeader, encodeURIComponent(certificate.toString()));
  }
  return added;
}

interface ExchangeEvents {
  begin(): ClientRequest;
  readonly timeout: number;
  /** Before anything of an answer was sent. */
  fail(status: number, reason: string): void;
  done(): void;
}

/** One request and its answer. */
class Exchange {
  readonly #forwarded: ForwardedRequest;
  readonly #events: ExchangeEvents;
  readonly #timers = new Set<NodeJS.Timeout>();
  #upstream: ClientRequest | undefined;
  #passed = 0;
  #isOver = false;

  constructor(forwarded: ForwardedRequest, events: ExchangeEvents) {
    this.#forwarded = forwarded;
    this.#events = events;
  }

  start(): void {
    const { response } = this.#forwarded;
    // The device goes away, or has its answer.
    response.on('close', () => this.#end());
    let upstream: ClientRequest;
    try {
      upstream = this.#events.begin();
    } catch (error) {
      this.#fail(HTTP.badGateway, reasonOf(error));
      return;
    }
    this.#upstream = upstream;
    const patience = this.#after(this.#events.timeout, () => this.#fail(HTTP.gatewayTimeout, 'no answer in time'));
    upstream.on('error', (error) => this.#fail(HTTP.badGateway, reasonOf(error)));
    upstream.on('socket', (socket) => {
      if (!socket.connecting) return;
      const limit = this.#after(CONNECT_MS, () => this.#fail(HTTP.gatewayTimeout, 'no connection in time'));
      socket.once('connect', () => clearTimeout(limit));
    });
    upstream.on('upgrade', () => this.#fail(HTTP.badGateway, 'another protocol'));
    upstream.on('response', (answer) => {
      clearTimeout(patience);
      this.#answer(answer);
    });
    this.#send(upstream);
  }

  #send(upstream: ClientRequest): void {
    const { request, response, begun } = this.#forwarded;
    this.#passed = begun.bytes.length;
    if (begun.isWhole) {
      upstream.end(begun.bytes.length > 0 ? begun.bytes : undefined);
      return;
    }
    upstream.write(begun.bytes);
    request.on('data', (chunk: Buffer) => {
      if (this.#isOver) return;
      this.#passed += chunk.length;
      if (this.#passed > MAX_PASSED_BYTES) {
        this.#end();
        if (!response.headersSent) answerEarly(request, response, TOO_LARGE);
      } else if (!upstream.write(chunk)) {
        request.pause();
      }
    });
    upstream.on('drain', () => request.resume());
    request.on('end', () => upstream.end());
    request.resume();
  }

  #answer(answer: IncomingMessage): void {
    const { response } = this.#forwarded;
    const broken = () => {
      if (this.#isOver) return;
      this.#end();
      response.destroy();
    };
    response.sendDate = false;
    response.writeHead(answer.statusCode ?? HTTP.badGateway, answer.statusMessage, endToEnd(answer.rawHeaders));
    const silence = this.#after(SILENCE_MS, broken);
    answer.on('data', (chunk: Buffer) => {
      silence.refresh();
      if (!response.write(chunk)) answer.pause();
    });
    response.on('drain', () => {
      silence.refresh();
      answer.resume();
    });
    answer.on('end', () => {
      if (answer.complete) response.end();
      else broken();
    });
    answer.on('error', broken);
    answer.on('close', () => {
      if (!answer.complete) broken();
    });
  }

  #fail(status: number, reason: string): void {
    if (this.#isOver) return;
    const { response } = this.#forwarded;
    this.#end();
    if (response.headersSent) response.destroy();
    else this.#events.fail(status, reason);
  }

  #after(ms: number, action: () => void): NodeJS.Timeout {
    const timer = setTimeout(action, ms);
    this.#timers.add(timer);
    return timer;
  }

  #end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    for (const timer of this.#timers) clearTimeout(timer);
    // An exchange that is over has given its connection back.
    if (!this.#forwarded.response.writableFinished) this.#upstream?.destroy();
    this.#events.done();
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  return 'code' in error && typeof error.code === 'string' ? error.code : error.message;
}
