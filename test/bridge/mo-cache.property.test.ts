/** Nothing stale is ever served (design: MO cache rules); the long run is `mo-cache.peer.test.ts`. */
import { expect, test } from 'vitest';
import { playScenarios } from './mo-cache-scenarios.ts';

test('a device that changes at random, and tells of it or not, is never told of wrongly [DM-MEC-002-C-O]', async () => {
  const { compared, unmodified, hits } = await playScenarios(30);
  // The cache is of use, or nothing would have been shown.
  expect([compared, unmodified, hits].map(Math.sign)).toEqual([1, 1, 1]);
});
