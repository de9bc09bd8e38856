/**
 * The HTTP header `x-syncml-hmac`: a MAC of the whole message, for authentication and integrity.
 *
 * @see OMA-TS-DM_Protocol 1.3 §9, which refers to the security enabler [DMSEC]
 */
import { bodyDigest, credentialForms, type DigestAlgorithm, equalBase64, macDigest, nonceBytes } from './digest.ts';

/** The type name of this scheme in a Chal; it is never used in a Cred ([DMSEC], integrity). */
export const MAC_TYPE = 'syncml:auth-MAC';

/** The parameters of the header. */
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

/**
 * Reads the header: parameters in any order, MD5 without an algorithm; undefined for anything that is no such header.
 */
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

/**
 * Returns a check of the MAC of one body under different nonces. The MAC is base64 of the bytes; base64 of their
 * lower-case hex form is accepted, too, because the specification's own sample has that form.
 */
export function macVerifier(header: MacHeader, a: string, body: Uint8Array): (nonce: Uint8Array) => boolean {
  const bodyHash = bodyDigest(header.algorithm, body);
  return (nonce) => {
    const mac = macDigest(header.algorithm, a, nonce, bodyHash);
    const asHex = Buffer.from(Buffer.from(mac, 'base64').toString('hex')).toString('base64');
    const [isBytes, isHex] = [equalBase64(header.mac, mac), equalBase64(header.mac, asHex)];
    return isBytes || isHex;
  };
}

/** Our account on a device, and the nonce for the next MAC. */
export interface MacCredentials {
  readonly algorithm: DigestAlgorithm;
  readonly user: string;
  readonly password: string;
  /** Base64, as in NextNonce. */
  readonly nonce: string;
}

/** Writes the header for a body of ours. */
export function formatMacHeader({ algorithm, user, password, nonce }: MacCredentials, body: Uint8Array): string {
  const a = credentialForms(user, password)[algorithm];
  const mac = macDigest(algorithm, a, nonceBytes(nonce), bodyDigest(algorithm, body));
  return `algorithm=${algorithm === 'md5' ? 'MD5' : 'SHA256'}, username="${user}", mac=${mac}`;
}

/** True when Meta/Type of a Chal asks for this header. */
export function isMacType(text: string | undefined): boolean {
  return text?.trim().toLowerCase() === MAC_TYPE.toLowerCase();
}
