/**
 * The requests of a user interaction session: pages are fetched and forms are submitted as a browser does it, with redirects
 * and cookies (DM-2.0 §5.3.7). The sender checks each URL against the allow-list.
 */
import { CookieJar, type SerializedCookieJar } from 'tough-cookie';
import { textOf } from '../dm2/charset.ts';
import { type MediaType, parseMediaType } from '../dm2/media-type.ts';
import type { Content } from '../dm2/package.ts';
import type { RepositoryReply, RepositoryRequest } from '../dm2/repository.ts';
import { DM2_STATUS } from '../dm2/status-codes.ts';
import { DecodeError } from '../errors.ts';
import { HTTP } from '../http-status.ts';
import type { Mutable } from '../mutable.ts';
import { type Page, textPage, type UnfitPage } from './page.ts';
import { readPage } from './read-page.ts';
import type { Submission } from './submission.ts';

const MAX_REDIRECTS = 5;
/** Characters of all cookies of a session as they are stored; further ones are dropped. */
const MAX_COOKIES_LENGTH = 16_384;
const ACCEPT = 'text/html, application/xhtml+xml, text/plain;q=0.8';
const IS_PAGE: ReadonlySet<number> = new Set([HTTP.ok, HTTP.nonAuthoritative]);
/** Redirects that make a GET of a POST. */
const BECOMES_GET: ReadonlySet<number> = new Set([HTTP.movedPermanently, HTTP.found, HTTP.seeOther]);
const REPEATS: ReadonlySet<number> = new Set([HTTP.temporaryRedirect, HTTP.permanentRedirect]);
/** The charset in the beginning of a page, of the element `meta` in either of its forms. */
const META_CHARSET = /<meta[^>]*\bcharset\s*=\s*["']?\s*([^\s"'/>;]+)/iu;
const META_SEARCHED = 1024;

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
  const cookies = withCookies(request, headers['set-cookie']);
  if (BECOMES_GET.has(status) || REPEATS.has(status)) return redirected(request, status, headers.location, cookies);
  if (!IS_PAGE.has(status)) return refusal(DM2_STATUS.internalError, `the page was answered with ${status}`);
  const isEmpty = 'text' in reply.body ? reply.body.text === '' : reply.body.base64 === '';
  if (isEmpty) return refusal(DM2_STATUS.internalError, 'the page is empty');
  const page = pageIn(reply.body, headers['content-type'], request.url);
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
function withCookies({ cookies, url }: PageRequest, setCookie: string | undefined): SerializedCookieJar | undefined {
  if (setCookie === undefined) return cookies;
  const jar = jarOf(cookies);
  for (const text of setCookie.split('\n')) jar.setCookieSync(text, url, { ignoreError: true });
  const next = jar.serializeSync();
  return next === undefined || JSON.stringify(next).length > MAX_COOKIES_LENGTH ? cookies : next;
}

function jarOf(cookies: SerializedCookieJar | undefined): CookieJar {
  return cookies === undefined ? new CookieJar() : CookieJar.fromJSON(JSON.stringify(cookies));
}

function pageIn(body: Content, contentType: string | undefined, url: string): Page | UnfitPage {
  const mediaType = contentType === undefined ? undefined : mediaTypeOf(contentType);
  const essence = mediaType?.essence;
  const isHtml = essence === 'text/html' || essence === 'application/xhtml+xml';
  if (mediaType === undefined || !(isHtml || essence === 'text/plain')) {
    return { problem: `not a page: ${essence ?? 'no media type'}` };
  }
  const reading = textOf(body, isHtml ? withMetaCharset(mediaType, body) : mediaType);
  if ('problem' in reading) return { problem: reading.problem };
  return isHtml ? readPage(reading.text.replace(/^\uFEFF/u, ''), url) : textPage(reading.text);
}

function mediaTypeOf(contentType: string): MediaType | undefined {
  try {
    return parseMediaType(contentType);
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}

/** Without a charset in its header, a page may name it itself. A page that can be read so far is not in UTF-16. */
function withMetaCharset(mediaType: MediaType, body: Content): MediaType {
  if (mediaType.parameters.has('charset')) return mediaType;
  const start = 'text' in body ? body.text.slice(0, META_SEARCHED) : latin1Start(body.base64);
  const charset = META_CHARSET.exec(start)?.[1]?.toLowerCase();
  if (charset === undefined || charset.startsWith('utf-16')) return mediaType;
  return { ...mediaType, parameters: new Map([...mediaType.parameters, ['charset', charset]]) };
}

function latin1Start(base64: string): string {
  return Buffer.from(base64.slice(0, (META_SEARCHED / 3) * 4), 'base64').toString('latin1');
}
