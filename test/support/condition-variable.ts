/** A condition variable: a test waits until something is true, and looks again whenever something has happened. */
export class ConditionVariable {
  #next = Promise.withResolvers<void>();

  /** Makes everything that waits look again. */
  notifyAll(): void {
    this.#next.resolve();
    this.#next = Promise.withResolvers();
  }

  /** Waits until this is true. Without end if it never is, so that the limit for tests that hang ends it. */
  async waitUntil(isTrue: () => boolean): Promise<void> {
    while (!isTrue()) await this.#next.promise;
  }
}
