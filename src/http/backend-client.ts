/**
 * The Backend port over HTTP: packages to the backend, data from and to Data Repositories (DM-2.0 §5.2, §6.2).
 *
 * Each request ends with a reply or a named failure. This file holds all rules about the servers that a request may reach,
 * and about the credentials that each server may see.
 */
import type { lookup as systemLookup } from 'node:dns';
import type { Backend, IncomingReply, OutgoingRequest, Random } from '../bridge/ports.ts';
import { contentBytes, contentFromBytes } from '../dm2/content.ts';
import { isMediaType } from '../dm2/media-type.ts';
import { MEDIA_TYPES } from '../dm2/package.ts';
import { MAX_PAGE_BYTES } from '../dm2/repository.ts';
import { isAllowed, parseServerUrl } from '../dm2/server-uri.ts';
import { DmError } from '../errors.ts';
import { HTTP, isHttpSuccess } from '../http-status.ts';
import { TNDS_WBXML_TYPE } from '../syncml/embedded-document.ts';
import { hasReachableHost } from './address-guard.ts';
import { type BackendConnections, createBackendConnections, type HttpAccount } from './backend-connections.ts';
import { ACCEPT_ENCODING } from './content-codings.ts';
import { digestAuthorization, parseDigestChallenge, parseNextNonce } from './digest-auth.ts';
import { DigestNonces, type DigestUse } from './digest-nonces.ts';
import { LARGE_BYTES, LARGE_PAGE_BYTES, LargeDocuments } from './large-documents.ts';
import type { DocumentKind } from './large-documents-worker.ts';
import { decodedBody, MAX_REFUSAL_BYTES, maxBytesOnTheWay, refusalBody } from './reply-body.ts';
import { type BodyLimit, Cancellation, type HttpResponse, sendRequest } from './response-reader.ts';

export interface BackendClientOptions {
  readonly accounts: Readonly<Record<string, HttpAccount>>;
  /** The allow-list of URL prefixes for ServerURIs. */
  readonly allowServerUris: readonly string[];
  /** Bytes of a resource of a Data Repository, decoded. */
  readonly maxReplyBytes: number;
  /** Bytes of a Package#2, decoded. */
  readonly maxPackageBytes: number;
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
  readonly cancellation: Cancellation;
}

/** The credentials of one HTTP request. */
interface Credentials {
  /** The account whose credentials the server may see. */
  readonly owner: HttpAccount | undefined;
  /** Present with Digest. */
  readonly nonces: DigestNonces | undefined;
  /** Absent before the first challenge. */
  readonly used: DigestUse | undefined;
}

