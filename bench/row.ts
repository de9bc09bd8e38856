/** One line of the report; the ratio must reach `must` and should reach `stretch`. */
export interface BenchRow {
  readonly name: string;
  /** The measured value with its unit. */
  readonly figure: string;
  readonly ratio: number;
  readonly must: number;
  readonly stretch: number;
  /** True when a smaller ratio is the better one. */
  readonly lessIsMore?: boolean;
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

/** Prints rows with ratios, for a bench that runs alone. */
export function printRows(rows: readonly BenchRow[]): void {
  for (const { name, ratio, must, stretch, figure } of rows) {
    console.log(`${name}: ${ratio.toFixed(2)} (must ${must}, stretch ${stretch}), ${figure}`);
  }
}
