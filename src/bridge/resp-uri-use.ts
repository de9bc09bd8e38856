/**
 * The Status for SyncHdr of an authenticated message, which depends on the device's use of RespURI (DM-1.3 §9.1; ADR 25).
 *
 * 212 accepts a device for the rest of its session, so it sends no more credentials. A device that ignores RespURI must show
 * them with each message, so it gets 200. As long as a device is unknown it gets 200, too: then its second message brings
 * both what shows its habit and the credentials that it may need.
 */
import type { AcceptedStatuses } from '../auth/auth-input.ts';
import type { DeviceFacts } from '../device/facts.ts';
import { isCredScheme } from '../dm1/auth-scheme.ts';
import { STATUS } from '../syncml/status-codes.ts';
import type { DmSession } from './session.ts';

/** A message as far as it shows the use of RespURI. */
export interface RespUriUse {
  /** The session that it belongs to; absent: it opens one, or belongs to none. */
  readonly session?: DmSession | undefined;
  /** True when it came to the RespURI of that session. */
  readonly hasToken: boolean;
}

/** The statuses that a message gets when it is accepted with a right Cred, or without credentials. */
export function acceptedStatuses(facts: DeviceFacts | undefined, { session, hasToken }: RespUriUse): AcceptedStatuses {
  const isUser = facts?.usesRespUri;
  if (session === undefined) return { withCred: isUser === true ? ACCEPTED : OK, withoutCred: OK };
  if (!hasToken || isUser === false) return { withCred: OK, withoutCred: OK };
  // The device got 200 before; it is told once that it need not authenticate any more.
  const isFirst = !session.tokenUsed && session.scheme !== undefined && isCredScheme(session.scheme);
  return { withCred: ACCEPTED, withoutCred: isFirst ? ACCEPTED : OK };
}

const { ok: OK, authenticationAccepted: ACCEPTED } = STATUS;

/**
 * The facts after a message of an open session, whose answers have told the token. A device that once came without it is
 * not trusted to use it again: 200 is right for either habit.
 */
export function withRespUriUse(facts: DeviceFacts, hasToken: boolean, hasCredentials: boolean): DeviceFacts {
  if (hasToken) return facts.usesRespUri === undefined ? { ...facts, usesRespUri: true } : facts;
  return hasCredentials && facts.usesRespUri !== false ? { ...facts, usesRespUri: false } : facts;
}
