/** Goes through long lists of the store in rounds, so that an entry that must wait hides no other. */

/** The number of entries that one round handles at most. */
export const BATCH_SIZE = 100;
/** The pages of so many that one round reads at most, when most entries cannot be handled now. */
const PAGES = 10;

/** Goes through a list of the store, in each round from where the last one stopped. */
export class Walk<T> {
  /** The last entry that was looked at; undefined: begin anew. */
  #after: T | undefined;

  /** `handle` returns false for an entry that costs nothing, because it cannot be handled now. */
  async walk(
    read: (after: T | undefined, limit: number) => Promise<readonly T[]>,
    handle: (entry: T) => Promise<boolean>,
  ): Promise<void> {
    let handled = 0;
    for (let page = 0; page < PAGES; page += 1) {
      const entries = await read(this.#after, BATCH_SIZE);
      for (const entry of entries) {
        this.#after = entry;
        if (await handle(entry)) handled += 1;
        if (handled === BATCH_SIZE) return;
      }
      if (entries.length === BATCH_SIZE) continue;
      this.#after = undefined;
      return;
    }
  }
}
