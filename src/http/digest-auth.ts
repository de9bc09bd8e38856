/**
 * HTTP Digest authentication of a client (RFC 7616, and RFC 2617 for older servers).
 *
 * The functions are pure: the caller passes the client nonce.
 */
import { createHash } from 'node:crypto';
import type { Mutable } from '../mutable.ts';

/** The parameters of a Digest challenge that this client can answer. */
export interface DigestChallenge {
  readonly realm: string;
  readonly nonce: string;
  readonly opaque?: string;
  readonly algorithm: DigestAlgorithm;
  /** Absent: the server knows only RFC 2069. */
  readonly qop?: 'auth' | 'auth-int';
  readonly userhash: boolean;
  /** Present when only the nonce of the request was too old (RFC 7616 §3.3). */
  readonly isStale?: true;
}

/** The name of a scheme, or a parameter with its quoted or plain value (RFC 9110 §11.2). */
const PARAMETER = /([\w!#$%&'*+.^`|~-]+)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+)))?/g;

/** Strongest first. */
const ALGORITHMS = ['SHA-256', 'SHA-256-sess', 'MD5', 'MD5-sess'] as const;
type DigestAlgorithm = (typeof ALGORITHMS)[number];

/**
 * The nonces of the first answer to a challenge. The algorithms `-sess` make their key of them once, for all requests until the
 * next challenge (RFC 7616 §3.4.2).
 */
export interface DigestSession {
  readonly nonce: string;
  readonly cnonce: string;
}

export interface DigestRequest {
  readonly method: string;
  /** Path and query, as in the request line. */
  readonly uri: string;
  readonly body: Uint8Array;
  readonly user: string;
  readonly password: string;
  /** Another one for each request; with `-sess` that of the session takes its place. */
  readonly cnonce: string;
  readonly session: DigestSession;
  /** The number of requests with this nonce, including this one. */
  readonly count: number;
}

/** The strongest Digest challenge in a `WWW-Authenticate` header; undefined when none can be answered. */
export function parseDigestChallenge(header: string): DigestChallenge | undefined {
  const offered = parseChallenges(header).filter(({ scheme }) => scheme === 'digest');
  const challenges = offered.flatMap(({ parameters }) => toDigestChallenge(parameters) ?? []);
  return challenges.sort((a, b) => ALGORITHMS.indexOf(a.algorithm) - ALGORITHMS.indexOf(b.algorithm))[0];
}

/** The `nextnonce` of an `Authentication-Info` header (RFC 7616 §3.5); undefined when it has none. */
export function parseNextNonce(header: string): string | undefined {
  const parameters = [...header.matchAll(PARAMETER)];
  const [, , quoted, plain] = parameters.find(([, name = '']) => name.toLowerCase() === 'nextnonce') ?? [];
  const nonce = quoted === undefined ? plain : unquote(quoted);
  return nonce === '' ? undefined : nonce;
}

/** The value of the `Authorization` header that answers a challenge (RFC 7616 §3.4). */
export function digestAuthorization(challenge: DigestChallenge, request: DigestRequest): string {
  const { realm, nonce, qop, algorithm, opaque, userhash } = challenge;
  const { user } = request;
  const hash = hasher(algorithm);
  const count = request.count.toString(16).padStart(8, '0');
  const isSession = algorithm.endsWith('-sess');
  const cnonce = isSession ? request.session.cnonce : request.cnonce;
  const parts = [
    `username=${quote(userhash ? hash(`${user}:${realm}`) : user)}`,
    `realm=${quote(realm)}`,
    `nonce=${quote(nonce)}`,
    `uri=${quote(request.uri)}`,
    `response="${responseDigest(challenge, { ...request, cnonce }, count)}"`,
    `algorithm=${algorithm}`,
  ];
  if (opaque !== undefined) parts.push(`opaque=${quote(opaque)}`);
  if (qop !== undefined) parts.push(`qop=${qop}`, `nc=${count}`);
  if (qop !== undefined || isSession) parts.push(`cnonce=${quote(cnonce)}`);
  if (userhash) parts.push('userhash=true');
  return `Digest ${parts.join(', ')}`;
}

/** The `response` parameter (RFC 7616 §3.4.1). */
function responseDigest(challenge: DigestChallenge, request: DigestRequest, count: string): string {
  const { realm, nonce, qop, algorithm } = challenge;
  const { user, password, cnonce, session, method, uri, body } = request;
  const hash = hasher(algorithm);
  const credentials = hash(`${user}:${realm}:${password}`);
  const a1 = algorithm.endsWith('-sess') ? hash(`${credentials}:${session.nonce}:${session.cnonce}`) : credentials;
  const a2 = hash(qop === 'auth-int' ? `${method}:${uri}:${hash(body)}` : `${method}:${uri}`);
  return hash(qop === undefined ? `${a1}:${nonce}:${a2}` : `${a1}:${nonce}:${count}:${cnonce}:${qop}:${a2}`);
}

interface Challenge {
  readonly scheme: string;
  readonly parameters: Map<string, string>;
}

/** Splits a `WWW-Authenticate` header. Commas separate both challenges and their parameters (RFC 9110 §11.6.1). */
function parseChallenges(header: string): readonly Challenge[] {
  const challenges: Challenge[] = [];
  for (const [, name = '', quoted, plain] of header.matchAll(PARAMETER)) {
    const value = quoted === undefined ? plain : unquote(quoted);
    if (value === undefined) challenges.push({ scheme: name.toLowerCase(), parameters: new Map() });
    else challenges.at(-1)?.parameters.set(name.toLowerCase(), value);
  }
  return challenges;
}

/** The challenge; undefined when a parameter is missing or the client knows no offered algorithm or qop. */
function toDigestChallenge(parameters: ReadonlyMap<string, string>): DigestChallenge | undefined {
  const realm = parameters.get('realm');
  const nonce = parameters.get('nonce');
  const algorithm = parseAlgorithm(parameters.get('algorithm') ?? 'MD5');
  if (realm === undefined || nonce === undefined || algorithm === undefined) return undefined;
  const userhash = parameters.get('userhash')?.toLowerCase() === 'true';
  const challenge: Mutable<DigestChallenge> = { realm, nonce, algorithm, userhash };
  if (parameters.get('stale')?.toLowerCase() === 'true') challenge.isStale = true;
  const opaque = parameters.get('opaque');
  if (opaque !== undefined) challenge.opaque = opaque;
  const offeredQop = parameters.get('qop');
  if (offeredQop !== undefined) {
    const qop = parseQop(offeredQop);
    if (qop === undefined) return undefined;
    challenge.qop = qop;
  }
  return challenge;
}

function parseAlgorithm(name: string): DigestAlgorithm | undefined {
  return ALGORITHMS.find((algorithm) => algorithm.toLowerCase() === name.toLowerCase());
}

/** The preferred qop of a list such as `auth, auth-int`. */
function parseQop(list: string): DigestChallenge['qop'] {
  const offered = list.split(',').map((qop) => qop.trim().toLowerCase());
  return (['auth', 'auth-int'] as const).find((qop) => offered.includes(qop));
}

function hasher(algorithm: DigestAlgorithm): (data: string | Uint8Array) => string {
  const name = algorithm.startsWith('MD5') ? 'md5' : 'sha256';
  return (data) => createHash(name).update(data).digest('hex');
}

function unquote(quoted: string): string {
  return quoted.replaceAll(/\\(.)/g, '$1');
}

function quote(text: string): string {
  return `"${text.replaceAll(/["\\]/g, '\\$&')}"`;
}
