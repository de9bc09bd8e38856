/**
 * A long text that grows by pieces, as a list of blocks: a stored session has few of them, and no part of the text is
 * joined more often than the logarithm of its size.
 */

/** A block shorter than this, in characters, is joined with the next piece. */
const SMALLEST_FULL_BLOCK = 8 * 1024;

/** Returns the blocks with one more piece; `separator` is put between two pieces that become one block. */
export function appendBlock(blocks: readonly string[], piece: string, separator = ''): readonly string[] {
  const grown = [...blocks];
  let tail = piece;
  let last = grown.at(-1);
  while (last !== undefined && last.length <= Math.max(SMALLEST_FULL_BLOCK, tail.length)) {
    tail = last + separator + tail;
    grown.pop();
    last = grown.at(-1);
  }
  grown.push(tail);
  return grown;
}
