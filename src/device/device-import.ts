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
import { type CsvProblem, CsvReader, type CsvRecord } from './csv.ts';
import { type DevId, devIdProblem, deviceKey, parseDevId } from './dev-id.ts';
import { type DeviceColumns, readColumns } from './device-columns.ts';
import { DeviceLines } from './device-lines.ts';
import { KeyLines } from './key-lines.ts';
import { type DeviceRecord, newDeviceRecord } from './record.ts';
import { valueProblems } from './value-columns.ts';

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

/** Rules of the configuration for a devices file. */
export interface DevicesFileRules {
  /** `north.encodeDevIds`: DevIDs that are not printable ASCII are accepted. */
  readonly encodeDevIds: boolean;
  /** The names of the ways of delivery, which the column `push` may have; absent: it may have any. */
  readonly deliveries?: readonly string[];
}

/** Reads a cell of the current row by the name of its column; '' where there is none. */
type CellReader = (column: string) => string;

/** Columns whose white space counts. */
const SECRET_COLUMNS: ReadonlySet<string> = new Set(['password', 'serverPassword', 'notiSecret']);

/** Bounds the problems that are kept; a file of the wrong kind has one in each row. */
const MAX_PROBLEMS = 100;

/** Reads a devices file that arrives in pieces, and checks every row. */
export class DevicesReader {
  readonly #rules: DevicesFileRules;
  readonly #lines = new DeviceLines();
  readonly #csv = new CsvReader();
  readonly #problems: CsvProblem[] = [];
  /** The line of each device, by its key. */
  /** Undefined: the file was read before, so that no device is in it twice. */
  readonly #seen: KeyLines | undefined;
  #problemCount = 0;
  #columns: DeviceColumns | undefined;
  /** True after a problem that keeps the rest of the file from being understood. */
  #isUnreadable = false;

  /** @param isKnown true when the file was read before and had no problem */
  constructor(rules: DevicesFileRules, isKnown = false) {
    this.#rules = rules;
    this.#seen = isKnown ? undefined : new KeyLines();
  }

  /** The problems by line, at most 100, then a line that counts the others; a row with a problem is not among the rows. */
  get problems(): readonly CsvProblem[] {
    const sorted = this.#problems.toSorted((a, b) => a.line - b.line);
    const last = sorted.at(-1);
    if (last === undefined || this.#problemCount <= MAX_PROBLEMS) return sorted;
    return [...sorted, { line: last.line, message: `${this.#problemCount - MAX_PROBLEMS} more problems` }];
  }

  /** Returns the rows that are whole with these bytes. */
  read(bytes: Uint8Array): readonly DeviceRow[] {
    return this.#read(bytes, false);
  }

  /** Returns the rows at the end of the file. */
  end(): readonly DeviceRow[] {
    const rows = this.#read(new Uint8Array(), true);
    if (!this.#isUnreadable && this.#columns === undefined) this.#report({ line: 1, message: 'no header row' });
    return rows;
  }

  #read(bytes: Uint8Array, isLast: boolean): readonly DeviceRow[] {
    if (this.#isUnreadable) return [];
    const text = this.#lines.read(bytes, isLast);
    if (typeof text !== 'string') {
      this.#report(text);
      this.#isUnreadable = true;
      return [];
    }
    const rows: DeviceRow[] = [];
    for (const found of this.#csv.read(text, isLast)) {
      if ('message' in found) this.#report(found);
      else if (this.#columns === undefined) this.#readHeader(found);
      else this.#readRow(found, this.#columns, rows);
    }
    return rows;
  }

  #readHeader({ cells, line }: CsvRecord): void {
    if (this.#isUnreadable) return;
    const { columns, problems } = readColumns(cells, line);
    for (const problem of problems) this.#report(problem);
    // Without knowing the columns, every row would only repeat the header's fault.
    this.#isUnreadable = problems.length > 0;
    if (!this.#isUnreadable) this.#columns = columns;
  }

  #readRow(record: CsvRecord, columns: DeviceColumns, rows: DeviceRow[]): void {
    const { line, cells } = record;
    if (cells.length !== columns.count) {
      this.#report({ line, message: `${cells.length} cells, but the header row has ${columns.count}` });
      return;
    }
    const cell = cellReader(cells, columns);
    const messages = rowProblems(cell, this.#rules);
    if (columns.nameless.some((at) => cells[at]?.trim() !== '')) messages.push('a cell below a column without a name');
    const key = deviceKey(parseDevId(cell('devId')));
    const first = key === '' ? undefined : this.#seen?.add(key, line);
    if (first !== undefined) messages.push(`devId "${cell('devId')}" is also in line ${first}`);
    for (const message of messages) this.#report({ line, message });
    if (messages.length === 0) rows.push(readRow(line, cell, columns));
  }

  #report(problem: CsvProblem): void {
    this.#problemCount += 1;
    if (this.#problems.length < MAX_PROBLEMS) this.#problems.push(problem);
  }
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

/** The problems of a row, without its secrets. */
function rowProblems(cell: CellReader, { encodeDevIds, deliveries }: DevicesFileRules): string[] {
  const problems: string[] = [];
  const devId = cell('devId');
  const devIdFault = spreadsheetDamage(devId) ?? devIdProblem(devId, encodeDevIds);
  if (devIdFault !== undefined) problems.push(devIdFault);
  if (cell('password') === '') problems.push('password is empty');
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
  for (const name of words(cell('push'))) {
    const isKnown = deliveries === undefined || deliveries.includes(name);
    if (!isKnown) problems.push(`push: notifications.deliver has no way of delivery "${name}"`);
  }
  problems.push(...valueProblems(cell));
  return problems;
}

/** Spreadsheets take an identifier of digits for a number, and write it in one of these forms. */
function spreadsheetDamage(devId: string): string | undefined {
  const isNumber = /^\d+[.,]0+$/.test(devId) || /^\d(?:[.,]\d+)?E\+\d+$/i.test(devId);
  if (!isNumber && !devId.startsWith('="')) return undefined;
  return `devId "${devId}" was changed by a spreadsheet: format the column as text and enter the DevID again`;
}

function readRow(line: number, cell: CellReader, columns: DeviceColumns): DeviceRow {
  const devId = parseDevId(cell('devId'));
  const row: Mutable<DeviceRow> = {
    line,
    devId,
    user: cell('user') === '' ? devId : cell('user'),
    password: cell('password'),
    values: Object.fromEntries(columns.values.flatMap((name) => (cell(name) === '' ? [] : [[name, cell(name)]]))),
  };
  const accept = words(cell('auth'));
  if (cell('clientNonce') !== '') row.clientNonce = canonicalBase64(cell('clientNonce'));
  if (cell('serverPassword') !== '') row.server = { user: cell('serverUser'), password: cell('serverPassword') };
  if (cell('serverNonce') !== '') row.serverNonce = canonicalBase64(cell('serverNonce'));
  if (cell('notiSecret') !== '') row.notificationSecret = cell('notiSecret');
  if (accept.length > 0) row.accept = accept;
  return row;
}

/** White space around a cell does not count, unless the cell is a secret. */
function cellReader(cells: readonly string[], { places }: DeviceColumns): CellReader {
  return (column) => {
    const at = places.get(column);
    const text = at === undefined ? '' : (cells[at] ?? '');
    return SECRET_COLUMNS.has(column) ? text : text.trim();
  };
}

function words(text: string): readonly string[] {
  return text.split(/\s+/).filter((word) => word !== '');
}

function canonicalBase64(text: string): string {
  return Buffer.from(parseBase64(text) ?? []).toString('base64');
}