const MAX_REDIRECTS = 5;
/** The statuses that carry the resource itself: no request asks for a part of it, or for its metadata. */
const IS_RESOURCE: ReadonlySet<number> = new Set([HTTP.ok, HTTP.nonAuthoritative]);
/** Redirects of a request with its method and its body. */
const REPEATS_REQUEST: ReadonlySet<number> = new Set([HTTP.temporaryRedirect, HTTP.permanentRedirect]);
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
  readonly #largeDocuments = new LargeDocuments();
  readonly #urls: ReadonlyMap<HttpAccount, URL>;
  /** The URL that an account used last, because nearly all its packages go to the same one. */
  readonly #lastUrls = new Map<HttpAccount, { readonly text: string; readonly url: URL }>();
  /** The nonces of each account with Digest. */
  readonly #digests = new Map<HttpAccount, DigestNonces>();

  constructor(options: BackendClientOptions) {
    this.#options = options;
    this.#connections = createBackendConnections(options.lookup);
    this.#urls = new Map(Object.values(options.accounts).map((account) => [account, new URL(account.url)]));
  }

  async send(request: OutgoingRequest, signal?: AbortSignal): Promise<IncomingReply> {
    const account = this.#options.accounts[request.account];
    if (account === undefined) return fail('forbidden', 'there is no such account');
    const cancellation = new Cancellation();
    const { cancel } = cancellation;
    // undici has a time for each phase of a request; this one is for all of its phases, redirects and retries.
    const timer = setTimeout(cancel, account.timeout);
    signal?.addEventListener('abort', cancel, { once: true });
    try {
      const body = request.body === undefined ? new Uint8Array() : contentBytes(request.body);
      const exchange: Exchange = { request, account, body, cancellation };
      const url = this.#parse(account, request.url);
      return request.purpose === 'package' ? await this.#post(exchange, url) : await this.#fetch(exchange, url);
    } catch (error) {
      return toFailure(error, cancellation.isCancelled);
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', cancel);
    }
  }

  /** Uses other TLS settings for the new connections of an account. */
  setTls(accountName: string, tls: HttpAccount['tls']): void {
    this.#connections.setTls(accountName, tls);
  }

  /** Cuts off the requests that still run. */
  async close(): Promise<void> {
    await Promise.all([this.#connections.close(), this.#largeDocuments.close()]);
  }

  #parse(account: HttpAccount, text: string): URL {
    const last = this.#lastUrls.get(account);
    if (last?.text === text) return last.url;
    const url = parseServerUrl(text);
    this.#lastUrls.set(account, { text, url });
    return url;
  }

  /** Sends a package; 307 and 308 within the origin of SrvURI are followed once, with the body. */
  async #post(exchange: Exchange, url: URL): Promise<IncomingReply> {
    if (!this.#mayGo(exchange, url)) return fail('forbidden', 'the URL is outside the allow-list');
    const reply = await this.#authorizedRequest(exchange, url);
    if ('failure' in reply || !REPEATS_REQUEST.has(reply.status)) return reply;
    const { location } = reply.headers;
    const target = location === undefined ? null : URL.parse(location, url.href);
    const own = this.#urls.get(exchange.account)?.origin;
    if (target === null || target.origin !== own || url.origin !== own) return reply;
    return await this.#authorizedRequest(exchange, parseServerUrl(target.href));
  }

  /** Sends a request to a Data Repository; redirects of a GET are followed while each target is allowed. */
  async #fetch(exchange: Exchange, start: URL): Promise<IncomingReply> {
    let url = start;
    for (let hop = 0; hop <= MAX_REDIRECTS; hop += 1) {
      if (!this.#mayGo(exchange, url)) {
        const what = hop === 0 ? 'the ServerURI is' : 'the redirect leads';
        return fail('forbidden', `${what} outside the allow-list: ${url.origin}`);
      }
      const reply = await this.#authorizedRequest(exchange, url);
      const isFollowed = exchange.request.method === 'GET' && exchange.request.purpose !== 'page';
      if ('failure' in reply || !isFollowed || !REDIRECTS.has(reply.status)) return reply;
      const { location } = reply.headers;
      if (location === undefined) return reply;
      const next = URL.parse(location, url.href);
      if (next === null) return fail('forbidden', 'the redirect leads to a malformed URL');
      url = parseServerUrl(next.href);
    }
    return fail('forbidden', 'too many redirects');
  }

  #mayGo({ request, account }: Exchange, url: URL): boolean {
    if (!hasReachableHost(url)) return false;
    if (request.purpose === 'package' && url.href === this.#urls.get(account)?.href) return true;
    return isAllowed(url, this.#options.allowServerUris);
  }

  /**
   * Sends the request, and sends it again when the server answers with a Digest challenge: once more after the first challenge,
   * and once more when the nonce of that one was too old already.
   */
  async #authorizedRequest(exchange: Exchange, url: URL): Promise<IncomingReply> {
    const owner = this.#ownerOf(exchange.account, url);
    const nonces = owner?.auth.type === 'digest' ? this.#noncesOf(owner) : undefined;
    const used = nonces?.next();
    const first = await this.#requestOnce(exchange, url, { owner, nonces, used });
    if ('failure' in first || first.status !== HTTP.unauthorized || nonces === undefined) return first;
    const challenge = parseDigestChallenge(first.headers['www-authenticate'] ?? '');
    if (challenge === undefined) return first;
    const fresh = nonces.challenged(challenge, used, this.#cnonce());
    const second = await this.#requestOnce(exchange, url, { owner, nonces, used: fresh });
    if (used !== undefined || 'failure' in second || second.status !== HTTP.unauthorized) return second;
    const stale = parseDigestChallenge(second.headers['www-authenticate'] ?? '');
    if (stale?.isStale !== true) return second;
    return await this.#requestOnce(exchange, url, {
      owner,
      nonces,
      used: nonces.challenged(stale, fresh, this.#cnonce()),
    });
  }

  readonly #cnonce = (): string => Buffer.from(this.#options.random.bytes(16)).toString('base64url');

  #noncesOf(account: HttpAccount): DigestNonces {
    const nonces = this.#digests.get(account) ?? new DigestNonces();
    this.#digests.set(account, nonces);
    return nonces;
  }

  /** The account whose credentials this origin may see: the given one if it has this origin, else any account that has. */
  #ownerOf(account: HttpAccount, url: URL): HttpAccount | undefined {
    const hasOrigin = (each: HttpAccount): boolean => this.#urls.get(each)?.origin === url.origin;
    return hasOrigin(account) ? account : Object.values(this.#options.accounts).find(hasOrigin);
  }

  async #requestOnce(exchange: Exchange, url: URL, credentials: Credentials): Promise<IncomingReply> {
    const { request, account, body, cancellation } = exchange;
    const { owner, nonces, used } = credentials;
    const headers: Record<string, string> = { ...request.headers };
    if (isReplyRead(request)) headers['accept-encoding'] = ACCEPT_ENCODING;
    const authorization = this.#authorization(credentials, exchange, url);
    if (authorization !== undefined) headers.authorization = authorization;
    const options = {
      method: request.method,
      path: `${url.pathname}${url.search}`,
      headers,
      body: request.body === undefined ? null : body,
    };
    const pool = this.#connections.poolFor(url.origin, owner ?? account, owner !== undefined);
    const limitBody = (status: number, replyHeaders: HttpResponse['headers']): BodyLimit => {
      return isReplyRead(request) ? maxBytesOnTheWay(replyHeaders, this.#maxBytes(request, status)) : 'skip';
    };
    const response = await sendRequest(pool, options, limitBody, cancellation);
    if (used !== undefined) {
      const nextNonce = parseNextNonce(response.headers['authentication-info'] ?? '');
      if (nextNonce !== undefined) nonces?.offer(nextNonce, used);
    }
    return await this.#toReply(request, response);
  }

  /** The most bytes of a body that is read, decoded. */
  #maxBytes(request: OutgoingRequest, status: number): number {
    if (!isReplyUsed(request, status)) return MAX_REFUSAL_BYTES;
    if (request.purpose === 'page') return MAX_PAGE_BYTES;
    return request.purpose === 'package' ? this.#options.maxPackageBytes : this.#options.maxReplyBytes;
  }

  async #toReply(request: OutgoingRequest, response: HttpResponse): Promise<IncomingReply> {
    const { status, headers } = response;
    if (!isReplyRead(request)) return { status, headers, body: { text: '' } };
    if (!isReplyUsed(request, status)) return { status, headers, body: contentFromBytes(await refusalBody(response)) };
    const bytes = await decodedBody(response, this.#maxBytes(request, status));
    if ('failure' in bytes) return { ...bytes, answered: status };
    const body = contentFromBytes(bytes);
    if (request.purpose === 'page') {
      const source = { contentType: headers['content-type'], url: request.url };
      if (bytes.length > LARGE_PAGE_BYTES) await this.#largeDocuments.readPage(body, source);
      return { status, headers, body };
    }
    const kind = request.purpose === 'package' ? 'package2' : kindOf(headers['content-type']);
    if (kind !== undefined && bytes.length > LARGE_BYTES) await this.#largeDocuments.read(kind, body);
    return { status, headers, body };
  }

  #authorization({ owner, used }: Credentials, { request, body }: Exchange, url: URL): string | undefined {
    if (owner === undefined || owner.auth.type === 'none') return undefined;
    const { user, password, type } = owner.auth;
    if (type === 'basic') return `Basic ${Buffer.from(`${user}:${password}`, 'utf8').toString('base64')}`;
    if (used === undefined) return undefined;
    return digestAuthorization(used.challenge, {
      method: request.method,
      uri: `${url.pathname}${url.search}`,
      body,
      user,
      password,
      cnonce: this.#cnonce(),
      session: used.session,
      count: used.count,
    });
  }
}

