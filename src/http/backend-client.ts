/**
 * The Backend port over HTTP: packages to the backend, data from and to Data Repositories (DM-2.0 §5.2, §6.2).
 *
 * Whatever the other side does comes back as a reply or a named failure. The rules of where a request, and whose
 * credentials, may go are all here.
 */
import type { lookup as systemLookup } from 'node:dns';
import type { Dispatcher } from 'undici';
import type { Backend, IncomingReply, OutgoingRequest, Random } from '../bridge/ports.ts';
import { contentBytes, contentFromBytes } from '../dm2/content.ts';
import { isAllowed, parseServerUri } from '../dm2/server-uri.ts';
import { DmError } from '../errors.ts';
import { type BackendAccount, type Connections, createConnections } from './backend-connections.ts';
import { answerDigest, type DigestChallenge, parseDigestChallenge } from './digest-auth.ts';

export interface BackendClientOptions {
  readonly accounts: Readonly<Record<string, BackendAccount>>;
  /** URL prefixes that a ServerURI may have. */
  readonly allowServerUris: readonly string[];
  readonly maxReplyBytes: number;
  readonly random: Random;
  /** How names become addresses; the system's way when absent. */
  readonly lookup?: typeof systemLookup;
}

type Failure = Extract<IncomingReply, { readonly failure: string }>;

/** One request on its way: what all its steps, redirects and second tries included, share. */
interface Exchange {
  readonly request: OutgoingRequest;
  readonly account: BackendAccount;
  readonly body: Uint8Array;
  readonly signal: AbortSignal;
}

const MAX_REDIRECTS = 5;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);

/** The client of all accounts; `close` it when the bridge stops. */
export class BackendClient implements Backend {
  readonly #options: BackendClientOptions;
  readonly #connections: Connections;
  readonly #urls: ReadonlyMap<BackendAccount, URL>;
  #lastUrl: { readonly text: string; readonly url: URL } | undefined;
  /** The challenge last answered for an account, and how often its nonce was used. */
  readonly #digests = new Map<BackendAccount, { readonly challenge: DigestChallenge; count: number }>();

  constructor(options: BackendClientOptions) {
    this.#options = options;
    this.#connections = createConnections(options.lookup);
    this.#urls = new Map(Object.values(options.accounts).map((account) => [account, new URL(account.url)]));
  }

  async send(request: OutgoingRequest): Promise<IncomingReply> {
    const account = this.#options.accounts[request.account];
    if (account === undefined) return fail('forbidden', 'there is no such account');
    const abort = new AbortController();
    // Not AbortSignal.timeout: its timers outlive their requests.
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

  /** Cuts off what is still under way. */
  close(): Promise<void> {
    return this.#connections.close();
  }

  /** Packages of an account go to one URL, again and again. */
  #parse(text: string): URL {
    if (this.#lastUrl?.text !== text) this.#lastUrl = { text, url: parseServerUri(text) };
    return this.#lastUrl.url;
  }

  /** Goes where it is sent on to, as long as every step is allowed. */
  async #follow(exchange: Exchange, start: URL): Promise<IncomingReply> {
    let url = start;
    for (let hop = 0; hop <= MAX_REDIRECTS; hop += 1) {
      if (!this.#mayGo(exchange, url)) return fail('forbidden', 'the ServerURI is outside the allow-list');
      const reply = await this.#authorizedRequest(exchange, url);
      const location = 'failure' in reply ? undefined : reply.headers.location;
      if ('failure' in reply || location === undefined || !isFollowed(exchange.request, reply.status)) return reply;
      const next = URL.parse(location, url.href);
      if (next === null) return fail('forbidden', 'redirected to what is no URL');
      url = parseServerUri(next.href);
    }
    return fail('forbidden', 'too many redirects');
  }

  #mayGo({ request, account }: Exchange, url: URL): boolean {
    if (request.purpose === 'package' && url.href === this.#urls.get(account)?.href) return true;
    return isAllowed(url, this.#options.allowServerUris);
  }

  /** Sends once, and once more when a Digest challenge asks for it. */
  async #authorizedRequest(exchange: Exchange, url: URL): Promise<IncomingReply> {
    const owner = this.#ownerOf(exchange.account, url);
    const first = await this.#requestOnce(exchange, url, owner);
    if ('failure' in first || first.status !== 401 || owner?.auth.type !== 'digest') return first;
    const challenge = parseDigestChallenge(first.headers['www-authenticate'] ?? '');
    if (challenge === undefined) return first;
    this.#digests.set(owner, { challenge, count: 0 });
    return this.#requestOnce(exchange, url, owner);
  }

  /** Whose credentials this origin may see: the account's own, else those of the account that lives there. */
  #ownerOf(account: BackendAccount, url: URL): BackendAccount | undefined {
    const livesThere = (each: BackendAccount): boolean => this.#urls.get(each)?.origin === url.origin;
    return livesThere(account) ? account : Object.values(this.#options.accounts).find(livesThere);
  }

  async #requestOnce(exchange: Exchange, url: URL, owner: BackendAccount | undefined): Promise<IncomingReply> {
    const { request, account, body, signal } = exchange;
    const limit = this.#options.maxReplyBytes;
    const authorization = owner && this.#authorization(owner, exchange, url);
    const response = await this.#connections.poolFor(url.origin, owner ?? account, owner !== undefined).request({
      method: request.method,
      path: `${url.pathname}${url.search}`,
      headers: { ...request.headers, ...(authorization === undefined ? {} : { authorization }) },
      body: request.body === undefined ? null : body,
      signal,
    });
    const bytes = await readLimited(response, limit);
    if (bytes === undefined) return fail('tooLarge', `the answer has more than ${limit} bytes`);
    return { status: response.statusCode, headers: joinHeaders(response.headers), body: contentFromBytes(bytes) };
  }

  #authorization(owner: BackendAccount, { request, body }: Exchange, url: URL): string | undefined {
    const { auth } = owner;
    if (auth.type === 'none') return undefined;
    const { user, password } = auth;
    if (auth.type === 'basic') return `Basic ${Buffer.from(`${user}:${password}`, 'utf8').toString('base64')}`;
    const digest = this.#digests.get(owner);
    if (digest === undefined) return undefined;
    digest.count += 1;
    const cnonce = Buffer.from(this.#options.random.bytes(16)).toString('base64url');
    const uri = `${url.pathname}${url.search}`;
    return answerDigest(digest.challenge, {
      method: request.method,
      uri,
      body,
      user,
      password,
      cnonce,
      count: digest.count,
    });
  }
}

/** Only reading from a Data Repository is redirected; a package goes where the account says, or nowhere. */
function isFollowed(request: OutgoingRequest, status: number): boolean {
  return request.purpose === 'repository' && request.method === 'GET' && REDIRECTS.has(status);
}

async function readLimited({ headers, body }: Dispatcher.ResponseData, limit: number): Promise<Uint8Array | undefined> {
  // The connection ends a body where its length says; only one of unknown length has to be watched.
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

/** Names what went wrong, without addresses' paths or header values, which may be confidential. */
function toFailure(error: unknown, signal: AbortSignal): Failure {
  if (error instanceof DmError) return fail('forbidden', error.message);
  if (signal.aborted) return fail('timeout', 'no whole answer in time');
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
  if (code === 'UND_ERR_CONNECT_TIMEOUT') return fail('timeout', 'no connection in time');
  return fail('unreachable', `the connection failed (${code})`);
}
