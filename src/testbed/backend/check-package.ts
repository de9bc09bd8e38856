/**
 * Checks Package#1, Package#3 and MO data against the specification.
 *
 * The reader is independent of the bridge's own, because a fault there would then go unnoticed.
 *
 * @see DM-2.0 §5.2.2, §5.2.4, §5.4, §7.2.1, Appendix C, D, F
 */
import { DM2_STATUS } from '../../dm2/status-codes.ts';

export type Json = Readonly<Record<string, unknown>>;

/** Media types. */
export const TYPES = {
  initiation: 'application/vnd.oma.dm.initiation+json',
  request: 'application/vnd.oma.dm.request+json',
  response: 'application/vnd.oma.dm.response+json',
  moData: 'application/dmmo+json',
} as const;

const SESSION_ALERTS = [
  'urn:oma:at:dm:2.0:ServerInitiatedMgmt',
  'urn:oma:at:dm:2.0:ClientInitiatedMgmt',
  'urn:oma:at:dm:2.0:BootstrapComplete',
];
const MARKS = ['fatal', 'critical', 'minor', 'warning', 'informational', 'harmless', 'indeterminate'];

const ALL: readonly number[] = [
  DM2_STATUS.ok,
  DM2_STATUS.badRequest,
  DM2_STATUS.internalError,
  DM2_STATUS.notImplemented,
  DM2_STATUS.serviceUnavailable,
  DM2_STATUS.userRejected,
];
const WITH_URI: readonly number[] = [...ALL, DM2_STATUS.forbidden, DM2_STATUS.notFound];
const UPLOAD: readonly number[] = [
  ...WITH_URI,
  DM2_STATUS.notModified,
  DM2_STATUS.notAcceptable,
  DM2_STATUS.serverUriError,
];

/** The status codes that each command may have (Appendix C). */
const ALLOWED_STATUSES: Readonly<Record<string, readonly number[]>> = {
  HGET: [...WITH_URI, DM2_STATUS.unsupportedMediaType, DM2_STATUS.serverUriError, DM2_STATUS.deviceFull],
  HPUT: UPLOAD,
  HPOST: UPLOAD,
  DELETE: [...WITH_URI, DM2_STATUS.commandNotAllowed],
  EXEC: [...WITH_URI, DM2_STATUS.accepted, DM2_STATUS.commandNotAllowed],
  GET: [...WITH_URI, DM2_STATUS.noContent, DM2_STATUS.notModified],
  SHOW: ALL,
  CONT: ALL,
  END: ALL,
  DEFAULT: WITH_URI,
  SUB: WITH_URI,
  UNSUB: WITH_URI,
};
const STATUSES_OF_UNKNOWN_COMMAND: readonly number[] = [DM2_STATUS.badRequest, DM2_STATUS.notImplemented];

/** One status of Package#3, in either form. */
export interface ReportedStatus {
  readonly sc: number;
  readonly uri: readonly string[];
}

/** The faults of a Package#1. */
export function checkPackage1(body: unknown): readonly string[] {
  if (!isObject(body)) return ['Package#1 is no object'];
  const faults = [...unknownKeys(body, ['MOS', 'Alert'], 'Package#1'), ...checkAlerts(body.Alert)];
  const alerts: readonly unknown[] = Array.isArray(body.Alert) ? body.Alert : [];
  const session = alerts.filter(isObject).filter(({ AlertType }) => SESSION_ALERTS.includes(String(AlertType)));
  if (session.length !== 1) faults.push(`Package#1 has ${session.length} session alerts instead of one`);
  return [...faults, ...session.flatMap(checkSessionAlert), ...checkMos(body.MOS)];
}

/** The faults of an array of alerts; Package#3 may have none. */
function checkAlerts(alerts: unknown): readonly string[] {
  if (alerts === undefined) return [];
  return Array.isArray(alerts) ? alerts.flatMap((alert: unknown) => checkAlert(alert)) : ['Alert is no array'];
}

/** Reads the statuses of a Package#3 for these commands, and finds the faults of the package. */
export function readPackage3(
  body: unknown,
  commands: readonly (readonly string[])[],
  form: 'object' | 'number',
): { readonly statuses: readonly ReportedStatus[]; readonly faults: readonly string[] } {
  if (!isObject(body)) return { statuses: [], faults: ['Package#3 is no object'] };
  const faults = [...unknownKeys(body, ['Status', 'Alert'], 'Package#3'), ...checkAlerts(body.Alert)];
  if (!Array.isArray(body.Status)) return { statuses: [], faults: [...faults, 'Package#3 without Status array'] };
  const statuses = form === 'object' ? body.Status.map(readObjectStatus) : readNumberStatuses(body.Status);
  if (statuses.length !== commands.length) {
    faults.push(`${statuses.length} statuses for ${commands.length} commands`);
  }
  statuses.forEach((status, index) => {
    const name = commands[index]?.[0] ?? '';
    const allowed = ALLOWED_STATUSES[name] ?? STATUSES_OF_UNKNOWN_COMMAND;
    const isApplicationSpecific = status.sc >= 1000 && status.sc < 2000;
    if (!allowed.includes(status.sc) && !isApplicationSpecific) {
      faults.push(`status ${status.sc} for ${name || 'no command'}`);
    }
  });
  return { statuses, faults };
}

