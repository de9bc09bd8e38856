/**
 * The end of the device's package, and the Status for a chunk of ours: both decide over the commands that were sent.
 *
 * @see DM-1.3 §6.5, §7.1 (package boundaries), §8 (chunks)
 */
import { isSuccess, STATUS } from '../syncml/status-codes.ts';
import { isProgressDue, outgoingTransfer, transferEffect } from './object-transfer.ts';
import { decidedOutcome, isUnanswered, outcomeEffect, outcomeOf, sequenceVerdict } from './outcome.ts';
import { isInFlight, type OutgoingObject, objectOutcome } from './outgoing-object.ts';
import { isFinalStatus } from './pending.ts';
import { addTolerance, type Reception } from './reception.ts';
import { isStructGet, readsToRepeat } from './repeated-reads.ts';
import type { CommandOutcome, OutstandingCommand } from './server-command.ts';

const NOTHING: ReadonlySet<OutstandingCommand> = new Set();

/**
 * Reads the end of the device's package. Returns false while the package goes on. After its end every command of ours
 * has its answer, or never will. The members of a Sequence that the device refused are sent again one by one, and reads that
 * it left out are sent once more.
 */
export function readPackageEnd(reception: Reception): boolean {
  const { draft, effects, message } = reception;
  const { outstanding, outgoing } = draft;
  if (draft.incoming !== undefined || !message.final) return false;
  const sequence = draft.engineCommands.find((command) => command.cmd === 'Sequence');
  const verdict = sequence === undefined ? 'ran' : sequenceVerdict(sequence, outstanding);
  if (verdict !== 'ran') effects.push({ type: 'sequenceUnsupported' });
  if (verdict === 'refused') {
    draft.queue = [...outstanding.map((member) => member.command), ...draft.queue];
  } else {
    const repeated = sequence === undefined ? NOTHING : readsToRepeat(outstanding, sequence.status);
    const ended = repeated.size === 0 ? outstanding : outstanding.filter((command) => !repeated.has(command));
    if (ended.some((command) => command.status === undefined && isUnanswered(command)))
      addTolerance(reception, 'no Status for a command');
    const outcomes = ended.map((command) => {
      return objectOutcome(outgoing, outcomeOf(command, sequence?.status));
    });
    if (repeated.size > 0) repeatReads(reception, repeated);
    if (outgoing !== undefined && isInFlight(outgoing)) reportObjectEnd(effects, outgoing, outcomes);
    effects.push(...outcomes.map(outcomeEffect));
  }
  if (outgoing !== undefined && isInFlight(outgoing)) draft.outgoing = undefined;
  if (verdict !== 'ran') draft.ordering = 'one-per-message';
  else if (sequence !== undefined) draft.sequenceRan = true;
  draft.outstanding = [];
  draft.engineCommands = [];
  return true;
}

/** Puts the reads in front of the queue. A device that answers `?list=Struct` only alone gets it alone from now on. */
function repeatReads({ draft, effects }: Reception, repeated: ReadonlySet<OutstandingCommand>): void {
  const commands = draft.outstanding.filter((sent) => repeated.has(sent)).map(({ command }) => command);
  draft.queue = [...commands.map((command) => ({ ...command, secondTry: true as const })), ...draft.queue];
  const isDisturbed = [...repeated].some(({ status }) => status !== undefined);
  if (!isDisturbed || !draft.outstanding.some(({ command }) => isStructGet(command))) return;
  draft.structAlone = true;
  effects.push({ type: 'structAlone' });
}

/**
 * Reads the Status for the chunk of ours that the device received last: 213 continues the object, with or without Alert
 * 1222; any other status ends it (DM-1.3 §8). An object whose Status is still to come continues, too.
 */
export function readChunkStatus(reception: Reception, before: OutgoingObject): 'continued' | 'ended' {
  const { draft, effects, message, isObjectEnded } = reception;
  const { outgoing = before } = draft;
  if (message.final) addTolerance(reception, 'Final while our package is open');
  if (!isInFlight(outgoing)) return 'continued';
  const sent = draft.outstanding.find((entry) => entry.command.id === outgoing.command.id);
  const status = sent?.status;
  if (status === STATUS.chunkedItemAccepted && !isObjectEnded) {
    const continued = { ...outgoing, acknowledged: outgoing.sent, acknowledgedBytes: outgoing.sentBytes };
    const transfer = outgoingTransfer(continued);
    if (isProgressDue(outgoing.acknowledgedBytes, transfer)) effects.push(transferEffect('progress', transfer));
    draft.outgoing = continued;
    draft.outstanding = [];
    return 'continued';
  }
  if (!isFinalStatus(status) && !isObjectEnded && !message.final) return 'continued';
  // A success before the last chunk would be the status of a part of the object.
  const failure = isFinalStatus(status) && !isSuccess(status) ? status : STATUS.commandFailed;
  const outcome = { ...decidedOutcome(outgoing.command, failure), itemStatuses: sent?.itemStatuses ?? [] };
  effects.push(transferEffect('failed', outgoingTransfer(outgoing)), outcomeEffect(objectOutcome(outgoing, outcome)));
  draft.outgoing = undefined;
  draft.outstanding = [];
  draft.engineCommands = [];
  return 'ended';
}

/** The Status for the last chunk is that of the whole object. */
function reportObjectEnd(
  effects: Reception['effects'],
  outgoing: OutgoingObject,
  outcomes: readonly CommandOutcome[],
): void {
  const outcome = outcomes.find(({ id }) => id === outgoing.command.id);
  if (outcome === undefined) return;
  const transfer = outgoingTransfer(outgoing);
  if (isSuccess(outcome.status)) effects.push(transferEffect('completed', { ...transfer, bytesDone: outgoing.size }));
  else effects.push(transferEffect('failed', transfer));
}
