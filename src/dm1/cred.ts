/**
 * Credentials as SyncML carries them: Basic, the digests over a nonce, and the MAC of a whole message.
 *
 * The digests are built on A = B64(H(user ":" password)), so a server can check them without the password in clear.
 * Here is only the arithmetic; which nonce counts and what is answered is decided in `bridge/authenticate.ts`.
 *
 * @see OMA-TS-DM_Protocol 1.3 §9, which leaves the MAC to the security enabler [DMSEC]
 */
import { hash, timingSafeEqual } from 'node:crypto';
import type { Chal, Cred } from '../syncml/message.ts';

export type DigestAlgorithm = 'md5' | 'sha256';

/** The schemes that travel in Cred, by the names of the configuration. */
export type CredType = 'basic' | DigestAlgorithm;

/** The SHA-256 type name that was seen in the field; DM-1.3 §9 names the scheme, not its identifier. */
export const SHA256_TYPE = 'syncml:auth-SHA256';

/** Integrity and authentication by the HTTP header `x-syncml-hmac`; never in Cred ([DMSEC], integrity). */
export const MAC_TYPE = 'syncml:auth-MAC';

/** A certificate is wanted; nothing in a message can answer it. */
export const X509_TYPE = 'syncml:auth-X509';

/** The fixed realm of HTTP digest authentication; part of HA1, so it can never change. */
export const HTTP_REALM = 'dmbridge';

/** What is kept of a password: each form checks one scheme, none shows the password. */
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

/** Makes all stored forms of one password; the caller drops the clear text (DM-1.3 §9). */
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

/** B64(H(A ":" nonce)); the nonce is the raw bytes behind NextNonce (DM-1.3 §9.4.2). */
export function digest(algorithm: DigestAlgorithm, a: string, nonce: Uint8Array): string {
  return hash(algorithm, Buffer.concat([Buffer.from(`${a}:`), nonce]), 'base64');
}

/** Cred/Data of `syncml:auth-md5` (DM-1.3 §9.4.2). */
export function md5Digest(a: string, nonce: Uint8Array): string {
  return digest('md5', a, nonce);
}

/** Cred/Data of the SHA-256 digest: the construction of MD5 with the other hash (DM-1.3 §9). */
export function sha256Digest(a: string, nonce: Uint8Array): string {
  return digest('sha256', a, nonce);
}

/** Cred/Data of `syncml:auth-basic` (DM-1.3 §9.4.1). */
export function formatBasic(user: string, password: string): string {
  return Buffer.from(`${user}:${password}`).toString('base64');
}

/** Reads Cred/Data of `syncml:auth-basic`; the first colon parts user and password (DM-1.3 §9.4.1). */
export function parseBasic(data: string): { readonly user: string; readonly password: string } | undefined {
  const bytes = parseBase64(data);
  if (bytes === undefined) return undefined;
  const text = Buffer.from(bytes).toString('utf8');
  const colon = text.indexOf(':');
  return colon < 0 ? undefined : { user: text.slice(0, colon), password: text.slice(colon + 1) };
}

/** Whether Cred/Data of `syncml:auth-basic` is the user and password behind the stored form (DM-1.3 §9.4.1). */
export function verifyBasic(data: string, form: string): boolean {
  const bytes = parseBase64(data);
  return equalBase64(basicForm(bytes === undefined ? '' : Buffer.from(bytes).toString('utf8')), form);
}

/** Whether a digest in Cred/Data was made with A and this nonce (DM-1.3 §9.4.2). */
export function verifyDigest(algorithm: DigestAlgorithm, data: string, a: string, nonce: Uint8Array): boolean {
  return equalBase64(data, digest(algorithm, a, nonce));
}

/** The parameters of the HTTP header `x-syncml-hmac` ([DMSEC], integrity). */
export interface MacHeader {
  readonly algorithm: DigestAlgorithm;
  readonly user: string;
  /** Base64, as sent. */
  readonly mac: string;
}

const MAC_PARAMETER = /\s*([A-Za-z]+)\s*=\s*(?:"([^"]*)"|([^",\s]*))\s*(?:,|$)/y;
const MAC_ALGORITHMS: Readonly<Record<string, DigestAlgorithm>> = {
  md5: 'md5',
  'hmac-md5': 'md5',
  sha256: 'sha256',
  'sha-256': 'sha256',
  'hmac-sha256': 'sha256',
};

/** Reads `x-syncml-hmac`: parameters in any order, algorithm MD5 unless given; undefined when it cannot count. */
export function parseMacHeader(value: string): MacHeader | undefined {
  const parameters = new Map<string, string>();
  let end = 0;
  while (end < value.length) {
    MAC_PARAMETER.lastIndex = end;
    const match = MAC_PARAMETER.exec(value);
    const name = match?.[1]?.toLowerCase();
    if (match === null || name === undefined || parameters.has(name)) return undefined;
    parameters.set(name, match[2] ?? match[3] ?? '');
    end = MAC_PARAMETER.lastIndex;
  }
  const algorithm = MAC_ALGORITHMS[(parameters.get('algorithm') ?? 'md5').toLowerCase()];
  const user = parameters.get('username');
  const mac = parameters.get('mac');
  if (algorithm === undefined || user === undefined || mac === undefined || mac === '') return undefined;
  return { algorithm, user, mac };
}

