/**
 * What a device says in a message, as the DM 2.0 Client would say it: Generic Alerts in Package#1 or #3, statuses in #3.
 *
 * @see OMA-TS-DM_Protocol 2.0 §5.2.2, §5.2.4, §5.4
 */
import { toPlainItem } from '../dm1/plain-item.ts';
import { ALERT_TYPES, type CommandStatus, type Dm2Alert } from '../dm2/package.ts';
import type { MoIndex } from '../mapping/mo-index.ts';
import type { StatusTable } from '../mapping/status-table.ts';
import { readLocUriLeniently } from '../mo/loc-uri.ts';
import { ALERT } from '../syncml/alert-codes.ts';
import type { AlertCommand, Command, StatusCommand } from '../syncml/message.ts';
import { toDm2Alert } from '../translate/alert.ts';
import { withExpectedInstances } from '../translate/expected-place.ts';
import { type Dm2CommandName, toDm2Status } from '../translate/status.ts';
import type { Warn } from './translation.ts';

/** True when only a device can have written it. */
export function isFromDevice(commands: readonly Command[]): boolean {
  return commands.some(
    (command) =>
      command.name === 'Status' ||
      command.name === 'Results' ||
      (command.name === 'Alert' && DEVICE_ALERTS.includes(Number(command.data))),
  );
}

/** Package#1 when the message opens a session, else Package#3; as JSON. */
export function toDeviceSide(
  commands: readonly Command[],
  index: MoIndex,
  table: StatusTable,
  warn: Warn,
): { readonly to: 'package1' | 'package3'; readonly output: Readonly<Record<string, unknown>> } {
  const alerts = commands.filter((command) => command.name === 'Alert');
  const generic = alerts
    .filter(({ data }) => REPORTS.includes(Number(data)))
    .flatMap((alert) => toAlerts(alert, index));
  for (const { name } of commands) {
    if (name === 'Status' || name === 'Alert') continue;
    warn('NO_COUNTERPART', NOTES[name] ?? `${name} of a device is answered by the bridge`, name);
  }
  if (alerts.some(({ data }) => OPENINGS.includes(Number(data)))) {
    return { to: 'package1', output: { Alert: [{ AlertType: ALERT_TYPES.clientInitiated }, ...generic] } };
  }
  const statuses = commands.filter((command) => command.name === 'Status').filter(({ cmdRef }) => cmdRef !== '0');
  const Status = statuses.flatMap((status) => toStatus(status, table, warn));
  return { to: 'package3', output: { Status, ...(generic.length > 0 && { Alert: generic }) } };
}

const OPENINGS: readonly number[] = [ALERT.serverInitiatedManagement, ALERT.clientInitiatedManagement];
const REPORTS: readonly number[] = [ALERT.genericAlert, ALERT.clientEvent];
const DEVICE_ALERTS: readonly number[] = [...OPENINGS, ...REPORTS];

const NOTES: Readonly<Record<string, string>> = {
  Results: 'data goes in parts of its own beside Package#3, one for each GET',
  Replace: 'DevInfo stays with the bridge; the backend reads it through its MO',
};

function toAlerts({ data, correlator, items }: AlertCommand, index: MoIndex): readonly Dm2Alert[] {
  const plain = items.map((item) => toPlainItem(item));
  const named = plain.flatMap(({ source = '', target = '' }) => [source, target]);
  const miids = withExpectedInstances(
    index,
    {},
    named.flatMap((text) => readLocUriLeniently(text) ?? []),
  );
  return plain.map((item) =>
    toDm2Alert({ code: Number(data), ...(correlator !== undefined && { correlator }), item }, { index, miids }),
  );
}

/** The DM 2.0 command that a SyncML command was made for. */
const MADE_FOR: Readonly<Record<string, Dm2CommandName>> = {
  Get: 'GET',
  Add: 'HGET',
  Replace: 'HGET',
  Copy: 'HGET',
  Delete: 'DELETE',
  Exec: 'EXEC',
  Alert: 'SHOW',
};

function toStatus({ cmd, data }: StatusCommand, table: StatusTable, warn: Warn): readonly CommandStatus[] {
  const command = MADE_FOR[cmd];
  if (command === undefined || Number.isNaN(data)) {
    warn('NO_COUNTERPART', `the status of ${cmd} is for the bridge alone`, cmd);
    return [];
  }
  const translated = toDm2Status(table, data, command);
  if (translated.kind === 'final') return [{ sc: translated.status }];
  if (translated.kind === 'none') {
    warn('NO_COUNTERPART', `${data} is no final status`, cmd);
    return [];
  }
  warn('LOSS', `at ${data} the bridge first tries something else`, cmd);
  return [{ sc: translated.otherwise }];
}
