/**
 * The Alerts of a device: which are taken, with what Status, and what they do to the session.
 *
 * Alerts about the session are dealt with here; events are handed on, each Item only when it may be.
 *
 * @see DM-1.3 §6.1 (abort), §6.3 (1200, 1201, 1229), §6.7 (Generic Alert), §6.8 (tree change), §7.2 (1222), §8 (1225)
 */
import { ALERT } from '../syncml/alert-codes.ts';
import type { AlertCommand } from '../syncml/message.ts';
import { STATUS } from '../syncml/status-codes.ts';
import type { PlainItem } from './plain-item.ts';
import { toPlainItem } from './plain-item.ts';
import { owe, type Reception, tolerate } from './reception.ts';
import type { DueStatus } from './session-model.ts';

/** Handed on to those who know what they mean. */
const EVENTS: readonly number[] = [
  ALERT.clientEvent,
  ALERT.genericAlert,
  ALERT.treeUnchanged,
  ALERT.treeChanged,
  ALERT.requestedMo,
  ALERT.sessionlessReport,
];

/** About the session; none of them is a new command between the chunks of an object. */
const FLOW: readonly number[] = [ALERT.nextMessage, ALERT.sessionAbort, ALERT.noEndOfData];

/** The code of an Alert; data synchronization's own for 1222 and 1225 count as these. NaN where there is none. */
export function alertCode(alert: AlertCommand): number {
  const text = alert.data.trim();
  const code = /^\d+$/u.test(text) ? Number(text) : Number.NaN;
  if (code === ALERT.dataSyncNextMessage) return ALERT.nextMessage;
  return code === ALERT.dataSyncNoEndOfData ? ALERT.noEndOfData : code;
}

/** Whether the Alert only steers the flow of messages. */
export function isFlowAlert(alert: AlertCommand): boolean {
  return FLOW.includes(alertCode(alert));
}

/** Whether the Alert is handed on: 1224 and 1226 to 1230. */
export function isEvent(code: number): boolean {
  return EVENTS.includes(code);
}

/** Takes an Alert that is no continuation of an object. */
export function takeAlert(reception: Reception, alert: AlertCommand): void {
  const code = alertCode(alert);
  if (isFlowAlert(alert) && Number(alert.data) !== code) tolerate(reception, 'Alert 222 or 223 for 1222 or 1225');
  if (!isEvent(code)) {
    owe(reception, alert, takeSessionAlert(reception, code));
    return;
  }
  const correlator = alert.correlator === undefined ? {} : { correlator: alert.correlator };
  takeEventItems(reception, alert, { code, ...correlator, items: alert.items.map((item) => toPlainItem(item)) });
}

/** Owes the Status for whole Items of an event, and hands on those that were accepted. */
export function takeEventItems(
  reception: Reception,
  alert: AlertCommand,
  event: { readonly code: number; readonly correlator?: string; readonly items: readonly PlainItem[] },
): void {
  const verdicts = event.items.map((item) => ({ item, status: eventStatus(event.code, item) }));
  const distinct = new Set(verdicts.map(({ status }) => status));
  if (distinct.size > 1) {
    for (const { item, status } of verdicts) owe(reception, alert, status, itemReference(item));
  } else {
    const isEmptyEvent = event.code === ALERT.genericAlert ? STATUS.incompleteCommand : STATUS.ok;
    owe(reception, alert, verdicts[0]?.status ?? isEmptyEvent);
  }
  const items = verdicts.filter(({ status }) => status === STATUS.ok).map(({ item }) => item);
  if (items.length === 0 && (event.items.length > 0 || event.code === ALERT.genericAlert)) return;
  reception.progress = true;
  reception.effects.push({ type: 'alertReceived', alert: { ...event, items } });
}

/** What an Alert about the session does, and the Status that it gets. */
function takeSessionAlert(reception: Reception, code: number): number {
  switch (code) {
    case ALERT.serverInitiatedManagement:
    case ALERT.clientInitiatedManagement:
      reception.progress = true;
      reception.session = { ...reception.session, initiation: code === ALERT.serverInitiatedManagement ? 1200 : 1201 };
      return STATUS.ok;
    case ALERT.nextMessage:
      return STATUS.ok;
    case ALERT.noEndOfData:
      reception.objectEnded = true;
      return STATUS.ok;
    case ALERT.sessionAbort:
      reception.aborted = true;
      return STATUS.ok;
    default:
      // User interaction goes from server to device only (§10.2); nobody knows the other codes.
      return Number.isNaN(code) ? STATUS.incompleteCommand : STATUS.optionalFeatureNotSupported;
  }
}

/** A Generic Alert must say what its data is, and have data unless that is null (DM-1.3 §6.7.1); nothing else is held to it. */
function eventStatus(code: number, item: PlainItem): number {
  if (code !== ALERT.genericAlert) return STATUS.ok;
  const { type, format } = item.meta ?? {};
  const isComplete = hasText(type) && hasText(format) && (item.data !== undefined || format?.toLowerCase() === 'null');
  return isComplete ? STATUS.ok : STATUS.incompleteCommand;
}

function hasText(text: string | undefined): boolean {
  return text !== undefined && text.trim() !== '';
}

function itemReference(item: PlainItem): Partial<Pick<DueStatus, 'targetRefs' | 'sourceRefs'>> {
  return {
    ...(item.source === undefined ? {} : { sourceRefs: [item.source] }),
    ...(item.target === undefined ? {} : { targetRefs: [item.target] }),
  };
}
