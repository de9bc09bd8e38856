/** The scheme `http-basic`: user and password in `Authorization` (RFC 7617). SyncML's own Status is 200, as in `tls.ts`. */
import { verifyBasic } from '../dm1/cred.ts';
import { STATUS } from '../syncml/status-codes.ts';
import type { CheckInput, CheckResult } from './check.ts';
import { httpCredentials } from './http-authorization.ts';

export function checkHttpBasic(check: CheckInput): CheckResult {
  const credentials = httpCredentials(check, 'http-basic');
  if (credentials === undefined) return 'absent';
  if (!verifyBasic(credentials, check.account.forms.basic)) return 'wrong';
  return { scheme: 'http-basic', verdict: { status: STATUS.ok }, changes: {} };
}
