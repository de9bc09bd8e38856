/**
 * The Backend port over HTTP: packages to the backend, data from and to Data Repositories (DM-2.0 §5.2, §6.2).
 *
 * Each request ends with a reply or a named failure. This file holds all rules about the servers that a request may reach,
 * and about the credentials that each server may see.
 */
import type { lookup as systemLookup } from 'node:dns';
import type { Dispatcher } from 'undici';
import type { Backend, IncomingReply, OutgoingRequest, Random } from '../bridge/ports.ts';
import { contentBytes, contentFromBytes } from '../dm2/content.ts';
import { isAllowed, parseServerUrl } from '../dm2/server-uri.ts';
import { DmError } from '../errors.ts';
import { HTTP } from '../http-status.ts';
import { type BackendConnections, createBackendConnections, type HttpAccount } from './backend-connections.ts';
import { type DigestChallenge, digestAuthorization, parseDigestChallenge } from './digest-auth.ts';

export interface BackendClientOptions {
  readonly accounts: Readonly<Record<string, HttpAccount>>;
  /** The allow-list of URL prefixes for ServerURIs. */
  readonly allowServerUris: readonly string[];
  readonly maxReplyBytes: number;
  readonly random: Random;
  /** Resolves host names; the system's resolver when absent. */
  readonly lookup?: typeof systemLookup;
}

type Failure = Extract<IncomingReply, { readonly failure: string }>;

/** The values that all HTTP requests for one outgoing request share, including redirects and retries. */
interface Exchange {
  readonly request: OutgoingRequest;
  readonly account: HttpAccount;
  readonly body: Uint8Array;
  readonly signal: AbortSignal;
}

const MAX_REDIRECTS = 5;
const REDIRECTS: ReadonlySet<number> = new Set([
  HTTP.movedPermanently,
  HTTP.found,
  HTTP.seeOther,
  HTTP.temporaryRedirect,
  HTTP.permanentRedirect,
]);

/** The client for all accounts; the bridge closes it when it stops. */
export class BackendClient implements Backend {
  readonly #options: BackendClientOptions;
  readonly #connections: BackendConnections;
  readonly #urls: ReadonlyMap<HttpAccount, URL>;
  #lastUrl: { readonly text: string; readonly url: URL } | undefined;
  /** The challenge that the account answered last, and the number of times that its nonce was used. */
  readonly #digests = new Map<HttpAccount, { readonly challenge: DigestChallenge; count: number }>();

  constructor(options: BackendClientOptions) {
    this.#options = options;
    this.#connections = createBackendConnections(options.lookup);
    this.#urls = new Map(Object.values(options.accounts).map((account) => [account, new URL(account.url)]));
  }

