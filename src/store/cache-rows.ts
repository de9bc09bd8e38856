/**
 * The MO cache in SQLite: rows of trees that were read from devices, bounded by bytes over all devices.
 *
 * `age` rises with every row and is never used twice: the lowest is the oldest row, and an age names a decoded value for
 * good. Triggers keep the sum of bytes in the file: it rolls back together with the rows, and it is right when two
 * processes write.
 */
import { LRUCache } from 'lru-cache';
import type { CachedValue, CacheRow, DeviceChange } from '../bridge/ports.ts';
import { type DevId, deviceKey } from '../device/dev-id.ts';
import { bytesOf, isWorthKeeping } from './cache-bound.ts';
import type { SecretBox } from './secret-box.ts';
import { type CachePlace, decodeCached, encodeCached, numberOf } from './sqlite-rows.ts';
import type { Statements } from './sqlite-statements.ts';

/** Bytes of all rows of all devices, when the configuration says nothing. */
export const DEFAULT_CACHE_BYTES = 256 * 1024 * 1024;
/** Characters of JSON whose decoded values stay in memory. */
const DECODED = 64 * 1024 * 1024;
/** Rows that one commit evicts beyond as many as it wrote: few milliseconds, also where the bound was lowered. */
const STEP = 256;

/** The device that owns a row; `guarded` when its values are sealed. */
export interface RowOwner {
  readonly id: number;
  readonly devId: DevId;
  readonly guarded: boolean;
}

export class CacheRows {
  readonly #sql: Statements;
  readonly #box: SecretBox;
  readonly #maxBytes: number;
  /** By age. Only reads fill it, so it holds nothing that was rolled back. */
  readonly #decoded = new LRUCache<number, CachedValue>({ maxSize: DECODED });

  constructor(sql: Statements, box: SecretBox, maxBytes: number) {
    this.#sql = sql;
    this.#box = box;
    this.#maxBytes = maxBytes;
  }

  /** Inside a transaction. */
  apply(owner: RowOwner, { cacheDropped = [], cacheWritten = [] }: DeviceChange): void {
    for (const key of cacheDropped) this.#sql.dropCached.run(owner.id, key);
    for (const row of cacheWritten) this.#write(owner, row);
    if (cacheWritten.length > 0) this.#evict(STEP + cacheWritten.length);
  }

  /** The row that has this validator; its value is undefined when it is damaged. */
  read(devId: DevId, key: string, validator: string): { age: number; value: CachedValue | undefined } | undefined {
    const row = this.#sql.findCached.get(deviceKey(devId), key, validator);
    if (row === undefined) return undefined;
    const age = numberOf(row, 'age');
    return { age, value: this.#decoded.get(age) ?? this.#decode({ devId, key }, age) };
  }

  /** By age, so that a row written meanwhile stays. */
  remove(age: number): void {
    this.#sql.removeCached.run(age);
  }

  /** Oldest first, until the rest is within the bound. */
  #evict(atMost: number): void {
    let bytes = Number(this.#sql.getMeta.get('cacheBytes')?.value ?? 0);
    for (let count = 0; bytes > this.#maxBytes && count < atMost; count += 1) {
      // A damaged sum must not stop the commit.
      bytes -= Number(this.#sql.evictCached.get()?.bytes ?? bytes);
    }
  }

  #write({ id, devId, guarded }: RowOwner, row: CacheRow): void {
    const { key, validator, value } = row;
    this.#sql.dropCached.run(id, key);
    const json = JSON.stringify(value);
    const bytes = bytesOf(row, json);
    if (!isWorthKeeping(bytes, this.#maxBytes)) return;
    const stored = encodeCached(json, { devId, key }, guarded, this.#box);
    this.#sql.addCached.run(id, key, validator, bytes, stored);
  }

  #decode(place: CachePlace, age: number): CachedValue | undefined {
    const decoded = decodeCached(this.#sql.cachedValue.get(age) ?? {}, place, this.#box);
    if (decoded !== undefined) this.#decoded.set(age, decoded.value, { size: decoded.length });
    return decoded?.value;
  }
}
