/**
 * Outcomes of the commands of a package, after the device has closed its own.
 *
 * Devices leave Statuses out: a command then has the status of its members, a member that of its container, and 500
 * remains.
 *
 * @see DM-1.3 §6.5; DMREPPRO "Atomic", "Sequence" and the response codes 215, 216, 507, 516
 */
import type { Mutable } from '../mutable.ts';
import { isSuccess, STATUS } from '../syncml/status-codes.ts';
import { isFinalStatus } from './pending.ts';
import type { CommandOutcome, EngineCommand, OutstandingCommand, ServerCommand } from './server-command.ts';
import type { SessionEffect } from './session-model.ts';
import { allResults } from './stored-results.ts';

/** The outcome of one command; `container` is the status of the Sequence that contained it. */
export function outcomeOf(command: OutstandingCommand, container: number | undefined): CommandOutcome {
  if (command.members !== undefined) return atomicOutcome(command, command.members);
  const outcome: Mutable<CommandOutcome> = outcomeWith(
    command,
    ownStatus(command) ?? missingStatus(command, container),
  );
  if (isUnanswered(command)) outcome.unanswered = true;
  return outcome;
}

/** True for a command without a Status of its own; a Get has its answer in its Results, and no answer without them. */
export function isUnanswered(command: OutstandingCommand): boolean {
  const { members } = command;
  if (members !== undefined) return ownStatus(command) === undefined && members.every(isUnanswered);
  if (command.command.name !== 'Get') return ownStatus(command) === undefined;
  if (command.results.length > 0 || command.objectFailure !== undefined) return false;
  return !isFinalStatus(command.status) || command.status === STATUS.ok;
}

/** An outcome that the bridge decides without the device. */
export function decidedOutcome(command: ServerCommand, status: number): CommandOutcome {
  const outcome: Mutable<CommandOutcome> = {
    id: command.id,
    status,
    itemStatuses: [],
    statusItems: [],
    results: [],
  };
  if (command.members !== undefined) {
    outcome.members = command.members.map((member) => decidedOutcome(member, STATUS.notExecuted));
  }
  return outcome;
}

export function outcomeEffect(outcome: CommandOutcome): SessionEffect {
  return { type: 'outcome', outcome };
}

/** True when the outcome is certain although the device has not closed its package. */
export function isComplete(command: OutstandingCommand): boolean {
  if (command.objectFailure !== undefined) return true;
  if (!isFinalStatus(command.status)) return false;
  return command.command.name !== 'Get' || command.status !== STATUS.ok || command.results.length > 0;
}

/** The statuses of devices for a command that they do not know. */
const NOT_KNOWN: readonly number[] = [STATUS.commandNotAllowed, STATUS.optionalFeatureNotSupported];

/** Judges the answer to a Sequence: it ran, it was refused so that nothing in it ran, or there was no answer at all. */
export function sequenceVerdict(
  sequence: EngineCommand,
  members: readonly OutstandingCommand[],
): 'ran' | 'refused' | 'silence' {
  const { status } = sequence;
  if (status === undefined) return members.some(hasAnswer) ? 'ran' : 'silence';
  const isRefusal = NOT_KNOWN.includes(status) || (status >= 500 && status < 600);
  return isRefusal && members.every((member) => hasNotRun(member, status)) ? 'refused' : 'ran';
}

/** True for a member that has no answer, or only 215 or the status of its Sequence. */
function hasNotRun(member: OutstandingCommand, sequenceStatus: number): boolean {
  if (!hasAnswer(member)) return true;
  return member.results.length === 0 && (member.status === STATUS.notExecuted || member.status === sequenceStatus);
}

function hasAnswer(command: OutstandingCommand): boolean {
  return command.status !== undefined || command.results.length > 0;
}

function ownStatus(command: OutstandingCommand): number | undefined {
  if (command.objectFailure !== undefined) return command.objectFailure;
  // An Exec that is in progress when the package closes goes on asynchronously, which is the meaning of 202.
  if (command.status === STATUS.inProgress && command.command.name === 'Exec') return STATUS.acceptedForProcessing;
  // The rest that 213 promises has not come.
  if (command.status === STATUS.chunkedItemAccepted && command.command.name === 'Get') return STATUS.partialContent;
  if (!isFinalStatus(command.status)) return undefined;
  return lacksValue(command, command.status) ? STATUS.commandFailed : command.status;
}

/** Results prove that a Get was executed, even if the device sent no Status. */
function missingStatus(command: OutstandingCommand, container: number | undefined): number {
  if (command.results.length > 0) return STATUS.ok;
  const inherited = isFinalStatus(container) ? container : STATUS.commandFailed;
  return lacksValue(command, inherited) ? STATUS.commandFailed : inherited;
}

/** A Get with 200 and without Results is a fault of the device: the value stays unknown. */
function lacksValue(command: OutstandingCommand, status: number): boolean {
  return command.command.name === 'Get' && status === STATUS.ok && command.results.length === 0;
}

function atomicOutcome(atomic: OutstandingCommand, members: readonly OutstandingCommand[]): CommandOutcome {
  const own = ownStatus(atomic);
  const inherited = inheritedStatus(own, members);
  const outcomes = members.map((member) => outcomeWith(member, ownStatus(member) ?? inherited));
  const statuses = outcomes.map(({ status }) => status);
  const status = own ?? statuses.find(isCauseOfFailure) ?? statuses.find((code) => !isSuccess(code)) ?? STATUS.ok;
  const outcome: Mutable<CommandOutcome> = outcomeWith(atomic, status);
  outcome.members = outcomes;
  if (isUnanswered(atomic)) outcome.unanswered = true;
  return outcome;
}

/**
 * The status of a member without a Status: that of a successful Atomic, 215 in a failed one, 500 when nothing is known.
 */
function inheritedStatus(atomic: number | undefined, members: readonly OutstandingCommand[]): number {
  if (atomic !== undefined) return isSuccess(atomic) ? atomic : STATUS.notExecuted;
  const hasFailed = members.map(ownStatus).some((status) => status !== undefined && !isSuccess(status));
  return hasFailed ? STATUS.notExecuted : STATUS.commandFailed;
}

/** True for a failure that does not merely follow from the failure of another command. */
function isCauseOfFailure(status: number): boolean {
  return !isSuccess(status) && status !== STATUS.notExecuted && status !== STATUS.atomicRollBackOk;
}

function outcomeWith(command: OutstandingCommand, status: number): CommandOutcome {
  const { itemStatuses, statusItems } = command;
  const results = allResults(command);
  const outcome: Mutable<CommandOutcome> = { id: command.command.id, status, itemStatuses, statusItems, results };
  if (command.objectFailure !== undefined) outcome.brokenOff = true;
  return outcome;
}
