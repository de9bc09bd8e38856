/** The Clock and Random ports of this machine. */
import { randomBytes } from 'node:crypto';
import type { Clock, Random } from '../../bridge/ports.ts';

export const systemClock: Clock = {
  now: () => Date.now(),
  after(ms) {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ms);
    return { done: promise, cancel: () => clearTimeout(timer) };
  },
};

/** Bytes are drawn from the system in stocks of this size: a call for each nonce costs more than all that is done with it. */
const STOCK_BYTES = 4096;

export const systemRandom: Random = stockedRandom();

function stockedRandom(): Random {
  let stock = Buffer.alloc(0);
  let used = 0;
  return {
    bytes(count) {
      if (count > STOCK_BYTES) return randomBytes(count);
      if (used + count > stock.length) {
        stock = randomBytes(STOCK_BYTES);
        used = 0;
      }
      // A copy, so that nobody who keeps a nonce keeps the stock; what was given out is not kept here either.
      const bytes = new Uint8Array(stock.subarray(used, used + count));
      stock.fill(0, used, used + count);
      used += count;
      return bytes;
    },
  };
}
