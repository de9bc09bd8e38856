/**
 * New sub-trees as TNDS documents: one command instead of many, and one status for all of it (TNDS 1.2, Add).
 *
 * Only what is new goes that way: a Replace with a document would delete what this server cannot see.
 */
import { isAtOrBelow, nameOf, parentOf } from '../../mo/loc-uri.ts';
import { isInterior, type MoNode } from '../../mo/node.ts';
import type { Write } from '../write-plan.ts';

/** The same writes, with all Adds of a new sub-tree in one; writes come top down. */
export function withDocuments(writes: readonly Write[]): readonly Write[] {
  const adds = writes.filter(({ name }) => name === 'Add');
  const tops = adds.filter(({ locUri, node }) => {
    const isTop = !adds.some((other) => other.locUri !== locUri && isAtOrBelow(locUri, other.locUri));
    return isTop && node !== undefined && isInterior(node);
  });
  return writes.flatMap((write): readonly Write[] => {
    const top = tops.find(({ locUri }) => write.name === 'Add' && isAtOrBelow(write.locUri, locUri));
    if (top === undefined) return [write];
    return write === top ? [documentOf(top, adds)] : [];
  });
}

function documentOf(top: Write, adds: readonly Write[]): Write {
  const own = adds.filter(({ locUri }) => isAtOrBelow(locUri, top.locUri));
  const isNew = own.some(({ newInstance }) => newInstance === true);
  return { ...top, node: treeAt(top, own), whole: true, ...(isNew && { newInstance: true }) };
}

/** Built of the places on the device, where a node may have another name than DM 2.0 gives it. */
function treeAt({ locUri, node }: Write, adds: readonly Write[]): MoNode {
  const name = nameOf(locUri);
  if (node === undefined || !isInterior(node)) return { format: 'null', ...node, name };
  const children = adds.filter((other) => parentOf(other.locUri) === locUri);
  return { ...node, name, children: children.map((child) => treeAt(child, adds)) };
}
