/** The tables of the SQLite store beside those of the devices and of the MO cache: one class knows the rows of each. */
import { ImportedFileRows } from './imported-file-rows.ts';
import { NotificationRows } from './notification-rows.ts';
import { OutboxRows } from './outbox-rows.ts';
import { ProgressRows } from './progress-rows.ts';
import { ReportRows } from './report-rows.ts';
import type { SecretBox } from './secret-box.ts';
import type { Statements } from './sqlite-statements.ts';

export interface Tables {
  readonly progress: ProgressRows;
  readonly outbox: OutboxRows;
  readonly reports: ReportRows;
  readonly notifications: NotificationRows;
  readonly importedFiles: ImportedFileRows;
}

export function openTables(sql: Statements, box: SecretBox): Tables {
  return {
    progress: new ProgressRows(sql, box),
    outbox: new OutboxRows(sql),
    reports: new ReportRows(sql),
    notifications: new NotificationRows(sql),
    importedFiles: new ImportedFileRows(sql),
  };
}
