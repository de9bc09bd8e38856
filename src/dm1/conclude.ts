/**
 * Weighs a message of the device as a whole, once every command in it has been read: did the session end, was it challenged,
 * is the device's package closed, did our object arrive? What decides is whether our own package is closed.
 *
 * @see DM-1.3 §6.1 (abort), §7.1 (the three states of a DM Server), §7.2, §8
 */
import { isSuccess, STATUS } from '../syncml/status-codes.ts';
import { breakObjectOff } from './object-reception.ts';
import { isComplete, outcomeOf, sequenceVerdict, unsentOutcome } from './outcome.ts';
import { isFinalStatus } from './pending.ts';
import { keepPending, type Reception, tolerate } from './reception.ts';
import { acceptHeader, judgeHeader, takeChallenge } from './server-auth.ts';
import type { CommandOutcome } from './server-command.ts';
import type { Dm1Session, OutgoingObject, SessionEffect, Step } from './session-model.ts';
import { outgoingTransfer, tellProgress, tellTransfer, transferOf } from './transfer.ts';

/** Messages without progress that a device may send in a row. */
const MAX_IDLE_MESSAGES = 50;

/** Ends the reading of a message. */
export function concludeMessage(reception: Reception): Step {
  keepPending(reception);
  if (reception.aborted) return endedStep(reception, 'device', 'the device sent Alert 1223');
  switch (judgeHeader(reception.session, reception.headerStatus)) {
    case 'failed':
      return failSession(reception, reception.headerStatus?.data ?? STATUS.commandFailed);
    case 'refusedForGood':
      return refuseSession(reception);
    case 'challenged':
      takeChallenge(reception);
      break;
    case 'accepted':
      acceptHeader(reception);
      break;
  }
  const idleMessages = reception.progress ? 0 : reception.session.idleMessages + 1;
  reception.session = { ...reception.session, idleMessages };
  if (idleMessages >= MAX_IDLE_MESSAGES)
    return endedStep(reception, 'bridge', `${idleMessages} messages without progress`);
  weighPackage(reception);
  return toStep(reception);
}

/** A session that is over: whose outcome is certain gets it, the rest never will (DM-1.3 §6.1). */
export function endSession(session: Dm1Session, by: 'device' | 'bridge', reason: string): Step {
  const { incoming: _, outgoing: __, noEndOfData: ___, ...rest } = session;
  const outcomes = session.outstanding.filter(isComplete).map((command) => outcomeOf(command, undefined));
  const transfer = transferOf(session);
  const cut = transfer === undefined ? [] : [tellTransfer('failed', transfer)];
  return {
    session: { ...rest, phase: 'closed', queue: [], outstanding: [], engineCommands: [], nextMessageDue: false },
    effects: [...cut, ...outcomes.map(toEffect), { type: 'aborted', by, reason }],
  };
}

/** Everything that was asked of the device gets 500, for it never took our credentials. */
export function refuseCommands(session: Dm1Session): {
  readonly session: Dm1Session;
  readonly effects: readonly SessionEffect[];
} {
  const resting = session.outgoing === undefined || isInFlight(session.outgoing) ? [] : [session.outgoing.command];
  const unsent = [...resting, ...session.queue].map((command) => unsentOutcome(command, STATUS.commandFailed));
  const sent = session.outstanding.map((command) =>
    isComplete(command) && !isCredentialStatus(command.status)
      ? outcomeOf(command, undefined)
      : unsentOutcome(command.command, STATUS.commandFailed),
  );
  return { session: { ...session, queue: [], outstanding: [] }, effects: [...sent, ...unsent].map(toEffect) };
}

/** The effect that tells an outcome. */
export function toEffect(outcome: CommandOutcome): SessionEffect {
  return { type: 'outcome', outcome };
}

/** Whether a chunk was sent that is not acknowledged. */
export function isInFlight(outgoing: OutgoingObject): boolean {
  return outgoing.sent > outgoing.acknowledged;
}

function toStep(reception: Reception): Step {
  return { session: { ...reception.session, dueStatuses: reception.due }, effects: reception.effects };
}

/** After our own decision Alert 1223 is due; the device's needs none. */
function endedStep(reception: Reception, by: 'device' | 'bridge', reason: string): Step {
  const ended = endSession(reception.session, by, reason);
  const abortDue = by === 'bridge' ? { abortDue: true as const } : {};
  return {
    session: { ...ended.session, ...abortDue, dueStatuses: reception.due },
    effects: [...reception.effects, ...ended.effects],
  };
}

/** A SyncHdr Status that refuses the message is the Status of every command that has none of its own. */
function failSession(reception: Reception, status: number): Step {
  const code = Number.isNaN(status) ? STATUS.commandFailed : status;
  for (const entry of reception.pending.entries) {
    if (!isFinalStatus(entry.status) && entry.results.length === 0) entry.status = code;
  }
  const outcomes = reception.session.outstanding.map((command) => outcomeOf(command, code));
  reception.effects.push(...outcomes.map(toEffect));
  reception.session = { ...reception.session, outstanding: [] };
  return endedStep(reception, 'bridge', `the device answered our message with ${status}`);
}

