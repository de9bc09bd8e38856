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
import type { WorkflowResult } from './result.ts';
import { runInSession, type SessionRequest, type WorkflowSession } from './session-calls.ts';
import type { Workflow } from './workflow.ts';

/** A workflow between two results. */
export interface SuspendedWorkflow {
  readonly workflow: Workflow<CommandResult>;
  /** Its last request, or its end. */
  readonly step: IteratorResult<WorkflowRequest, CommandResult>;
  /** True when the workflow has run again from its start: then it does not stop for a turn, because it would run again after it. */
  readonly isReplayed?: boolean;
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
 * The workflow after all results of the log; `start` makes it when no suspended generator belongs to the log. From there on
 * `session` answers its calls. It throws what the workflow throws after the last result.
 */
export function resume(
  log: readonly ReplayLogEntry[],
  start: () => Workflow<CommandResult>,
  session?: WorkflowSession,
): SuspendedWorkflow | ReplayMismatch {
  const suspension = suspensions.get(log);
  if (suspension === undefined) return new Replay(log, session).run(start);
  suspensions.delete(log);
  const { workflow, consumed } = suspension;
  let { step } = suspension;
  for (let at = consumed; at < log.length; at += 1) {
    while (isTurn(step)) step = runInSession(session, workflow, NEXT_PART);
    step = runInSession(session, workflow, recordedResult(entryAt(log, at)));
  }
  return { workflow, step };
}

const NEXT_PART: WorkflowResult = { kind: 'turn' };

/** True at the end of a part of a long work, which is in no log. */
function isTurn(step: SuspendedWorkflow['step']): boolean {
  return step.done !== true && step.value.kind === 'turn';
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

/** Runs a workflow again: the log gives its first results, to calls and to yielded requests alike. */
class Replay implements WorkflowSession {
  readonly #log: readonly ReplayLogEntry[];
  /** It answers calls after the last result of the log. */
  readonly #session: WorkflowSession | undefined;
  #consumed = 0;
  #hasMismatch = false;

  constructor(log: readonly ReplayLogEntry[], session: WorkflowSession | undefined) {
    this.#log = log;
    this.#session = session;
  }

  run(start: () => Workflow<CommandResult>): SuspendedWorkflow | ReplayMismatch {
    try {
      const workflow = start();
      let step = runInSession(this, workflow);
      while (this.#consumed < this.#log.length) {
        if (this.#hasMismatch || step.done === true) return { mismatchAt: this.#consumed };
        const result = isTurn(step) ? NEXT_PART : this.#take(step.value);
        if (result === undefined) return { mismatchAt: this.#consumed };
        step = runInSession(this, workflow, result);
      }
      return { workflow, step, isReplayed: this.#log.length > 0 };
    } catch (error) {
      // The recorded workflow made a request here and did not throw.
      if (this.#consumed < this.#log.length) return { mismatchAt: this.#consumed };
      throw error;
    }
  }

  /** @throws TypeError at a mismatch; the workflow may catch it, but does not go on */
  answer(request: SessionRequest): WorkflowResult | undefined {
    if (this.#consumed === this.#log.length) return this.#session?.answer(request);
    const result = this.#take(request);
    if (result !== undefined) return result;
    this.#hasMismatch = true;
    throw new TypeError('the replay log has another request');
  }

  /** The next result of the log; undefined when it is that of another request. After such a mismatch it gives none. */
  #take(request: WorkflowRequest): WorkflowResult | undefined {
    const entry = entryAt(this.#log, this.#consumed);
    if (this.#hasMismatch || !isRequestOf(entry, request)) return undefined;
    this.#consumed += 1;
    return recordedResult(entry);
  }
}

function entryAt(log: readonly ReplayLogEntry[], at: number): ReplayLogEntry {
  const entry = log[at];
  if (entry === undefined) throw new RangeError(`the replay log has no entry ${at}`);
  return entry;
}

function isRequestOf({ kind, fingerprint }: ReplayLogEntry, request: WorkflowRequest): boolean {
  return kind === request.kind && fingerprint === fingerprintOf(request);
}
