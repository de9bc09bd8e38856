/**
 * Takes up a procedure where its log has left it.
 *
 * The log is the truth: whoever has it can run the procedure anew. A run that goes on in the process in which it paused
 * need not, for its procedure still stands there. It is found by the log value itself, which never changes; a log that
 * comes out of a store is another value. A procedure is taken up once: whoever goes on from the same log again runs anew.
 */

import { type LoggedResult, logged, unlogged } from './replay-log.ts';
import type { CommandResult, Workflow, WorkflowRequest, WorkflowResult } from './workflow.ts';

/** A procedure between two answers. */
export interface SuspendedWorkflow {
  readonly procedure: Workflow<CommandResult>;
  /** What it asked last, or its end. */
  readonly step: IteratorResult<WorkflowRequest, CommandResult>;
}

interface Paused extends SuspendedWorkflow {
  /** How many answers of the log it has been given. */
  readonly given: number;
}

const pausedAt = new WeakMap<readonly LoggedResult[], Paused>();

/** The procedure after all answers of the log; `begin` makes it where none stands there. */
export function resume(log: readonly LoggedResult[], begin: () => Workflow<CommandResult>): SuspendedWorkflow {
  const paused = pausedAt.get(log);
  pausedAt.delete(log);
  const { procedure, step: last, given } = paused ?? started(begin());
  const step = log.slice(given).reduce((_, answer) => procedure.next(unlogged(answer)), last);
  return { procedure, step };
}

/** Leaves a procedure that has been given the whole log. */
export function pause(log: readonly LoggedResult[], standing: SuspendedWorkflow): void {
  pausedAt.set(log, { ...standing, given: log.length });
}

/** The log with one more answer, at which the procedure now stands. */
export function extended(log: readonly LoggedResult[], answer: WorkflowResult): readonly LoggedResult[] {
  const longer = [...log, logged(answer)];
  const paused = pausedAt.get(log);
  pausedAt.delete(log);
  if (paused !== undefined) pausedAt.set(longer, paused);
  return longer;
}

function started(procedure: Workflow<CommandResult>): Paused {
  return { procedure, step: procedure.next(), given: 0 };
}
