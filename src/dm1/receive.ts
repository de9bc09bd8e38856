/**
 * Reads one authenticated message of the device: every command gets what it is due, then the message is weighed as a whole.
 *
 * The order within a message does not matter for Statuses and Results, so what they say about the session (an abort, a challenge,
 * the end of a package) is decided only after the last command.
 *
 * @see DM-1.3 §6 (who may send what), §6.5 (Package#3), §8 (chunks)
 */
import type { AlertCommand, Command, ResultsCommand, StatusCommand, SyncmlMessage } from '../syncml/message.ts';
import { STATUS } from '../syncml/status-codes.ts';
import { concludeMessage } from './conclude.ts';
import { alertCode, isEvent, isFlowAlert, takeAlert } from './device-alert.ts';
import { refuse, takeReplace } from './device-commands.ts';
import { addChunk, beginObject, continues } from './incoming-object.ts';
import { breakObjectOff, takeChunk } from './object-reception.ts';
import { findGet, resultItems, takeStatus } from './pending.ts';
import { toPlainItem } from './plain-item.ts';
import { openReception, owe, type Reception, tolerate } from './reception.ts';
import type { Dm1Session, Step, Verdict } from './session-model.ts';
import { takeLimits } from './size-limits.ts';

/** Takes a message; the answer to it is made by `answerDue`. */
export function receiveMessage(session: Dm1Session, message: SyncmlMessage, verdict: Verdict): Step {
  const reception = openReception(withHeader(session, message), message, verdict);
  if (session.phase === 'closed') return receiveAfterEnd(reception);
  for (const command of message.commands) takeCommand(reception, command);
  return concludeMessage(reception);
}

function withHeader(session: Dm1Session, { header }: SyncmlMessage): Dm1Session {
  return takeLimits({ ...session, lastMsgIdIn: header.msgId }, header.meta ?? {});
}

/** After the end nothing has an effect, and nothing that would is acknowledged (DM-1.3 §6.1.1). */
function receiveAfterEnd(reception: Reception): Step {
  for (const command of reception.message.commands) {
    if (command.name === 'Status' || command.name === 'Results') continue;
    if (command.name === 'Alert' && isFlowAlert(command)) owe(reception, command, STATUS.ok);
    else refuse(reception, command, STATUS.notExecuted);
  }
  return { session: { ...reception.session, dueStatuses: reception.due }, effects: [] };
}

function takeCommand(reception: Reception, command: Command): void {
  if (command.name === 'Status') {
    takeStatusOf(reception, command);
    return;
  }
  if (command.name === 'Results') {
    takeResults(reception, command);
    return;
  }
  if (command.cmdId === '') {
    refuse(reception, command, STATUS.badRequest);
    return;
  }
  if (command.name === 'Alert') {
    takeAlertOrChunk(reception, command);
    return;
  }
  breakObjectOff(reception);
  if (command.name === 'Replace') takeReplace(reception, command);
  else
    refuse(
      reception,
      command,
      command.name === 'Unknown' ? STATUS.optionalFeatureNotSupported : STATUS.commandNotAllowed,
    );
}

function takeStatusOf(reception: Reception, status: StatusCommand): void {
  if (status.cmdRef === '0' || status.cmd.toLowerCase() === 'synchdr') {
    reception.headerStatus = status;
    return;
  }
  const taken = takeStatus(reception.pending, status);
  if (taken === 'command') reception.progress = true;
  if (taken === 'nobody') {
    tolerate(reception, 'Status for nothing that was sent');
  }
}

function takeResults(reception: Reception, results: ResultsCommand): void {
  const { incoming } = reception.session;
  const [first] = results.items;
  if (incoming !== undefined && continues(incoming, 'results', first)) {
    takeChunk(reception, results, addChunk(incoming, first), first.moreData === true);
    const more = results.items.slice(1);
    if (more.length > 0) takeResults(reception, { ...results, items: more });
    return;
  }
  const get = findGet(reception.pending, results);
  if (get === undefined) tolerate(reception, 'Results for no Get that was sent');
  if (get === undefined || get === 'engine') return;
  breakObjectOff(reception);
  reception.progress = true;
  const last = results.items.at(-1);
  const items = resultItems(results, get);
  if (last?.moreData !== true) {
    get.results.push(...items);
    return;
  }
  get.results.push(...items.slice(0, -1));
  const source = items.at(-1)?.source;
  const named = source === undefined ? last : { ...last, source: { locUri: source } };
  // The object remembers the Get by the reference that found it, not by what the device wrote.
  const found = { ...results, msgRef: get.msgId, cmdRef: get.cmdId };
  takeChunk(reception, results, beginObject(found, named, []), true);
}

function takeAlertOrChunk(reception: Reception, alert: AlertCommand): void {
  const { incoming } = reception.session;
  const [first] = alert.items;
  const isSameAlert = incoming !== undefined && incoming.code === alertCode(alert);
  if (isSameAlert && continues(incoming, 'alert', first)) {
    takeChunk(reception, alert, addChunk(incoming, first), first.moreData === true);
    return;
  }
  if (!isFlowAlert(alert)) breakObjectOff(reception);
  const last = alert.items.at(-1);
  const code = alertCode(alert);
  if (last?.moreData === true && isEvent(code)) {
    const before = alert.items.slice(0, -1).map((item) => toPlainItem(item));
    takeChunk(reception, alert, beginObject(alert, last, before, code), true);
    return;
  }
  takeAlert(reception, alert);
}
