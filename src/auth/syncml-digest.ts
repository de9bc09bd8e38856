/**
 * The schemes `md5` and `sha256`: a digest over a nonce in Cred.
 *
 * Ruling where DM 1.3 is silent: inside an authenticated session, a digest that repeats the nonce used last is answered 212
 * without Chal and changes nothing. Some clients send the same Cred with every message, and 200 would oblige the others to
 * do so.
 *
 * @see OMA-TS-DM_Protocol 1.3 §9.3, §9.4.2
 */

import { verifyDigest } from '../dm1/cred.ts';
import type { DigestAlgorithm } from '../dm1/digest.ts';
import type { Cred } from '../syncml/message.ts';
import { STATUS } from '../syncml/status-codes.ts';
import { digestChal } from './challenge.ts';
import { type CheckInput, type CheckResult, isInSession } from './check.ts';
import { isFromBeforeAnswer, matchNonce, nonceChanges } from './digest-nonce.ts';
import { credOf } from './syncml-cred.ts';

const ALGORITHMS: readonly DigestAlgorithm[] = ['md5', 'sha256'];

export function checkSyncmlDigest(check: CheckInput): CheckResult {
  for (const algorithm of ALGORITHMS) {
    const cred = credOf(check, algorithm);
    if (cred !== undefined) return checkDigest(check, algorithm, cred);
  }
  return 'absent';
}

function checkDigest(check: CheckInput, scheme: DigestAlgorithm, { data }: Cred): CheckResult {
  const { account, header, freshNonce } = check;
  const match = matchNonce(check, isInSession(check), (nonce) =>
    verifyDigest(scheme, data, account.forms[scheme], nonce),
  );
  // Some clients leave LocName out; then it can only be the registered user. Checked last, so that time tells nothing.
  const user = header.source.locName?.trim() ?? '';
  if (match === undefined || (user !== '' && user !== account.forms.user)) return 'wrong';
  const status = STATUS.authenticationAccepted;
  if (match.kind === 'usedLast') return { scheme, verdict: { status }, changes: {} };
  const next = Buffer.from(freshNonce).toString('base64');
  const chal = digestChal(scheme, next, check);
  const { hasNotSeenAnswer } = match;
  return { scheme, verdict: { status, chal }, changes: nonceChanges(match, next, account), hasNotSeenAnswer };
}

/** True when the Cred of a refused message is a digest with a nonce from before the last answer (ADR 23). */
export function isDigestFromBeforeAnswer(check: CheckInput): boolean {
  for (const algorithm of ALGORITHMS) {
    const cred = credOf(check, algorithm);
    if (cred === undefined) continue;
    const { forms } = check.account;
    return isFromBeforeAnswer(check, (nonce) => verifyDigest(algorithm, cred.data, forms[algorithm], nonce));
  }
  return false;
}
