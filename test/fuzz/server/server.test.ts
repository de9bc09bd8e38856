/** The kept corpus against the running bridge: answers of the protocol only, in the same memory, and no harm done. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readCorpus } from './corpus.ts';
import { heapInUse, Target } from './target.ts';

const MARGIN = 12 * 2 ** 20;

const target = new Target();
beforeAll(() => target.open());
afterAll(() => target.close());

describe('over two thousand damaged messages', () => {
  const corpus = readCorpus();
  const count = new Map<string, number>();
  const fire = async (from: number, to: number): Promise<void> => {
    for (const [at, one] of corpus.slice(from, to).entries()) {
      const status = await target.attack(one).catch((error: unknown) => {
        throw new Error(`message ${from + at} of the corpus`, { cause: error });
      });
      const key = `${one.form} ${status}`;
      count.set(key, (count.get(key) ?? 0) + 1);
    }
  };

  test('get answers of the protocol, in the same memory', async () => {
    expect(corpus.length).toBeGreaterThanOrEqual(2000);
    // Caches fill, code is compiled.
    await fire(0, 800);
    const before = await heapInUse();
    await fire(800, corpus.length);
    expect((await heapInUse()) - before).toBeLessThan(MARGIN);
    expect(target.errors).toEqual([]);
  });

  test('of which both forms have some that are read and some that are not', () => {
    expect(
      [...count]
        .filter(([, number]) => number > 100)
        .map(([key]) => key)
        .sort(),
    ).toEqual(['wbxml 200', 'wbxml 400', 'xml 200', 'xml 400']);
  });

  test('after which a session is as good as ever', async () => {
    const { executed, statuses } = await target.goodSession();
    expect(executed.at(-1)).toBe('Get ./DevDetail/FwV');
    expect(statuses.at(-1)).toBe(200);
  });
});
