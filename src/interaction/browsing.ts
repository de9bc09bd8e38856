/**
 * The requests of a user interaction session: pages are fetched and forms are submitted as a browser does it, with redirects
 * and cookies (DM-2.0 §5.3.7). The sender checks each URL against the allow-list.
 */
import { Cookie, CookieJar, type SerializedCookieJar } from 'tough-cookie';
import type { RepositoryReply, RepositoryRequest } from '../dm2/repository.ts';
import { DM2_STATUS } from '../dm2/status-codes.ts';
import { HTTP } from '../http-status.ts';
import type { Mutable } from '../mutable.ts';
import type { Page } from './page.ts';
import { pageOfContent } from './page-content.ts';
import type { Submission } from './submission.ts';

const MAX_REDIRECTS = 5;
/** Characters of all cookies of a session as they are stored; further ones are dropped. */
const MAX_COOKIES_LENGTH = 16_384;
/** The time of a server that does not tell it, in milliseconds since 1970: servers remove a cookie with a date long before it. */
const LONG_AGO = Date.UTC(2000, 0, 1);
const ACCEPT = 'text/html, application/xhtml+xml, text/plain;q=0.8';
const IS_PAGE: ReadonlySet<number> = new Set([HTTP.ok, HTTP.nonAuthoritative]);
/** Redirects that make a GET of a POST. */
const BECOMES_GET: ReadonlySet<number> = new Set([HTTP.movedPermanently, HTTP.found, HTTP.seeOther]);
const REPEATS: ReadonlySet<number> = new Set([HTTP.temporaryRedirect, HTTP.permanentRedirect]);

type Headers = Readonly<Record<string, string>>;

/** One request, with the cookies of the session. */
export interface PageRequest extends Submission {
  /** Absent: none yet. */
  readonly cookies?: SerializedCookieJar | undefined;
  /** Redirects that led to it. */
  readonly redirects: number;
}

export type PageReply =
  | { readonly kind: 'redirect'; readonly request: PageRequest }
  | { readonly kind: 'page'; readonly page: Page; readonly cookies: SerializedCookieJar | undefined }
  /** There is no page; the status is that of a SHOW. */
  | { readonly kind: 'none'; readonly status: number; readonly reason: string };

/** The request as it is sent. */
export function toHttpRequest({ method, url, contentType, body, cookies }: PageRequest): RepositoryRequest {
  const headers: Record<string, string> = { accept: ACCEPT };
  const cookie = cookies === undefined ? '' : jarOf(cookies).getCookieStringSync(url);
  if (cookie !== '') headers.cookie = cookie;
  if (contentType !== undefined) headers['content-type'] = contentType;
  const request: Mutable<RepositoryRequest> = { method, url, headers, isPage: true };
  if (body !== undefined) request.body = { text: body };
  return request;
}

/** The page in the reply, or the request that a redirect leads to. */
export function readPageReply(request: PageRequest, reply: RepositoryReply): PageReply {
  if ('failure' in reply) {
    const status = reply.failure === 'tooLarge' ? DM2_STATUS.notImplemented : DM2_STATUS.internalError;
    return { kind: 'none', status, reason: `${reply.failure}: ${reply.reason}` };
  }
  const { status, headers } = reply;
  const cookies = withCookies(request, headers);
  if (BECOMES_GET.has(status) || REPEATS.has(status)) return redirected(request, status, headers.location, cookies);
  if (!IS_PAGE.has(status)) return refusal(DM2_STATUS.internalError, `the page was answered with ${status}`);
  const isEmpty = 'text' in reply.body ? reply.body.text === '' : reply.body.base64 === '';
  if (isEmpty) return refusal(DM2_STATUS.internalError, 'the page is empty');
  const page = pageOfContent(reply.body, { contentType: headers['content-type'], url: request.url });
  if ('problem' in page) return refusal(DM2_STATUS.notImplemented, page.problem);
  return { kind: 'page', page, cookies };
}

function refusal(status: number, reason: string): PageReply {
  return { kind: 'none', status, reason };
}

function redirected(
  before: PageRequest,
  status: number,
  location: string | undefined,
  cookies: SerializedCookieJar | undefined,
): PageReply {
  const url = location === undefined ? null : URL.parse(location, before.url);
  if (url === null) return refusal(DM2_STATUS.internalError, 'the redirect leads to no URL');
  if (before.redirects === MAX_REDIRECTS) return refusal(DM2_STATUS.internalError, 'too many redirects');
  url.hash = '';
  const redirects = before.redirects + 1;
  if (REPEATS.has(status)) return { kind: 'redirect', request: { ...before, url: url.href, cookies, redirects } };
  return { kind: 'redirect', request: { method: 'GET', url: url.href, cookies, redirects } };
}

/** The cookies after a reply. Those that the rules of cookies forbid are left out (RFC 6265 §5.3). */
function withCookies({ cookies, url }: PageRequest, headers: Headers): SerializedCookieJar | undefined {
  const setCookie = headers['set-cookie'];
  if (setCookie === undefined) return cookies;
  const jar = jarOf(cookies);
  const now = Date.parse(headers.date ?? '');
  for (const text of setCookie.split('\n')) {
    const cookie = Cookie.parse(text);
    if (cookie === undefined) continue;
    // A cookie lives as long as the session of the user, so that a command that is resumed later sends the same request again.
    const isRemoved = isPast(cookie, Number.isNaN(now) ? LONG_AGO : now);
    cookie.maxAge = null;
    cookie.expires = isRemoved ? new Date(0) : 'Infinity';
    jar.setCookieSync(cookie, url, { ignoreError: true });
  }
  const next = jar.serializeSync();
  return next === undefined || JSON.stringify(next).length > MAX_COOKIES_LENGTH ? cookies : next;
}

/** True for a cookie that the server takes away, by the server's own clock. */
function isPast({ maxAge, expires }: Cookie, now: number): boolean {
  if (typeof maxAge === 'number') return maxAge <= 0;
  return maxAge === '-Infinity' || (expires instanceof Date && expires.getTime() <= now);
}

function jarOf(cookies: SerializedCookieJar | undefined): CookieJar {
  return cookies === undefined ? new CookieJar() : CookieJar.fromJSON(JSON.stringify(cookies));
}
