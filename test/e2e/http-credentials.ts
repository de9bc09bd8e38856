/**
 * Credentials in HTTP headers, as a client makes them: `x-syncml-hmac` and `Authorization`. Written from the specifications,
 * without the bridge's code.
 *
 * @see OMA-TS-DM_Security "Integrity"; RFC 7616 §3.4; RFC 7617
 */
import { createHash } from 'node:crypto';
import type { Account } from './scripted-device.ts';

type User = Pick<Account, 'user' | 'password'>;

/** Returns an `x-syncml-hmac`; `nonce` is base64, as in NextNonce. */
export function macHeader(
  { user, password }: User,
  nonce: string,
  body: string,
  algorithm: 'MD5' | 'SHA256' = 'MD5',
): string {
  const b64 = (data: string | Buffer) => createHash(algorithm.toLowerCase()).update(data).digest('base64');
  const a = b64(`${user}:${password}`);
  const bytes = Buffer.concat([Buffer.from(`${a}:`), Buffer.from(nonce, 'base64'), Buffer.from(`:${b64(body)}`)]);
  return `algorithm=${algorithm}, username="${user}", mac=${b64(bytes)}`;
}

export function basicHeader({ user, password }: User): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}

export interface DigestAnswer {
  readonly algorithm?: 'MD5' | 'SHA-256';
  readonly qop?: 'auth' | 'auth-int' | undefined;
  readonly nc?: number;
  readonly uri?: string;
  readonly body?: string;
  readonly realm?: string;
  readonly cnonce?: string;
}

/** Answers a Digest challenge for a POST. */
export function digestHeader({ user, password }: User, nonce: string, answer: DigestAnswer = {}): string {
  const { algorithm = 'SHA-256', nc = 1, uri = '/dm', realm = 'dmbridge', cnonce = 'f00' } = answer;
  const qop = 'qop' in answer ? answer.qop : 'auth';
  const count = nc.toString(16).padStart(8, '0');
  const response = digestOf({ user, password }, { ...answer, algorithm, nc, uri, realm, cnonce, qop }, nonce, 'POST');
  const use = qop === undefined ? '' : `, qop=${qop}, nc=${count}, cnonce="${cnonce}"`;
  return `Digest username="${user}", realm="${realm}", nonce="${nonce}", uri="${uri}", algorithm=${algorithm}, response="${response}"${use}`;
}

/** Returns the digest of a request, or with an empty `method` the `rspauth` of an answer with that body. */
export function digestOf(
  { user, password }: User,
  answer: Required<Omit<DigestAnswer, 'body' | 'qop'>> & Pick<DigestAnswer, 'body' | 'qop'>,
  nonce: string,
  method: 'POST' | '',
): string {
  const { algorithm, nc, uri, realm, cnonce, qop, body = '' } = answer;
  const h = (data: string) =>
    createHash(algorithm === 'MD5' ? 'md5' : 'sha256')
      .update(data)
      .digest('hex');
  const ha2 = h(`${method}:${uri}${qop === 'auth-int' ? `:${h(body)}` : ''}`);
  const use = qop === undefined ? '' : `:${nc.toString(16).padStart(8, '0')}:${cnonce}:${qop}`;
  return h(`${h(`${user}:${realm}:${password}`)}:${nonce}${use}:${ha2}`);
}

/** Returns the parameters of one challenge or of `Authentication-Info`. */
export function parametersOf(value: string | undefined): Readonly<Record<string, string>> {
  const found = [...(value ?? '').matchAll(/([\w-]+)=(?:"([^"]*)"|([^\s,]+))/g)];
  return Object.fromEntries(found.map(([, name = '', quoted, plain = '']) => [name, quoted ?? plain]));
}
