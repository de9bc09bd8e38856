/**
 * A long text that grows by pieces, as a list of blocks: a session value names few of them, and no part of the text is
 * joined more often than the logarithm of its size.
 */

/** Characters up to which a block goes on growing. */
const BLOCK = 8 * 1024;

/** The blocks with one more piece; `separator` stands between two pieces that become one block. */
export function appendBlock(blocks: readonly string[], piece: string, separator = ''): readonly string[] {
  const kept = [...blocks];
  let tail = piece;
  for (let last = kept.at(-1); last !== undefined && last.length <= Math.max(BLOCK, tail.length); last = kept.at(-1)) {
    tail = last + separator + tail;
    kept.pop();
  }
  return [...kept, tail];
}