function refuseSession(reception: Reception): Step {
  const refused = refuseCommands(reception.session);
  reception.effects.push(...refused.effects);
  reception.session = refused.session;
  return endedStep(reception, 'bridge', 'the device does not take our credentials');
}

function isCredentialStatus(status: number | undefined): boolean {
  return status === STATUS.invalidCredentials || status === STATUS.missingCredentials || status === 0;
}

/** Package boundaries (DM-1.3 §7.1). An object that the device has not finished keeps its package open, Final or not. */
function weighPackage(reception: Reception): void {
  const { final } = reception.message;
  if (reception.session.incoming !== undefined && final) {
    if (reception.chunkTaken) tolerate(reception, 'Final before the end of a large object');
    else breakObjectOff(reception);
  }
  const { phase, incoming } = reception.session;
  if (phase === 'sendingObject') {
    weighChunk(reception);
  } else if (incoming !== undefined) {
    setNextMessage(reception, true);
  } else if (phase === 'initializing' || phase === 'awaitingDevice') {
    if (final) closePackage(reception);
    else setNextMessage(reception, true);
  } else {
    // Our package is still open, because Statuses had not found room in it: the device may not have closed its own.
    setNextMessage(reception, false);
  }
}

function setNextMessage(reception: Reception, nextMessageDue: boolean): void {
  reception.session = { ...reception.session, nextMessageDue };
}

/** The device's package is closed: every command of ours has its answer, or never will (design: Statuses in). */
function closePackage(reception: Reception): void {
  const { outstanding, engineCommands, outgoing, ...session } = reception.session;
  const sequence = engineCommands.find((command) => command.cmd === 'Sequence');
  const verdict = sequence === undefined ? 'ran' : sequenceVerdict(sequence, outstanding);
  const again = verdict === 'refused' ? outstanding.map((member) => member.command) : [];
  if (verdict !== 'ran') reception.effects.push({ type: 'learned', fact: 'no-sequence' });
  if (verdict !== 'refused') {
    const outcomes = outstanding.map((command) => outcomeOf(command, sequence?.status));
    reception.effects.push(...(outgoing === undefined ? [] : tellEnd(outgoing, outcomes)), ...outcomes.map(toEffect));
  }
  reception.session = {
    ...session,
    ...(outgoing === undefined || isInFlight(outgoing) ? {} : { outgoing }),
    ordering: verdict === 'ran' ? session.ordering : 'one-per-message',
    ...(sequence !== undefined && verdict === 'ran' ? { sequenceRan: true as const } : {}),
    queue: [...again, ...session.queue],
    outstanding: [],
    engineCommands: [],
    phase: 'ready',
    nextMessageDue: false,
  };
}

/** The last chunk has its answer: that of the whole object. */
function tellEnd(outgoing: OutgoingObject, outcomes: readonly CommandOutcome[]): readonly SessionEffect[] {
  const outcome = isInFlight(outgoing) ? outcomes.find(({ id }) => id === outgoing.command.id) : undefined;
  if (outcome === undefined) return [];
  const transfer = outgoingTransfer(outgoing);
  if (!isSuccess(outcome.status)) return [tellTransfer('failed', transfer)];
  return [tellTransfer('whole', { ...transfer, bytesDone: outgoing.size })];
}

/** 213 lets the object go on, with or without Alert 1222; anything else has ended it (DM-1.3 §8). */
function weighChunk(reception: Reception): void {
  const { outgoing, ...session } = reception.session;
  if (reception.message.final) tolerate(reception, 'Final while our package is open');
  if (outgoing === undefined || !isInFlight(outgoing)) {
    setNextMessage(reception, false);
    return;
  }
  const sent = session.outstanding.find((entry) => entry.command.id === outgoing.command.id);
  const status = sent?.status;
  if (status === STATUS.chunkedItemAccepted && !reception.objectEnded) {
    const { acknowledgedBytes, sent: through, sentBytes } = outgoing;
    const acknowledged = { ...outgoing, acknowledged: through, acknowledgedBytes: sentBytes };
    reception.effects.push(...tellProgress(acknowledgedBytes, outgoingTransfer(acknowledged)));
    reception.session = { ...session, outgoing: acknowledged, outstanding: [], nextMessageDue: false };
    return;
  }
  if (!isFinalStatus(status) && !reception.objectEnded && !reception.message.final) {
    setNextMessage(reception, true);
    return;
  }
  // Success before the last chunk would speak of a part of the object.
  const failure = isFinalStatus(status) && !isSuccess(status) ? status : STATUS.commandFailed;
  reception.effects.push(
    tellTransfer('failed', outgoingTransfer(outgoing)),
    toEffect({ ...unsentOutcome(outgoing.command, failure), itemStatuses: sent?.itemStatuses ?? [] }),
  );
  reception.session = { ...session, outstanding: [], engineCommands: [], phase: 'ready', nextMessageDue: false };
}
