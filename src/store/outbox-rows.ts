/**
 * The outbox rows of the SQLite store: one row for each alert, and in the device's progress row their numbers, so that a
 * message which needs no alert reads none.
 */
import type { DeviceChange, ListedAlert, OutboxQuery, OutboxSummary, RefusedPage } from '../bridge/ports.ts';
import { deviceKey, parseDevId } from '../device/dev-id.ts';
import { type AlertState, alertState, type OutboxItem } from '../device/outbox-item.ts';
import { numberOf, type Row, textOf } from './sqlite-rows.ts';
import type { Statements } from './sqlite-statements.ts';

export class OutboxRows {
  readonly #sql: Statements;

  constructor(sql: Statements) {
    this.#sql = sql;
  }

  /** Reads the numbers out of a row of `load`. */
  summary(row: Row): OutboxSummary {
    return { kept: numberOf(row, 'kept'), held: numberOf(row, 'held'), refused: numberOf(row, 'refused') };
  }

  /** Reads rows of the device with this row id. */
  read(device: number, { state, from, limit }: OutboxQuery): readonly OutboxItem[] {
    const rows = this.#sql.loadOutbox.all(device, state, from, limit);
    return rows.map((row): OutboxItem => JSON.parse(textOf(row, 'item')));
  }

  /** Reads refused alerts of all devices. */
  listRefused({ after, limit }: RefusedPage): readonly ListedAlert[] {
    const { listRefused, listRefusedAfter } = this.#sql;
    const rows =
      after === undefined ? listRefused.all(limit) : listRefusedAfter.all(deviceKey(after.devId), after.seq, limit);
    return rows.map((row) => ({ devId: parseDevId(textOf(row, 'dev_id')), item: JSON.parse(textOf(row, 'item')) }));
  }

  apply(device: number, { outboxRemoved = [], outboxAdded = [] }: DeviceChange): void {
    if (outboxRemoved.length === 0 && outboxAdded.length === 0) return;
    const change = { kept: 0, held: 0, refused: 0 };
    for (const seq of outboxRemoved) {
      const row = this.#sql.removeOutbox.get(device, seq);
      if (row !== undefined) change[stateIn(row)] -= 1;
    }
    for (const item of outboxAdded) {
      const state = alertState(item);
      this.#sql.addOutbox.run(device, item.seq, JSON.stringify(item), state);
      change[state] += 1;
    }
    this.#sql.countOutbox.run(change.kept, change.held, change.refused, device);
  }
}

function stateIn(row: Row): AlertState {
  const state = textOf(row, 'state');
  return state === 'held' || state === 'refused' ? state : 'kept';
}
