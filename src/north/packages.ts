/** Package#1 and Package#3 from statuses, data and alerts (DM-2.0 §5.2.2, §5.2.4, Appendix F). */

import { devIdHeader } from '../device/dev-id.ts';
import type { ManagedDevice } from '../device/managed-device.ts';
import type { OutboxItem } from '../device/outbox-item.ts';
import { formatPackage1, formatPackage3 } from '../dm2/codec.ts';
import { writeMultipart } from '../dm2/multipart.ts';
import { ALERT_TYPES, type Content, type DataPart, type Dm2Alert, MEDIA_TYPES, type Package1 } from '../dm2/package.ts';
import type { Mutable } from '../mutable.ts';
import { type AlertContext, toDm2Alert } from '../translate/alert.ts';
import type { TranslationContext } from '../translate/context.ts';
import type { PreparedStart } from '../workflow/command-result.ts';
import { withAlertInstances } from './alert-addresses.ts';
import { alertsForPackage1, alertsForPackage3 } from './alert-delivery.ts';
import { draftStatuses, firstDraftRequest } from './draft-requests.ts';
import { type AnsweredPackage0, type ExecutingSession, type OpenSession, statusesOf } from './north-session.ts';
import type { NorthEnvironment } from './north-state.ts';

export interface ComposedPackage {
  /** The device, with MIIDs for the instances from which alerts come. */
  readonly device: ManagedDevice;
  /** The alerts of the outbox that it carries; the alert of a report is none of them. */
  readonly alerts: readonly OutboxItem[];
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Content;
}

/** Exactly one session alert, then the Generic Alerts, oldest first; with MOS when it was prepared. */
export function composePackage1(
  environment: NorthEnvironment,
  { report, knowledge, notification }: OpenSession,
  before: ManagedDevice,
  prepared: PreparedStart | undefined,
): ComposedPackage {
  const alerts = report === undefined ? package1Alerts(environment, before) : [];
  const device = withAlertInstances(environment.context.index, before, alerts, knowledge.discovered);
  const own = report === undefined ? alertsOf(environment, device, alerts) : [report];
  if (isDraft(environment)) return { device, alerts, ...firstDraftRequest(device, own, prepared, notification?.draft) };
  const content: Mutable<Package1> = { Alert: [sessionAlert(notification), ...own] };
  if (prepared?.mos !== undefined) content.MOS = prepared.mos;
  return { device, alerts, headers: headersOf(device, MEDIA_TYPES.package1), body: { text: formatPackage1(content) } };
}

/** Says who has initiated the session (DM-2.0 Appendix D). */
function sessionAlert(notification: AnsweredPackage0 | undefined): Dm2Alert {
  if (notification === undefined) return { AlertType: ALERT_TYPES.clientInitiated };
  const { id } = notification;
  const AlertType = ALERT_TYPES.serverInitiated;
  return id === undefined
    ? { AlertType }
    : { AlertType, DataType: 'application/json', Data: { 'NOTIFICATION-ID': id } };
}

/** The statuses in the order of the commands; data of GETs makes it a multipart message. */
export function composePackage3(
  environment: NorthEnvironment,
  { runs, report, knowledge, msgId = 0 }: ExecutingSession,
  before: ManagedDevice,
): ComposedPackage {
  if (isDraft(environment)) {
    return { device: before, alerts: [], ...draftStatuses(before, msgId, statusesOf(runs, false)) };
  }
  const { id, reasons, statusForm } = environment.context.account;
  const delivery = before.alertDelivery?.[id];
  const alerts = report === undefined ? alertsForPackage3(delivery, environment.outbox) : [];
  const device = withAlertInstances(environment.context.index, before, alerts, knowledge.discovered);
  const content = { Status: statusesOf(runs, reasons), Alert: alertsOf(environment, device, alerts) };
  const text = formatPackage3(content, statusForm);
  const parts = runs.flatMap(({ result }, index): readonly DataPart[] =>
    result?.data === undefined ? [] : [{ index, ...result.data }],
  );
  if (parts.length === 0) return { device, alerts, headers: headersOf(device, MEDIA_TYPES.package3), body: { text } };
  const { contentType, body } = writeMultipart(text, parts);
  return { device, alerts, headers: headersOf(device, contentType), body };
}

function isDraft({ context }: NorthEnvironment): boolean {
  return context.account.dialect === 'dm20-draft';
}

function headersOf({ devId }: ManagedDevice, contentType: string): ComposedPackage['headers'] {
  return { 'content-type': contentType, accept: MEDIA_TYPES.package2, 'omadm-devid': devIdHeader(devId) };
}

/** The alerts of the outbox that a Package#1 of now would carry. */
export function package1Alerts(
  { context, outbox, held = [], at }: NorthEnvironment,
  device: ManagedDevice,
): readonly OutboxItem[] {
  return alertsForPackage1(device.alertDelivery?.[context.account.id], { kept: outbox, held }, at);
}

function alertsOf(
  { context }: NorthEnvironment,
  device: ManagedDevice,
  items: readonly OutboxItem[],
): readonly Dm2Alert[] {
  return items.map((item) => alertOf(context, device, item));
}

/** One alert as the backend gets it; the Correlator finds the EXEC whose end it reports. */
export function alertOf({ index }: TranslationContext, device: ManagedDevice, alert: OutboxItem): Dm2Alert {
  const context: Mutable<AlertContext> = { index, miids: device.miids };
  const { correlator } = alert;
  const pendingExec = device.pendingExecs.find((exec) => correlator !== undefined && exec.correlator === correlator);
  if (pendingExec !== undefined) context.pendingExec = pendingExec;
  return toDm2Alert(alert.item, context);
}
