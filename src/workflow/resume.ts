/**
 * Resumes a workflow after the last result of its replay log.
 *
 * The log is sufficient: any process that has it can run the workflow again. A process that suspended the workflow itself
 * keeps the generator and need not run it again. The generator is found by the identity of the log value, which never
 * changes; a log from a store is another value. A generator is resumed once: a second resumption from the same log runs
 * the workflow again.
 */

import type { CommandResult } from './command-result.ts';
import { type RecordedResult, recordedResult, recordResult } from './replay-log.ts';
import type { WorkflowRequest } from './request.ts';
import type { WorkflowResult } from './result.ts';
import type { Workflow } from './workflow.ts';

/** A workflow between two results. */
export interface SuspendedWorkflow {
  readonly workflow: Workflow<CommandResult>;
  /** Its last request, or its end. */
  readonly step: IteratorResult<WorkflowRequest, CommandResult>;
}

interface SuspendedAt extends SuspendedWorkflow {
  /** The number of results that it has consumed. */
  readonly consumed: number;
}

const suspendedAt = new WeakMap<readonly RecordedResult[], SuspendedAt>();

/** The workflow after all results of the log; `start` makes it when no suspended generator belongs to the log. */
export function resume(log: readonly RecordedResult[], start: () => Workflow<CommandResult>): SuspendedWorkflow {
  const suspended = suspendedAt.get(log);
  suspendedAt.delete(log);
  const { workflow, step: last, consumed } = suspended ?? started(start());
  const step = log.slice(consumed).reduce((_, recorded) => workflow.next(recordedResult(recorded)), last);
  return { workflow, step };
}

/** Keeps a workflow that has consumed the whole log. */
export function suspend(log: readonly RecordedResult[], workflow: SuspendedWorkflow): void {
  suspendedAt.set(log, { ...workflow, consumed: log.length });
}

/** The log with one more result; the suspended workflow moves on to the new value. */
export function withResult(log: readonly RecordedResult[], result: WorkflowResult): readonly RecordedResult[] {
  const longer = [...log, recordResult(result)];
  const suspended = suspendedAt.get(log);
  suspendedAt.delete(log);
  if (suspended !== undefined) suspendedAt.set(longer, suspended);
  return longer;
}

function started(workflow: Workflow<CommandResult>): SuspendedAt {
  return { workflow, step: workflow.next(), consumed: 0 };
}
