import { expect, test } from 'vitest';
import { RunningSessions } from '../../src/bridge/running-sessions.ts';

const KEY = 'urn:dev:1';

/** Two inputs of one session, one of another session in the same cell, and one of a session in a forgotten cell. */
function fourInputs() {
  const cell = {};
  const first = { cell, session: { northId: 'a' } };
  const second = { cell, session: { northId: 'b' } };
  const forgotten = { cell: {}, session: { northId: 'a' } };
  const drivers = [first, first, second, forgotten];
  const inputs = drivers.map(() => new Promise<void>(() => undefined));
  const running = new RunningSessions<typeof first>();
  for (const [index, input] of inputs.entries()) running.add(KEY, input, drivers[index] ?? first);
  return { running, inputs, first, second, forgotten };
}

test('inputs under way are found by device and session, the oldest first', () => {
  const { running, inputs, first, second, forgotten } = fourInputs();
  expect(running.of(KEY).map(([input]) => inputs.indexOf(input))).toEqual([0, 1, 2, 3]);
  const ofSession = (driver: typeof first) => running.ofSession(KEY, driver).map((input) => inputs.indexOf(input));
  expect([ofSession(first), ofSession(second), ofSession(forgotten)]).toEqual([[0, 1], [2], [3]]);
  expect([running.of('urn:dev:2'), running.hasAny('urn:dev:2')]).toEqual([[], false]);
});

test('removing an input of a device leaves its other inputs in their order', () => {
  const { running, inputs } = fourInputs();
  const [, removed] = inputs;
  if (removed === undefined) throw new TypeError('four inputs');
  const before = running.of(KEY);
  running.remove(KEY, removed);
  expect(running.has(KEY, removed)).toBe(false);
  expect(running.of(KEY).map(([input]) => inputs.indexOf(input))).toEqual([0, 2, 3]);
  // Who goes through the list while an input ends still sees all of it.
  expect(before).toHaveLength(4);
});

test('a device has none once each of its inputs is removed, and another device keeps its own', () => {
  const { running, inputs, first } = fourInputs();
  const other = new Promise<void>(() => undefined);
  running.add('urn:dev:2', other, first);
  for (const input of inputs) {
    expect(running.hasAny(KEY)).toBe(true);
    running.remove(KEY, input);
  }
  expect([running.hasAny(KEY), running.of(KEY)]).toEqual([false, []]);
  expect([running.hasAny('urn:dev:2'), running.has('urn:dev:2', other)]).toEqual([true, true]);
});

test('an input that is not among those of the device is removed without effect', () => {
  const { running, inputs } = fourInputs();
  const [input] = inputs;
  if (input === undefined) throw new TypeError('four inputs');
  running.remove('urn:dev:2', input);
  running.remove(KEY, new Promise<void>(() => undefined));
  expect(running.of(KEY)).toHaveLength(4);
  expect(running.hasAny('urn:dev:2')).toBe(false);
});
