/**
 * Who sent this message? The one decision about a device's credentials, pure: the same input gives the same answer.
 *
 * A challenge writes nothing; only accepting a digest changes what is stored. A stranger gets the same work and the same
 * answer as a device with wrong credentials.
 *
 * Three layers are looked at: the request (certificate, HTTP credentials), the MAC over its body, and Cred. Whatever is wrong in
 * any of them refuses the message; one that is right is enough. With a MAC, Cred is not looked at.
 *
 * Rulings where DM 1.3 is silent:
 * - A session that was opened by MAC, HTTP credentials or certificate needs the same with every message.
 * - Cred of a type that is not accepted does not disturb a request that proves its device by itself.
 * - A device whose registration narrows the accepted types is asked for one of those, although a stranger would be asked
 *   for the first of the configuration: it could not log in otherwise.
 *
 * @see OMA-TS-DM_Protocol 1.3 §9
 */

import { type AuthScheme, acceptedSchemes, isMacScheme, provesOneMessage } from '../dm1/auth-scheme.ts';
import {
  type Acceptance,
  type Account,
  type AuthChanges,
  type AuthInput,
  type AuthResult,
  accountOf,
  type Finding,
  isInSession,
  type Proof,
  type Refusal,
} from './auth-input.ts';
import { challengeFor, httpChallengesFor } from './challenge.ts';
import { presentedCredType, proveCred } from './cred-proof.ts';
import { presentedMacScheme, proveMac } from './mac-proof.ts';
import { presentedHttpScheme, proveCertificate, proveHttp } from './transport-proof.ts';

/** Decides about one message's credentials (DM-1.3 §9.1 to §9.3). */
export function authenticate(input: AuthInput): AuthResult {
  const account = accountOf(input.record);
  const schemes = acceptedSchemes(input.record?.credentials.accept, input.accept);
  const findings = findCredentials(input, account, schemes);
  const proofs = findings.filter((finding) => typeof finding !== 'string');
  const kept = keptScheme(input, account);
  const isMissing = kept !== undefined && !proofs.some(({ scheme }) => scheme === kept);
  const isRefused =
    input.record === undefined || isMissing || findings.some((each) => each === 'wrong' || each === 'stale');
  if (!isRefused && proofs.length > 0) return accept(proofs);
  if (!isRefused && isInSession(input, account)) return { kind: 'accepted', verdict: { status: 200 }, changes: {} };
  return refuse(input, schemes, findings, isMissing ? kept : undefined);
}

/** The layers in which something was presented, the outermost first. */
function findCredentials(input: AuthInput, account: Account, schemes: readonly AuthScheme[]): readonly Finding[] {
  const request = [proveCertificate(input, schemes), proveHttp(input, account, schemes)];
  const mac = proveMac(input, account, schemes);
  const message = mac === 'absent' ? proveCred(input, account, schemes) : mac;
  const type = presentedCredType(input);
  const isUnasked = mac === 'absent' && (type === undefined || !schemes.includes(type));
  const isProven = request.some((finding) => typeof finding !== 'string');
  const presented = isUnasked && isProven ? request : [...request, message];
  return presented.filter((finding) => finding !== 'absent');
}

/** The scheme that every message of the session must bring, if it is one of those. */
function keptScheme(input: AuthInput, account: Account): AuthScheme | undefined {
  const { sessionScheme } = input;
  return sessionScheme !== undefined && provesOneMessage(sessionScheme) && isInSession(input, account)
    ? sessionScheme
    : undefined;
}

/** The innermost layer has the Status and its Chal; a scheme that every message must bring stays the session's. */
function accept(proofs: readonly Proof[]): Acceptance {
  const schemes = proofs.map(({ scheme }) => scheme);
  const scheme = schemes.find(isMacScheme) ?? schemes.find(provesOneMessage) ?? schemes[0];
  const digestUse = proofs.find((proof) => proof.digestUse !== undefined)?.digestUse;
  let changes: AuthChanges = {};
  for (const proof of proofs) changes = { ...changes, ...proof.changes };
  return {
    kind: 'accepted',
    verdict: proofs.at(-1)?.verdict ?? { status: 200 },
    changes,
    ...(scheme === undefined ? {} : { scheme }),
    ...(digestUse === undefined ? {} : { digestUse }),
  };
}

function refuse(
  input: AuthInput,
  schemes: readonly AuthScheme[],
  findings: readonly Finding[],
  missing: AuthScheme | undefined,
): Refusal {
  const isStale = findings.includes('stale') && !findings.includes('wrong');
  // Without the header that every message must have, the message counts as forged; the other schemes are simply asked for.
  const wrong =
    !isStale && (missing === undefined ? findings.length > 0 : isMacScheme(missing) || findings.includes('wrong'));
  const asked = askedScheme(input, schemes, missing);
  const chal = challengeFor(asked, schemes, input);
  const httpChallenges = httpChallengesFor(asked, schemes, input, isStale);
  return {
    kind: 'refused',
    code: wrong || isStale ? 401 : 407,
    ...(chal === undefined ? {} : { chal }),
    ...(httpChallenges === undefined ? {} : { httpChallenges }),
    wrong,
  };
}

/** What was presented if it is accepted, else the first of the list; a certificate cannot be asked for in a message. */
function askedScheme(input: AuthInput, schemes: readonly AuthScheme[], missing: AuthScheme | undefined): AuthScheme {
  const presented = [missing, presentedMacScheme(input), presentedHttpScheme(input), presentedCredType(input)];
  const askable: readonly (AuthScheme | undefined)[] = schemes.filter((scheme) => scheme !== 'tls');
  return presented.find((scheme) => scheme !== undefined && askable.includes(scheme)) ?? askable[0] ?? 'tls';
}
