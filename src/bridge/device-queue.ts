/** Handles one message of a device at a time: work for one key runs in the order in which it came. */
export class DeviceQueue {
  readonly #tails = new Map<string, Promise<void>>();

  /** Runs `work` after all work that was queued for `key` before, whether that succeeded or failed. */
  run<T>(key: string, work: () => Promise<T>): Promise<T> {
    const result = (this.#tails.get(key) ?? Promise.resolve()).then(work);
    const remove = (): void => {
      if (this.#tails.get(key) === tail) this.#tails.delete(key);
    };
    const tail = result.then(remove, remove);
    this.#tails.set(key, tail);
    return result;
  }
}
