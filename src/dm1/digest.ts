/**
 * The hashes of the authentication schemes, and base64 as devices write it.
 *
 * The digests are built on A = B64(H(user ":" password)), so a server can check them without the password in clear
 * text.
 *
 * @see OMA-TS-DM_Protocol 1.3 §9
 */
import { hash, timingSafeEqual } from 'node:crypto';

export type DigestAlgorithm = 'md5' | 'sha256';

/** The fixed realm of HTTP digest authentication. It is part of HA1, so it can never change. */
export const HTTP_REALM = 'dmbridge';

/** The stored forms of a password: each form checks one scheme, and none shows the password. */
export interface CredentialForms {
  readonly user: string;
  /** B64(MD5(user ":" password)). */
  readonly md5: string;
  /** B64(SHA-256(user ":" password)). */
  readonly sha256: string;
  /** B64(SHA-256("basic" ":" user ":" password)). */
  readonly basic: string;
  /** Hex MD5(user ":" realm ":" password), for HTTP digest. */
  readonly ha1Md5: string;
  /** Hex SHA-256(user ":" realm ":" password), for HTTP digest. */
  readonly ha1Sha256: string;
}

/** Makes all stored forms of a password. */
export function credentialForms(user: string, password: string): CredentialForms {
  return {
    user,
    md5: hash('md5', `${user}:${password}`, 'base64'),
    sha256: hash('sha256', `${user}:${password}`, 'base64'),
    basic: basicForm(`${user}:${password}`),
    ha1Md5: hash('md5', `${user}:${HTTP_REALM}:${password}`, 'hex'),
    ha1Sha256: hash('sha256', `${user}:${HTTP_REALM}:${password}`, 'hex'),
  };
}

/** The stored form of `user:password` for the Basic scheme. */
export function basicForm(userAndPassword: string): string {
  return hash('sha256', `basic:${userAndPassword}`, 'base64');
}

/**
 * B64(H(A ":" nonce)); the nonce is the bytes behind NextNonce. SHA-256 has the construction of MD5 (DM-1.3 §9.4.2).
 */
export function digest(algorithm: DigestAlgorithm, a: string, nonce: Uint8Array): string {
  return hash(algorithm, Buffer.concat([Buffer.from(`${a}:`), nonce]), 'base64');
}

/** B64(H(body)), the part of a MAC that does not depend on the nonce. */
export function bodyDigest(algorithm: DigestAlgorithm, body: Uint8Array): string {
  return hash(algorithm, body, 'base64');
}

/** B64(H(A ":" nonce ":" B64(H(body)))): a nested hash, not the HMAC of RFC 2104. */
export function macDigest(algorithm: DigestAlgorithm, a: string, nonce: Uint8Array, bodyHash: string): string {
  return hash(algorithm, Buffer.concat([Buffer.from(`${a}:`), nonce, Buffer.from(`:${bodyHash}`)]), 'base64');
}

/** The bytes behind NextNonce. A nonce that is not base64 counts as text. */
export function nonceBytes(text: string): Uint8Array {
  return parseBase64(text) ?? Buffer.from(text);
}

/** The bytes of base64 text, with white space and without padding, too; undefined when it is not base64. */
export function parseBase64(text: string): Uint8Array | undefined {
  const compact = text.replace(/[\t\n\r ]/g, '');
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(compact) || compact.replace(/=+$/, '').length % 4 === 1) return undefined;
  return Buffer.from(compact, 'base64');
}

/** Compares two base64 texts by their bytes, in a time that does not depend on the position of a difference. */
export function equalBase64(one: string, other: string): boolean {
  const a = parseBase64(one);
  const b = parseBase64(other);
  return a !== undefined && b !== undefined && a.length === b.length && timingSafeEqual(a, b);
}
