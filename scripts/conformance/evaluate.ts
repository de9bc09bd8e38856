/**
 * Finds the conformance items that the tests prove, from the tables and a test report.
 *
 * A test claims an item with the identifier in its title, or in the title of a group around it. It proves the item when it
 * drives the running bridge or a whole engine, unless its title says `(part)`. Any other claim counts as a part of the proof.
 */
import type { Item, Table } from './tables.ts';

/** One test of the report. */
export interface TestResult {
  /** Relative to the project root. */
  readonly file: string;
  /** The title, after the titles of the groups around the test. */
  readonly title: string;
  readonly passed: boolean;
}

export type ItemStatus = 'proven' | 'partly' | 'not proven' | 'broken';

export interface Verdict {
  readonly item: Item;
  readonly status: ItemStatus;
  /** The tests that claim the item; those that prove it come first. */
  readonly tests: readonly TestResult[];
}

export interface Evaluation {
  readonly tables: readonly { readonly table: Table; readonly verdicts: readonly Verdict[] }[];
  /** The tests with an identifier that failed. */
  readonly broken: readonly TestResult[];
  /** Identifiers in titles that no table has, which are probably misspelled. */
  readonly unknown: readonly string[];
}

const IDENTIFIER =
  /\b(?:DM-(?:PRO|PACK|OBJ|SER|BOOT|SEC|MEC|STDOBJ)-|SCR-DM-NOTI-|CP-[A-Z]+-)[A-Za-z0-9.-]*[A-Za-z0-9]/gu;

/** The identifiers in a title, each once. */
export function identifiersIn(title: string): readonly string[] {
  return [...new Set(title.match(IDENTIFIER) ?? [])];
}

/** @param isWhole true for a test file that drives the running bridge or a whole engine */
export function evaluate(
  tables: readonly Table[],
  tests: readonly TestResult[],
  isWhole: (file: string) => boolean,
): Evaluation {
  const claims = new Map<string, TestResult[]>();
  // A report lists files in the order in which they ended, on which the page must not depend.
  for (const test of tests.toSorted(byFileAndTitle)) {
    for (const id of identifiersIn(test.title)) claims.set(id, [...(claims.get(id) ?? []), test]);
  }
  const known = new Set(tables.flatMap((table) => table.items.map((item) => item.id)));
  return {
    tables: tables.map((table) => ({
      table,
      verdicts: table.items.map((item) => judge(item, claims.get(item.id) ?? [], isWhole)),
    })),
    broken: [...new Set([...claims.values()].flat())].filter((test) => !test.passed),
    unknown: [...claims.keys()].filter((id) => !known.has(id)).sort(),
  };
}

function byFileAndTitle(a: TestResult, b: TestResult): number {
  const [left, right] = [`${a.file}\n${a.title}`, `${b.file}\n${b.title}`];
  return left < right ? -1 : Number(left > right);
}

function judge(item: Item, claims: readonly TestResult[], isWhole: (file: string) => boolean): Verdict {
  const [parts = [], proofs = []] = [false, true].map((wanted) =>
    claims.filter((test) => proves(test, isWhole) === wanted),
  );
  return { item, status: statusOf(proofs, parts), tests: [...proofs, ...parts] };
}

/** True when the test, once it passes, proves the items of its title. */
export function proves(test: TestResult, isWhole: (file: string) => boolean): boolean {
  return isWhole(test.file) && !test.title.includes('(part)');
}

function statusOf(proofs: readonly TestResult[], parts: readonly TestResult[]): ItemStatus {
  if ([...proofs, ...parts].some((test) => !test.passed)) return 'broken';
  if (proofs.length > 0) return 'proven';
  return parts.length > 0 ? 'partly' : 'not proven';
}
