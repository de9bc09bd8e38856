/**
 * The Alerts of a device: the Status of each, and its effect on the session.
 *
 * Alerts about the session take effect here. Events are reported, with those Items only that are valid.
 *
 * @see DM-1.3 §6.1 (abort), §6.3 (1200, 1201, 1229), §6.7 (Generic Alert), §6.8 (tree change), §7.2 (1222), §8 (1225)
 */
import type { Mutable } from '../mutable.ts';
import { ALERT } from '../syncml/alert-codes.ts';
import type { AlertCommand } from '../syncml/message.ts';
import { STATUS } from '../syncml/status-codes.ts';
import { addItemStatuses, addStatus } from './due-status.ts';
import { type PlainItem, toPlainItem } from './plain-item.ts';
import { addTolerance, type Reception } from './reception.ts';
import type { DeviceAlert } from './session-model.ts';

/** Alerts that the engine only reports. */
const EVENTS: readonly number[] = [
  ALERT.clientEvent,
  ALERT.genericAlert,
  ALERT.treeUnchanged,
  ALERT.treeChanged,
  ALERT.requestedMo,
  ALERT.sessionlessReport,
];

/** Events that are kept until the backend has them (DM-1.3 §6.7, §6.9). */
const FORWARDED: readonly number[] = [ALERT.clientEvent, ALERT.genericAlert, ALERT.sessionlessReport];

/** Alerts about the flow of messages; none of them is a new command between the chunks of an object. */
const FLOW: readonly number[] = [ALERT.nextMessage, ALERT.sessionAbort, ALERT.noEndOfData];

/** An event of the device before its Items were checked. */
export interface DeviceEvent {
  readonly code: number;
  readonly correlator: string | undefined;
  readonly items: readonly PlainItem[];
}

/**
 * The code of an Alert, NaN where there is none. The codes of data synchronization for 1222 and 1225 count as these.
 */
export function alertCode(alert: AlertCommand): number {
  const text = alert.data.trim();
  const code = /^\d+$/u.test(text) ? Number(text) : Number.NaN;
  if (code === ALERT.dataSyncNextMessage) return ALERT.nextMessage;
  return code === ALERT.dataSyncNoEndOfData ? ALERT.noEndOfData : code;
}

/** True when the Alert only controls the flow of messages. */
export function isFlowAlert(alert: AlertCommand): boolean {
  return FLOW.includes(alertCode(alert));
}

/** True for the codes of events: 1224 and 1226 to 1230. */
export function isEvent(code: number): boolean {
  return EVENTS.includes(code);
}

/** True for the codes of events that the backend has to get: 1224, 1226 and 1230. */
export function isForwarded(code: number): boolean {
  return FORWARDED.includes(code);
}

/** Reads an Alert that does not continue an object. */
export function readAlert(reception: Reception, alert: AlertCommand): void {
  const code = alertCode(alert);
  if (isFlowAlert(alert) && Number(alert.data) !== code) addTolerance(reception, 'Alert 222 or 223 for 1222 or 1225');
  if (isEvent(code)) {
    const items = alert.items.map((item) => toPlainItem(item));
    readEvent(reception, alert, { code, correlator: alert.correlator, items });
  } else {
    addStatus(reception, alert, readSessionAlert(reception, code));
  }
}

/** Adds the Statuses for the Items of an event, and reports the Items that were accepted. */
export function readEvent(reception: Reception, alert: AlertCommand, event: DeviceEvent): void {
  const isGeneric = event.code === ALERT.genericAlert;
  const items = withinRoom(
    reception,
    event.code,
    event.items.map((item) => ({ item, address: item, code: isGeneric ? genericAlertStatus(item) : STATUS.ok })),
  );
  if (items.length > 0) addItemStatuses(reception, alert, items);
  else addStatus(reception, alert, isGeneric ? STATUS.incompleteCommand : STATUS.ok);
  const accepted = items.filter(({ code }) => code === STATUS.ok).map(({ item }) => item);
  if (accepted.length === 0 && (items.length > 0 || isGeneric)) return;
  const deviceAlert: Mutable<DeviceAlert> = { code: event.code, items: accepted };
  if (event.correlator !== undefined) deviceAlert.correlator = event.correlator;
  reception.hasProgress = true;
  reception.effects.push({ type: 'alertReceived', alert: deviceAlert });
}

interface ItemStatus {
  readonly item: PlainItem;
  readonly address: PlainItem;
  readonly code: number;
}

/**
 * Refuses the valid Items for which there is no room. The list of statuses of a Generic Alert has no 503 (DM-1.3 §6.7), so
 * its Items get 500.
 */
function withinRoom(reception: Reception, code: number, items: readonly ItemStatus[]): readonly ItemStatus[] {
  if (!isForwarded(code)) return items;
  const refusal = code === ALERT.genericAlert ? STATUS.commandFailed : STATUS.serviceUnavailable;
  let count = 0;
  const judged = items.map((each) => {
    if (each.code !== STATUS.ok) return each;
    if (reception.alertRoom > 0) {
      reception.alertRoom -= 1;
      return each;
    }
    count += 1;
    return { ...each, code: refusal };
  });
  if (count > 0) reception.effects.push({ type: 'alertsRefused', code, count });
  return judged;
}

/** Reads an Alert about the session, and returns its status. */
function readSessionAlert(reception: Reception, code: number): number {
  switch (code) {
    case ALERT.serverInitiatedManagement:
      reception.effects.push({ type: 'serverInitiated' });
      reception.hasProgress = true;
      return STATUS.ok;
    case ALERT.clientInitiatedManagement:
      reception.hasProgress = true;
      return STATUS.ok;
    case ALERT.nextMessage:
      return STATUS.ok;
    case ALERT.noEndOfData:
      reception.isObjectEnded = true;
      return STATUS.ok;
    case ALERT.sessionAbort:
      reception.isAborted = true;
      return STATUS.ok;
    default:
      // User interaction goes from server to device only (DM-1.3 §10.2); other codes are unknown.
      return Number.isNaN(code) ? STATUS.incompleteCommand : STATUS.optionalFeatureNotSupported;
  }
}

/** A Generic Alert must have Type and Format, and Data unless Format is null (DM-1.3 §6.7.1). */
function genericAlertStatus({ meta, data }: PlainItem): number {
  const isTyped = hasText(meta?.type) && hasText(meta?.format);
  const hasData = data !== undefined || meta?.format?.toLowerCase() === 'null';
  return isTyped && hasData ? STATUS.ok : STATUS.incompleteCommand;
}

function hasText(text: string | undefined): boolean {
  return text !== undefined && text.trim() !== '';
}
