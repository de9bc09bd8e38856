/** A repeatable random generator: mulberry32, which is small and good enough for this purpose. */

/** Returns a whole number from 0 to `below` - 1. */
export type Chance = (below: number) => number;

/** Makes a generator; the same seed always gives the same numbers. */
export function generator(seed: number): Chance {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/** Chooses one member of a list. */
export function choose<T>(chance: Chance, list: readonly T[]): T {
  const one = list[chance(list.length)];
  if (one === undefined) throw new RangeError('nothing to choose from');
  return one;
}
