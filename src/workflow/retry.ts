/**
 * Commands that the device has not executed, for reasons that pass, are sent once more (design: status table): 215 after
 * an abort of what went before, 424 when a large object was cut.
 */
import type { CommandOutcome } from '../dm1/session-model.ts';
import { effectiveStatus, type StatusTable } from '../translate/status.ts';
import type { Workflow, WorkflowRequest } from './workflow.ts';

/** The procedure, with every command sent again that the table says so of. */
export function* withRetry<T>(table: StatusTable, procedure: Workflow<T>): Workflow<T> {
  let step = procedure.next();
  while (step.done !== true) {
    const ask = step.value;
    const answer = yield ask;
    if (ask.kind !== 'device' || answer.kind !== 'device') {
      step = procedure.next(answer);
      continue;
    }
    const refused = answer.outcomes.flatMap((outcome, at) => (isToRepeat(table, outcome) ? [at] : []));
    const outcomes = refused.length === 0 ? answer.outcomes : yield* repeat(ask, answer.outcomes, refused);
    step = procedure.next({ kind: 'device', outcomes });
  }
  return step.value;
}

function isToRepeat(table: StatusTable, outcome: CommandOutcome): boolean {
  const rule = table.toDm2.find(({ dm1 }) => dm1.includes(effectiveStatus(outcome)));
  return rule?.retry === 'again';
}

function* repeat(
  ask: Extract<WorkflowRequest, { kind: 'device' }>,
  outcomes: readonly CommandOutcome[],
  refused: readonly number[],
): Workflow<readonly CommandOutcome[]> {
  const commands = refused.flatMap((at) => ask.commands[at] ?? []);
  const answer = yield { ...ask, commands };
  if (answer.kind !== 'device') throw new TypeError(`asked for device, was answered ${answer.kind}`);
  return outcomes.map((outcome, at) => answer.outcomes[refused.indexOf(at)] ?? outcome);
}
