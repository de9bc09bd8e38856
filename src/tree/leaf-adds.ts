/**
 * Writes for a device that cannot be sent the Add of an interior node: only leaves are added, and the device makes what lies
 * above them (DMREPPRO "Add": missing parents). What is taken back is then the topmost node that came into being.
 */
import { isBelow, type LocUri } from '../mo/loc-uri.ts';
import { isInterior } from '../mo/node.ts';
import type { Write } from './write-plan.ts';

/** The same writes, which come top down, without the Adds of interior nodes. */
export function withLeafAddsOnly(writes: readonly Write[]): readonly Write[] {
  const left = writes.filter(isInteriorAdd);
  return writes.filter((write) => !isInteriorAdd(write)).map((write) => withParents(write, left));
}

/** LocURIs of interior nodes that would not come into being, for no leaf below them is added. */
export function interiorsWithoutLeaf(writes: readonly Write[]): readonly LocUri[] {
  const leaves = writes.filter((write) => write.name === 'Add' && !isInteriorAdd(write));
  const bare = writes.filter(
    (write) => isInteriorAdd(write) && !leaves.some(({ locUri }) => isBelow(locUri, write.locUri)),
  );
  return bare.map(({ locUri }) => locUri);
}

function withParents(write: Write, left: readonly Write[]): Write {
  const above = write.name === 'Add' ? left.filter(({ locUri }) => isBelow(write.locUri, locUri)) : [];
  const [top] = above;
  if (top === undefined) return write;
  const isNew = above.some(({ newInstance }) => newInstance === true);
  return { ...write, createdTop: top.locUri, ...(isNew && { newInstance: true }) };
}

function isInteriorAdd({ name, node }: Write): boolean {
  return name === 'Add' && node !== undefined && isInterior(node);
}
