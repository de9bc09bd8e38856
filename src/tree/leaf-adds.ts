/**
 * Writes for a device that refuses the Add of an interior node: only leaves are added, and the device creates the nodes above
 * them (DMREPPRO "Add": missing parents). The undo then deletes the topmost node that was created.
 */
import { ancestorsOf, type LocUri } from '../mo/loc-uri.ts';
import { isInterior } from '../mo/node.ts';
import { PlaceIndex } from '../mo/place-index.ts';
import type { Mutable } from '../mutable.ts';
import type { Write } from './write-plan.ts';

/** The same writes, in the order from the top down, without the Adds of interior nodes. */
export function withLeafAddsOnly(writes: readonly Write[]): readonly Write[] {
  const interiorAdds = new Map(writes.filter(isInteriorAdd).map((write) => [write.locUri, write]));
  return writes.filter((write) => !isInteriorAdd(write)).map((write) => withParents(write, interiorAdds));
}

/** The interior nodes that are not created in this way, because no leaf below them is added. */
export function interiorsWithoutLeaf(writes: readonly Write[]): readonly LocUri[] {
  const withLeaf = new PlaceIndex();
  for (const write of writes) if (write.name === 'Add' && !isInteriorAdd(write)) withLeaf.add(write.locUri);
  const bare = writes.filter((write) => isInteriorAdd(write) && !withLeaf.hasBelow(write.locUri));
  return bare.map(({ locUri }) => locUri);
}

function withParents(write: Write, interiorAdds: ReadonlyMap<LocUri, Write>): Write {
  const above =
    write.name === 'Add' ? ancestorsOf(write.locUri).flatMap((locUri) => interiorAdds.get(locUri) ?? []) : [];
  const [top] = above;
  if (top === undefined) return write;
  const leafAdd: Mutable<Write> = { ...write, createdTop: top.locUri };
  if (above.some(({ newInstance }) => newInstance === true)) leafAdd.newInstance = true;
  return leafAdd;
}

function isInteriorAdd({ name, node }: Write): boolean {
  return name === 'Add' && node !== undefined && isInterior(node);
}
