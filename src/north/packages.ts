/** Package#1 and Package#3 from statuses, data and alerts (DM-2.0 §5.2.2, §5.2.4, Appendix F). */

import type { ManagedDevice } from '../device/managed-device.ts';
import type { OutboxItem } from '../device/outbox-item.ts';
import { formatPackage1, formatPackage3 } from '../dm2/codec.ts';
import { writeMultipart } from '../dm2/multipart.ts';
import {
  ALERT_TYPES,
  type Content,
  type DataPart,
  type Dm2Alert,
  MEDIA_TYPES,
  type Package1,
  type SupportedMo,
} from '../dm2/package.ts';
import { readLocUriLeniently } from '../mo/loc-uri.ts';
import type { Mutable } from '../mutable.ts';
import { type AlertContext, toDm2Alert } from '../translate/alert.ts';
import type { TranslationContext } from '../translate/context.ts';
import { clientUriOf } from '../translate/uri.ts';
import { type ExecutingSession, type OpenSession, statusesOf } from './north-session.ts';
import type { NorthEnvironment } from './north-state.ts';

export interface ComposedPackage {
  readonly contentType: string;
  readonly body: Content;
}

/** True when an alert comes from a place outside all instances that are known so far. */
export function needsDiscovery(
  { index }: TranslationContext,
  device: ManagedDevice,
  outbox: readonly OutboxItem[],
): boolean {
  return outbox.some(({ correlator, item }) => {
    if (correlator !== undefined && device.pendingExecs.some((exec) => exec.correlator === correlator)) return false;
    if (item.source === undefined) return false;
    const locUri = readLocUriLeniently(item.source);
    return locUri === undefined || clientUriOf(index, device.miids, locUri) === undefined;
  });
}

/** Exactly one session alert, then the Generic Alerts, oldest first; with MOS when `mos` is given. */
export function composePackage1(
  environment: NorthEnvironment,
  { report }: OpenSession,
  device: ManagedDevice,
  mos: readonly SupportedMo[] | undefined,
): ComposedPackage {
  const session: Dm2Alert = { AlertType: ALERT_TYPES.clientInitiated };
  const alerts = report === undefined ? outboxAlerts(environment, device) : [report];
  const content: Mutable<Package1> = { Alert: [session, ...alerts] };
  if (mos !== undefined) content.MOS = mos;
  return { contentType: MEDIA_TYPES.package1, body: { text: formatPackage1(content) } };
}

/** The statuses in the order of the commands; data of GETs makes it a multipart message. */
export function composePackage3(
  environment: NorthEnvironment,
  { runs, report }: ExecutingSession,
  device: ManagedDevice,
): ComposedPackage {
  const alerts = report === undefined ? outboxAlerts(environment, device) : [];
  const { reasons, statusForm } = environment.context.account;
  const text = formatPackage3({ Status: statusesOf(runs, reasons), Alert: alerts }, statusForm);
  const parts = runs.flatMap(({ result }, index): readonly DataPart[] =>
    result?.data === undefined ? [] : [{ index, ...result.data }],
  );
  return parts.length === 0 ? { contentType: MEDIA_TYPES.package3, body: { text } } : writeMultipart(text, parts);
}

function outboxAlerts({ context, outbox }: NorthEnvironment, device: ManagedDevice): readonly Dm2Alert[] {
  return outbox.map((item) => alertOf(context, device, item));
}

/** One alert as the backend gets it; the Correlator finds the EXEC whose end it reports. */
export function alertOf({ index }: TranslationContext, device: ManagedDevice, alert: OutboxItem): Dm2Alert {
  const context: Mutable<AlertContext> = { index, miids: device.miids };
  const { correlator } = alert;
  const pendingExec = device.pendingExecs.find((exec) => correlator !== undefined && exec.correlator === correlator);
  if (pendingExec !== undefined) context.pendingExec = pendingExec;
  return toDm2Alert(alert.item, context);
}
