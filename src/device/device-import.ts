/**
 * The devices file: rows of CSV text become records of devices. Pure; the caller reads the file and stores the records.
 *
 * A cell that is absent or empty leaves the stored value as it is. A nonce in the file is the device's first one, so it
 * counts only until one was exchanged. The password becomes digest forms and is dropped.
 */

import { AUTH_SCHEMES } from '../dm1/auth-scheme.ts';
import { credentialForms, parseBase64 } from '../dm1/digest.ts';
import type { Mutable } from '../mutable.ts';
import type { DeviceCredentials, ServerCredentials } from './credentials.ts';
import { type CsvProblem, type CsvRecord, parseCsv } from './csv.ts';
import { type DevId, deviceKey, parseDevId } from './dev-id.ts';
import { type DeviceRecord, newDeviceRecord } from './record.ts';

/** One row of the devices file; holds secrets in clear, so it is never kept or logged. */
export interface DeviceRow {
  readonly line: number;
  readonly devId: DevId;
  readonly user: string;
  readonly password: string;
  /** Base64. */
  readonly clientNonce?: string;
  readonly server?: ServerCredentials;
  /** Base64. */
  readonly serverNonce?: string;
  /** Text, or `base64:` and base64. */
  readonly notificationSecret?: string;
  readonly accept?: readonly string[];
  /** Every other column that is not empty. */
  readonly values: Readonly<Record<string, string>>;
}

export interface DevicesFile {
  readonly rows: readonly DeviceRow[];
  /** All problems, by line; a row with a problem is not among the rows. */
  readonly problems: readonly CsvProblem[];
}

/** Reads a cell of the current row by the name of its column; '' where there is none. */
type CellReader = (column: string) => string;

const REQUIRED_COLUMNS = ['devId', 'user', 'password'];
const OPTIONAL_COLUMNS = ['clientNonce', 'serverUser', 'serverPassword', 'serverNonce', 'notiSecret', 'auth'];
const NAMED_COLUMNS: ReadonlySet<string> = new Set([...REQUIRED_COLUMNS, ...OPTIONAL_COLUMNS]);
/** Columns whose white space counts. */
const SECRET_COLUMNS: ReadonlySet<string> = new Set(['password', 'serverPassword', 'notiSecret']);

/** Reads the devices file and checks every row. */
export function parseDevicesCsv(text: string): DevicesFile {
  const csv = parseCsv(text);
  const [head, ...records] = csv.records;
  if (head === undefined) return { rows: [], problems: [...csv.problems, { line: 1, message: 'no header row' }] };
  const columns = head.cells.map((cell) => cell.trim());
  const problems = [...csv.problems, ...headerProblems(columns, head.line)];
  // Without knowing the columns, every row would only repeat the header's fault.
  if (problems.some(({ line }) => line === head.line)) return { rows: [], problems };
  const rows: DeviceRow[] = [];
  const lines = new Map<string, number>();
  for (const record of records) {
    const messages = rowProblems(record, columns);
    const row = readRow(record, columns);
    const first = lines.get(deviceKey(row.devId));
    if (first !== undefined) messages.push(`devId "${row.devId}" is also in line ${first}`);
    else if (row.devId !== '') lines.set(deviceKey(row.devId), record.line);
    problems.push(...messages.map((message) => ({ line: record.line, message })));
    if (messages.length === 0) rows.push(row);
  }
  return { rows, problems: problems.sort((a, b) => a.line - b.line) };
}

/** The record of a device after its row was imported; the very same object when nothing changes. */
export function applyRow(current: DeviceRecord | undefined, row: DeviceRow): DeviceRecord {
  const credentials = mergeCredentials(current?.credentials, row);
  const known = current ?? newDeviceRecord(row.devId, credentials);
  const next: Mutable<DeviceRecord> = { ...known, credentials, values: { ...known.values, ...row.values } };
  const clientNonce = known.clientNonce ?? row.clientNonce;
  const serverNonce = known.serverNonce ?? row.serverNonce;
  if (clientNonce !== undefined) next.clientNonce = clientNonce;
  if (serverNonce !== undefined) next.serverNonce = serverNonce;
  if (row.server !== undefined) next.server = row.server;
  if (row.notificationSecret !== undefined) next.notificationSecret = row.notificationSecret;
  // Assigning to a member that is there keeps its place, so equal records are equal texts.
  return current !== undefined && JSON.stringify(current) === JSON.stringify(next) ? current : next;
}

