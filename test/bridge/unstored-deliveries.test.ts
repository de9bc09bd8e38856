/** The memory of deliveries that the store has not been told of: what it joins, and its bound. */
import { expect, test } from 'vitest';
import { NO_DELIVERIES, UnstoredDeliveries } from '../../src/bridge/unstored-deliveries.ts';

test('deliveries of a device are joined, each once', () => {
  const memory = new UnstoredDeliveries();
  memory.add('a', { alerts: [1, 2], reports: ['x'] });
  memory.add('a', { alerts: [2, 3], reports: ['x', 'y'] });
  expect(memory.of('a')).toEqual({ alerts: [1, 2, 3], reports: ['x', 'y'] });
  memory.remove('a');
  expect(memory.of('a')).toEqual(NO_DELIVERIES);
});

test('beyond its bound the device that failed longest ago is forgotten', () => {
  const memory = new UnstoredDeliveries(4);
  memory.add('a', { alerts: [1], reports: [] });
  memory.add('b', { alerts: [1], reports: ['x'] });
  memory.add('a', { alerts: [2], reports: [] });
  expect([memory.of('a').alerts, memory.of('b').alerts]).toEqual([[1, 2], [1]]);
  memory.add('c', { alerts: [1], reports: [] });
  expect([memory.of('a').alerts, memory.of('b').alerts, memory.of('c').alerts]).toEqual([[1, 2], [], [1]]);
});

test('what was removed makes room', () => {
  const memory = new UnstoredDeliveries(2);
  memory.add('a', { alerts: [1, 2], reports: [] });
  memory.remove('a');
  memory.remove('a');
  memory.add('b', { alerts: [1], reports: [] });
  memory.add('c', { alerts: [1], reports: [] });
  expect([memory.of('b').alerts, memory.of('c').alerts]).toEqual([[1], [1]]);
});
