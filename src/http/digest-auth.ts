/**
 * HTTP Digest authentication as a client does it (RFC 7616, and RFC 2617 for elder servers). Pure: the client nonce
 * comes in, the header goes out.
 */
import { createHash } from 'node:crypto';

/** The parameters of one Digest challenge that we can answer. */
export interface DigestChallenge {
  readonly realm: string;
  readonly nonce: string;
  readonly opaque?: string;
  readonly algorithm: DigestAlgorithm;
  /** Absent: the server knows only RFC 2069. */
  readonly qop?: 'auth' | 'auth-int';
  readonly userhash: boolean;
}

/** Strongest first. */
const ALGORITHMS = ['SHA-256', 'SHA-256-sess', 'MD5', 'MD5-sess'] as const;
type DigestAlgorithm = (typeof ALGORITHMS)[number];

export interface DigestRequest {
  readonly method: string;
  /** Path and query, as in the request line. */
  readonly uri: string;
  readonly body: Uint8Array;
  readonly user: string;
  readonly password: string;
  readonly cnonce: string;
  /** How often this nonce was used, this time included. */
  readonly count: number;
}

/** The strongest Digest challenge in `WWW-Authenticate`, undefined when none can be answered. */
export function parseDigestChallenge(header: string): DigestChallenge | undefined {
  const challenges = parseChallenges(header).filter(({ scheme }) => scheme === 'digest');
  const usable = challenges.flatMap(({ parameters }) => toChallenge(parameters) ?? []);
  return usable.sort((a, b) => ALGORITHMS.indexOf(a.algorithm) - ALGORITHMS.indexOf(b.algorithm))[0];
}

/** The value of `Authorization` that answers the challenge (RFC 7616 §3.4). */
export function answerDigest(challenge: DigestChallenge, request: DigestRequest): string {
  const { realm, nonce, qop, algorithm, opaque } = challenge;
  const hash = hasher(algorithm);
  const session = hash(`${request.user}:${realm}:${request.password}`);
  const a1 = algorithm.endsWith('-sess') ? hash(`${session}:${nonce}:${request.cnonce}`) : session;
  const entity = qop === 'auth-int' ? `:${hash(request.body)}` : '';
  const a2 = hash(`${request.method}:${request.uri}${entity}`);
  const count = request.count.toString(16).padStart(8, '0');
  const response = hash(
    qop === undefined ? `${a1}:${nonce}:${a2}` : `${a1}:${nonce}:${count}:${request.cnonce}:${qop}:${a2}`,
  );
  const username = challenge.userhash ? hash(`${request.user}:${realm}`) : request.user;
  const parts = [
    `username=${quote(username)}`,
    `realm=${quote(realm)}`,
    `nonce=${quote(nonce)}`,
    `uri=${quote(request.uri)}`,
    `response="${response}"`,
    `algorithm=${algorithm}`,
    ...(opaque === undefined ? [] : [`opaque=${quote(opaque)}`]),
    ...(qop === undefined ? [] : [`qop=${qop}`, `nc=${count}`]),
    ...(qop === undefined && !algorithm.endsWith('-sess') ? [] : [`cnonce=${quote(request.cnonce)}`]),
    ...(challenge.userhash ? ['userhash=true'] : []),
  ];
  return `Digest ${parts.join(', ')}`;
}

interface Challenge {
  readonly scheme: string;
  readonly parameters: Map<string, string>;
}

/** Splits `WWW-Authenticate`, where commas separate both challenges and their parameters (RFC 9110 §11.6.1). */
function parseChallenges(header: string): readonly Challenge[] {
  const challenges: Challenge[] = [];
  const tokens = header.matchAll(/([\w!#$%&'*+.^`|~-]+)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+)))?/g);
  for (const [, name = '', quoted, plain] of tokens) {
    const value = quoted?.replaceAll(/\\(.)/g, '$1') ?? plain;
    if (value === undefined) challenges.push({ scheme: name.toLowerCase(), parameters: new Map() });
    else challenges.at(-1)?.parameters.set(name.toLowerCase(), value);
  }
  return challenges;
}

function toChallenge(parameters: ReadonlyMap<string, string>): DigestChallenge | undefined {
  const [realm, nonce, opaque] = [parameters.get('realm'), parameters.get('nonce'), parameters.get('opaque')];
  const named = (parameters.get('algorithm') ?? 'MD5').toLowerCase();
  const algorithm = ALGORITHMS.find((each) => each.toLowerCase() === named);
  const offered = parameters
    .get('qop')
    ?.toLowerCase()
    .split(',')
    .map((each) => each.trim());
  const qop = (['auth', 'auth-int'] as const).find((each) => offered?.includes(each));
  if (realm === undefined || nonce === undefined || algorithm === undefined) return undefined;
  if (offered !== undefined && qop === undefined) return undefined;
  return {
    realm,
    nonce,
    algorithm,
    userhash: parameters.get('userhash')?.toLowerCase() === 'true',
    ...(opaque === undefined ? {} : { opaque }),
    ...(qop === undefined ? {} : { qop }),
  };
}

function hasher(algorithm: DigestAlgorithm): (data: string | Uint8Array) => string {
  const name = algorithm.startsWith('MD5') ? 'md5' : 'sha256';
  return (data) => createHash(name).update(data).digest('hex');
}

function quote(text: string): string {
  return `"${text.replaceAll(/["\\]/g, '\\$&')}"`;
}
