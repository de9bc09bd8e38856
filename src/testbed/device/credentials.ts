/**
 * SyncML credentials: the device presents its own and checks those of the server.
 *
 * @see DM-1.3 §9, DM-SEC §5
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { STATUS } from '../../syncml/status-codes.ts';
import type { WireCred, WireHeader, WireMeta } from './message.ts';
import type { CredentialType } from './profile.ts';

export const CRED_TYPES = { basic: 'syncml:auth-basic', md5: 'syncml:auth-md5' } as const;

export interface Account {
  readonly user: string;
  readonly password: string;
}

/** Basic credentials: B64(user:password). */
export function basicCred(account: Account): WireCred {
  return { type: CRED_TYPES.basic, data: Buffer.from(`${account.user}:${account.password}`).toString('base64') };
}

/** The MD5 digest B64(MD5(B64(MD5(user:password)) : nonce)); the nonce counts as bytes. */
export function md5Cred(account: Account, nonce: Uint8Array): WireCred {
  const inner = md5(Buffer.from(`${account.user}:${account.password}`)).toString('base64');
  const digest = md5(Buffer.concat([Buffer.from(`${inner}:`), nonce]));
  return { type: CRED_TYPES.md5, data: digest.toString('base64') };
}

/** The type that a challenge demands; undefined when the device does not know it. */
export function challengedType(chal: WireMeta | undefined): Exclude<CredentialType, 'none'> | undefined {
  const type = chal?.type?.toLowerCase();
  if (type === CRED_TYPES.basic) return 'basic';
  return type === CRED_TYPES.md5 ? 'md5' : undefined;
}

/** Checks the server's credentials: undefined when they are right, 407 when there are none, else 401. */
export function checkServerCred(
  header: WireHeader,
  type: Exclude<CredentialType, 'none'>,
  account: Account,
  nonce: Uint8Array,
): number | undefined {
  if (header.cred === undefined) return STATUS.missingCredentials;
  const expected = type === 'basic' ? basicCred(account) : md5Cred(account, nonce);
  const typeMatches = header.cred.type.trim().toLowerCase() === expected.type;
  return typeMatches && equal(header.cred.data, expected.data) ? undefined : STATUS.invalidCredentials;
}

function equal(left: string, right: string): boolean {
  const [a, b] = [Buffer.from(left), Buffer.from(right)];
  return a.length === b.length && timingSafeEqual(a, b);
}

function md5(data: Uint8Array): Buffer {
  return createHash('md5').update(data).digest();
}
