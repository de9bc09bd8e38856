/**
 * The devices file: rows of CSV text become entries of the registry. Pure; reading the file and storing are the caller's.
 *
 * A cell that is absent or empty says nothing: what is stored stays. A nonce of the file is where a device starts from,
 * so it counts only until one was exchanged. The password goes into digest forms and is dropped.
 */

import { AUTH_SCHEMES } from '../dm1/auth-scheme.ts';
import { credentialForms, parseBase64 } from '../dm1/cred.ts';
import { type CsvProblem, type CsvRecord, parseCsv } from './csv.ts';
import { type DeviceCredentials, type DeviceRecord, deviceKey, type ServerCredentials } from './record.ts';

/** One row of the devices file; holds secrets in clear, so it is never kept or logged. */
export interface DeviceRow {
  readonly line: number;
  readonly devId: string;
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
  /** All that is wrong, by line; a row with a problem is not among the rows. */
  readonly problems: readonly CsvProblem[];
}

const REQUIRED_COLUMNS = ['devId', 'user', 'password'];
const OPTIONAL_COLUMNS = ['clientNonce', 'serverUser', 'serverPassword', 'serverNonce', 'notiSecret', 'auth'];
const NAMED_COLUMNS: ReadonlySet<string> = new Set([...REQUIRED_COLUMNS, ...OPTIONAL_COLUMNS]);

/** Reads the devices file and checks every row. */
export function parseDevicesCsv(text: string): DevicesFile {
  const csv = parseCsv(text);
  const [head, ...records] = csv.records;
  if (head === undefined) return { rows: [], problems: [...csv.problems, { line: 1, message: 'no header row' }] };
  const columns = head.cells.map((cell) => cell.trim());
  const problems = [...csv.problems, ...checkHeader(columns, head.line)];
  // Without knowing the columns, every row would only repeat the header's fault.
  if (problems.some(({ line }) => line === head.line)) return { rows: [], problems };
  const rows: DeviceRow[] = [];
  const lines = new Map<string, number>();
  for (const record of records) {
    const found = checkRecord(record, columns);
    const row = readRow(record, columns);
    const first = lines.get(deviceKey(row.devId));
    if (first !== undefined) found.push(`devId "${row.devId}" stands in line ${first}, too`);
    else if (row.devId !== '') lines.set(deviceKey(row.devId), record.line);
    problems.push(...found.map((message) => ({ line: record.line, message })));
    if (found.length === 0) rows.push(row);
  }
  return { rows, problems: problems.sort((a, b) => a.line - b.line) };
}

/** What becomes of a registry entry when its row is imported; the very same object when nothing changes. */
export function applyRow(current: DeviceRecord | undefined, row: DeviceRow): DeviceRecord {
  const clientNonce = current?.clientNonce ?? row.clientNonce;
  const serverNonce = current?.serverNonce ?? row.serverNonce;
  const next: DeviceRecord = {
    ...(current ?? newRecord(row.devId)),
    credentials: mergeCredentials(current?.credentials, row),
    values: { ...current?.values, ...row.values },
    ...(clientNonce === undefined ? {} : { clientNonce }),
    ...(serverNonce === undefined ? {} : { serverNonce }),
    ...(row.server === undefined ? {} : { server: row.server }),
    ...(row.notificationSecret === undefined ? {} : { notificationSecret: row.notificationSecret }),
  };
  // Spreading keeps the order of keys, so equal entries are equal texts.
  return current !== undefined && JSON.stringify(current) === JSON.stringify(next) ? current : next;
}

function newRecord(devId: string): Omit<DeviceRecord, 'credentials' | 'values'> {
  return { devId, facts: {}, miids: {}, pendingExecs: [], accountValues: {}, nextSeq: 1 };
}

function mergeCredentials(current: DeviceCredentials | undefined, row: DeviceRow): DeviceCredentials {
  const accept = row.accept ?? current?.accept;
  return { ...current, ...credentialForms(row.user, row.password), ...(accept === undefined ? {} : { accept }) };
}

function checkHeader(columns: readonly string[], line: number): CsvProblem[] {
  const missing = REQUIRED_COLUMNS.filter((name) => !columns.includes(name));
  const doubled = new Set(columns.filter((name, index) => columns.indexOf(name) !== index));
  return [
    ...missing.map((name) => ({ line, message: `column "${name}" is missing in the header row` })),
    ...[...doubled].map((name) => ({ line, message: `column "${name}" stands there more than once` })),
  ];
}

/** What is wrong with a row, without its secrets. */
function checkRecord({ cells }: CsvRecord, columns: readonly string[]): string[] {
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
    problems.push('serverUser and serverPassword belong all');
  }
  for (const type of words(cell('auth'))) {
    const isKnown = AUTH_SCHEMES.some((scheme) => scheme === type);
    if (!isKnown) problems.push(`auth: "${type}" is not one of ${AUTH_SCHEMES.join(', ')}`);
  }
  return problems;
}

function readRow({ line, cells }: CsvRecord, columns: readonly string[]): DeviceRow {
  const cell = cellReader(cells, columns);
  const devId = cell('devId');
  const accept = words(cell('auth'));
  const others = columns.filter((name) => name !== '' && !NAMED_COLUMNS.has(name) && cell(name) !== '');
  return {
    line,
    devId,
    user: cell('user') === '' ? devId : cell('user'),
    password: cell('password'),
    values: Object.fromEntries(others.map((name) => [name, cell(name)])),
    ...(cell('clientNonce') === '' ? {} : { clientNonce: canonicalBase64(cell('clientNonce')) }),
    ...(cell('serverPassword') === ''
      ? {}
      : { server: { user: cell('serverUser'), password: cell('serverPassword') } }),
    ...(cell('serverNonce') === '' ? {} : { serverNonce: canonicalBase64(cell('serverNonce')) }),
    ...(cell('notiSecret') === '' ? {} : { notificationSecret: cell('notiSecret') }),
    ...(accept.length === 0 ? {} : { accept }),
  };
}

/** Cells by column name, '' where there is none; white space counts in secrets only. */
function cellReader(cells: readonly string[], columns: readonly string[]): (name: string) => string {
  return (name) => {
    const text = cells[columns.indexOf(name)] ?? '';
    return name === 'password' || name === 'serverPassword' || name === 'notiSecret' ? text : text.trim();
  };
}

function words(text: string): readonly string[] {
  return text.split(/\s+/).filter((word) => word !== '');
}

function canonicalBase64(text: string): string {
  return Buffer.from(parseBase64(text) ?? []).toString('base64');
}
