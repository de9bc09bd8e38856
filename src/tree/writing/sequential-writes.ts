/**
 * Writes that were sent one after the other: an Add of an existing leaf is repeated as a Replace, a Replace of a missing node
 * as an Add, and when a write fails nevertheless, the applied ones are undone.
 */
import type { CommandOutcome } from '../../dm1/server-command.ts';
import { STATUS } from '../../syncml/status-codes.ts';
import type { Workflow } from '../../workflow/workflow.ts';
import { changeOf, type Write } from '../write-plan.ts';
import { sendWrites } from './send-writes.ts';
import { type UndoOptions, undo } from './undo.ts';
import { alternativeOf, isFulfilled, type WriteOutcome } from './write-outcome.ts';

/** The outcomes of the failed writes; empty when all were fulfilled. */
export type Failures = readonly CommandOutcome[];

/** Sends the alternatives of the failed writes; `repeat` returns what else is sent once more. */
export function* withAlternatives(
  writes: readonly Write[],
  outcomes: readonly WriteOutcome[],
  repeat: (each: WriteOutcome) => Write | undefined = () => undefined,
): Workflow<readonly WriteOutcome[]> {
  const tries = outcomes.map((each) => alternativeOf(each) ?? repeat(each));
  const repeated = tries.filter((write) => write !== undefined);
  if (repeated.length === 0) return outcomes;
  const second = yield* sendWrites(repeated, writes.map(changeOf));
  let next = 0;
  return outcomes.map((each, at) => {
    if (tries[at] === undefined) return each;
    const entry = second[next];
    next += 1;
    return entry === undefined ? each : afterAlternative(each, entry);
  });
}

/** The node that an object left behind when it broke off is no node of the time before: the first write decides over the undo. */
function afterAlternative(first: WriteOutcome, second: WriteOutcome): WriteOutcome {
  if (first.outcome.brokenOff !== true) return second;
  return { write: first.write, outcome: { ...second.outcome, brokenOff: true } };
}

/** Undoes the applied writes when one has failed, and returns the failures. */
export function* undoUnlessFulfilled(
  outcomes: readonly WriteOutcome[],
  options: Omit<UndoOptions, 'failures'>,
): Workflow<Failures> {
  const failed = outcomes.filter((each) => !isFulfilled(each));
  if (failed.length === 0) return [];
  yield* undo(outcomes, { ...options, failures: failed.length });
  // 215 does not give the reason.
  const causes = failed.filter(({ outcome }) => outcome.status !== STATUS.notExecuted);
  return (causes.length === 0 ? failed : causes).map(({ outcome }) => outcome);
}
