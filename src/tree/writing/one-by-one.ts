/**
 * Writes that were sent one after the other: what exists already is replaced instead of added, what is missing added instead
 * of replaced, and when one fails for good, those that were done are taken back.
 */
import type { CommandOutcome } from '../../dm1/server-command.ts';
import type { Workflow } from '../../workflow/workflow.ts';
import { regionOf, type Write } from '../write-plan.ts';
import { type Done, isApplied, isDone, NOT_EXECUTED, otherWrite } from './done.ts';
import { sendWrites } from './send-writes.ts';
import { type UndoOptions, undo } from './undo.ts';

/** What went wrong for good; none: it is all there. */
export type Failures = readonly CommandOutcome[];

/** Tries otherwise what the device had reason to refuse; `again` says what else is tried once more. */
export function* complete(
  writes: readonly Write[],
  done: readonly Done[],
  again: (each: Done) => Write | undefined = () => undefined,
): Workflow<readonly Done[]> {
  const tries = done.map((each) => otherWrite(each) ?? again(each));
  const repeated = tries.filter((write) => write !== undefined);
  if (repeated.length === 0) return done;
  const second = yield* sendWrites(repeated, writes.map(regionOf));
  let next = 0;
  return done.map((each, at) => {
    if (tries[at] === undefined) return each;
    const entry = second[next];
    next += 1;
    return entry ?? each;
  });
}

/** Ends it: all there, or all taken back. */
export function* settle(done: readonly Done[], options: Omit<UndoOptions, 'failures'>): Workflow<Failures> {
  const failed = done.filter((each) => !isDone(each));
  if (failed.length === 0) return [];
  const applied = done.filter(isApplied).map(({ write }) => write);
  yield* undo(applied, { ...options, failures: failed.length });
  // What was not executed does not say why.
  const own = failed.filter(({ outcome }) => outcome.status !== NOT_EXECUTED);
  return (own.length === 0 ? failed : own).map(({ outcome }) => outcome);
}
