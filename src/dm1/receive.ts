/**
 * Reads one authenticated message of the device: the Status of every command, and its effect on the session.
 *
 * The order of Statuses and Results within a message does not matter, so their meaning for the session (an abort, a
 * challenge, the end of an object) is decided after the last command.
 *
 * @see DM-1.3 §6 (commands that each side may send), §6.1 (abort), §6.5 (Package#3), §8 (chunks)
 */
import type { AlertCommand, Command, Item, ResultsCommand, StatusCommand } from '../syncml/message.ts';
import { STATUS } from '../syncml/status-codes.ts';
import { alertCode, isEvent, isFlowAlert, readAlert } from './device-alert.ts';
import { readReplace, refuse } from './device-commands.ts';
import { addStatus, headerStatus, type StatusList } from './due-status.ts';
import { acceptHeader, judgeHeader, refuseAllCommands, requeueRefused } from './header-status.ts';
import { addChunk, beginAlert, beginResults, continues } from './incoming-object.ts';
import { findHeaderStatus, isHeaderStatus, isStray } from './message-references.ts';
import { discardObject, readChunk } from './object-reception.ts';
import { outcomeEffect, outcomeOf } from './outcome.ts';
import { objectOutcome } from './outgoing-object.ts';
import { type Entry, findGet, isFinalStatus, recordMiscountedStatus, recordStatus, resultItems } from './pending.ts';
import { toPlainItem } from './plain-item.ts';
import { addTolerance, type Ending, openReception, type Reception } from './reception.ts';
import type { ClosedSession, DueStatus, MessageReceived, OpenSession } from './session-model.ts';

const STRAY_STATUS = 'Status for nothing that was sent';

/** After so many messages without progress in a row the session ends. */
const MAX_IDLE_MESSAGES = 50;

/** A message that was read, and the reason for the end of the session when the message ends it. */
export interface ReadMessage {
  readonly reception: Reception;
  readonly ending: Ending | undefined;
}

/** Reads a message of an open session. The answer to it is made by `answerDue`. */
export function readMessage(session: OpenSession, input: MessageReceived): ReadMessage {
  const { message } = input;
  const reception = openReception(session, input);
  const { draft, pending } = reception;
  for (const command of message.commands) readCommand(reception, command);
  for (const status of reception.unmatched) enterOwner(reception, recordMiscountedStatus(pending, status));
  readHeaderStatuses(reception);
  draft.outstanding = pending.entries;
  draft.engineCommands = pending.engine;
  const ending = judgeMessage(reception);
  if (ending === undefined) checkObjectEnd(reception);
  return { reception, ending };
}

/** The Statuses for a message after the end of the session: it has no effect, and 215 says so (DM-1.3 §6.1.1). */
export function readMessageAfterEnd(
  session: ClosedSession,
  { message, verdict }: MessageReceived,
): readonly DueStatus[] {
  const list: StatusList = { message, due: [headerStatus(message, verdict), ...session.dueStatuses] };
  for (const command of message.commands) {
    if (command.name === 'Status' || command.name === 'Results') continue;
    if (command.name === 'Alert' && isFlowAlert(command)) addStatus(list, command, STATUS.ok);
    else refuse(list, command, STATUS.notExecuted);
  }
  return list.due;
}

function readCommand(reception: Reception, command: Command): void {
  if (command.name === 'Status') {
    readStatus(reception, command);
  } else if (command.name === 'Results') {
    readResults(reception, command, command.items);
  } else if (command.cmdId === '') {
    refuse(reception, command, STATUS.badRequest);
  } else if (command.name === 'Alert') {
    readAlertOrChunk(reception, command);
  } else {
    discardObject(reception);
    if (command.name === 'Replace') readReplace(reception, command);
    else if (command.name === 'Unknown') refuse(reception, command, STATUS.optionalFeatureNotSupported);
    else refuse(reception, command, STATUS.commandNotAllowed);
  }
}

function readStatus(reception: Reception, status: StatusCommand): void {
  if (isHeaderStatus(status)) {
    reception.headerStatuses.push(status);
    return;
  }
  const owner = recordStatus(reception.pending, status);
  if (owner !== undefined || isStray(reception.references, status.msgRef)) enterOwner(reception, owner);
  else reception.unmatched.push(status);
}

/** Enters that a Status answers a command of that owner, or none. */
function enterOwner(reception: Reception, owner: 'planner' | 'engine' | undefined): void {
  if (owner === 'planner') reception.hasProgress = true;
  if (owner === undefined) addTolerance(reception, STRAY_STATUS);
}

