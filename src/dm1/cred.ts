/**
 * Credentials in SyncHdr/Cred: Basic and the digests over a nonce. `auth/` selects the nonce and decides over a
 * message.
 *
 * @see OMA-TS-DM_Protocol 1.3 §9
 */
import type { Chal, Cred } from '../syncml/message.ts';
import {
  basicForm,
  credentialForms,
  type DigestAlgorithm,
  digest,
  equalBase64,
  nonceBytes,
  parseBase64,
} from './digest.ts';

/** The schemes of Cred, by the names of the configuration. */
export type CredType = 'basic' | DigestAlgorithm;

/** The type name of SHA-256 that devices use; DM-1.3 §9 names the scheme, not its identifier. */
export const SHA256_TYPE = 'syncml:auth-SHA256';

/** The type name for a client certificate. No Cred can have it. */
export const X509_TYPE = 'syncml:auth-X509';

/** True when Cred/Data of `syncml:auth-basic` has the user and password of the stored form (DM-1.3 §9.4.1). */
export function verifyBasic(data: string, form: string): boolean {
  const bytes = parseBase64(data);
  return equalBase64(basicForm(bytes === undefined ? '' : Buffer.from(bytes).toString('utf8')), form);
}

/** True when the digest in Cred/Data was made with A and this nonce (DM-1.3 §9.4.2). */
export function verifyDigest(algorithm: DigestAlgorithm, data: string, a: string, nonce: Uint8Array): boolean {
  return equalBase64(data, digest(algorithm, a, nonce));
}

/** The wire name of a scheme, for Meta/Type of Cred and Chal. */
export function credTypeName(type: CredType, sha256Type: string = SHA256_TYPE): string {
  return type === 'sha256' ? sha256Type : `syncml:auth-${type}`;
}

/** The scheme that Meta/Type of Cred or Chal names; compared without case and surrounding white space. */
export function parseCredType(text: string | undefined, sha256Type: string = SHA256_TYPE): CredType | undefined {
  if (text === undefined) return undefined;
  const name = text.trim().toLowerCase();
  const types: readonly CredType[] = ['md5', 'basic', 'sha256'];
  return types.find((type) => credTypeName(type, sha256Type).toLowerCase() === name);
}

/** Our account on a device. */
export interface ServerAccount {
  readonly user: string;
  readonly password: string;
  /** The nonce that the device gave for our next message, base64; a nonce in the challenge overrides it. */
  readonly nonce?: string | undefined;
  readonly sha256Type?: string | undefined;
}

/**
 * Our Cred for a device that challenged us (DM-1.3 §9.2). Without a challenge it is MD5, which every client of the
 * profile supports. Undefined: the challenge asks for a scheme that the bridge does not support.
 */
export function makeServerCred(chal: Chal | undefined, account: ServerAccount): Cred | undefined {
  const { user, password, sha256Type } = account;
  const asked = chal?.meta.type;
  const type = asked === undefined ? 'md5' : parseCredType(asked, sha256Type);
  if (type === undefined) return undefined;
  const meta = { format: 'b64', type: credTypeName(type, sha256Type) };
  if (type === 'basic') return { meta, data: Buffer.from(`${user}:${password}`).toString('base64') };
  const nonce = nonceBytes(chal?.meta.nextNonce ?? account.nonce ?? '');
  return { meta, data: digest(type, credentialForms(user, password)[type], nonce) };
}
