/**
 * Writes for a device that cannot be sent the Add of an interior node: only leaves are added, and the device makes what lies
 * above them (DMREPPRO "Add": missing parents). What is taken back is then the topmost node that came into being.
 */
import { MappingError } from '../errors.ts';
import { isInterior } from '../mo/node.ts';
import type { Write } from './write-plan.ts';

/**
 * The same writes without the Adds of interior nodes; they come top down.
 * @throws MappingError ERR_MO_DATA_SHAPE for an interior node without a leaf below, which only its own Add could make
 */
export function withLeafAddsOnly(writes: readonly Write[]): readonly Write[] {
  const left = writes.filter(isInteriorAdd);
  const leaves = writes.filter((write) => write.name === 'Add' && !isInteriorAdd(write));
  const bare = left.find(({ locUri }) => !leaves.some((leaf) => isBelow(leaf.locUri, locUri)));
  if (bare !== undefined) {
    throw new MappingError('ERR_MO_DATA_SHAPE', `${bare.locUri} has no leaf, and the device takes Adds of leaves only`, {
      place: { node: bare.locUri },
    });
  }
  return writes.filter((write) => !isInteriorAdd(write)).map((write) => withParents(write, left));
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

function isBelow(locUri: string, top: string): boolean {
  return locUri.startsWith(`${top}/`);
}
