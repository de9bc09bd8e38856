/**
 * The stored form of a long list: blocks of JSON text.
 *
 * A session is stored after every message. A store writes a long text once, so that a commit costs the blocks that have changed and
 * not the whole list. A value that has not changed must be the same object. Values may leave the list at its beginning and join it
 * at its end: the blocks between them stay.
 */

/** Values of a block. Its text is long enough for a row of its own in a store. */
const BLOCK_SIZE = 128;

interface Block<T> {
  readonly values: readonly T[];
  readonly text: string;
}

export class StoredList<T extends object> {
  /** By their first value, as long as that lives. */
  readonly #blocks = new WeakMap<T, Block<T>>();
  readonly #toStored: (value: T) => T;

  /** `toStored` returns the stored form of a value. */
  constructor(toStored: (value: T) => T = (value) => value) {
    this.#toStored = toStored;
  }

  /** The blocks of a list; undefined for a short one, which is better stored as it is. */
  pack(list: readonly T[]): readonly string[] | undefined {
    if (list.length <= BLOCK_SIZE) return undefined;
    const texts: string[] = [];
    let start = 0;
    for (let at = 0; at < list.length; ) {
      const known = this.#blockAt(list, at);
      if (known === undefined && at + 1 - start < BLOCK_SIZE) {
        at += 1;
        continue;
      }
      const end = known === undefined ? at + 1 : at;
      if (end > start) texts.push(this.#textOf(list.slice(start, end)));
      if (known !== undefined) texts.push(known.text);
      at = end + (known?.values.length ?? 0);
      start = at;
    }
    if (start < list.length) texts.push(this.#textOf(list.slice(start)));
    return texts;
  }

  /** The list that `pack` got. */
  unpack(texts: readonly string[]): readonly T[] {
    return texts.flatMap((text) => {
      const values: readonly T[] = JSON.parse(text);
      this.#remember({ values, text });
      return values;
    });
  }

  /** The known block that begins in the list at this place. A short one is joined with what follows it. */
  #blockAt(list: readonly T[], at: number): Block<T> | undefined {
    const first = list[at];
    const block = first === undefined ? undefined : this.#blocks.get(first);
    if (block === undefined) return undefined;
    const { values } = block;
    const isWhole = values.length === BLOCK_SIZE || at + values.length === list.length;
    return isWhole && values.every((value, offset) => value === list[at + offset]) ? block : undefined;
  }

  #textOf(values: readonly T[]): string {
    const text = JSON.stringify(values.map(this.#toStored));
    this.#remember({ values, text });
    return text;
  }

  #remember(block: Block<T>): void {
    const [first] = block.values;
    if (first !== undefined) this.#blocks.set(first, block);
  }
}
