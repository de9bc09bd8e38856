/**
 * Ends bodies that arrive too slowly: without a byte for a time, below an average rate, or for too long in all. A request that
 * is read slowly holds its connection and its bytes.
 */

/** Times in milliseconds. */
export interface BodyTimes {
  /** Without a byte. */
  readonly silence: number;
  /** From then on the average rate counts. */
  readonly rateAfter: number;
  /** Bytes per second, on average over the whole body. */
  readonly minRate: number;
  /** For the whole body. */
  readonly total: number;
}

export const DEFAULT_BODY_TIMES: BodyTimes = { silence: 30_000, rateAfter: 30_000, minRate: 500, total: 15 * 60_000 };

/** A body that is being read. */
export interface WatchedBody {
  /** Bytes that have arrived. */
  readonly received: number;
  /** Time of the monotonic clock at which the last byte arrived, or the wait for one began. */
  readonly lastByteAt: number;
  /** Ends the connection. */
  end(): void;
}

/** Time of a clock that is never set, in milliseconds. */
export function monotonicNow(): number {
  return performance.now();
}

export class BodyWatch {
  readonly #times: BodyTimes;
  /** With the time at which each began. */
  readonly #bodies = new Map<WatchedBody, number>();
  #timer: NodeJS.Timeout | undefined;

  constructor(times: BodyTimes) {
    this.#times = times;
  }

  begin(body: WatchedBody): void {
    this.#bodies.set(body, monotonicNow());
    this.#timer ??= setInterval(() => this.#check(), Math.min(1_000, this.#times.silence / 4)).unref();
  }

  end(body: WatchedBody): void {
    this.#bodies.delete(body);
  }

  /** Ends the timer, too, when no body is read. Most bodies have come before it is due, so it is not ended with each of them. */
  #check(): void {
    if (this.#bodies.size === 0) {
      clearInterval(this.#timer);
      this.#timer = undefined;
    }
    const now = monotonicNow();
    for (const [body, startedAt] of this.#bodies) {
      if (isTooSlow(body, startedAt, now, this.#times)) body.end();
    }
  }
}

export function isTooSlow(
  { received, lastByteAt }: Pick<WatchedBody, 'received' | 'lastByteAt'>,
  startedAt: number,
  now: number,
  { silence, rateAfter, minRate, total }: BodyTimes,
): boolean {
  const age = now - startedAt;
  if (now - lastByteAt >= silence || age >= total) return true;
  return age > rateAfter && received * 1_000 < minRate * age;
}
