/**
 * Resumes a workflow after the last result of its replay log.
 *
 * The log is sufficient: any process that has it can run the workflow again. A process that suspended the workflow itself
 * keeps the generator and need not run it again. The generator is found by the identity of the log value, which never
 * changes; a log from a store is another value. A generator is resumed once: a second resumption from the same log runs
 * the workflow again.
 */

import type { CommandResult } from './command-result.ts';
import { fingerprintOf } from './fingerprint.ts';
import { type ReplayLogEntry, recordedResult } from './replay-log.ts';
import type { WorkflowRequest } from './request.ts';
import type { Workflow } from './workflow.ts';

/** A workflow between two results. */
export interface SuspendedWorkflow {
  readonly workflow: Workflow<CommandResult>;
  /** Its last request, or its end. */
  readonly step: IteratorResult<WorkflowRequest, CommandResult>;
}

/** The workflow does not make the request that the log has at this index: the program or the mappings have changed. */
export interface ReplayMismatch {
  readonly mismatchAt: number;
}

interface Suspension extends SuspendedWorkflow {
  /** The number of results that it has consumed. */
  readonly consumed: number;
}

const suspensions = new WeakMap<readonly ReplayLogEntry[], Suspension>();

/**
 * The workflow after all results of the log; `start` makes it when no suspended generator belongs to the log. It throws
 * what the workflow throws after the last result.
 */
export function resume(
  log: readonly ReplayLogEntry[],
  start: () => Workflow<CommandResult>,
): SuspendedWorkflow | ReplayMismatch {
  const suspension = suspensions.get(log);
  if (suspension === undefined) return replay(log, start);
  suspensions.delete(log);
  const { workflow, step: last, consumed } = suspension;
  const step = log.slice(consumed).reduce((_, entry) => workflow.next(recordedResult(entry)), last);
  return { workflow, step };
}

/** Keeps a workflow that has consumed the whole log. */
export function suspend(log: readonly ReplayLogEntry[], { workflow, step }: SuspendedWorkflow): void {
  suspensions.set(log, { workflow, step, consumed: log.length });
}

/** The log with one more entry; the suspended workflow moves on to the new value. */
export function withEntry(log: readonly ReplayLogEntry[], entry: ReplayLogEntry): readonly ReplayLogEntry[] {
  const longer = [...log, entry];
  const suspension = suspensions.get(log);
  suspensions.delete(log);
  if (suspension !== undefined) suspensions.set(longer, suspension);
  return longer;
}

function replay(
  log: readonly ReplayLogEntry[],
  start: () => Workflow<CommandResult>,
): SuspendedWorkflow | ReplayMismatch {
  let consumed = 0;
  try {
    const workflow = start();
    let step = workflow.next();
    for (const entry of log) {
      if (step.done === true || !isRequestOf(entry, step.value)) return { mismatchAt: consumed };
      consumed += 1;
      step = workflow.next(recordedResult(entry));
    }
    return { workflow, step };
  } catch (error) {
    // The recorded workflow made a request here and did not throw.
    if (consumed < log.length) return { mismatchAt: consumed };
    throw error;
  }
}

function isRequestOf({ kind, fingerprint }: ReplayLogEntry, request: WorkflowRequest): boolean {
  return kind === request.kind && fingerprint === fingerprintOf(request);
}
