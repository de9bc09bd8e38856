/** The devices files as they were imported last, by their paths. */
import type { ImportedFile } from '../bridge/ports.ts';
import { textOf } from './sqlite-rows.ts';
import type { Statements } from './sqlite-statements.ts';

export class ImportedFileRows {
  readonly #sql: Statements;

  constructor(sql: Statements) {
    this.#sql = sql;
  }

  read(path: string): ImportedFile | undefined {
    const row = this.#sql.getMeta.get(nameOf(path));
    return row === undefined ? undefined : JSON.parse(textOf(row, 'value'));
  }

  write(file: ImportedFile): void {
    this.#sql.setMeta.run(nameOf(file.path), JSON.stringify(file));
  }
}

function nameOf(path: string): string {
  return `imported:${path}`;
}