/** Finds the Status for the SyncHdr of our last message; others have no effect. */
function readHeaderStatuses(reception: Reception): void {
  const { references, headerStatuses } = reception;
  reception.headerStatus = findHeaderStatus(references, headerStatuses);
  const isIgnored = headerStatuses.some((each) => each !== reception.headerStatus && isStray(references, each.msgRef));
  if (isIgnored || (headerStatuses.length > 0 && reception.headerStatus === undefined)) {
    addTolerance(reception, STRAY_STATUS);
  }
}

/** Reads the Items of Results; the first of them may be the next chunk of an object. */
function readResults(reception: Reception, results: ResultsCommand, items: readonly Item[]): void {
  const { incoming } = reception.draft;
  const [first, ...others] = items;
  if (incoming?.kind === 'results' && first !== undefined && continues(incoming, first)) {
    readChunk(reception, results, addChunk(incoming, first), first.moreData === true);
    if (others.length > 0) readResults(reception, results, others);
    return;
  }
  const get = findGet(reception.pending, results, !isStray(reception.references, results.msgRef));
  if (get === undefined) addTolerance(reception, 'Results for no Get that was sent');
  if (get === undefined || get === 'engine') return;
  discardObject(reception);
  reception.hasProgress = true;
  readResultItems(reception, { ...results, items }, get);
}

/** Enters the whole Items of Results; the last one may be the first chunk of an object. */
function readResultItems(reception: Reception, results: ResultsCommand, get: Entry): void {
  const items = resultItems(results, get);
  const last = results.items.at(-1);
  const isChunk = last?.moreData === true;
  const whole = isChunk ? items.slice(0, -1) : items;
  for (const item of whole) get.results.push(item);
  if (!isChunk) return;
  const source = items.at(-1)?.source;
  const named = source === undefined ? last : { ...last, source: { locUri: source } };
  readChunk(reception, results, beginResults(get, named, results.meta), true);
}

function readAlertOrChunk(reception: Reception, alert: AlertCommand): void {
  const { incoming } = reception.draft;
  const code = alertCode(alert);
  const first = alert.items[0];
  if (incoming?.kind === 'alert' && incoming.code === code && first !== undefined && continues(incoming, first)) {
    readChunk(reception, alert, addChunk(incoming, first), first.moreData === true);
    return;
  }
  if (!isFlowAlert(alert)) discardObject(reception);
  const last = alert.items.at(-1);
  if (last?.moreData === true && isEvent(code)) {
    const before = alert.items.slice(0, -1).map((item) => toPlainItem(item));
    readChunk(reception, alert, beginAlert(alert, code, last, before), true);
    return;
  }
  readAlert(reception, alert);
}

/** Decides whether the message ends the session, and reads the Status for our SyncHdr. */
function judgeMessage(reception: Reception): Ending | undefined {
  const { draft, headerStatus: status } = reception;
  if (reception.isAborted) return { by: 'device', reason: 'the device sent Alert 1223', isAlertDue: false };
  switch (judgeHeader(draft.serverAuth, status)) {
    case 'failed':
      failOutstanding(reception, status?.data ?? STATUS.commandFailed);
      return endedByUs(`the device answered our message with ${status?.data}`);
    case 'refusedForGood':
      reception.effects.push(...refuseAllCommands(draft));
      return endedByUs('the device does not take our credentials');
    case 'challenged':
      requeueRefused(reception);
      break;
    case 'accepted':
      acceptHeader(reception);
      break;
  }
  draft.idleMessages = reception.hasProgress ? 0 : draft.idleMessages + 1;
  if (draft.idleMessages < MAX_IDLE_MESSAGES) return undefined;
  return endedByUs(`${draft.idleMessages} messages without progress`);
}

function endedByUs(reason: string): Ending {
  return { by: 'bridge', reason, isAlertDue: true };
}

/** A SyncHdr Status that refuses the message is the Status of every command that has none of its own. */
function failOutstanding(reception: Reception, status: number): void {
  const code = Number.isNaN(status) ? STATUS.commandFailed : status;
  for (const entry of reception.pending.entries) {
    if (!isFinalStatus(entry.status) && entry.results.length === 0) entry.status = code;
    reception.effects.push(outcomeEffect(objectOutcome(reception.draft.outgoing, outcomeOf(entry, code))));
  }
  reception.draft.outstanding = [];
}

/** A Final before the last chunk: the object goes on if the message has a chunk of it, else it has ended. */
function checkObjectEnd(reception: Reception): void {
  if (reception.draft.incoming === undefined || !reception.message.final) return;
  if (reception.hasChunk) addTolerance(reception, 'Final before the end of a large object');
  else discardObject(reception);
}
