/**
 * Results that were computed for a key before. They are kept for keys that others choose, such as addresses in the packages of a
 * backend, so that their number is bounded: a full memo begins anew. The loss of a result only costs computing it again.
 */
export class BoundedMemo<K, V> {
  readonly #results = new Map<K, V>();
  readonly #max: number;

  /** @param max the most results that it holds */
  constructor(max: number) {
    this.#max = max;
  }

  get(key: K): V | undefined {
    return this.#results.get(key);
  }

  set(key: K, result: V): void {
    if (this.#results.size >= this.#max) this.#results.clear();
    this.#results.set(key, result);
  }
}
