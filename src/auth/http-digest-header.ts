/**
 * The headers of HTTP Digest authentication, from a server's side: reads and verifies `Authorization`, writes
 * `WWW-Authenticate` and `Authentication-Info`. Nonces come from `http-nonce.ts`.
 *
 * Both hash functions are offered, the stronger one first, each in a challenge of its own. `auth-int` binds the credentials to
 * the body. Clients of RFC 2069 and 2617 that leave `qop` or `algorithm` out are served by the rules of those RFCs.
 *
 * @see RFC 7616 §3.3 to §3.5
 */
import { hash, timingSafeEqual } from 'node:crypto';
import { HTTP_REALM } from '../dm1/digest.ts';

const ALGORITHMS = ['SHA-256', 'MD5'] as const;
type HttpDigestAlgorithm = (typeof ALGORITHMS)[number];

/** The parameters of `Authorization: Digest` that count. */
export interface DigestCredentials {
  readonly algorithm: HttpDigestAlgorithm;
  readonly user: string;
  readonly realm: string;
  readonly nonce: string;
  readonly uri: string;
  /** Lower-case hex. */
  readonly response: string;
  /** Absent: RFC 2069, where nothing but the nonce protects against replay. */
  readonly qop?: { readonly name: 'auth' | 'auth-int'; readonly nc: string; readonly cnonce: string };
}

/** An accepted Digest, for the `Authentication-Info` of its answer; never stored or logged. */
export interface DigestUse {
  readonly credentials: DigestCredentials;
  readonly ha1: string;
  readonly nextNonce: string;
}

const PARAMETER = /\s*([\w!#$%&'*+.^`|~-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^",\s]*))\s*(?:,|$)/y;

/** Reads the text after `Digest` in `Authorization`; undefined when it is not by RFC 7616 and its predecessors. */
export function parseDigestCredentials(text: string): DigestCredentials | undefined {
  const parameters = parseParameters(text);
  const value = (name: string): string => parameters?.get(name) ?? '';
  const algorithm = ALGORITHMS.find((each) => each.toLowerCase() === (value('algorithm') || 'MD5').toLowerCase());
  const response = value('response').toLowerCase();
  if (parameters === undefined || algorithm === undefined || !/^[0-9a-f]+$/.test(response)) return undefined;
  const [user, realm, nonce, uri] = [value('username'), value('realm'), value('nonce'), value('uri')];
  const plain = { algorithm, user, realm, nonce, uri, response };
  if (!parameters.has('qop')) return plain;
  const name = (['auth', 'auth-int'] as const).find((each) => each === value('qop').toLowerCase());
  const [nc, cnonce] = [value('nc').toLowerCase(), value('cnonce')];
  if (name === undefined || !/^[0-9a-f]{8}$/.test(nc) || cnonce === '') return undefined;
  return { ...plain, qop: { name, nc, cnonce } };
}

/** True when the password behind HA1 made this response for a POST with this body. */
export function verifyDigestResponse(credentials: DigestCredentials, ha1: string, body: Uint8Array): boolean {
  const expected = Buffer.from(responseOf(credentials, ha1, 'POST', body));
  const given = Buffer.from(credentials.response);
  return given.length === expected.length && timingSafeEqual(given, expected);
}

/** The number of uses of the nonce, this one included. */
export function useCount({ qop }: DigestCredentials): number {
  return qop === undefined ? 1 : Number.parseInt(qop.nc, 16);
}

/** Values of `WWW-Authenticate`, one line each. */
export function digestChallenges(nonce: string, isStale: boolean): readonly string[] {
  const stale = isStale ? ', stale=true' : '';
  return ALGORITHMS.map(
    (algorithm) =>
      `Digest realm="${HTTP_REALM}", qop="auth, auth-int", algorithm=${algorithm}, nonce="${nonce}", charset=UTF-8${stale}`,
  );
}

/** The value of `Authentication-Info` beside an answer: proves that the bridge knows the password, and gives the next nonce. */
export function authenticationInfo({ credentials, ha1, nextNonce }: DigestUse, answer: Uint8Array): string {
  const next = `nextnonce="${nextNonce}"`;
  const { qop } = credentials;
  if (qop === undefined) return next;
  const rspauth = responseOf(credentials, ha1, '', answer);
  return `${next}, qop=${qop.name}, rspauth="${rspauth}", cnonce="${escapeQuoted(qop.cnonce)}", nc=${qop.nc}`;
}

function responseOf(credentials: DigestCredentials, ha1: string, method: string, body: Uint8Array): string {
  const { algorithm, nonce, uri, qop } = credentials;
  const digest = (data: string | Uint8Array): string => hash(algorithm === 'MD5' ? 'md5' : 'sha256', data, 'hex');
  const entity = qop?.name === 'auth-int' ? `:${digest(body)}` : '';
  const ha2 = digest(`${method}:${uri}${entity}`);
  const middle = qop === undefined ? nonce : `${nonce}:${qop.nc}:${qop.cnonce}:${qop.name}`;
  return digest(`${ha1}:${middle}:${ha2}`);
}

function parseParameters(text: string): ReadonlyMap<string, string> | undefined {
  const parameters = new Map<string, string>();
  for (let end = 0; end < text.length; end = PARAMETER.lastIndex) {
    PARAMETER.lastIndex = end;
    const match = PARAMETER.exec(text);
    const name = match?.[1]?.toLowerCase();
    if (match === null || name === undefined || parameters.has(name)) return undefined;
    parameters.set(name, match[2]?.replaceAll(/\\(.)/g, '$1') ?? match[3] ?? '');
  }
  return parameters;
}

function escapeQuoted(text: string): string {
  return text.replaceAll(/["\\]/g, '\\$&');
}
