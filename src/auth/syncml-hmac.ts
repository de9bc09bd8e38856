/**
 * The schemes `hmac-md5` and `hmac-sha256`: the HTTP header `x-syncml-hmac`. The header alone authenticates, with or
 * without Cred, and it covers every byte of the body.
 *
 * The answer is 200 with a Chal that holds the nonce of the next message, never 212: a MAC is good for one message.
 *
 * @see OMA-TS-DM_Security "Integrity"; OMA-TS-DM_Protocol 1.3 §9
 */
import { isMacScheme, type MacScheme } from '../dm1/auth-scheme.ts';
import { macVerifier, parseMacHeader } from '../dm1/mac-header.ts';
import { STATUS } from '../syncml/status-codes.ts';
import type { AuthInput } from './auth-input.ts';
import { macChal } from './challenge.ts';
import type { CheckInput, CheckResult } from './check.ts';
import { isFromBeforeAnswer, matchNonce, nonceChanges } from './digest-nonce.ts';

/** Checks the header. One that no accepted scheme can read is wrong. */
export function checkHmac(check: CheckInput): CheckResult {
  const { request, account, schemes, isRepetition, freshNonce } = check;
  if (request?.mac === undefined || !isMacPresented(check)) return 'absent';
  const header = parseMacHeader(request.mac);
  const scheme = presentedMacScheme(check);
  if (header === undefined || scheme === undefined || !schemes.includes(scheme)) return 'wrong';
  const verify = macVerifier(header, account.forms[header.algorithm], request.body);
  const match = matchNonce(check, isRepetition === true, verify);
  if (match === undefined || header.user !== account.forms.user) return 'wrong';
  const status = STATUS.ok;
  if (match.kind === 'usedLast') return { scheme, verdict: { status }, changes: {} };
  const next = Buffer.from(freshNonce()).toString('base64');
  const { hasNotSeenAnswer } = match;
  const changes = nonceChanges(match, next, account);
  return { scheme, verdict: { status, chal: macChal(next) }, changes, hasNotSeenAnswer };
}

/** True when the MAC of a refused message was made with a nonce from before the last answer (ADR 23). */
export function isMacFromBeforeAnswer(check: CheckInput): boolean {
  const { request, account, schemes } = check;
  const header = request?.mac === undefined ? undefined : parseMacHeader(request.mac);
  const scheme = presentedMacScheme(check);
  if (request === undefined || header === undefined || scheme === undefined || !schemes.includes(scheme)) return false;
  return isFromBeforeAnswer(check, macVerifier(header, account.forms[header.algorithm], request.body));
}

/** True when the header is there; where no MAC is accepted at all it does not count. */
export function isMacPresented({ request, schemes }: CheckInput): boolean {
  return request?.mac !== undefined && schemes.some(isMacScheme);
}

/** The scheme that the header's `algorithm` names. */
export function presentedMacScheme({ request }: AuthInput): MacScheme | undefined {
  const header = request?.mac === undefined ? undefined : parseMacHeader(request.mac);
  return header && `hmac-${header.algorithm}`;
}
