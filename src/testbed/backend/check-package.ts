/**
 * Package#1 and Package#3 as the specification wants them, checked by a reader of its own.
 *
 * @see DM-2.0 §5.2.2, §5.2.4, §5.4, §7.2.1, Appendix C, D, F
 */

export type Json = Readonly<Record<string, unknown>>;

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

const ALL = [200, 400, 500, 501, 503, 507];
const WITH_URI = [...ALL, 403, 404];

/** Status codes that each command may have (Appendix C); an unknown command has 501 or 400. */
const CODES: Readonly<Record<string, readonly number[]>> = {
  HGET: [...WITH_URI, 415, 419, 506],
  HPUT: [...WITH_URI, 304, 406, 419],
  HPOST: [...WITH_URI, 304, 406, 419],
  DELETE: [...WITH_URI, 405],
  EXEC: [...WITH_URI, 202, 405],
  GET: [...WITH_URI, 204, 304],
  SHOW: ALL,
  CONT: ALL,
  END: ALL,
  DEFAULT: WITH_URI,
  SUB: WITH_URI,
  UNSUB: WITH_URI,
};

/** One status of Package#3, in either form. */
export interface ReportedStatus {
  readonly sc: number;
  readonly uri: readonly string[];
}

/** Faults of a Package#1. */
export function checkPackage1(body: unknown): readonly string[] {
  if (!isObject(body)) return ['Package#1 is no object'];
  const alerts = body.Alert;
  const session = Array.isArray(alerts)
    ? alerts.filter((alert) => isObject(alert) && SESSION_ALERTS.includes(String(alert.AlertType)))
    : [];
  return [
    ...unknownKeys(body, ['MOS', 'Alert'], 'Package#1'),
    ...checkAlerts(alerts),
    ...(session.length === 1 ? [] : [`Package#1 has ${session.length} session alerts instead of one`]),
    ...session.flatMap(checkSessionAlert),
    ...checkMos(body.MOS),
  ];
}

/** The array of alerts; absent is right in Package#3. */
function checkAlerts(alerts: unknown): readonly string[] {
  if (alerts === undefined) return [];
  return Array.isArray(alerts) ? alerts.flatMap((alert: unknown) => checkAlert(alert)) : ['Alert is no array'];
}

/** The statuses of a Package#3 for these commands, and what is wrong with the package. */
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
    const allowed = CODES[name] ?? [400, 501];
    const application = status.sc >= 1000 && status.sc < 2000;
    if (!allowed.includes(status.sc) && !application) faults.push(`status ${status.sc} for ${name || 'no command'}`);
  });
  return { statuses, faults };
}

/** Faults of MO data (DM-2.0 §7.2.1.4). */
export function checkMoData(body: unknown): readonly string[] {
  if (!Array.isArray(body)) return ['MO data is no array'];
  return body.flatMap((member: unknown) => {
    if (!isObject(member)) return ['a member of the MO data is no object'];
    return [
      ...unknownKeys(member, ['DDF', 'ClientURI', 'CV', 'MOData'], 'MO data'),
      ...(typeof member.ClientURI === 'string' ? [] : ['MO data without ClientURI']),
      ...(String(member.ClientURI).includes('?') ? ['a ClientURI with query in MO data'] : []),
      ...(isObject(member.MOData) && Object.keys(member.MOData).length === 1 ? [] : ['MOData has not one label']),
    ];
  });
}

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function checkAlert(alert: unknown): string[] {
  if (!isObject(alert)) return ['an alert is no object'];
  const texts = ['SourceURI', 'TargetURI', 'DataType'].filter((key) => key in alert && typeof alert[key] !== 'string');
  return [
    ...unknownKeys(alert, ['AlertType', 'SourceURI', 'TargetURI', 'Mark', 'DataType', 'Data'], 'Alert'),
    ...(typeof alert.AlertType === 'string' && alert.AlertType !== '' ? [] : ['an alert without AlertType']),
    ...texts.map((key) => `${key} is no string`),
    ...(alert.Mark === undefined || MARKS.includes(String(alert.Mark)) ? [] : [`Mark "${String(alert.Mark)}"`]),
    ...('Data' in alert && !isObject(alert.Data) ? ['Data of an alert is no object'] : []),
    ...('Data' in alert && !('DataType' in alert) ? ['Data without DataType'] : []),
  ];
}

/** Only a server-initiated session has data: the NOTIFICATION-ID (Appendix D). */
function checkSessionAlert(alert: Json): string[] {
  if (alert.Data === undefined) return [];
  if (alert.AlertType !== SESSION_ALERTS[0]) return [`${String(alert.AlertType)} with Data`];
  const id = isObject(alert.Data) ? alert.Data['NOTIFICATION-ID'] : undefined;
  return Number.isInteger(id) ? [] : ['ServerInitiatedMgmt without NOTIFICATION-ID in its Data'];
}

function checkMos(mos: unknown): string[] {
  if (mos === undefined) return [];
  if (!Array.isArray(mos)) return ['MOS is no array'];
  return mos.flatMap((entry: unknown) => {
    if (!isObject(entry)) return ['an entry of MOS is no object'];
    const miids = Array.isArray(entry.MIID) && entry.MIID.every((miid) => typeof miid === 'string');
    return [
      ...unknownKeys(entry, ['DDF', 'MOID', 'MIID'], 'MOS'),
      ...(typeof entry.MOID === 'string' ? [] : ['an entry of MOS without MOID']),
      ...(miids ? [] : ['MIID is no array of strings']),
    ];
  });
}

function readObjectStatus(status: unknown): ReportedStatus {
  if (!isObject(status) || typeof status.sc !== 'number') return { sc: Number.NaN, uri: [] };
  return { sc: status.sc, uri: Array.isArray(status.URI) ? status.URI.map(String) : [] };
}

/** Numbers, each followed by the URIs of its command (Appendix I.2). */
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
