/** `repeat`, which runs a background task again and again. */
import { expect, test } from 'vitest';
import type { Clock } from '../../src/bridge/ports.ts';
import { repeat } from '../../src/cli/server/repeat.ts';
import { createJournal } from '../../src/log.ts';

/** A clock whose pauses end when the test says so. */
function manualClock(): Clock & { tick(): Promise<void>; readonly waiting: number } {
  const pauses = new Set<() => void>();
  return {
    now: () => 0,
    nextTurn: () => Promise.resolve(),
    monotonic: () => 0,
    after() {
      const { promise, resolve } = Promise.withResolvers<void>();
      pauses.add(resolve);
      return { done: promise, cancel: () => pauses.delete(resolve) };
    },
    async tick() {
      for (const resolve of pauses) resolve();
      pauses.clear();
      await new Promise((resolve) => setImmediate(resolve));
    },
    get waiting() {
      return pauses.size;
    },
  };
}

test('a task runs after every pause, also after it failed, and its error is logged', async () => {
  const clock = manualClock();
  const lines: string[] = [];
  const journal = createJournal({ level: 'info', write: (line) => lines.push(line) });
  let runs = 0;
  const repetition = repeat(
    async () => {
      runs += 1;
      if (runs === 1) throw new TypeError('first');
    },
    1000,
    clock,
    journal,
  );
  expect(runs).toBe(0);
  await clock.tick();
  await clock.tick();
  await repetition.stop();
  expect(runs).toBe(2);
  expect(lines.map((line) => JSON.parse(line).error.message)).toEqual(['first']);
});

test('a stop in a pause takes effect at once and leaves no timer', async () => {
  const clock = manualClock();
  const repetition = repeat(async () => {}, 1000, clock, createJournal({ level: 'silent' }));
  await repetition.stop();
  expect(clock.waiting).toBe(0);
});

test('a stop waits for the run that is under way', async () => {
  const clock = manualClock();
  const { promise: gate, resolve: open } = Promise.withResolvers<void>();
  let done = false;
  const repetition = repeat(
    async () => {
      await gate;
      done = true;
    },
    1000,
    clock,
    createJournal({ level: 'silent' }),
  );
  await clock.tick();
  const stopped = repetition.stop();
  expect(done).toBe(false);
  open();
  await stopped;
  expect(done).toBe(true);
  expect(clock.waiting).toBe(0);
});
