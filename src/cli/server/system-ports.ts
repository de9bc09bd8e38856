/** The clock and the random numbers of this machine, as the ports of the bridge. */
import { randomBytes } from 'node:crypto';
import type { Clock, Random } from '../../bridge/ports.ts';

export const systemClock: Clock = {
  monotonic: () => performance.now(),
  now: () => Date.now(),
  after(ms) {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ms);
    return { done: promise, cancel: () => clearTimeout(timer) };
  },
  nextTurn: () => new Promise((resolve) => setImmediate(resolve)),
};

/** Random bytes are requested in blocks of this size, because a system call for each nonce is slow. */
const BLOCK_BYTES = 4096;

export const systemRandom: Random = bufferedRandom();

function bufferedRandom(): Random {
  let block = Buffer.alloc(0);
  let used = 0;
  return {
    bytes(count) {
      if (count > BLOCK_BYTES) return randomBytes(count);
      if (used + count > block.length) {
        block = randomBytes(BLOCK_BYTES);
        used = 0;
      }
      // The copy lets the block be freed while the caller keeps its bytes. The used part is erased.
      const bytes = new Uint8Array(block.subarray(used, used + count));
      block.fill(0, used, used + count);
      used += count;
      return bytes;
    },
  };
}
