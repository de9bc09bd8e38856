/**
 * EXEC: the node is executed; a 1.x device that goes on by itself answers 202 and sends a Generic Alert later, which
 * the Correlator ties to this command (DM-2.0 §5.3.5, §5.4.1; DM-1.3 §6.7.1.10).
 */
import { type ClientUriText, concreteClientUri } from '../dm2/client-uri.ts';
import { ALERT_TYPES } from '../dm2/package.ts';
import type { ServerUri } from '../dm2/server-uri.ts';
import { DM2_STATUS } from '../dm2/status-codes.ts';
import { execAlertType } from '../mapping/mapping.ts';
import type { LocUri } from '../mo/loc-uri.ts';
import type { TranslationContext } from '../translate/context.ts';
import type { ServerUriValues } from '../translate/server-uri.ts';
import { finalStatus, toDm2Status } from '../translate/status.ts';
import { address } from '../tree/address.ts';
import { type DeviceTarget, deviceTargets } from '../tree/target.ts';
import type { CommandResult } from '../workflow/command-result.ts';
import type { CommandDraft } from '../workflow/request.ts';
import { emit, requestCorrelator, requestFacts, type Workflow, writeOnDevice } from '../workflow/workflow.ts';
import { acceptServerUri } from './accept-server-uri.ts';
import { resolveForChange } from './targets.ts';

export function* exec(
  context: TranslationContext,
  values: ServerUriValues,
  clientUri: string,
  serverUri: string | undefined,
): Workflow<CommandResult> {
  const addressed = yield* address(context, clientUri);
  if ('status' in addressed) return addressed;
  const target = serverUri === undefined ? undefined : acceptServerUri(context, values, serverUri);
  if (target !== undefined && 'refusal' in target) return { status: DM2_STATUS.forbidden, reason: target.refusal };
  const reportAt = target?.uri;
  const found = yield* resolveForChange(context, addressed);
  if (found.kind === 'empty') return { status: 404 };
  if (found.kind === 'status') return { status: found.status };
  const targets = deviceTargets(found.targets);
  if (targets === undefined) return { status: 405 };
  const { version } = yield* requestFacts();
  const runs: ExecRun[] = [];
  for (const target of targets) {
    const correlator = version === '1.1' ? undefined : yield* requestCorrelator();
    runs.push({ target, clientUri: concreteClientUri(addressed.uri, target.miid, target.path), correlator });
  }
  const outcomes = yield* writeOnDevice(
    runs.map(({ target, correlator }) => execCommand(target.locUri, correlator)),
    runs.map(({ target }) => ({ locUri: target.root, change: 'exec' })),
  );
  for (const [at, outcome] of outcomes.entries()) {
    const run = runs[at];
    if (run !== undefined) yield* noteCompletion(context, run, outcome.status, reportAt);
  }
  const status = finalStatus(context.statusTable, outcomes, 'EXEC');
  const accepted = reportAt !== undefined && status >= 200 && status < 300;
  return { status: accepted ? 202 : status };
}

interface ExecRun {
  readonly target: DeviceTarget;
  readonly clientUri: ClientUriText;
  readonly correlator: string | undefined;
}

function execCommand(locUri: LocUri, correlator: string | undefined): CommandDraft {
  return { name: 'Exec', items: [{ target: locUri }], ...(correlator === undefined ? {} : { correlator }) };
}

/** 202: the alert will come. 200 at once although a report was asked for elsewhere: the bridge makes that alert. */
function* noteCompletion(
  context: TranslationContext,
  { target, clientUri, correlator }: ExecRun,
  status: number,
  serverUri: ServerUri | undefined,
): Workflow<void> {
  const translated = toDm2Status(context.statusTable, status, 'EXEC');
  if (translated.kind !== 'final') return;
  if (translated.status === 202 && correlator !== undefined) {
    const reported = serverUri === undefined ? {} : { serverUri };
    yield* emit({ type: 'pendingExec', correlator, clientUri, locUri: target.locUri, ...reported });
  }
  if (translated.status === 200 && serverUri !== undefined) {
    const alertType = execAlertType(target.mapping, target.path) ?? ALERT_TYPES.execComplete;
    yield* emit({ type: 'report', serverUri, clientUri, alertType, data: status });
  }
}
