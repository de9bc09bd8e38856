/** Reports of changes: each subscription has at most one that is not taken yet, with the newest content. */
import type { ChangeReport, Report } from '../session.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** The pauses after PUTs that were not taken; the last one counts from then on. */
const PAUSES_MS = [MINUTE_MS, 5 * MINUTE_MS, 30 * MINUTE_MS, HOUR_MS];
/** After this time a report is given up. */
const GIVEN_UP_AFTER_MS = 24 * HOUR_MS;

export function isChangeReport(report: Report): report is ChangeReport {
  return 'kind' in report;
}

/** The report after one more PUT that was not taken at `at`; undefined: it is given up. */
export function afterFailure(report: ChangeReport, at: number): ChangeReport | undefined {
  const dueAt = at + (PAUSES_MS[Math.min(report.tries, PAUSES_MS.length - 1)] ?? HOUR_MS);
  if (dueAt - report.since > GIVEN_UP_AFTER_MS) return undefined;
  return { ...report, tries: report.tries + 1, dueAt };
}
