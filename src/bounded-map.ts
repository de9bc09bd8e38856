/**
 * A map that drops the entries that were set longest ago when it is full.
 *
 * It drops some at a time: a `Map` whose first entries were deleted one by one is slow to find the first that is left.
 */
export class BoundedMap<T> {
  readonly #capacity: number;
  readonly #entries = new Map<string, T>();

  /** @param capacity the most entries; a hundredth of them is dropped at a time */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: string): T | undefined {
    return this.#entries.get(key);
  }

  /** Sets an entry, which is the latest now; returns true when others were dropped. */
  set(key: string, value: T): boolean {
    this.#entries.delete(key);
    this.#entries.set(key, value);
    if (this.#entries.size <= this.#capacity) return false;
    const left = Math.ceil(this.#capacity * 0.99);
    for (const oldest of this.#entries.keys()) {
      this.#entries.delete(oldest);
      if (this.#entries.size <= left) break;
    }
    return true;
  }

  delete(key: string): void {
    this.#entries.delete(key);
  }
}
