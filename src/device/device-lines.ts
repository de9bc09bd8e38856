/**
 * The bytes of a devices file as text in whole lines: UTF-8 without exception.
 *
 * Replacement characters would be other passwords. Spreadsheets also save the code page of the system, UTF-16 and lines that
 * end in CR alone; the problem names what the file is.
 */
import type { CsvProblem } from './csv.ts';

const LF = 0x0a;
const CR = 0x0d;
const ADVICE = 'save the file as CSV UTF-8';

/** Bounds the bytes that wait for their line feed. */
const MAX_LINE_BYTES = 8 * 1024 * 1024;

export class DeviceLines {
  readonly #decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  /** The bytes behind the last line feed. */
  #rest: Uint8Array = new Uint8Array();
  /** The line on which `#rest` starts. */
  #line = 1;
  #isBegun = false;

  /** Returns the lines that are whole with these bytes, or the problem that makes the file unreadable. */
  read(bytes: Uint8Array, isLast: boolean): string | CsvProblem {
    const all = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    const end = isLast ? all.length : all.lastIndexOf(LF) + 1;
    if (all.length - end > MAX_LINE_BYTES) return { line: this.#line, message: 'a line has more than 8 MiB' };
    // A copy: the caller may use its buffer again.
    this.#rest = new Uint8Array(all.subarray(end));
    if (end === 0) return '';
    let lines = all.subarray(0, end);
    if (!this.#isBegun) {
      const message = otherEncoding(lines);
      if (message !== undefined) return { line: 1, message };
      if (lines[0] === 0xef && lines[1] === 0xbb && lines[2] === 0xbf) lines = lines.subarray(3);
      this.#isBegun = true;
    }
    try {
      const text = this.#decoder.decode(lines);
      this.#line += countLineFeeds(lines);
      return text;
    } catch {
      return { line: this.#faultyLine(lines), message: `not UTF-8: ${ADVICE}` };
    }
  }

  #faultyLine(lines: Uint8Array): number {
    let line = this.#line;
    for (let at = 0; ; line += 1) {
      const end = lines.indexOf(LF, at);
      if (end < 0 || !this.#isText(lines.subarray(at, end))) return line;
      at = end + 1;
    }
  }

  #isText(bytes: Uint8Array): boolean {
    try {
      this.#decoder.decode(bytes);
      return true;
    } catch {
      return false;
    }
  }
}

/** The problem with the beginning of a file that is no UTF-8 text in lines; undefined when there is none. */
function otherEncoding(bytes: Uint8Array): string | undefined {
  const [first, second] = bytes;
  const hasMark = (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);
  const hasZeros = bytes.length > 1 && (first === 0) !== (second === 0);
  if (hasMark || hasZeros) return `the file is UTF-16: ${ADVICE}`;
  const carriageReturn = bytes.indexOf(CR);
  const lineFeed = bytes.indexOf(LF);
  const isCrOnly =
    carriageReturn >= 0 && bytes[carriageReturn + 1] !== LF && (lineFeed < 0 || lineFeed > carriageReturn);
  return isCrOnly ? `the lines end in CR alone: ${ADVICE}` : undefined;
}

function countLineFeeds(bytes: Uint8Array): number {
  let count = 0;
  for (let at = bytes.indexOf(LF); at >= 0; at = bytes.indexOf(LF, at + 1)) count += 1;
  return count;
}
