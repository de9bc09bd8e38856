/**
 * The one decision about a device's credentials.
 *
 * A challenge writes nothing; only accepting a digest changes what is stored. A device that is not registered takes the
 * same work and gets the same answer as a device with wrong credentials. A message that only names a session, without
 * belonging to it, is challenged as if there were no session (ADR 24).
 *
 * Three layers can prove the device: the request (certificate, HTTP credentials), the MAC over its body, and Cred. Wrong
 * credentials in any of them refuse the message; right ones in one are enough. With a MAC, Cred is not looked at.
 *
 * Rulings where DM 1.3 is silent (ADR 17):
 * - A session that was opened by MAC, HTTP credentials or certificate needs the same with every message, also at RespURI.
 * - Cred of a type that is not accepted does not disturb a request that proves its device by itself.
 * - A device whose registration narrows the accepted schemes is asked for one of those, although an unknown device would
 *   be asked for the first of the configuration: it could not log in otherwise.
 *
 * @see OMA-TS-DM_Protocol 1.3 §9
 */
import { type AuthScheme, acceptedSchemes, isMacScheme, provesOneMessage } from '../dm1/auth-scheme.ts';
import { STATUS } from '../syncml/status-codes.ts';
import type { Acceptance, AuthChanges, AuthDecision, Refusal } from './auth-decision.ts';
import type { AuthInput } from './auth-input.ts';
import { challengeFor, httpChallengesFor } from './challenge.ts';
import {
  accountOf,
  type Check,
  type CheckInput,
  type CheckResult,
  isBoundToSession,
  isOfSessionUser,
  type Proof,
} from './check.ts';
import { presentedHttpScheme } from './http-authorization.ts';
import { checkHttpBasic } from './http-basic.ts';
import { checkHttpDigest } from './http-digest.ts';
import { checkSyncmlBasic } from './syncml-basic.ts';
import { isCredUnaccepted, presentedCredType } from './syncml-cred.ts';
import { checkSyncmlDigest, isDigestFromBeforeAnswer, repeatedVerdict } from './syncml-digest.ts';
import { checkHmac, isMacFromBeforeAnswer, presentedMacScheme } from './syncml-hmac.ts';
import { checkClientCertificate } from './tls.ts';

/** Every check, the outermost layer first. */
const CHECKS: readonly Check[] = [
  checkClientCertificate,
  checkHttpBasic,
  checkHttpDigest,
  checkHmac,
  checkSyncmlBasic,
  checkSyncmlDigest,
];

/** Decides about one message's credentials (DM-1.3 §9.1 to §9.3). */
export function authenticate(input: AuthInput): AuthDecision {
  const schemes = acceptedSchemes(input.record?.credentials.accept, input.accept);
  const check: CheckInput = { ...input, account: accountOf(input.record), schemes };
  const results = runChecks(check);
  const proofs = results.filter(isProof);
  const missing = missingScheme(check, proofs);
  const isRefused =
    input.record === undefined || missing !== undefined || results.includes('wrong') || results.includes('stale');
  if (!isRefused && proofs.length > 0) return accept(proofs);
  if (!isRefused && isBoundToSession(check)) return acceptUnproven(check, results);
  return refuse(check, results, missing);
}

/** The results for all credentials that the message brought. */
function runChecks(check: CheckInput): readonly CheckResult[] {
  if (!hasCredentials(check)) return [];
  const results = CHECKS.map((each) => each(check)).filter((result) => result !== 'absent');
  if (isCredUnaccepted(check) && !results.some(isProof)) results.push('wrong');
  return results;
}

/** True when a layer of the message has something that a check could judge. */
function hasCredentials({ header, request }: CheckInput): boolean {
  if (header.cred !== undefined) return true;
  return request?.mac !== undefined || request?.authorization !== undefined || request?.certificate !== undefined;
}

function isProof(result: CheckResult): result is Proof {
  return typeof result !== 'string';
}

/**
 * The scheme that every message of the session must bring and that this one lacks; undefined when it lacks none. A sender
 * that has proved nothing does not learn that there is a session.
 */
function missingScheme(check: CheckInput, proofs: readonly Proof[]): AuthScheme | undefined {
  const required = check.session?.scheme;
  if (required === undefined || !provesOneMessage(required)) return undefined;
  const isKnownToBelong = isBoundToSession(check) || (proofs.length > 0 && isOfSessionUser(check));
  if (!isKnownToBelong || proofs.some(({ scheme }) => scheme === required)) return undefined;
  return required;
}

/** The innermost layer has the Status and its Chal. A scheme that every message must bring becomes the session's. */
function accept(proofs: readonly Proof[]): Acceptance {
  const schemes = proofs.map(({ scheme }) => scheme);
  let changes: AuthChanges = {};
  for (const proof of proofs) changes = { ...changes, ...proof.changes };
  return {
    kind: 'accepted',
    verdict: proofs.at(-1)?.verdict ?? { status: STATUS.ok },
    changes,
    scheme: schemes.find(isMacScheme) ?? schemes.find(provesOneMessage) ?? schemes[0],
    hasNotSeenAnswer: proofs.some(({ hasNotSeenAnswer }) => hasNotSeenAnswer === true) ? true : undefined,
    digestUse: proofs.find(({ digestUse }) => digestUse !== undefined)?.digestUse,
  };
}

/** A message of the session without credentials, or with a digest that is none any more. The latter learns the next nonce. */
function acceptUnproven(check: CheckInput, results: readonly CheckResult[]): Acceptance {
  const { withCred, withoutCred } = check.statuses;
  const type = presentedCredType(check);
  if (!results.includes('unneeded') || type === undefined) {
    return { kind: 'accepted', verdict: { status: withoutCred }, changes: {} };
  }
  return { kind: 'accepted', verdict: repeatedVerdict(check, type, withCred), changes: {} };
}

function refuse(check: CheckInput, results: readonly CheckResult[], missing: AuthScheme | undefined): Refusal {
  const isStale = results.includes('stale') && !results.includes('wrong');
  const wrong = !isStale && isFailedAttempt(results, missing);
  const asked = schemeToAskFor(check, missing);
  return {
    kind: 'refused',
    code: wrong || isStale ? STATUS.invalidCredentials : STATUS.missingCredentials,
    chal: challengeFor(asked, check, isDigestFromBeforeAnswer(check) || isMacFromBeforeAnswer(check)),
    httpChallenges: httpChallengesFor(asked, check, isStale),
    wrong,
  };
}

/** Without the MAC that every message must have, the message counts as forged; the other schemes are simply asked for. */
function isFailedAttempt(results: readonly CheckResult[], missing: AuthScheme | undefined): boolean {
  if (missing === undefined) return results.length > 0;
  return isMacScheme(missing) || results.includes('wrong');
}

/** The presented scheme if it is accepted, else the first of the list; a message cannot ask for a certificate. */
function schemeToAskFor(check: CheckInput, missing: AuthScheme | undefined): AuthScheme {
  const presented = [missing, presentedMacScheme(check), presentedHttpScheme(check), presentedCredType(check)];
  const askable: readonly (AuthScheme | undefined)[] = check.schemes.filter((scheme) => scheme !== 'tls');
  return presented.find((scheme) => scheme !== undefined && askable.includes(scheme)) ?? askable[0] ?? 'tls';
}
