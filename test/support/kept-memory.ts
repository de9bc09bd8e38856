/** Measures the memory that values keep. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect: () => void = runInNewContext('gc');

/** A background thread frees buffers after the collection, so one collection may show them still. */
const MAX_COLLECTIONS = 100;

/**
 * Returns the bytes of heap and buffers by which the process has grown after `work`, as soon as they are below `limit`; the bytes
 * that are left after many collections when they stay above it. `work` returns the values that are kept.
 */
export async function keptMemory(work: () => unknown, limit: number): Promise<number> {
  collect();
  await nextTurn();
  collect();
  const before = usedMemory();
  const kept = work();
  let grown = Number.POSITIVE_INFINITY;
  for (let collections = 0; collections < MAX_COLLECTIONS && grown >= limit; collections++) {
    // What the stack of this turn still refers to is not collected.
    await nextTurn();
    collect();
    grown = usedMemory() - before;
  }
  if (kept === undefined) throw new TypeError('nothing is kept');
  return grown;
}

function usedMemory(): number {
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
