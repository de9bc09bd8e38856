/**
 * The message of a device → the package of a DM 2.0 Client: Generic Alerts in Package#1 or #3, statuses in #3.
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

/** True for commands that only a device sends. */
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
    warn('NO_COUNTERPART', REASONS[name] ?? `${name} of a device is answered by the bridge`, name);
  }
  if (alerts.some(({ data }) => SESSION_ALERTS.includes(Number(data)))) {
    return { to: 'package1', output: { Alert: [{ AlertType: ALERT_TYPES.clientInitiated }, ...generic] } };
  }
  const statuses = commands.filter((command) => command.name === 'Status').filter(({ cmdRef }) => cmdRef !== '0');
  const Status = statuses.flatMap((status) => toStatus(status, table, warn));
  return { to: 'package3', output: generic.length > 0 ? { Status, Alert: generic } : { Status } };
}

const SESSION_ALERTS: readonly number[] = [ALERT.serverInitiatedManagement, ALERT.clientInitiatedManagement];
const REPORTS: readonly number[] = [ALERT.genericAlert, ALERT.clientEvent];
const DEVICE_ALERTS: readonly number[] = [...SESSION_ALERTS, ...REPORTS];

const REASONS: Readonly<Record<string, string>> = {
  Results: 'data is sent in parts of its own beside Package#3, one for each GET',
  Replace: 'DevInfo is not sent; the backend reads it through its MO',
};

function toAlerts({ items }: AlertCommand, index: MoIndex): readonly Dm2Alert[] {
  const plain = items.map((item) => toPlainItem(item));
  const named = plain.flatMap(({ source = '', target = '' }) => [source, target]);
  const miids = withExpectedInstances(
    index,
    {},
    named.flatMap((text) => readLocUriLeniently(text) ?? []),
  );
  return plain.map((item) => toDm2Alert(item, { index, miids }));
}

/** The DM 2.0 command for which the bridge sends a SyncML command. */
const DM2_COMMAND_OF: Readonly<Record<string, Dm2CommandName>> = {
  Get: 'GET',
  Add: 'HGET',
  Replace: 'HGET',
  Copy: 'HGET',
  Delete: 'DELETE',
  Exec: 'EXEC',
  Alert: 'SHOW',
};

function toStatus({ cmd, data }: StatusCommand, table: StatusTable, warn: Warn): readonly CommandStatus[] {
  const command = DM2_COMMAND_OF[cmd];
  if (command === undefined || Number.isNaN(data)) {
    warn('NO_COUNTERPART', `the bridge does not report the status of ${cmd}`, cmd);
    return [];
  }
  const translated = toDm2Status(table, data, command);
  if (translated.kind === 'final') return [{ sc: translated.status }];
  if (translated.kind === 'none') {
    warn('NO_COUNTERPART', `${data} is not a final status`, cmd);
    return [];
  }
  warn('LOSS', `after ${data} the bridge first tries another command`, cmd);
  return [{ sc: translated.otherwise }];
}