/** B64(H(A ":" nonce ":" B64(H(body)))): a nested hash, not RFC 2104, whatever its name says. */
export function nestedMac(algorithm: DigestAlgorithm, a: string, nonce: Uint8Array, body: Uint8Array): string {
  return macOver(algorithm, a, nonce, hash(algorithm, body, 'base64'));
}

/**
 * Checks MACs of one body under different nonces. Base64 of the bytes is the rule; base64 of their lower-case hex form is taken,
 * for the specification's own sample is written like that.
 */
export function macVerifier(header: MacHeader, a: string, body: Uint8Array): (nonce: Uint8Array) => boolean {
  const bodyHash = hash(header.algorithm, body, 'base64');
  return (nonce) => {
    const mac = macOver(header.algorithm, a, nonce, bodyHash);
    const asHex = Buffer.from(Buffer.from(mac, 'base64').toString('hex')).toString('base64');
    const [isBytes, isHex] = [equalBase64(header.mac, mac), equalBase64(header.mac, asHex)];
    return isBytes || isHex;
  };
}

/** The value of `x-syncml-hmac` over a body of ours. */
export function formatMacHeader(
  algorithm: DigestAlgorithm,
  user: string,
  password: string,
  nonce: string,
  body: Uint8Array,
): string {
  const mac = nestedMac(algorithm, credentialForms(user, password)[algorithm], nonceBytes(nonce), body);
  return `algorithm=${algorithm === 'md5' ? 'MD5' : 'SHA256'}, username="${user}", mac=${mac}`;
}

/** Whether Meta/Type of a Chal asks for `x-syncml-hmac`. */
export function isMacType(text: string | undefined): boolean {
  return text?.trim().toLowerCase() === MAC_TYPE.toLowerCase();
}

/** The wire name of a scheme, for Meta/Type of Cred and Chal. */
export function credTypeName(type: CredType, sha256Type: string = SHA256_TYPE): string {
  return type === 'sha256' ? sha256Type : `syncml:auth-${type}`;
}

/** The scheme that Meta/Type of Cred or Chal names; compared without case and surrounding white space. */
export function parseCredType(text: string | undefined, sha256Type: string = SHA256_TYPE): CredType | undefined {
  const name = text?.trim().toLowerCase();
  const types: readonly CredType[] = ['md5', 'basic', 'sha256'];
  return types.find((type) => credTypeName(type, sha256Type).toLowerCase() === name);
}

/**
 * Our Cred for a device that challenged us (DM-1.3 §9.2). `nonce` is the base64 nonce stored for us; the challenge's own
 * comes first. Without a challenge it is MD5, which every client of the profile knows. Undefined: a scheme we do not speak.
 */
export function makeServerCred(
  chal: Chal | undefined,
  user: string,
  password: string,
  nonce: string | undefined,
  sha256Type: string = SHA256_TYPE,
): Cred | undefined {
  const asked = chal?.meta.type;
  const type = asked === undefined ? 'md5' : parseCredType(asked, sha256Type);
  if (type === undefined) return undefined;
  const meta = { format: 'b64', type: credTypeName(type, sha256Type) };
  if (type === 'basic') return { meta, data: formatBasic(user, password) };
  const bytes = nonceBytes(chal?.meta.nextNonce ?? nonce ?? '');
  return { meta, data: digest(type, credentialForms(user, password)[type], bytes) };
}

/** Bytes of base64 text; white space and absent padding are taken, anything else that is not base64 gives undefined. */
export function parseBase64(text: string): Uint8Array | undefined {
  const compact = text.replace(/[\t\n\r ]/g, '');
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(compact) || compact.replace(/=+$/, '').length % 4 === 1) return undefined;
  return Buffer.from(compact, 'base64');
}

/** Compares two base64 texts by their bytes, in a time that does not depend on where they differ. */
export function equalBase64(one: string, other: string): boolean {
  const a = parseBase64(one);
  const b = parseBase64(other);
  return a !== undefined && b !== undefined && a.length === b.length && timingSafeEqual(a, b);
}

/** The bytes behind NextNonce; one that is no base64 was meant as it stands. */
function nonceBytes(text: string): Uint8Array {
  return parseBase64(text) ?? Buffer.from(text);
}

function macOver(algorithm: DigestAlgorithm, a: string, nonce: Uint8Array, bodyHash: string): string {
  return hash(algorithm, Buffer.concat([Buffer.from(`${a}:`), nonce, Buffer.from(`:${bodyHash}`)]), 'base64');
}

function basicForm(userAndPassword: string): string {
  return hash('sha256', `basic:${userAndPassword}`, 'base64');
}
