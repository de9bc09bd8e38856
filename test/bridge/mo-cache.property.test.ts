/** No answer from the cache is stale (DM-2.0 §11); the long run is `mo-cache.peer.test.ts`. */
import { expect, test } from 'vitest';
import { playScenarios } from './mo-cache-scenarios.ts';

test('no answer is stale for a device that changes at random, with or without alerts [DM-MEC-002-C-O]', async () => {
  const { compared, unmodified, hits } = await playScenarios(30);
  // Without hits the test would prove nothing.
  expect([compared, unmodified, hits].map(Math.sign)).toEqual([1, 1, 1]);
});
