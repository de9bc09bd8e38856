/**
 * The age of things that are stored with a time of the system's clock. Within a process it is measured by the monotonic clock, so
 * that a change of the system's clock makes nothing older or younger.
 *
 * A time that another process has stored is measured from the first look at it; one in the future counts as now. The memory
 * holds at most 100 000 times, those that were looked at first go first.
 */
import { BoundedMap } from '../bounded-map.ts';
import type { Clock } from './ports.ts';

const MAX_TIMES = 100_000;

interface KnownTime {
  /** Milliseconds since 1970, as stored. */
  readonly stored: number;
  /** The same moment on the monotonic clock. */
  readonly monotonic: number;
}

export class StoredTimes {
  readonly #clock: Clock;
  readonly #known: BoundedMap<KnownTime>;

  constructor(clock: Clock, capacity = MAX_TIMES) {
    this.#clock = clock;
    this.#known = new BoundedMap(capacity);
  }

  /**
   * Milliseconds since `stored`, at least 0. To be called when the time is stored, too: that is the first look.
   * @param key names the place where the time is stored
   */
  ageOf(key: string, stored: number): number {
    const now = this.#clock.monotonic();
    const known = this.#known.get(key);
    if (known?.stored === stored) return now - known.monotonic;
    const age = Math.max(0, this.#clock.now() - stored);
    this.#known.set(key, { stored, monotonic: now - age });
    return age;
  }
}
