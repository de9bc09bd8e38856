/**
 * EXEC: executes nodes. A 1.x device that executes in the background answers 202 and sends a Generic Alert later, with the
 * Correlator of this command (DM-2.0 §5.3.5, §5.4.1; DM-1.3 §6.7.1.10).
 */
import { type ClientUriText, concreteClientUri } from '../dm2/client-uri.ts';
import { ALERT_TYPES } from '../dm2/package.ts';
import type { ServerUri } from '../dm2/server-uri.ts';
import { DM2_STATUS } from '../dm2/status-codes.ts';
import { execAlertType } from '../mapping/mapping.ts';
import type { LocUri } from '../mo/loc-uri.ts';
import type { Mutable } from '../mutable.ts';
import { isSuccess } from '../syncml/status-codes.ts';
import type { TranslationContext } from '../translate/context.ts';
import { finalStatus, toDm2Status } from '../translate/status.ts';
import { address } from '../tree/address.ts';
import { type DeviceTarget, deviceTargets } from '../tree/target.ts';
import type { CommandResult } from '../workflow/command-result.ts';
import type { WorkflowEffect } from '../workflow/effect.ts';
import type { CommandDraft } from '../workflow/request.ts';
import { emit, requestCorrelator, requestFacts, type Workflow, writeOnDevice } from '../workflow/workflow.ts';
import { acceptServerUri } from './accept-server-uri.ts';
import { resolveForChange } from './targets.ts';

export function* exec(
  context: TranslationContext,
  clientUri: string,
  serverUri: string | undefined,
): Workflow<CommandResult> {
  const addressed = yield* address(context, clientUri);
  if ('status' in addressed) return addressed;
  const accepted = serverUri === undefined ? undefined : acceptServerUri(context, serverUri);
  if (accepted !== undefined && 'refusal' in accepted) {
    return { status: DM2_STATUS.forbidden, reason: accepted.refusal };
  }
  const reportUri = accepted?.uri;
  const found = yield* resolveForChange(context, addressed);
  if (found.kind === 'empty') return { status: DM2_STATUS.notFound };
  if (found.kind === 'failure') return found.failure;
  const targets = deviceTargets(found.targets);
  if (targets === undefined) return { status: DM2_STATUS.commandNotAllowed };
  const { version } = requestFacts();
  const runs: ExecRun[] = [];
  for (const target of targets) {
    const correlator = version === '1.1' ? undefined : requestCorrelator();
    runs.push({ target, clientUri: concreteClientUri(addressed.uri, target.miid, target.path), correlator });
  }
  const outcomes = yield* writeOnDevice(
    runs.map(({ target, correlator }) => execCommand(target.locUri, correlator)),
    runs.map(({ target }) => ({ locUri: target.root, change: 'exec' })),
  );
  for (const [at, outcome] of outcomes.entries()) {
    const run = runs[at];
    if (run !== undefined) emitCompletion(context, run, outcome.status, reportUri);
  }
  const status = finalStatus(context.statusTable, outcomes, 'EXEC');
  const isReported = reportUri !== undefined && isSuccess(status);
  return { status: isReported ? DM2_STATUS.accepted : status };
}

type PendingExecEffect = Extract<WorkflowEffect, { readonly type: 'pendingExec' }>;

interface ExecRun {
  readonly target: DeviceTarget;
  readonly clientUri: ClientUriText;
  readonly correlator: string | undefined;
}

function execCommand(locUri: LocUri, correlator: string | undefined): CommandDraft {
  const command: Mutable<CommandDraft> = { name: 'Exec', items: [{ target: locUri }] };
  if (correlator !== undefined) command.correlator = correlator;
  return command;
}

/**
 * After 202 the device's alert ends the command. After 200 the bridge itself sends the alert, when the backend wants the report
 * at a ServerURI.
 */
function emitCompletion(
  context: TranslationContext,
  { target, clientUri, correlator }: ExecRun,
  status: number,
  serverUri: ServerUri | undefined,
): void {
  const translated = toDm2Status(context.statusTable, status, 'EXEC');
  if (translated.kind !== 'final') return;
  if (translated.status === DM2_STATUS.accepted && correlator !== undefined) {
    const pending: Mutable<PendingExecEffect> = { type: 'pendingExec', correlator, clientUri, locUri: target.locUri };
    if (serverUri !== undefined) pending.serverUri = serverUri;
    emit(pending);
  }
  if (translated.status === DM2_STATUS.ok && serverUri !== undefined) {
    const alertType = execAlertType(target.mapping, target.path) ?? ALERT_TYPES.execComplete;
    emit({ type: 'report', serverUri, clientUri, alertType, data: status });
  }
}
