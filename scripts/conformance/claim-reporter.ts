/** A reporter of the test runner that writes each test with its outcome at once, one line of JSON on stdout. */
import type { Reporter, TestCase } from 'vitest/node';

/** The form of a line. */
export interface ReportedTest {
  /** An absolute path. */
  readonly file: string;
  /** The title, after the titles of the groups around the test. */
  readonly title: string;
  readonly state: string;
}

// biome-ignore lint/style/noDefaultExport: the test runner takes a reporter from the default export of its file.
export default class ClaimReporter implements Reporter {
  onTestCaseResult(test: TestCase): void {
    const { state } = test.result();
    if (state === 'skipped' || state === 'pending') return;
    const line: ReportedTest = { file: test.module.moduleId, title: test.fullName, state };
    process.stdout.write(`${JSON.stringify(line)}\n`);
  }
}
