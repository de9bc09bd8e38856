/**
 * What became of the commands of a package, once the device has closed its own.
 *
 * Devices leave Statuses out: a command then has the status of its members, a member that of its container, and 500 remains.
 *
 * @see DM-1.3 §6.5; DMREPPRO "Atomic", "Sequence" and the response codes 215, 216, 507, 516
 */
import { isSuccess, STATUS } from '../syncml/status-codes.ts';
import { allResults } from './kept-results.ts';
import { isFinalStatus } from './pending.ts';
import type { CommandOutcome, EngineCommand, OutstandingCommand, ServerCommand } from './server-command.ts';

/** The outcome of one command; `container` is the status of the Sequence that it stood in. */
export function outcomeOf(command: OutstandingCommand, container: number | undefined): CommandOutcome {
  if (command.members !== undefined) return atomicOutcome(command, command.members);
  return describe(command, ownStatus(command) ?? missingStatus(command, container));
}

/** An outcome for a command that was never sent, or whose answer is decided without the device. */
export function unsentOutcome(command: ServerCommand, status: number): CommandOutcome {
  const members = command.members?.map((member) => unsentOutcome(member, STATUS.notExecuted));
  return {
    id: command.id,
    status,
    itemStatuses: [],
    statusItems: [],
    results: [],
    ...(members === undefined ? {} : { members }),
  };
}

/** Whether the outcome is certain before the device closes its package: needed when it never will. */
export function isComplete(command: OutstandingCommand): boolean {
  if (command.broken !== undefined) return true;
  if (!isFinalStatus(command.status)) return false;
  return command.command.name !== 'Get' || command.status !== STATUS.ok || command.results.length > 0;
}

/** What devices say of a command that they do not know. */
const NOT_KNOWN: readonly number[] = [STATUS.commandNotAllowed, STATUS.optionalFeatureNotSupported];

/** How a device took a Sequence: it ran, it was refused so that nothing in it ran, or nothing was said about any of it. */
export function sequenceVerdict(
  sequence: EngineCommand,
  members: readonly OutstandingCommand[],
): 'ran' | 'refused' | 'silence' {
  const { status } = sequence;
  if (status === undefined) return members.some(hasAnswer) ? 'ran' : 'silence';
  const isRefusal = NOT_KNOWN.includes(status) || (status >= 500 && status < 600);
  const nothingRan = members.every(
    (member) =>
      !hasAnswer(member) ||
      (member.results.length === 0 && (member.status === STATUS.notExecuted || member.status === status)),
  );
  return isRefusal && nothingRan ? 'refused' : 'ran';
}

function hasAnswer(command: OutstandingCommand): boolean {
  return command.status !== undefined || command.results.length > 0;
}

function ownStatus(command: OutstandingCommand): number | undefined {
  if (command.broken !== undefined) return command.broken;
  // An Exec that is in progress when the package closes goes on asynchronously: that is what 202 says.
  if (command.status === STATUS.inProgress && command.command.name === 'Exec') return STATUS.acceptedForProcessing;
  if (!isFinalStatus(command.status)) return undefined;
  return withoutValue(command, command.status) ? STATUS.commandFailed : command.status;
}

/** Results prove that a Get was executed, whether or not its Status was sent. */
function missingStatus(command: OutstandingCommand, container: number | undefined): number {
  const read = isFinalStatus(container) ? container : STATUS.commandFailed;
  if (command.results.length > 0) return STATUS.ok;
  return withoutValue(command, read) ? STATUS.commandFailed : read;
}

/** A Get with 200 and without Results is a fault of the device: its value stays unknown. */
function withoutValue(command: OutstandingCommand, status: number): boolean {
  return command.command.name === 'Get' && status === STATUS.ok && command.results.length === 0;
}

function atomicOutcome(command: OutstandingCommand, members: readonly OutstandingCommand[]): CommandOutcome {
  const own = ownStatus(command);
  const failed = members.map(ownStatus).find((status) => status !== undefined && !isSuccess(status));
  const fallback = own === undefined ? silentMember(failed) : unmentionedMember(own);
  const outcomes = members.map((member) => describe(member, ownStatus(member) ?? fallback));
  const read = outcomes.map(({ status }) => status);
  const status = own ?? read.find(isFailureItself) ?? read.find((code) => !isSuccess(code)) ?? STATUS.ok;
  return { ...describe(command, status), members: outcomes };
}

/** A member left out of the Statuses of an Atomic: not executed when that failed, else as good as it. */
function unmentionedMember(atomic: number): number {
  return isSuccess(atomic) ? atomic : STATUS.notExecuted;
}

function silentMember(failed: number | undefined): number {
  return failed === undefined ? STATUS.commandFailed : STATUS.notExecuted;
}

/** No success, and no mere consequence of another command's failure. */
function isFailureItself(status: number): boolean {
  return !isSuccess(status) && status !== STATUS.notExecuted && status !== STATUS.atomicRollBackOk;
}

function describe(command: OutstandingCommand, status: number): CommandOutcome {
  const { itemStatuses, statusItems } = command;
  return { id: command.command.id, status, itemStatuses, statusItems, results: allResults(command) };
}
