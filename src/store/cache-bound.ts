/** The size of a row of the MO cache, and the rows that are kept at all: the same in every store. */
import type { CacheRow } from '../bridge/ports.ts';

/** One row must not push out more than this share of all others. */
const LARGEST_SHARE = 1 / 4;

/** Bytes of a row whose value has this JSON text. In the file it may take less. */
export function bytesOf({ key, validator }: CacheRow, json: string): number {
  return Buffer.byteLength(key) + Buffer.byteLength(validator) + Buffer.byteLength(json);
}

/** True when a row of that many bytes may come into a cache of `maxBytes`. */
export function isWorthKeeping(bytes: number, maxBytes: number): boolean {
  return bytes <= maxBytes * LARGEST_SHARE;
}
