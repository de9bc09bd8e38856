/** The stored form of a session: long lists are packed, so that a store writes each of its long texts once. */
import { packStatuses, unpackStatuses } from '../dm1/stored-statuses.ts';
import { packRuns, unpackRuns } from '../north/stored-runs.ts';
import type { DmSession } from './session.ts';

export function packSession(session: DmSession): DmSession {
  const [south, north] = [packStatuses(session.south), packRuns(session.north)];
  return south === session.south && north === session.north ? session : { ...session, south, north };
}

export function unpackSession(session: DmSession): DmSession {
  return { ...session, south: unpackStatuses(session.south), north: unpackRuns(session.north) };
}
