/** One line of the report: `must` and `stretch` are what the ratio is asked to reach. */
export interface BenchRow {
  readonly name: string;
  /** The measured value in words, unit included. */
  readonly figure: string;
  readonly ratio: number;
  readonly must: number;
  readonly stretch: number;
  /** True when a smaller ratio is the better one. */
  readonly lessIsMore?: boolean;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
