/**
 * Comma-separated values as RFC 4180 defines them, with the line on which each record starts.
 *
 * Rules for the points that RFC 4180 leaves open: a byte order mark is dropped, lines may end in LF alone, blank lines do
 * not count. A fault spoils its own record only, so that one reading shows all faults.
 */

export interface CsvRecord {
  /** 1 for the first line of the text. */
  readonly line: number;
  readonly cells: readonly string[];
}

export interface CsvProblem {
  readonly line: number;
  readonly message: string;
}

export interface CsvText {
  readonly records: readonly CsvRecord[];
  readonly problems: readonly CsvProblem[];
}

/** One cell and its delimiter: quoted text with doubled quotes, or text without quotes. */
const CELL = /(?:"([^"]*(?:""[^"]*)*)"|([^",\r\n]*))(,|\r?\n|$)/y;

/** Reads CSV text (RFC 4180 §2). */
export function parseCsv(text: string): CsvText {
  const records: CsvRecord[] = [];
  const problems: CsvProblem[] = [];
  let at = text.startsWith('\uFEFF') ? 1 : 0;
  let line = 1;
  while (at < text.length) {
    const read = readRecord(text, at);
    if (typeof read.content === 'string') problems.push({ line, message: read.content });
    else if (read.content.length > 1 || read.content[0] !== '') records.push({ line, cells: read.content });
    line += countLineFeeds(text, at, read.end);
    at = read.end;
  }
  return { records, problems };
}

/** One record as read: its cells, or the text of the problem. */
interface RecordReading {
  readonly content: readonly string[] | string;
  /** The offset of the next record. */
  readonly end: number;
}

function readRecord(text: string, start: number): RecordReading {
  const cells: string[] = [];
  let at = start;
  for (;;) {
    CELL.lastIndex = at;
    const match = CELL.exec(text);
    if (match === null) return skipRecord(text, at);
    cells.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? '');
    at = CELL.lastIndex;
    if (match[3] !== ',') return { content: cells, end: at };
  }
}

/** Goes on to the next line, because nothing else in a faulty record can be told apart. */
function skipRecord(text: string, at: number): RecordReading {
  const lineFeed = text.indexOf('\n', at);
  const line = text.slice(at, lineFeed < 0 ? undefined : lineFeed);
  return { content: problemAt(line), end: lineFeed < 0 ? text.length : lineFeed + 1 };
}

function problemAt(line: string): string {
  if (!line.startsWith('"')) return 'a quote inside a cell that does not start with one';
  const isClosed = /^"[^"]*(?:""[^"]*)*"/.test(line);
  return isClosed ? 'text after a closing quote' : 'a quote is not closed, or text follows it';
}

function countLineFeeds(text: string, from: number, to: number): number {
  let count = 0;
  for (let at = text.indexOf('\n', from); at >= 0 && at < to; at = text.indexOf('\n', at + 1)) count += 1;
  return count;
}
