/** When a body is too slow, and how long the timer runs that finds it. */
import { afterEach, describe, expect, test, vi } from 'vitest';
import { BodyWatch, DEFAULT_BODY_TIMES, isTooSlow, type WatchedBody } from '../../src/http/body-watch.ts';

describe('slow bodies', () => {
  const SECOND = 1_000;
  const MINUTE = 60 * SECOND;

  test.for([
    ['fresh', 0, 0, 0, false],
    ['29 s of silence', 0, 0, 29 * SECOND, false],
    ['30 s of silence', 0, 0, 30 * SECOND, true],
    ['500 bytes a second', 30_000, 59 * SECOND, MINUTE, false],
    ['less than 500 bytes a second', 29_999, 59 * SECOND, MINUTE, true],
    ['slow, but within the first 30 s', 1, 29 * SECOND, 30 * SECOND, false],
    ['15 minutes in all, at a good rate', 1e9, 15 * MINUTE - 1, 15 * MINUTE, true],
    ['just under 15 minutes', 1e9, 15 * MINUTE - 2, 15 * MINUTE - 1, false],
  ] as const)('a body is too slow or not: %s', ([_what, received, lastByteAt, now, expected]) => {
    expect(isTooSlow({ received, lastByteAt }, 0, now, DEFAULT_BODY_TIMES)).toBe(expected);
  });
});

describe('the timer of a watch', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  /** Times of the monotonic clock are real, so that only a body without a time is silent for long. */
  function open() {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const ended: WatchedBody[] = [];
    const body = (lastByteAt: number): WatchedBody => {
      const made = { received: 0, lastByteAt, end: () => ended.push(made) };
      return made;
    };
    return { watch: new BodyWatch(DEFAULT_BODY_TIMES), ended, fresh: body(Number.MAX_VALUE), silent: body(-1e9) };
  }

  test('one timer is enough for all bodies, and it ends when none is read', () => {
    const { watch, ended, fresh, silent } = open();
    watch.begin(fresh);
    watch.begin(silent);
    watch.end(silent);
    expect(vi.getTimerCount()).toBe(1);
    vi.advanceTimersByTime(1_000);
    expect(vi.getTimerCount()).toBe(1);
    watch.end(fresh);
    vi.advanceTimersByTime(1_000);
    expect([vi.getTimerCount(), ended]).toEqual([0, []]);
  });

  test('a body that begins after all others have ended is watched', () => {
    const { watch, ended, fresh, silent } = open();
    watch.begin(fresh);
    watch.end(fresh);
    vi.advanceTimersByTime(1_000);
    watch.begin(silent);
    vi.advanceTimersByTime(1_000);
    expect(ended).toEqual([silent]);
  });

  test('bodies that come one after the other begin no timer each', () => {
    const { watch, fresh } = open();
    const begun = vi.spyOn(globalThis, 'setInterval');
    for (let count = 0; count < 100; count += 1) {
      watch.begin(fresh);
      watch.end(fresh);
    }
    expect(begun).toHaveBeenCalledTimes(1);
    begun.mockRestore();
  });
});
