/** Starts the workflow of a command, with the wrappers that all of them have. */

import { fetchDefaults } from '../commands/default.ts';
import { workflowOf } from '../commands/dispatch.ts';
import { withFailureResult } from '../commands/failure-result.ts';
import { prepareStart, prepareWithDevDetail } from '../commands/prepare-start.ts';
import { withReason } from '../commands/reasons.ts';
import { reportChanges } from '../commands/report-changes.ts';
import { withRetry } from '../workflow/combinators.ts';
import type { CommandResult } from '../workflow/command-result.ts';
import type { Workflow } from '../workflow/workflow.ts';
import type { CommandRun, RunningSession } from './north-session.ts';
import type { NorthEnvironment, NorthState } from './north-state.ts';

/** The workflow of a run: that of its command, or in the phase `starting` that which prepares Package#1. */
export function startWorkflow(
  { context }: NorthEnvironment,
  { north }: NorthState<RunningSession>,
  { wire, task }: CommandRun,
): Workflow<CommandResult> {
  const start = () => {
    if (north.phase === 'starting') {
      const prepare = north.notification?.draft?.sendsDevDetail === true ? prepareWithDevDetail : prepareStart;
      return prepare(context, north.withMos);
    }
    if (task === 'defaults') return fetchDefaults(context);
    return task === 'subscriptions' ? reportChanges(context, north.accept) : workflowOf(context, wire, north.accept);
  };
  const { statusTable } = context;
  return withRetry(statusTable, withReason(statusTable, wire, withFailureResult(start)));
}
