/**
 * Finds the conformance items that the tests prove, from the tables and a test report.
 *
 * A test claims an item with the identifier in its title, or in the title of a group around it. It counts only when it runs
 * the bridge or a whole session machine: a codec that reads MoreData does not prove the handling of large objects.
 */
import type { Item, Table } from './tables.ts';

/** The beginnings of the paths whose tests count, from the project root. */
const SUITES = [
  'test/transcripts/',
  'test/bridge/',
  'test/auth/',
  'test/e2e/',
  'test/http/',
  // The tests of dm1 that drive the whole session machine, in lock step with a device.
  'test/dm1/any-device.property.test.ts',
  'test/dm1/device-commands.test.ts',
  'test/dm1/device-events.test.ts',
  'test/dm1/large-objects.test.ts',
  'test/dm1/message-references.test.ts',
  'test/dm1/package-boundaries.test.ts',
  'test/dm1/repeated-reads.test.ts',
  'test/dm1/server-authentication.test.ts',
  'test/dm1/session-phases.test.ts',
  'test/dm1/transfer-progress.test.ts',
  'test/dm1/user-interaction.test.ts',
] as const;

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
  /** The tests that count for the item. */
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

export function evaluate(tables: readonly Table[], tests: readonly TestResult[]): Evaluation {
  const claims = new Map<string, TestResult[]>();
  // A report lists files in the order in which they ended, on which the page must not depend.
  for (const test of tests.toSorted(byFileAndTitle)) {
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

function byFileAndTitle(a: TestResult, b: TestResult): number {
  const [left, right] = [`${a.file}\n${a.title}`, `${b.file}\n${b.title}`];
  return left < right ? -1 : Number(left > right);
}

function judge(item: Item, claims: readonly TestResult[]): Verdict {
  const tests = claims.filter((test) => SUITES.some((suite) => test.file.startsWith(suite)));
  return { item, status: statusOf(item, tests, claims), tests };
}

function statusOf(item: Item, tests: readonly TestResult[], claims: readonly TestResult[]): ItemStatus {
  if (claims.some((test) => !test.passed)) return 'broken';
  if (tests.length === 0) return 'not proven';
  const whole = tests.filter((test) => !test.title.includes('(part)'));
  const kinds = new Set(whole.map((test) => test.file.split('/')[1]));
  const isComplete = whole.length > 0 && (item.needs ?? []).every((kind) => kinds.has(kind));
  return isComplete ? 'proven' : 'partly';
}
