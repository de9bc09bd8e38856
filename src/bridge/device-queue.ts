/** One message of a device at a time: work for one key runs in the order in which it came. */
export class DeviceQueue {
  readonly #tails = new Map<string, Promise<void>>();

  /** Runs `work` when everything that was queued for `key` before it has ended, however it ended. */
  async run<T>(key: string, work: () => Promise<T>): Promise<T> {
    const before = this.#tails.get(key) ?? Promise.resolve();
    const result = before.then(work);
    const tail = result.then(
      () => undefined,
      () => undefined,
    );
    this.#tails.set(key, tail);
    try {
      return await result;
    } finally {
      if (this.#tails.get(key) === tail) this.#tails.delete(key);
    }
  }
}
