/** The MO cache of the store in memory: the same bound and order as in SQLite. */
import type { CachedValue, CacheRow } from '../bridge/ports.ts';
import { bytesOf, isWorthKeeping } from './cache-bound.ts';

const DEFAULT_CACHE_BYTES = 64 * 1024 * 1024;

/** A row as text, which cannot be changed and keeps no message in memory. */
export interface WrittenRow {
  readonly key: string;
  readonly validator: string;
  readonly json: string;
  readonly bytes: number;
  /** Present after the first read. */
  value?: CachedValue;
}

export function writeRow(row: CacheRow): WrittenRow {
  const json = JSON.stringify(row.value);
  const { key, validator } = row;
  return { key, validator, json, bytes: bytesOf(row, json) };
}

export class MemoryCache {
  readonly #maxBytes: number;
  /** By device and key; oldest first, as a Map keeps the order of insertion. */
  readonly #rows = new Map<string, WrittenRow>();
  #bytes = 0;

  constructor(maxBytes = DEFAULT_CACHE_BYTES) {
    this.#maxBytes = maxBytes;
  }

  apply(device: string, dropped: readonly string[], written: readonly WrittenRow[]): void {
    for (const key of dropped) this.#remove(nameOf(device, key));
    for (const row of written) {
      const name = nameOf(device, row.key);
      this.#remove(name);
      if (!isWorthKeeping(row.bytes, this.#maxBytes)) continue;
      this.#rows.set(name, row);
      this.#bytes += row.bytes;
    }
    for (const name of this.#rows.keys()) {
      if (this.#bytes <= this.#maxBytes) return;
      this.#remove(name);
    }
  }

  read(device: string, key: string, validator: string): CachedValue | undefined {
    const row = this.#rows.get(nameOf(device, key));
    if (row?.validator !== validator) return undefined;
    row.value ??= JSON.parse(row.json);
    return row.value;
  }

  #remove(name: string): void {
    this.#bytes -= this.#rows.get(name)?.bytes ?? 0;
    this.#rows.delete(name);
  }
}

function nameOf(device: string, key: string): string {
  return JSON.stringify([device, key]);
}