function mergeCredentials(current: DeviceCredentials | undefined, row: DeviceRow): DeviceCredentials {
  const credentials: Mutable<DeviceCredentials> = { ...current, ...credentialForms(row.user, row.password) };
  if (row.accept !== undefined) credentials.accept = row.accept;
  return credentials;
}

function headerProblems(columns: readonly string[], line: number): CsvProblem[] {
  const missing = REQUIRED_COLUMNS.filter((name) => !columns.includes(name));
  const repeated = new Set(columns.filter((name, index) => columns.indexOf(name) !== index));
  return [
    ...missing.map((name) => ({ line, message: `column "${name}" is missing in the header row` })),
    ...[...repeated].map((name) => ({ line, message: `column "${name}" is in the header row more than once` })),
  ];
}

/** The problems of a row, without its secrets. */
function rowProblems({ cells }: CsvRecord, columns: readonly string[]): string[] {
  if (cells.length !== columns.length) return [`${cells.length} cells, but the header row has ${columns.length}`];
  const cell = cellReader(cells, columns);
  const problems: string[] = [];
  for (const name of ['devId', 'password']) {
    if (cell(name) === '') problems.push(`${name} is empty`);
  }
  for (const name of ['clientNonce', 'serverNonce']) {
    if (parseBase64(cell(name)) === undefined) problems.push(`${name} is not base64`);
  }
  const secret = cell('notiSecret');
  if (secret.startsWith('base64:') && parseBase64(secret.slice(7)) === undefined) {
    problems.push('notiSecret is not base64 after "base64:"');
  }
  if ((cell('serverUser') === '') !== (cell('serverPassword') === '')) {
    problems.push('serverUser and serverPassword must be given together');
  }
  for (const type of words(cell('auth'))) {
    const isKnown = AUTH_SCHEMES.some((scheme) => scheme === type);
    if (!isKnown) problems.push(`auth: "${type}" is not one of ${AUTH_SCHEMES.join(', ')}`);
  }
  return problems;
}

function readRow({ line, cells }: CsvRecord, columns: readonly string[]): DeviceRow {
  const cell = cellReader(cells, columns);
  const devId = parseDevId(cell('devId'));
  const others = columns.filter((name) => name !== '' && !NAMED_COLUMNS.has(name) && cell(name) !== '');
  const row: Mutable<DeviceRow> = {
    line,
    devId,
    user: cell('user') === '' ? devId : cell('user'),
    password: cell('password'),
    values: Object.fromEntries(others.map((name) => [name, cell(name)])),
  };
  const accept = words(cell('auth'));
  if (cell('clientNonce') !== '') row.clientNonce = canonicalBase64(cell('clientNonce'));
  if (cell('serverPassword') !== '') row.server = { user: cell('serverUser'), password: cell('serverPassword') };
  if (cell('serverNonce') !== '') row.serverNonce = canonicalBase64(cell('serverNonce'));
  if (cell('notiSecret') !== '') row.notificationSecret = cell('notiSecret');
  if (accept.length > 0) row.accept = accept;
  return row;
}

function cellReader(cells: readonly string[], columns: readonly string[]): CellReader {
  return (column) => {
    const text = cells[columns.indexOf(column)] ?? '';
    return SECRET_COLUMNS.has(column) ? text : text.trim();
  };
}

function words(text: string): readonly string[] {
  return text.split(/\s+/).filter((word) => word !== '');
}

function canonicalBase64(text: string): string {
  return Buffer.from(parseBase64(text) ?? []).toString('base64');
}
