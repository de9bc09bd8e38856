/**
 * Reasons: every result with 403, 415, 419 or 500 has one, for the log and, if the account wants it, for Package#3.
 *
 * A workflow that itself refuses the command puts the reason into its result. Otherwise the reason is the device's answer that
 * led to the status.
 */
import type { ManagedDevice } from '../device/managed-device.ts';
import type { CommandOutcome } from '../dm1/server-command.ts';
import { parseCommand } from '../dm2/command.ts';
import type { WireCommand } from '../dm2/package.ts';
import { DM2_STATUS } from '../dm2/status-codes.ts';
import { DmError } from '../errors.ts';
import type { LogFacts } from '../log-events.ts';
import type { StatusTable } from '../mapping/status-table.ts';
import { isSuccess } from '../syncml/status-codes.ts';
import { type ServerUriValues, serverUriValues, toServerUri } from '../translate/server-uri.ts';
import { DM2_COMMANDS, type Dm2CommandName, effectiveStatus, toDm2Status } from '../translate/status.ts';
import { isPartial } from '../tree/status-groups.ts';
import type { CommandResult } from '../workflow/command-result.ts';
import type { CommandDraft } from '../workflow/request.ts';
import type { Workflow } from '../workflow/workflow.ts';
import { isServerUriRefusal } from './accept-server-uri.ts';

/** The statuses that always have a reason, with the default when neither the workflow nor the device gives one. */
const DEFAULT_REASONS: ReadonlyMap<number, string> = new Map([
  [DM2_STATUS.forbidden, 'the node may not be read or changed'],
  [DM2_STATUS.unsupportedMediaType, 'the data does not fit the node'],
  [DM2_STATUS.serverUriError, 'the Data Repository did not serve the request'],
  [DM2_STATUS.internalError, 'the bridge found no way to carry it out'],
]);

/** In characters. */
const MAX_REASON_LENGTH = 256;

/** A command that the device did not execute. */
interface Refusal {
  readonly draft: CommandDraft;
  readonly outcome: CommandOutcome;
}

const NO_REFUSALS: ReadonlyMap<number, Refusal> = new Map();

/** The workflow with a reason in its result when the status needs one. */
export function* withReason(
  table: StatusTable,
  wire: WireCommand,
  workflow: Workflow<CommandResult>,
): Workflow<CommandResult> {
  const command = DM2_COMMANDS.find((name) => name === wire[0]);
  /** Of the last request with refusals: the first refusal for each DM 2.0 status. What is read after a refused write explains none. */
  let refusals = NO_REFUSALS;
  let isOfWrite = false;
  let step = workflow.next();
  while (step.done !== true) {
    const request = step.value;
    const result = yield request;
    if (request.kind === 'device' && result.kind === 'device') {
      const found = refusalsIn(table, command, request.commands, result.outcomes);
      const isWrite = request.writes.length > 0;
      if (found.size > 0 && (isWrite || !isOfWrite)) refusals = found;
      isOfWrite ||= isWrite && found.size > 0;
    }
    step = workflow.next(result);
  }
  const reason = step.value.reason ?? reasonFor(step.value.status, refusals);
  return reason === undefined ? step.value : { ...step.value, reason: reason.slice(0, MAX_REASON_LENGTH) };
}

function refusalsIn(
  table: StatusTable,
  command: Dm2CommandName | undefined,
  drafts: readonly CommandDraft[],
  outcomes: readonly CommandOutcome[],
): ReadonlyMap<number, Refusal> {
  let found: Map<number, Refusal> | undefined;
  for (const [at, outcome] of outcomes.entries()) {
    const draft = drafts[at];
    const isWhole = isSuccess(outcome.status) && !(draft?.name === 'Get' && isPartial(outcome.status));
    if (draft === undefined || (isWhole && outcome.unanswered !== true)) continue;
    const translated = toDm2Status(table, effectiveStatus(outcome), command ?? 'GET');
    const status = translated.kind === 'final' ? translated.status : table.others.error;
    found ??= new Map();
    if (!found.has(status)) found.set(status, { draft, outcome });
  }
  return found ?? NO_REFUSALS;
}

function reasonFor(status: number, refusals: ReadonlyMap<number, Refusal>): string | undefined {
  const otherwise = DEFAULT_REASONS.get(status);
  if (otherwise === undefined) return undefined;
  const [first] = refusals.values();
  const refusal = refusals.get(status) ?? first;
  return refusal === undefined ? otherwise : describe(refusal);
}

/** The command and the device's status for it; of an Atomic, the member that failed. */
function describe({ draft, outcome }: Refusal): string {
  const failed = effectiveStatus(outcome);
  const at = outcome.members?.findIndex((member) => effectiveStatus(member) === failed) ?? -1;
  const member = draft.members?.[at] ?? draft;
  const target = member.items[0]?.target;
  const name = target === undefined ? member.name : `${member.name} ${target}`;
  if (outcome.notAuthenticated === true) return 'the device does not accept the credentials of the bridge';
  if (outcome.unsent === true) return `no message can carry ${name}`;
  const isUnanswered = outcome.unanswered === true || outcome.members?.[at]?.unanswered === true;
  if (!isUnanswered) return `the device answered ${failed} to ${name}`;
  return member.name === 'Get' ? `the device sent no value for ${name}` : `the device sent no Status for ${name}`;
}

/** The facts of the event `command.failed`; undefined for a result without a reason. */
export function failureFacts(
  wire: WireCommand,
  index: number,
  { status, reason }: CommandResult,
  device: ManagedDevice,
): LogFacts['command.failed'] | undefined {
  if (reason === undefined) return undefined;
  const facts = { command: nameOf(wire), index, status, reason, origin: originOf(wire, serverUriValues(device)) };
  return isServerUriRefusal(reason) ? { ...facts, isServerUriRefused: true } : facts;
}

/** The name of a command for the log; the workflow that prepares Package#1 carries out none. */
export function nameOf(wire: WireCommand): string {
  return wire[0] ?? 'Package#1';
}

/** The origin of the ServerURI for the log: path and query may have credentials of the backend. */
function originOf(wire: WireCommand, values: ServerUriValues): string | undefined {
  const command = parseCommand(wire);
  if (!('serverUri' in command) || command.serverUri === undefined) return undefined;
  try {
    return new URL(toServerUri(command.serverUri, values)).origin;
  } catch (error) {
    if (error instanceof DmError) return undefined;
    throw error;
  }
}