/** The faults of MO data (DM-2.0 §7.2.1.4). */
export function checkMoData(body: unknown): readonly string[] {
  if (!Array.isArray(body)) return ['MO data is no array'];
  return body.flatMap(checkMoDataMember);
}

function checkMoDataMember(member: unknown): readonly string[] {
  if (!isObject(member)) return ['a member of the MO data is no object'];
  const faults = unknownKeys(member, ['DDF', 'ClientURI', 'CV', 'MOData'], 'MO data');
  if (typeof member.ClientURI !== 'string') faults.push('MO data without ClientURI');
  if (String(member.ClientURI).includes('?')) faults.push('a ClientURI with query in MO data');
  const labels = isObject(member.MOData) ? Object.keys(member.MOData) : [];
  if (labels.length !== 1) faults.push('MOData has not one label');
  return faults;
}

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function checkAlert(alert: unknown): readonly string[] {
  if (!isObject(alert)) return ['an alert is no object'];
  const { AlertType, Mark, Data } = alert;
  const keys = ['AlertType', 'SourceURI', 'TargetURI', 'Mark', 'DataType', 'Data'];
  const faults = unknownKeys(alert, keys, 'Alert');
  if (typeof AlertType !== 'string' || AlertType === '') faults.push('an alert without AlertType');
  for (const key of ['SourceURI', 'TargetURI', 'DataType']) {
    if (key in alert && typeof alert[key] !== 'string') faults.push(`${key} is no string`);
  }
  if (Mark !== undefined && !MARKS.includes(String(Mark))) faults.push(`Mark "${String(Mark)}"`);
  if ('Data' in alert && !isObject(Data)) faults.push('Data of an alert is no object');
  if ('Data' in alert && !('DataType' in alert)) faults.push('Data without DataType');
  return faults;
}

/** Only a server-initiated session has data: the NOTIFICATION-ID (Appendix D). */
function checkSessionAlert(alert: Json): readonly string[] {
  if (alert.Data === undefined) return [];
  if (alert.AlertType !== SESSION_ALERTS[0]) return [`${String(alert.AlertType)} with Data`];
  const id = isObject(alert.Data) ? alert.Data['NOTIFICATION-ID'] : undefined;
  return Number.isInteger(id) ? [] : ['ServerInitiatedMgmt without NOTIFICATION-ID in its Data'];
}

function checkMos(mos: unknown): readonly string[] {
  if (mos === undefined) return [];
  return Array.isArray(mos) ? mos.flatMap(checkMosEntry) : ['MOS is no array'];
}

function checkMosEntry(entry: unknown): readonly string[] {
  if (!isObject(entry)) return ['an entry of MOS is no object'];
  const faults = unknownKeys(entry, ['DDF', 'MOID', 'MIID'], 'MOS');
  if (typeof entry.MOID !== 'string') faults.push('an entry of MOS without MOID');
  const { MIID } = entry;
  if (!Array.isArray(MIID) || !MIID.every((miid) => typeof miid === 'string')) {
    faults.push('MIID is no array of strings');
  }
  return faults;
}

function readObjectStatus(status: unknown): ReportedStatus {
  if (!isObject(status) || typeof status.sc !== 'number') return { sc: Number.NaN, uri: [] };
  return { sc: status.sc, uri: Array.isArray(status.URI) ? status.URI.map(String) : [] };
}

/** Reads numbers, each of which may be followed by the URIs of its command (Appendix I.2). */
function readNumberStatuses(list: readonly unknown[]): readonly ReportedStatus[] {
  const statuses: { sc: number; uri: string[] }[] = [];
  for (const entry of list) {
    if (typeof entry === 'string') statuses.at(-1)?.uri.push(entry);
    else statuses.push({ sc: Number(entry), uri: [] });
  }
  return statuses;
}

function unknownKeys(object: Json, known: readonly string[], where: string): string[] {
  return Object.keys(object)
    .filter((key) => !known.includes(key))
    .map((key) => `${where} has the unknown property "${key}"`);
}
