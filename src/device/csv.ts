/**
 * Comma-separated values as RFC 4180 defines them, with the line on which each record starts.
 *
 * Rules for the points that RFC 4180 leaves open: lines may end in LF alone, blank lines do not count. A fault spoils its own
 * record only, so that one reading shows all faults.
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

/** One cell and its delimiter: quoted text with doubled quotes, or text without quotes. */
const CELL = /(?:"([^"]*(?:""[^"]*)*)"|([^",\r\n]*))(,|\r?\n|$)/y;

/** The beginning of a quoted cell up to its closing quote. */
const CLOSED_CELL = /"[^"]*(?:""[^"]*)*"(?!")/y;

/** Characters of the longest record; it bounds the text that a quote without its end can keep in memory. */
const MAX_RECORD_LENGTH = 4 * 1024 * 1024;

/** Reads CSV text that arrives in pieces. Each piece but the last ends with a line feed. */
export class CsvReader {
  /** The beginning of a record whose end has not arrived. */
  #rest = '';
  /** The line on which `#rest` starts. */
  #line = 1;

  /** Returns the records and problems that end in this piece, in the order of their lines. */
  read(piece: string, isLast: boolean): readonly (CsvRecord | CsvProblem)[] {
    const found: (CsvRecord | CsvProblem)[] = [];
    const text = this.#rest + piece;
    let at = 0;
    while (at < text.length) {
      const isWhole = isLast || text.length - at > MAX_RECORD_LENGTH;
      const read = readRecord(text, at, isWhole);
      if (read === undefined) break;
      const line = this.#line;
      if (typeof read.content === 'string') found.push({ line, message: read.content });
      else if (read.content.length > 1 || read.content[0] !== '') found.push({ line, cells: read.content });
      this.#line += countLineFeeds(text, at, read.end);
      at = read.end;
    }
    this.#rest = text.slice(at);
    return found;
  }
}

/** One record as read: its cells, or the text of the problem. */
interface RecordReading {
  readonly content: readonly string[] | string;
  /** The offset of the next record. */
  readonly end: number;
}

/** Reads one record; undefined when the rest of it may still arrive. */
function readRecord(text: string, start: number, isWhole: boolean): RecordReading | undefined {
  const cells: string[] = [];
  let at = start;
  for (;;) {
    CELL.lastIndex = at;
    const match = CELL.exec(text);
    if (match === null) {
      const mayClose = !isWhole && text[at] === '"' && !isClosedAt(text, at);
      return mayClose ? undefined : skipRecord(text, at);
    }
    cells.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? '');
    at = CELL.lastIndex;
    if (match[3] === '' && !isWhole) return undefined;
    if (match[3] !== ',') return { content: cells, end: at };
  }
}

/** Goes on to the next line, because nothing else in a faulty record can be told apart. */
function skipRecord(text: string, at: number): RecordReading {
  const lineFeed = text.indexOf('\n', at);
  const content = problemAt(text.slice(at, lineFeed < 0 ? undefined : lineFeed));
  return { content, end: lineFeed < 0 ? text.length : lineFeed + 1 };
}

function problemAt(line: string): string {
  if (line.startsWith('="')) return 'a cell is a formula of a spreadsheet (="…"): format the column as text';
  if (!line.startsWith('"')) return 'a quote inside a cell that does not start with one';
  return isClosedAt(line, 0) ? 'text after a closing quote' : 'a quote is not closed, or text follows it';
}

function isClosedAt(text: string, at: number): boolean {
  CLOSED_CELL.lastIndex = at;
  return CLOSED_CELL.test(text);
}

function countLineFeeds(text: string, from: number, to: number): number {
  let count = 0;
  for (let at = text.indexOf('\n', from); at >= 0 && at < to; at = text.indexOf('\n', at + 1)) count += 1;
  return count;
}
