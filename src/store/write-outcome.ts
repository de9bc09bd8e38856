/**
 * The outcome of the last write, for /readyz, which must not write itself.
 *
 * After a failure nothing may be written any more: a balancer sends devices elsewhere. So the store tries a small write at
 * intervals until one succeeds.
 */
import type { StoreError } from '../errors.ts';
import type { Journal } from '../log-events.ts';

const RETRY_INTERVAL_MS = 5_000;

export class WriteOutcome {
  readonly #tryWrite: () => Promise<unknown>;
  readonly #journal: Journal | undefined;
  #failure: StoreError | undefined;
  #timer: NodeJS.Timeout | undefined;

  /** @param tryWrite writes something small, and calls `succeeded` or `failed` */
  constructor(tryWrite: () => Promise<unknown>, journal?: Journal) {
    this.#tryWrite = tryWrite;
    this.#journal = journal;
  }

  /** @throws StoreError the failure of the last write */
  check(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  succeeded(): void {
    if (this.#failure === undefined) return;
    this.#failure = undefined;
    this.stop();
    this.#journal?.log('store.recovered', {});
  }

  failed(failure: StoreError): void {
    if (this.#failure === undefined) this.#journal?.log('store.write_failed', { error: failure });
    this.#failure = failure;
    // The outcome of each try arrives by `succeeded` or `failed`.
    this.#timer ??= setInterval(() => this.#tryWrite().catch(() => undefined), RETRY_INTERVAL_MS);
  }

  /** Ends the tries. */
  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
