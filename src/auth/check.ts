/** One check of `authenticate.ts`: it looks for the credentials of one scheme and says whether they are right. */
import type { DeviceRecord } from '../device/record.ts';
import type { AuthScheme } from '../dm1/auth-scheme.ts';
import { credentialForms } from '../dm1/digest.ts';
import type { Mutable } from '../mutable.ts';
import type { Acceptance } from './auth-decision.ts';
import type { AuthInput } from './auth-input.ts';
import { NONCE_BYTES } from './challenge-nonce.ts';

export type Check = (input: CheckInput) => CheckResult;

export interface CheckInput extends AuthInput {
  readonly account: Account;
  /** The accepted schemes, the preferred one first. */
  readonly schemes: readonly AuthScheme[];
}

/**
 * `stale`: right, but for a nonce that does not count any more. `unneeded`: not right, in a message that belongs to its
 * session without credentials; a nonce that does not count any more cannot be told from a wrong password.
 */
export type CheckResult = 'absent' | 'wrong' | 'stale' | 'unneeded' | Proof;

/** Credentials that are right. */
export interface Proof extends Omit<Acceptance, 'kind'> {
  readonly scheme: AuthScheme;
}

/** The part of a device's record against which its credentials are checked. */
export type Account = Pick<DeviceRecord, 'clientNonce' | 'usedNonce' | 'facts' | 'httpCount'> & {
  readonly forms: DeviceRecord['credentials'];
};

/** Replaces the account of a device that is not registered, so that refusing it takes as long as refusing a known one. */
const UNREGISTERED: Account = {
  forms: credentialForms('unregistered', 'unregistered'),
  clientNonce: Buffer.alloc(NONCE_BYTES, 'unregistered').toString('base64'),
  facts: {},
};

export function accountOf(record: DeviceRecord | undefined): Account {
  if (record === undefined) return UNREGISTERED;
  const { credentials: forms, facts, clientNonce, usedNonce, httpCount } = record;
  const account: Mutable<Account> = { forms, facts };
  if (clientNonce !== undefined) account.clientNonce = clientNonce;
  if (usedNonce !== undefined) account.usedNonce = usedNonce;
  if (httpCount !== undefined) account.httpCount = httpCount;
  return account;
}

/** True when the message belongs to a session of the device's user without credentials of its own. */
export function isBoundToSession(check: CheckInput): boolean {
  return check.session?.isBound === true && isOfSessionUser(check);
}

/** True when the device's user is the one as whom the named session is authenticated. */
export function isOfSessionUser({ session, account }: CheckInput): boolean {
  return session !== undefined && session.user === account.forms.user;
}
