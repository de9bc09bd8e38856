/** The scheme `basic`: user and password in Cred (DM-1.3 §9.4.1). LocName is not looked at, because Cred names the user. */
import { verifyBasic } from '../dm1/cred.ts';
import type { CheckInput, CheckResult } from './check.ts';
import { credOf } from './syncml-cred.ts';

export function checkSyncmlBasic(check: CheckInput): CheckResult {
  const cred = credOf(check, 'basic');
  if (cred === undefined) return 'absent';
  if (!verifyBasic(cred.data, check.account.forms.basic)) return 'wrong';
  return { scheme: 'basic', verdict: { status: check.statuses.withCred }, changes: {} };
}
