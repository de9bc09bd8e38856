/**
 * Which conformance items the tests prove. Pure: tables and a test report in, verdicts out.
 *
 * A test claims an item by carrying its identifier in its title, or in the title of a group around it. It counts only
 * when it drives the running bridge or a whole engine: a codec that reads MoreData proves no large object handling.
 */
import type { Item, Table } from './tables.ts';

/** Folders or file beginnings below the project root whose tests count. */
const SUITES = ['test/transcripts/', 'test/bridge/', 'test/e2e/', 'test/http/', 'test/dm1/session'] as const;

/** One test of the report. */
export interface TestResult {
  /** Relative to the project root. */
  readonly file: string;
  /** With the titles of the groups around it. */
  readonly title: string;
  readonly passed: boolean;
}

export type SuspendedWorkflow = 'proven' | 'partly' | 'not proven' | 'broken';

export interface Verdict {
  readonly item: Item;
  readonly standing: SuspendedWorkflow;
  /** Tests that count for it. */
  readonly tests: readonly TestResult[];
}

export interface Evaluation {
  readonly tables: readonly { readonly table: Table; readonly verdicts: readonly Verdict[] }[];
  /** Tests that carry an identifier and failed. */
  readonly broken: readonly TestResult[];
  /** Identifiers in titles that no table has: a slip of the pen would otherwise go unseen. */
  readonly unknown: readonly string[];
}

const IDENTIFIER =
  /\b(?:DM-(?:PRO|PACK|OBJ|SER|BOOT|SEC|MEC|STDOBJ)-|SCR-DM-NOTI-|CP-[A-Z]+-)[A-Za-z0-9.-]*[A-Za-z0-9]/gu;

/** Identifiers in a title, each once. */
export function identifiersIn(title: string): readonly string[] {
  return [...new Set(title.match(IDENTIFIER) ?? [])];
}

export function evaluate(tables: readonly Table[], tests: readonly TestResult[]): Evaluation {
  const claims = new Map<string, TestResult[]>();
  // Reports list files in the order in which they ended; the page must not depend on it.
  for (const test of tests.toSorted(inOrder)) {
    for (const id of identifiersIn(test.title)) claims.set(id, [...(claims.get(id) ?? []), test]);
  }
  const known = new Set(tables.flatMap((table) => table.items.map((item) => item.id)));
  return {
    tables: tables.map((table) => ({
      table,
      verdicts: table.items.map((item) => judge(item, claims.get(item.id) ?? [])),
    })),
    broken: [...new Set([...claims.values()].flat())].filter((test) => !test.passed),
    unknown: [...claims.keys()].filter((id) => !known.has(id)).sort(),
  };
}

function inOrder(a: TestResult, b: TestResult): number {
  const [left, right] = [`${a.file}\n${a.title}`, `${b.file}\n${b.title}`];
  return left < right ? -1 : Number(left > right);
}

function judge(item: Item, claims: readonly TestResult[]): Verdict {
  const tests = claims.filter((test) => SUITES.some((suite) => test.file.startsWith(suite)));
  return { item, standing: standing(item, tests, claims), tests };
}

function standing(item: Item, tests: readonly TestResult[], claims: readonly TestResult[]): SuspendedWorkflow {
  if (claims.some((test) => !test.passed)) return 'broken';
  if (tests.length === 0) return 'not proven';
  const whole = tests.filter((test) => !test.title.includes('(part)'));
  const kinds = new Set(whole.map((test) => test.file.split('/')[1]));
  const complete = whole.length > 0 && (item.needs ?? []).every((kind) => kinds.has(kind));
  return complete ? 'proven' : 'partly';
}
