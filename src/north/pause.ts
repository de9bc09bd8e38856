/** The pause of a session while the user of the device is shown pages: in the early draft of DM 2.0 it waits for them (§5.8). */
import type { CommandRun, RunningSession } from './north-session.ts';

type Pages = Pick<RunningSession, 'interaction'>;

/** True while the session waits for the pages of its SHOW. */
export function isWaitingForPages({ interaction }: Pages): boolean {
  return interaction !== undefined && interaction.phase !== 'opening' && interaction.lastPage !== undefined;
}

/** True when the commands behind this one wait. */
export function isPausedBehind({ wire, result }: CommandRun, north: Pages, isDraft: boolean): boolean {
  return isDraft && wire[0] === 'SHOW' && (result === undefined || isWaitingForPages(north));
}
