/** Starts the workflow of a command, with the wrappers that all of them have. */

import { withFailureResult, workflowOf } from '../commands/dispatch.ts';
import { withReason } from '../commands/reasons.ts';
import type { WireCommand } from '../dm2/package.ts';
import { withRetry } from '../workflow/combinators.ts';
import type { CommandResult } from '../workflow/command-result.ts';
import type { Workflow } from '../workflow/workflow.ts';
import type { RunningSession } from './north-session.ts';
import type { NorthEnvironment, NorthState } from './north-state.ts';
import { prepareStart } from './start.ts';

/** The workflow of a run: that of its command, or in the phase `starting` that which prepares Package#1. */
export function startWorkflow(
  { context }: NorthEnvironment,
  { north }: NorthState<RunningSession>,
  wire: WireCommand,
): Workflow<CommandResult> {
  const start = () =>
    north.phase === 'starting' ? prepareStart(context, north.withMos) : workflowOf(context, wire, north.accept);
  const { statusTable } = context;
  return withRetry(statusTable, withReason(statusTable, wire, withFailureResult(start)));
}
