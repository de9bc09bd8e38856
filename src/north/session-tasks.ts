/** The work behind the commands of each list, which has no status: what DEFAULT and SUB ask for. */
import { isComparedIn } from '../commands/report-changes.ts';
import type { TranslationContext } from '../translate/context.ts';
import type { ExecutingSession, SessionTask } from './north-session.ts';
import type { NorthState } from './north-state.ts';

/** The next task after all that has run; a document that a DEFAULT brings may be a change for a SUB. */
export function nextTask(
  { account }: TranslationContext,
  { north, device }: NorthState<ExecutingSession>,
): SessionTask | undefined {
  if (north.deviceGone || north.report !== undefined) return undefined;
  const last = north.runs.at(-1)?.task;
  if (last === undefined && device.defaults !== undefined) return 'defaults';
  if (last === 'subscriptions') return undefined;
  const isDue = device.subscriptions?.some((each) => isComparedIn(each, account.id, north.id)) ?? false;
  return isDue ? 'subscriptions' : undefined;
}

/** The session with the runs that have commands. */
export function withoutTasks(north: ExecutingSession): ExecutingSession {
  if (north.runs.at(-1)?.task === undefined) return north;
  return { ...north, runs: north.runs.filter(({ task }) => task === undefined) };
}