/** True for a request whose reply is more than its status and its header: the reply to an HPUT or HPOST is not read. */
function isReplyRead({ purpose, method }: OutgoingRequest): boolean {
  return purpose !== 'repository' || method === 'GET';
}

/** True for a reply whose body the request is about: not that of a refusal. */
function isReplyUsed({ purpose }: OutgoingRequest, status: number): boolean {
  return purpose === 'package' ? isHttpSuccess(status) : IS_RESOURCE.has(status);
}

/** The kind of a resource that is a document with a structure; undefined for a single value. */
function kindOf(contentType: string | undefined): DocumentKind | undefined {
  if (isMediaType(contentType, MEDIA_TYPES.moData)) return 'moData';
  return [MEDIA_TYPES.tnds, TNDS_WBXML_TYPE].some((type) => isMediaType(contentType, type)) ? 'tnds' : undefined;
}

function fail(failure: Failure['failure'], reason: string): Failure {
  return { failure, reason };
}

/** Describes an error without paths and header values, which may be confidential. */
function toFailure(error: unknown, isCancelled: boolean): Failure {
  if (error instanceof DmError) return fail('forbidden', error.message);
  if (isCancelled) return fail('timeout', 'no whole answer in time');
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
  if (code === 'UND_ERR_CONNECT_TIMEOUT') return fail('timeout', 'the connection was not established in time');
  return fail('unreachable', `the connection failed (${code})`);
}
