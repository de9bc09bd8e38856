/** The rows of `device`: the record of each device, as text while it changes and packed while the device is at rest. */
import type { DeviceUpdate } from '../bridge/ports.ts';
import { type DevId, deviceKey } from '../device/dev-id.ts';
import type { DeviceRecord } from '../device/record.ts';
import { packText } from './packed-text.ts';
import type { SecretBox } from './secret-box.ts';
import { decodeRecord, encodeRecord, numberOf, type Row, textOf } from './sqlite-rows.ts';
import type { Statements } from './sqlite-statements.ts';

/** Characters of the longest record that is packed: packing those of one removal takes few milliseconds. */
const MAX_PACKED_RECORD = 16 * 1024;

export class DeviceRows {
  readonly #sql: Statements;
  readonly #box: SecretBox;

  constructor(sql: Statements, box: SecretBox) {
    this.#sql = sql;
    this.#box = box;
  }

  /** Inserts a device with its row of `progress`; returns the row that `find` would give. */
  insert(devId: DevId, next: DeviceRecord, version: number): Row {
    const { record, secrets } = encodeRecord(next, this.#box);
    const subscribed = next.subscriptions?.length ?? 0;
    const inserted = this.#sql.insertDevice.run(deviceKey(devId), next.devId, record, secrets, subscribed);
    const id = Number(inserted.lastInsertRowid);
    this.#sql.insertProgress.run(id, version);
    return { id, version, large: 0, guarded: secrets === null ? 0 : 1 };
  }

  /** Replaces the record of the device with this row id; returns true when it has secrets. */
  write(id: number, next: DeviceRecord): boolean {
    const { record, secrets } = encodeRecord(next, this.#box);
    this.#sql.setRecord.run(next.devId, record, secrets, next.subscriptions?.length ?? 0, id);
    return secrets !== null;
  }

  /** The number of subscriptions of all devices. */
  countSubscriptions(): number {
    return numberOf(this.#sql.countSubscriptions.get() ?? {}, 'count');
  }

  /** Inserts the device, or changes its record and counts its version up. */
  upsert({ devId, update }: DeviceUpdate): void {
    const row = this.#sql.findRecord.get(deviceKey(devId));
    const current = row === undefined ? undefined : decodeRecord(row, this.#box);
    const next = update(current);
    if (row === undefined) {
      this.insert(devId, next, 1);
    } else if (next !== current) {
      this.write(numberOf(row, 'id'), next);
      this.#sql.setVersion.run(numberOf(row, 'id'));
    }
  }

  /**
   * Packs the record of a device at rest; the next change writes it as text again. A row that only became shorter would keep
   * its page, so it is made anew.
   */
  pack(id: number): void {
    const row = this.#sql.unpackedRecord.get(id, MAX_PACKED_RECORD);
    const packed = row === undefined ? undefined : packText(textOf(row, 'record'));
    if (row === undefined || packed === undefined) return;
    this.#sql.removeDevice.run(id);
    const { secrets = null } = row;
    const subscribed = numberOf(row, 'subscriptions');
    this.#sql.addPacked.run(id, textOf(row, 'key'), textOf(row, 'dev_id'), packed, secrets, subscribed);
  }
}
