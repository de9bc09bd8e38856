/** The report rows of the SQLite store: one row for each report, found by the time at which it is due. */
import type { DeviceChange, DuePage } from '../bridge/ports.ts';
import type { Report } from '../bridge/session.ts';
import { textOf } from './sqlite-rows.ts';
import type { Statements } from './sqlite-statements.ts';

export class ReportRows {
  readonly #sql: Statements;

  constructor(sql: Statements) {
    this.#sql = sql;
  }

  /** Two ranges of one index, see `idleSessions` in `progress-rows.ts`. */
  due({ now, ahead = Number.MAX_SAFE_INTEGER, after, limit }: DuePage): readonly Report[] {
    const from = { at: after?.dueAt ?? Number.MIN_SAFE_INTEGER, id: after?.id ?? '' };
    const rows = this.#sql.dueReports.all(from.at, from.at, from.id, now, limit);
    if (rows.length < limit) {
      const above = Math.max(ahead, now, from.at - 1);
      rows.push(...this.#sql.dueAhead.all(above, from.at, from.id, limit - rows.length));
    }
    return rows.map((row): Report => JSON.parse(textOf(row, 'body')));
  }

  apply({ reportsRemoved = [], reportsAdded = [] }: DeviceChange): void {
    for (const report of reportsRemoved) this.#sql.removeReport.run(report);
    for (const report of reportsAdded) this.#sql.addReport.run(report.id, report.dueAt, JSON.stringify(report));
  }
}
