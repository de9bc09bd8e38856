/**
 * Counts wrong credentials in a row, per device and address, and delays the answers to them.
 *
 * It is in memory only, because an unknown sender must not be able to make the bridge write; it is bounded, because that
 * sender chooses the names. Right credentials are never delayed, so guessing in a device's name does not lock it out.
 */
import { hash } from 'node:crypto';
import { type DevId, deviceKey } from '../device/dev-id.ts';

/** The number of failures that are answered at once. */
const UNDELAYED_FAILURES = 2;
const FIRST_DELAY_MS = 1_000;
/** Short enough for the time limits of clients' HTTP stacks. */
const MAX_DELAY_MS = 8_000;

export class FailureCounter {
  readonly #capacity: number;
  /** Least recently failed first. */
  readonly #failures = new Map<string, number>();

  constructor(capacity = 10_000) {
    this.#capacity = capacity;
  }

  /** Counts one failure; returns the milliseconds by which its answer is to be delayed. */
  recordFailure(devId: DevId, address: string): number {
    const key = keyOf(devId, address);
    const count = (this.#failures.get(key) ?? 0) + 1;
    this.#failures.delete(key);
    this.#failures.set(key, count);
    const oldest = this.#failures.keys().next();
    if (this.#failures.size > this.#capacity && oldest.done !== true) this.#failures.delete(oldest.value);
    return count <= UNDELAYED_FAILURES
      ? 0
      : Math.min(FIRST_DELAY_MS * 2 ** (count - UNDELAYED_FAILURES - 1), MAX_DELAY_MS);
  }

  /** Right credentials: the count starts again. */
  recordSuccess(devId: DevId, address: string): void {
    // Nearly always empty, and the hash costs time.
    if (this.#failures.size > 0) this.#failures.delete(keyOf(devId, address));
  }
}

/** Hashed, because the name of an unknown sender can be as long as a message. */
function keyOf(devId: DevId, address: string): string {
  return hash('sha256', `${address}\0${deviceKey(devId)}`, 'base64');
}
