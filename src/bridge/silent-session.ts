/** Ends a session whose device has fallen silent. */
import { step } from '../dm1/session.ts';
import { continueWithoutDevice } from './device-gone.ts';
import { noteEnd } from './recent-end.ts';
import type { DmSession } from './session.ts';
import { recordInterruption } from './session-interruption.ts';
import type { DeviceWork } from './turn.ts';

/** Closes the session at `at`, milliseconds since 1970; the backend gets the statuses of an unavailable device. */
export async function endSilentSession(work: DeviceWork, session: DmSession, at: number): Promise<void> {
  const { cell } = work;
  recordInterruption(work, session);
  cell.session = { ...session, closedAt: at, south: step(session.south, { type: 'timedOut' }).session };
  // A device that begins every session with the same bytes must not get an answer of the closed one.
  cell.answer = undefined;
  await cell.commit();
  noteEnd(work.times, cell.record.devId, cell);
  continueWithoutDevice(work, session, { south: session.south, outcomes: [] });
}
