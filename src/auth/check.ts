/** One check of `authenticate.ts`: it looks for the credentials of one scheme and says whether they are right. */
import type { DeviceRecord } from '../device/record.ts';
import type { AuthScheme } from '../dm1/auth-scheme.ts';
import { credentialForms } from '../dm1/digest.ts';
import type { Acceptance } from './auth-decision.ts';
import type { AuthInput } from './auth-input.ts';

export type Check = (input: CheckInput) => CheckResult;

export interface CheckInput extends AuthInput {
  readonly account: Account;
  /** The accepted schemes, the preferred one first. */
  readonly schemes: readonly AuthScheme[];
}

/** `stale`: right, but for a nonce that does not count any more. */
export type CheckResult = 'absent' | 'wrong' | 'stale' | Proof;

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
  clientNonce: Buffer.from('unregistered').toString('base64'),
  facts: {},
};

export function accountOf(record: DeviceRecord | undefined): Account {
  return record === undefined ? UNREGISTERED : { ...record, forms: record.credentials };
}

/** True when the message belongs to a session of the device's user. */
export function isInSession({ sessionUser, account }: CheckInput): boolean {
  return sessionUser !== undefined && sessionUser === account.forms.user;
}
