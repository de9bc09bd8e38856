/** DELETE: deletes nodes with their sub-trees (DM-2.0 §5.3.4). */
import { DM2_STATUS } from '../dm2/status-codes.ts';
import type { Mutable } from '../mutable.ts';
import { FIXED_RIGHTS, hasFixedRights } from '../rights/read-rights.ts';
import { isExecuted } from '../syncml/status-codes.ts';
import type { TranslationContext } from '../translate/context.ts';
import { finalStatus } from '../translate/status.ts';
import { isRightsMo } from '../translate/virtual-objects.ts';
import { address, realNamesOf } from '../tree/address.ts';
import { isAbsence } from '../tree/status-groups.ts';
import { type DeviceTarget, deviceTargets, type Target } from '../tree/target.ts';
import { changeOf, toCommand, type Write } from '../tree/write-plan.ts';
import { checkDeletion } from '../tree/writing/definition-check.ts';
import { settleUnanswered } from '../tree/writing/unanswered-writes.ts';
import type { CommandResult, Failure } from '../workflow/command-result.ts';
import { emit, type Workflow, writeOnDevice } from '../workflow/workflow.ts';
import { resolveForChange } from './targets.ts';

export function* deleteNodes(context: TranslationContext, clientUri: string): Workflow<CommandResult> {
  const addressed = yield* address(context, clientUri);
  if ('status' in addressed) return addressed;
  const names = realNamesOf(addressed.uri.path);
  // With a plain path, a refusal by the definition costs no reading.
  const early = names === undefined ? undefined : checkDeletion(addressed.mapping, names);
  if (early !== undefined) return early;
  const found = yield* resolveForChange(context, addressed);
  if (found.kind === 'empty') return { status: DM2_STATUS.notFound };
  if (found.kind === 'failure') return found.failure;
  const targets = deviceTargets(found.targets);
  if (targets === undefined) return refuseVirtual(context, found.targets);
  for (const { mapping, path } of targets) {
    const refusal = checkDeletion(mapping, path);
    if (refusal !== undefined) return refusal;
  }
  const writes = targets.map(deletionOf);
  const sent = yield* writeOnDevice(writes.map(toCommand), writes.map(changeOf));
  const outcomes = yield* settleUnanswered(writes, sent, []);
  for (const [at, { status }] of outcomes.entries()) {
    const locUri = targets[at]?.locUri;
    if (locUri !== undefined && (isExecuted(status) || isAbsence(status))) emit({ type: 'rootsGone', locUri });
  }
  return { status: finalStatus(context.statusTable, outcomes, 'DELETE') };
}

/** Virtual MOs are permanent (DM-2.0 §6.3.1.2). The rights to them are not those of this server to change. */
function refuseVirtual(context: TranslationContext, targets: readonly Target[]): Failure {
  const fixed = targets.some(({ mapping, path }) => isRightsMo(mapping) && hasFixedRights(context, path));
  if (fixed) return { status: DM2_STATUS.forbidden, reason: FIXED_RIGHTS };
  return { status: DM2_STATUS.commandNotAllowed, reason: 'objects of the bridge are permanent' };
}

function deletionOf({ locUri, path }: DeviceTarget): Write {
  const write: Mutable<Write> = { name: 'Delete', locUri };
  if (path.length === 0) write.newInstance = true;
  return write;
}
