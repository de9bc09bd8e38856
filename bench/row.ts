/** One line of the report; `value` must reach `must` and should reach `stretch`. Without `must` it only informs. */
export interface BenchRow {
  readonly name: string;
  /** The measured values with their units. */
  readonly figure: string;
  readonly value: number;
  readonly must?: number;
  readonly stretch?: number;
  /** True when a larger value is the better one. */
  readonly moreIsBetter?: boolean;
}

/** The middle value; NaN without values. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

/** The CPU time of this process while `work` runs, in microseconds. */
export function cpuMicroseconds(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

/** Prints rows as a table: value, required figures, and which of them holds. */
export function printRows(rows: readonly BenchRow[]): void {
  for (const row of rows) console.log(lineOf(row));
}

function lineOf(row: BenchRow): string {
  const { name, value, must, stretch, figure } = row;
  const start = `${name.padEnd(62)} ${value.toFixed(2).padStart(8)}`;
  if (must === undefined) return `${start}  ${''.padEnd(33)} ${figure}`;
  const sign = row.moreIsBetter === true ? '≥' : '≤';
  const required = `must ${sign} ${String(must).padEnd(5)} stretch ${String(stretch ?? '–').padEnd(5)}`;
  return `${start}  ${required} ${verdictOf(row).padEnd(8)} ${figure}`;
}

function verdictOf({ value, must, stretch, moreIsBetter }: BenchRow): 'stretch' | 'met' | 'NOT MET' {
  const reaches = (wanted: number | undefined): boolean =>
    wanted !== undefined && (moreIsBetter === true ? value >= wanted : value <= wanted);
  if (reaches(stretch)) return 'stretch';
  return reaches(must) ? 'met' : 'NOT MET';
}