  async send(request: OutgoingRequest): Promise<IncomingReply> {
    const account = this.#options.accounts[request.account];
    if (account === undefined) return fail('forbidden', 'there is no such account');
    const abort = new AbortController();
    // The timers of AbortSignal.timeout would outlive their requests.
    const timer = setTimeout(() => abort.abort(), account.timeout);
    try {
      const body = request.body === undefined ? new Uint8Array() : contentBytes(request.body);
      const exchange: Exchange = { request, account, body, signal: abort.signal };
      return await this.#follow(exchange, this.#parse(request.url));
    } catch (error) {
      return toFailure(error, abort.signal);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Cuts off the requests that still run. */
  close(): Promise<void> {
    return this.#connections.close();
  }

  /** Remembers the last URL, because all packages of an account go to the same one. */
  #parse(text: string): URL {
    if (this.#lastUrl?.text !== text) this.#lastUrl = { text, url: parseServerUrl(text) };
    return this.#lastUrl.url;
  }

  /** Sends the request and follows redirects while each target is allowed. */
  async #follow(exchange: Exchange, start: URL): Promise<IncomingReply> {
    let url = start;
    for (let hop = 0; hop <= MAX_REDIRECTS; hop += 1) {
      if (!this.#mayGo(exchange, url)) return fail('forbidden', 'the ServerURI is outside the allow-list');
      const reply = await this.#authorizedRequest(exchange, url);
      if ('failure' in reply || !isRedirected(exchange.request, reply.status)) return reply;
      const { location } = reply.headers;
      if (location === undefined) return reply;
      const next = URL.parse(location, url.href);
      if (next === null) return fail('forbidden', 'the redirect leads to a malformed URL');
      url = parseServerUrl(next.href);
    }
    return fail('forbidden', 'too many redirects');
  }

  #mayGo({ request, account }: Exchange, url: URL): boolean {
    if (request.purpose === 'package' && url.href === this.#urls.get(account)?.href) return true;
    return isAllowed(url, this.#options.allowServerUris);
  }

  /** Sends the request, and sends it again when the server answers with a Digest challenge. */
  async #authorizedRequest(exchange: Exchange, url: URL): Promise<IncomingReply> {
    const owner = this.#ownerOf(exchange.account, url);
    const first = await this.#requestOnce(exchange, url, owner);
    if ('failure' in first || first.status !== HTTP.unauthorized || owner?.auth.type !== 'digest') return first;
    const challenge = parseDigestChallenge(first.headers['www-authenticate'] ?? '');
    if (challenge === undefined) return first;
    this.#digests.set(owner, { challenge, count: 0 });
    return this.#requestOnce(exchange, url, owner);
  }

  /** The account whose credentials this origin may see: the given one if it has this origin, else any account that has. */
  #ownerOf(account: HttpAccount, url: URL): HttpAccount | undefined {
    const hasOrigin = (each: HttpAccount): boolean => this.#urls.get(each)?.origin === url.origin;
    return hasOrigin(account) ? account : Object.values(this.#options.accounts).find(hasOrigin);
  }

  async #requestOnce(exchange: Exchange, url: URL, owner: HttpAccount | undefined): Promise<IncomingReply> {
    const { request, account, body, signal } = exchange;
    const limit = this.#options.maxReplyBytes;
    const headers: Record<string, string> = { ...request.headers };
    const authorization = owner && this.#authorization(owner, exchange, url);
    if (authorization !== undefined) headers.authorization = authorization;
    const pool = this.#connections.poolFor(url.origin, owner ?? account, owner !== undefined);
    const response = await pool.request({
      method: request.method,
      path: `${url.pathname}${url.search}`,
      headers,
      body: request.body === undefined ? null : body,
      signal,
    });
    const bytes = await readLimited(response, limit);
    if (bytes === undefined) return fail('tooLarge', `the response has more than ${limit} bytes`);
    return { status: response.statusCode, headers: joinHeaders(response.headers), body: contentFromBytes(bytes) };
  }

  #authorization(owner: HttpAccount, { request, body }: Exchange, url: URL): string | undefined {
    const { auth } = owner;
    if (auth.type === 'none') return undefined;
    const { user, password } = auth;
    if (auth.type === 'basic') return `Basic ${Buffer.from(`${user}:${password}`, 'utf8').toString('base64')}`;
    const digest = this.#digests.get(owner);
    if (digest === undefined) return undefined;
    digest.count += 1;
    return digestAuthorization(digest.challenge, {
      method: request.method,
      uri: `${url.pathname}${url.search}`,
      body,
      user,
      password,
      cnonce: Buffer.from(this.#options.random.bytes(16)).toString('base64url'),
      count: digest.count,
    });
  }
}

/** True when the client follows a redirect: only for reading from a Data Repository, never for a package. */
function isRedirected(request: OutgoingRequest, status: number): boolean {
  return request.purpose === 'repository' && request.method === 'GET' && REDIRECTS.has(status);
}

/** The whole body; undefined when it is longer than `limit`. */
async function readLimited({ headers, body }: Dispatcher.ResponseData, limit: number): Promise<Uint8Array | undefined> {
  // The connection enforces Content-Length; only a body of unknown length has to be counted.
  if (Number(headers['content-length'] ?? Number.NaN) <= limit) return body.bytes();
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body) {
    if (!(chunk instanceof Uint8Array)) continue;
    length += chunk.length;
    // Leaving the loop destroys the stream, and with it the connection.
    if (length > limit) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, length);
}

function joinHeaders(headers: Dispatcher.ResponseData['headers']): Record<string, string> {
  const joined: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) joined[name.toLowerCase()] = Array.isArray(value) ? value.join(', ') : value;
  }
  return joined;
}

function fail(failure: Failure['failure'], reason: string): Failure {
  return { failure, reason };
}

/** Describes an error without paths and header values, which may be confidential. */
function toFailure(error: unknown, signal: AbortSignal): Failure {
  if (error instanceof DmError) return fail('forbidden', error.message);
  if (signal.aborted) return fail('timeout', 'no whole answer in time');
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
  if (code === 'UND_ERR_CONNECT_TIMEOUT') return fail('timeout', 'the connection was not established in time');
  return fail('unreachable', `the connection failed (${code})`);
}
