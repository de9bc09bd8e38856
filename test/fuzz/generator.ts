/** Chance that repeats: mulberry32, small, and good enough to choose where to cut. */

/** Whole numbers from 0 on, below what is asked for; the same seed gives the same ones for ever. */
export type Chance = (below: number) => number;

export function generator(seed: number): Chance {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/** One of some things. */
export function choose<T>(chance: Chance, list: readonly T[]): T {
  const one = list[chance(list.length)];
  if (one === undefined) throw new RangeError('nothing to choose from');
  return one;
}
