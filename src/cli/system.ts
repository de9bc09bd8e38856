/** The Clock and Random ports of this machine. */
import { randomBytes } from 'node:crypto';
import type { Clock, Random } from '../bridge/ports.ts';

export const systemClock: Clock = {
  now: () => Date.now(),
  after(ms) {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ms);
    return { done: promise, cancel: () => clearTimeout(timer) };
  },
};

export const systemRandom: Random = { bytes: (count) => randomBytes(count) };
