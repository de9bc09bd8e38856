/** Fresh damage against the running bridge, other messages in every run; the first number repeats one (`FUZZ_FIRST=…`). */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { prepare, recipe } from './mutate.ts';
import { makeSeeds } from './seeds.ts';
import { heapInUse, Target } from './target.ts';

const COUNT = 20_000;
const WARM_UP = 3_000;
const MARGIN = 16 * 2 ** 20;
const FIRST = Number(process.env.FUZZ_FIRST ?? Date.now() % 2 ** 31);

const target = new Target();
beforeAll(() => target.open());
afterAll(() => target.close());

test(`stands ${COUNT} messages from number ${FIRST} on`, async () => {
  const seeds = makeSeeds();
  const fire = async (from: number, to: number): Promise<void> => {
    for (let at = from; at < to; at += 1) {
      await target.attack(prepare(seeds, recipe(seeds, FIRST + at))).catch((error: unknown) => {
        throw new Error(`message ${FIRST + at}`, { cause: error });
      });
    }
  };
  await fire(0, WARM_UP);
  const before = await heapInUse();
  await fire(WARM_UP, COUNT);
  expect((await heapInUse()) - before).toBeLessThan(MARGIN);
  expect(target.errors).toEqual([]);
  expect((await target.goodSession()).statuses.at(-1)).toBe(200);
});
