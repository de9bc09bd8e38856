/** Package#1 and Package#3 out of what the device's side has brought (DM-2.0 §5.2.2, §5.2.4, Appendix F). */

import type { ManagedDevice } from '../device/managed-device.ts';
import type { OutboxItem } from '../device/outbox-item.ts';
import { formatPackage1, formatPackage3 } from '../dm2/codec.ts';
import { writeMultipart } from '../dm2/multipart.ts';
import { ALERT_TYPES, type Content, type DataPart, type Dm2Alert, MEDIA_TYPES } from '../dm2/package.ts';
import { toDm2Alert } from '../translate/alert.ts';
import type { TranslationContext } from '../translate/context.ts';
import { clientUriOf } from '../translate/uri.ts';
import { statusesOf } from './north-session.ts';
import type { NorthState } from './north-state.ts';

export interface ComposedPackage {
  readonly contentType: string;
  readonly body: Content;
}

/** True when an alert comes from a place that no root known so far covers. */
export function needsDiscovery(
  { index }: TranslationContext,
  device: ManagedDevice,
  outbox: readonly OutboxItem[],
): boolean {
  return outbox.some(({ correlator, item }) => {
    if (correlator !== undefined && device.pendingExecs.some((exec) => exec.correlator === correlator)) return false;
    return item.source !== undefined && clientUriOf(index, device.miids, item.source) === undefined;
  });
}

/** Exactly one session alert, then the Generic Alerts, oldest first. */
export function composePackage1(
  context: TranslationContext,
  { north, device }: NorthState,
  outbox: readonly OutboxItem[],
): ComposedPackage {
  const session: Dm2Alert = { AlertType: ALERT_TYPES.clientInitiated };
  const alerts = north.report === undefined ? alertsOf(context, device, outbox) : [north.report];
  const mos = north.runs[0]?.result?.mos;
  const text = formatPackage1({ ...(mos === undefined ? {} : { MOS: mos }), Alert: [session, ...alerts] });
  return { contentType: MEDIA_TYPES.package1, body: { text } };
}

/** The statuses in command order; with data of GETs in the multipart form. */
export function composePackage3(
  context: TranslationContext,
  { north, device }: NorthState,
  outbox: readonly OutboxItem[],
): ComposedPackage {
  const alerts = north.report === undefined ? alertsOf(context, device, outbox) : [];
  const status = { Status: statusesOf(north.runs), ...(alerts.length === 0 ? {} : { Alert: alerts }) };
  const text = formatPackage3(status, context.account.statusForm);
  const parts = north.runs.flatMap(({ result }, index): readonly DataPart[] =>
    result?.data === undefined ? [] : [{ index, ...result.data }],
  );
  if (parts.length === 0) return { contentType: MEDIA_TYPES.package3, body: { text } };
  return writeMultipart(text, parts);
}

function alertsOf(
  context: TranslationContext,
  device: ManagedDevice,
  outbox: readonly OutboxItem[],
): readonly Dm2Alert[] {
  return outbox.map((item) => alertOf(context, device, item));
}

/** One alert as the backend gets it; the Correlator finds the EXEC that it answers. */
export function alertOf(
  { index }: TranslationContext,
  device: ManagedDevice,
  { code, correlator, item }: OutboxItem,
): Dm2Alert {
  const pendingExec = device.pendingExecs.find((exec) => correlator !== undefined && exec.correlator === correlator);
  return toDm2Alert(
    { code, ...(correlator === undefined ? {} : { correlator }), item },
    { index, miids: device.miids, ...(pendingExec === undefined ? {} : { pendingExec }) },
  );
}
