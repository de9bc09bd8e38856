/** The long run of `mo-cache.property.test.ts`: some thousand sessions, ten thousand answers. */
import { expect, test } from 'vitest';
import { playScenarios } from './mo-cache-scenarios.ts';

const RUNS = Number(process.env.RUNS ?? 800);

test(`no answer is stale in ${RUNS} scenarios of a device that changes at random`, async () => {
  const { compared, unmodified, hits } = await playScenarios(RUNS);
  expect(compared).toBeGreaterThan(RUNS * 10);
  expect(hits).toBeGreaterThan(RUNS * 2);
  expect(unmodified).toBeGreaterThan(RUNS / 3);
});
