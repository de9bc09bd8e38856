/** DELETE: the node with its sub-tree goes (DM-2.0 §5.3.4). */
import type { CommandOutcome } from '../dm1/server-command.ts';
import { describeNode } from '../mapping/mapping.ts';
import type { TreeChange } from '../mo/tree-change.ts';
import { isExecuted } from '../syncml/status-codes.ts';
import type { TranslationContext } from '../translate/context.ts';
import { finalStatus } from '../translate/status.ts';
import { address, namesOf } from '../tree/address.ts';
import { type DeviceTarget, deviceTargets } from '../tree/target.ts';
import { isAbsence, isRefusal } from '../tree/tree-reader.ts';
import { checkDeletion } from '../tree/writing/refusal.ts';
import type { CommandResult } from '../workflow/command-result.ts';
import type { CommandDraft } from '../workflow/request.ts';
import { emit, type Workflow, writeOnDevice } from '../workflow/workflow.ts';
import { resolveForChange } from './targets.ts';

export function* deleteNodes(context: TranslationContext, clientUri: string): Workflow<CommandResult> {
  const addressed = yield* address(context, clientUri);
  if ('status' in addressed) return addressed;
  const names = namesOf(addressed.uri.path);
  const unread = names === undefined ? undefined : checkDeletion(addressed.mapping, names);
  if (unread !== undefined) return unread;
  const found = yield* resolveForChange(context, addressed);
  if (found.kind === 'empty') return { status: 404 };
  if (found.kind === 'status') return { status: found.status };
  const targets = deviceTargets(found.targets);
  // Virtual MOs are permanent (DM-2.0 §6.3.1.2).
  if (targets === undefined) return { status: 405 };
  for (const { mapping, path } of targets) {
    const refusal = checkDeletion(mapping, path);
    if (refusal !== undefined) return refusal;
  }
  const commands: readonly CommandDraft[] = targets.map(({ locUri }) => ({
    name: 'Delete',
    items: [{ target: locUri }],
  }));
  const answers = yield* writeOnDevice(commands, targets.map(changeOf));
  for (const [at, { status }] of answers.entries()) {
    const locUri = targets[at]?.locUri;
    if (locUri !== undefined && (isExecuted(status) || isAbsence(status))) yield* emit({ type: 'rootsGone', locUri });
  }
  const outcomes = answers.map((outcome, at) => permanentFirst(outcome, targets[at]));
  return { status: finalStatus(context.statusTable, outcomes, 'DELETE') };
}

/** That a node is permanent is told before that it is forbidden (DM-2.0 Appendix C, 405). */
function permanentFirst(outcome: CommandOutcome, target: DeviceTarget | undefined): CommandOutcome {
  if (target === undefined || !isRefusal(outcome.status)) return outcome;
  const isPermanent = describeNode(target.mapping, target.path)?.scope === 'permanent';
  return isPermanent ? { ...outcome, status: 405 } : outcome;
}

function changeOf({ locUri, path }: DeviceTarget): TreeChange {
  return { locUri, change: path.length === 0 ? 'instance' : 'structure' };
}
