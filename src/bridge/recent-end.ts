/** The minute after a session, or after an exchange without one, in which its last messages are recognized. */
import { type DevId, deviceKey } from '../device/dev-id.ts';
import { CLOSED_SESSION_RECOGNIZED_MS, type DmSession, type StoredAnswer } from './session.ts';
import type { StoredTimes } from './stored-times.ts';

/** True for a session that ended less than a minute ago. */
export function isJustEnded(times: StoredTimes, devId: DevId, { closedAt }: DmSession): boolean {
  if (closedAt === undefined) return false;
  return times.ageOf(`session ${deviceKey(devId)}`, closedAt) < CLOSED_SESSION_RECOGNIZED_MS;
}

/** True for the last answer of an open session, or of an exchange that ended less than a minute ago. */
export function isCurrentAnswer(times: StoredTimes, devId: DevId, { expiresAt }: StoredAnswer): boolean {
  if (expiresAt === undefined) return true;
  const givenAt = expiresAt - CLOSED_SESSION_RECOGNIZED_MS;
  return times.ageOf(`answer ${deviceKey(devId)}`, givenAt) < CLOSED_SESSION_RECOGNIZED_MS;
}

/** From now on the minute counts, if the session or the exchange has just ended. */
export function noteEnd(
  times: StoredTimes,
  devId: DevId,
  { session, answer }: { readonly session: DmSession | undefined; readonly answer: StoredAnswer | undefined },
): void {
  if (session !== undefined) isJustEnded(times, devId, session);
  if (answer !== undefined) isCurrentAnswer(times, devId, answer);
}
