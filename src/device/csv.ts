/**
 * Comma-separated values as RFC 4180 defines them, with the line on which each record starts.
 *
 * What RFC 4180 leaves open: a byte order mark is dropped, lines may end in LF alone, blank lines do not count. A fault
 * spoils its own record only, so that one reading shows all of them.
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

/** One cell and what ends it: quoted text with doubled quotes, or text without quotes. */
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

/** The cells of one record, or what is wrong with it; `end` is where the next record starts. */
function readRecord(text: string, start: number): { content: readonly string[] | string; end: number } {
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

function skipRecord(text: string, at: number): { content: string; end: number } {
  const lineFeed = text.indexOf('\n', at);
  const quoted = text[at] === '"';
  const closed = quoted && /^"[^"]*(?:""[^"]*)*"/.test(text.slice(at, lineFeed < 0 ? undefined : lineFeed));
  const message = closed
    ? 'text after a closing quote'
    : quoted
      ? 'a quote is not closed, or text follows it'
      : 'a quote inside a cell that does not start with one';
  return { content: message, end: lineFeed < 0 ? text.length : lineFeed + 1 };
}

function countLineFeeds(text: string, from: number, to: number): number {
  let count = 0;
  for (let at = text.indexOf('\n', from); at >= 0 && at < to; at = text.indexOf('\n', at + 1)) count += 1;
  return count;
}
