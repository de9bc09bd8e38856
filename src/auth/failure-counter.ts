/**
 * Wrong credentials in a row, per device and address: how long the answer is to wait.
 *
 * In memory only, for a stranger must not be able to make the bridge write; bounded, for he chooses the names. Right
 * credentials are never delayed, so nobody can lock a device out by guessing in its name.
 */
import { hash } from 'node:crypto';
import { deviceKey } from '../device/dev-id.ts';

/** Failures that are answered at once. */
const FREE_FAILURES = 2;
const FIRST_DELAY_MS = 1_000;
/** Below the patience of clients' HTTP stacks. */
const MAX_DELAY_MS = 8_000;

export class FailureCounter {
  readonly #capacity: number;
  /** Least recently failed first. */
  readonly #failures = new Map<string, number>();

  constructor(capacity = 10_000) {
    this.#capacity = capacity;
  }

  /** Counts one failure; milliseconds by which its answer is to be delayed. */
  failed(devId: string, address: string): number {
    const key = keyOf(devId, address);
    const count = (this.#failures.get(key) ?? 0) + 1;
    this.#failures.delete(key);
    this.#failures.set(key, count);
    const oldest = this.#failures.keys().next();
    if (this.#failures.size > this.#capacity && oldest.done !== true) this.#failures.delete(oldest.value);
    return count <= FREE_FAILURES ? 0 : Math.min(FIRST_DELAY_MS * 2 ** (count - FREE_FAILURES - 1), MAX_DELAY_MS);
  }

  /** Right credentials: the count starts again. */
  succeeded(devId: string, address: string): void {
    // Nearly always empty: the hash is for those who failed.
    if (this.#failures.size > 0) this.#failures.delete(keyOf(devId, address));
  }

  /** How many pairs of device and address are remembered. */
  get size(): number {
    return this.#failures.size;
  }
}

/** Hashed, because a stranger's name can be as long as a message. */
function keyOf(devId: string, address: string): string {
  return hash('sha256', `${address}\0${deviceKey(devId)}`, 'base64');
}
