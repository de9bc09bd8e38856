/**
 * Long work on trees in parts: a generator that stops after a number of nodes, so that its caller can let the process do other
 * work before it goes on.
 */

export type LongWork<T> = Generator<undefined, T, undefined>;

/** Nodes that one part handles: less than 10 ms of work. */
const NODES_OF_PART = 2_000;

/** Counts the nodes that some work handles. */
export class NodeCount {
  #left = NODES_OF_PART;

  /** Counts one node; true when the part of the work is done. */
  endsPart(): boolean {
    this.#left -= 1;
    if (this.#left > 0) return false;
    this.#left = NODES_OF_PART;
    return true;
  }
}

/** Does the work in one go. */
export function finish<T>(work: LongWork<T>): T {
  let step = work.next();
  while (step.done !== true) step = work.next();
  return step.value;
}
