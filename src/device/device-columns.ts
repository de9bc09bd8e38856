/** The columns of the devices file: their names, and which column of a file is which. */
import type { CsvProblem } from './csv.ts';

/** The columns that have a member of their own in a device's record. */
const OWN_COLUMNS = [
  'devId',
  'user',
  'password',
  'clientNonce',
  'serverUser',
  'serverPassword',
  'serverNonce',
  'notiSecret',
  'auth',
] as const;

/** The columns that are kept as values of the device under their names. */
const VALUE_COLUMNS = [
  'binding',
  'manufacturer',
  'model',
  'firmware',
  'mcc',
  'mnc',
  'cmcc',
  'cmnc',
  'spName',
  'dmVersion',
  'pushHost',
  'pushUrl',
  'msisdn',
  'push',
  'tags',
] as const;

const REQUIRED_COLUMNS: readonly string[] = ['devId', 'user', 'password'];
const KNOWN_COLUMNS: readonly string[] = [...OWN_COLUMNS, ...VALUE_COLUMNS];
const BY_LOWER_CASE = new Map(KNOWN_COLUMNS.map((name) => [name.toLowerCase(), name]));
/** A column of the operator's own: `x-foo` is the device's value `foo`. */
const EXTRA_COLUMN = /^x-(.+)$/;

/** The columns of one file. */
export interface DeviceColumns {
  /** The number of cells in each row. */
  readonly count: number;
  /** The place of each column in a row, by its known name; a column `x-foo` has the name `foo`. */
  readonly places: ReadonlyMap<string, number>;
  /** The names of the columns that are values of the device. */
  readonly values: readonly string[];
  /** The places of columns without a name; their cells must be empty. */
  readonly nameless: readonly number[];
}

/** Reads the header row. With a problem, the columns are of no use. */
export function readColumns(
  headers: readonly string[],
  line: number,
): { readonly columns: DeviceColumns; readonly problems: readonly CsvProblem[] } {
  const places = new Map<string, number>();
  const values: string[] = [];
  const nameless: number[] = [];
  const messages: string[] = [];
  headers.forEach((cell, at) => {
    const header = cell.trim();
    if (header === '') {
      nameless.push(at);
      return;
    }
    const known = BY_LOWER_CASE.get(header.toLowerCase());
    const name = known ?? EXTRA_COLUMN.exec(header.toLowerCase())?.[1];
    if (name === undefined) messages.push(unknownColumn(header));
    else if (known === undefined && BY_LOWER_CASE.has(name)) messages.push(takenName(header, name));
    else if (places.has(name)) messages.push(`column "${known ?? header}" is in the header row more than once`);
    else {
      places.set(name, at);
      if (known === undefined || isValueColumn(known)) values.push(name);
    }
  });
  const columns = { count: headers.length, places, values, nameless };
  const missing = REQUIRED_COLUMNS.filter((name) => !places.has(name));
  const isHeader = places.has('devId') || missing.length <= 1;
  if (!isHeader) return { columns, problems: [{ line, message: noHeader(headers) }] };
  // Where there is a column of another name, that one is probably the missing one.
  if (messages.length === 0) {
    messages.push(...missing.map((name) => `column "${name}" is missing in the header row`));
  }
  return { columns, problems: messages.map((message) => ({ line, message })) };
}

/** Does not quote the row: without a header row it is a device with its password. */
function noHeader(headers: readonly string[]): string {
  const isOtherSeparator = headers.some((cell) => /[;\t]/.test(cell));
  if (isOtherSeparator) return 'no header row with commas: save the file with commas between the columns';
  return `no header row: the first row must have the names of the columns, ${REQUIRED_COLUMNS.join(', ')} and others`;
}

function unknownColumn(header: string): string {
  const nearest = KNOWN_COLUMNS.toSorted((a, b) => distance(header, a) - distance(header, b))[0];
  return `there is no column "${header}": the nearest name is "${nearest}"; a column of your own begins with "x-"`;
}

function takenName(header: string, value: string): string {
  return `column "${header}" would have the name of the column "${BY_LOWER_CASE.get(value)}"`;
}

function isValueColumn(name: string): boolean {
  return VALUE_COLUMNS.some((each) => each === name);
}

/** The number of characters to insert, delete or replace, without regard to case (Levenshtein). */
function distance(one: string, other: string): number {
  const [a, b] = [one.toLowerCase(), other.toLowerCase()];
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
