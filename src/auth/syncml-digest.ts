/**
 * The schemes `md5` and `sha256`: a digest over a nonce in Cred.
 *
 * Rulings where DM 1.3 is silent (ADR 24, ADR 25):
 * - In a message that belongs to its session by RespURI, a digest that is not right, or none any more, changes nothing:
 *   some clients send the Cred of their first message with every message.
 * - 200 obliges the device to send a digest with its next message, so it always has a Chal with the nonce for it.
 *
 * @see OMA-TS-DM_Protocol 1.3 §9.1, §9.3, §9.4.2
 */

import type { CredType } from '../dm1/cred.ts';
import { verifyDigest } from '../dm1/cred.ts';
import type { DigestAlgorithm } from '../dm1/digest.ts';
import type { Verdict } from '../dm1/session-model.ts';
import type { Cred } from '../syncml/message.ts';
import { STATUS } from '../syncml/status-codes.ts';
import { digestChal } from './challenge.ts';
import { challengeNonce, nonceSubject } from './challenge-nonce.ts';
import { type CheckInput, type CheckResult, isBoundToSession } from './check.ts';
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
  const { account, header, freshNonce, isRepetition } = check;
  const isBound = isBoundToSession(check);
  const match = matchNonce(check, isBound || isRepetition === true, (nonce) =>
    verifyDigest(scheme, data, account.forms[scheme], nonce),
  );
  // Some clients leave LocName out; then it can only be the registered user. Checked last, so that time tells nothing.
  const user = header.source.locName?.trim() ?? '';
  if (user !== '' && user !== account.forms.user) return 'wrong';
  if (match === undefined) return isBound ? 'unneeded' : 'wrong';
  const status = check.statuses.withCred;
  if (match.kind === 'usedLast') return { scheme, verdict: repeatedVerdict(check, scheme, status), changes: {} };
  const next = Buffer.from(freshNonce()).toString('base64');
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

/** The verdict on a digest that changes nothing: 200 repeats the nonce that counts next. */
export function repeatedVerdict(check: CheckInput, type: CredType, status: Verdict['status']): Verdict {
  if (status === STATUS.authenticationAccepted) return { status };
  const nonce = check.account.clientNonce ?? challengeNonce(check.nonceKey, nonceSubject(check), check.now);
  return { status, chal: digestChal(type, nonce, check) };
}
