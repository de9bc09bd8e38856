import { describe, expect, test } from 'vitest';
import { GuessingGuard, type WrongAttempt } from '../../src/auth/guessing.ts';
import { parseDevId } from '../../src/device/dev-id.ts';

const DEVICE = parseDevId('IMEI:1');
const ADDRESS = '192.0.2.1';
const MINUTE = 60_000;

/** Wrong attempts at these times, whose answers leave at once. */
function guess(guard: GuessingGuard, times: readonly number[], devId = DEVICE, address = ADDRESS): WrongAttempt[] {
  return times.map((at) => {
    const attempt = guard.recordWrong(devId, address, at);
    attempt.end();
    return attempt;
  });
}

const delays = (attempts: readonly WrongAttempt[]) => attempts.map(({ delay }) => delay);
const every = (interval: number, count: number) => Array.from({ length: count }, (_, index) => index * interval);

describe('delays', () => {
  test('the first two wrong attempts are answered at once; then the delay doubles up to 8 s', () => {
    const attempts = guess(new GuessingGuard(), every(4_000, 8));
    expect(delays(attempts)).toEqual([0, 0, 1000, 2000, 4000, 8000, 8000, 8000]);
  });

  test('wrong attempts are counted per device, without case, and per address', () => {
    const guard = new GuessingGuard();
    guess(guard, [0, 0]);
    expect(delays(guess(guard, [0], parseDevId('imei:1')))).toEqual([1000]);
    expect(delays(guess(guard, [0], parseDevId('IMEI:2')))).toEqual([0]);
    expect(delays(guess(guard, [0], DEVICE, '192.0.2.2'))).toEqual([0]);
    guard.recordRight(DEVICE, '192.0.2.2', 0);
    expect(delays(guess(guard, [0]))).toEqual([2000]);
  });

  test('a wrong attempt counts for ten minutes', () => {
    const guard = new GuessingGuard();
    guess(guard, [0, 0, 0]);
    expect(delays(guess(guard, [10 * MINUTE - 1, 10 * MINUTE]))).toEqual([2000, 0]);
  });

  test('attempts at a time that is still to come do not count when the clock was set back', () => {
    const guard = new GuessingGuard();
    guess(
      guard,
      every(0, 30).map(() => 5 * MINUTE),
    );
    expect(delays(guess(guard, [0]))).toEqual([0]);
  });

  test('a full counter forgets the device that failed longest ago', () => {
    const guard = new GuessingGuard(2);
    guess(guard, [0, 0], parseDevId('a'));
    guess(guard, [0, 0], parseDevId('b'));
    expect(delays(guess(guard, [0], parseDevId('a')))).toEqual([1000]);
    guess(guard, [0], parseDevId('c'));
    expect(delays(guess(guard, [0], parseDevId('a')))).toEqual([2000]);
    expect(delays(guess(guard, [0], parseDevId('b')))).toEqual([0]);
  });
});

describe('right credentials', () => {
  test('wrong attempts of the last minute do not count when right credentials follow', () => {
    const guard = new GuessingGuard();
    guess(guard, [0, 0, 0]);
    guard.recordRight(parseDevId('imei:1'), ADDRESS, MINUTE - 1);
    expect(delays(guess(guard, [MINUTE, MINUTE, MINUTE]))).toEqual([0, 0, 1000]);
  });

  test('wrong attempts that right credentials follow after more than a minute still count', () => {
    const guard = new GuessingGuard();
    guess(guard, [0, 1, 2, MINUTE]);
    guard.recordRight(DEVICE, ADDRESS, MINUTE + 2);
    expect(delays(guess(guard, [MINUTE + 3]))).toEqual([2000]);
  });

  test('a device whose nonce is stale in every session is never delayed', () => {
    const guard = new GuessingGuard();
    for (const at of every(1_000, 100)) {
      expect(delays(guess(guard, [at]))).toEqual([0]);
      guard.recordRight(DEVICE, ADDRESS, at + 500);
    }
  });
});

describe('more than 20 wrong attempts in a minute', () => {
  const twenty = every(1_000, 20);

  test('each further attempt waits 8 s, and only one at a time', () => {
    const guard = new GuessingGuard();
    guess(guard, twenty);
    const waiting = guard.recordWrong(DEVICE, ADDRESS, 30_000);
    expect(waiting.delay).toBe(8000);
    const refused = [31_000, 32_000].map((at) => guard.recordWrong(DEVICE, ADDRESS, at));
    expect(delays(refused)).toEqual([undefined, undefined]);
    // The end of a refused attempt frees nothing.
    for (const attempt of refused) attempt.end();
    expect(guard.recordWrong(DEVICE, ADDRESS, 33_000).delay).toBeUndefined();
    waiting.end();
    expect(guard.recordWrong(DEVICE, ADDRESS, 38_000).delay).toBe(8000);
  });

  test('other devices, and the same device at another address, are not refused', () => {
    const guard = new GuessingGuard();
    guess(guard, twenty);
    guard.recordWrong(DEVICE, ADDRESS, 30_000);
    expect(guard.recordWrong(parseDevId('IMEI:2'), ADDRESS, 30_000).delay).toBe(0);
    expect(guard.recordWrong(DEVICE, '192.0.2.2', 30_000).delay).toBe(0);
  });

  test('20 attempts in more than a minute leave the next one delayed and not refused', () => {
    const guard = new GuessingGuard();
    guess(guard, every(3_200, 20));
    const both = [guard.recordWrong(DEVICE, ADDRESS, 64_000), guard.recordWrong(DEVICE, ADDRESS, 64_000)];
    expect(delays(both)).toEqual([8000, 8000]);
  });

  test('right credentials end the refusals', () => {
    const guard = new GuessingGuard();
    guess(guard, twenty);
    guard.recordWrong(DEVICE, ADDRESS, 30_000);
    guard.recordRight(DEVICE, ADDRESS, 31_000);
    expect(guard.recordWrong(DEVICE, ADDRESS, 32_000).delay).toBe(0);
  });
});

describe('reports of addresses', () => {
  const names = (count: number) => Array.from({ length: count }, (_, index) => parseDevId(`IMEI:${index}`));
  const flood = (guard: GuessingGuard, count: number, at: number) =>
    names(count)
      .flatMap((devId) => guess(guard, [at], devId))
      .flatMap(({ reported }) => reported ?? []);

  test('an address with more than 200 wrong attempts in a minute is reported once a minute', () => {
    const guard = new GuessingGuard();
    expect(flood(guard, 200, 0)).toEqual([]);
    expect(flood(guard, 200, 1_000)).toEqual([201]);
    expect(flood(guard, 300, MINUTE)).toEqual([201]);
  });

  test('attempts that right credentials follow are not counted for their address', () => {
    const guard = new GuessingGuard();
    for (const devId of names(1_000)) {
      expect(guess(guard, [0], devId)[0]?.reported).toBeUndefined();
      guard.recordRight(devId, ADDRESS, 100);
    }
    expect(flood(guard, 201, 200)).toEqual([201]);
  });

  test('addresses are counted apart', () => {
    const guard = new GuessingGuard();
    flood(guard, 150, 0);
    const other = names(150).flatMap((devId) => guess(guard, [0], devId, '192.0.2.2'));
    expect(other.every(({ reported }) => reported === undefined)).toBe(true);
  });
});
