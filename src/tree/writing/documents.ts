/**
 * New sub-trees as TNDS documents: one command instead of many, and one status for all of it (TNDS 1.2, Add).
 *
 * Only new sub-trees go as documents: a Replace with a document would delete the nodes that this server cannot read.
 */
import { isAtOrBelow, nameOf, parentOf } from '../../mo/loc-uri.ts';
import { isInterior, type MoNode } from '../../mo/node.ts';
import type { Mutable } from '../../mutable.ts';
import type { Write } from '../write-plan.ts';

/** The same writes, in the order from the top down, with one document for all Adds of a new sub-tree. */
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
  const document: Mutable<Write> = { ...top, node: treeAt(top, own), asDocument: true };
  if (own.some(({ newInstance }) => newInstance === true)) document.newInstance = true;
  return document;
}

/** The sub-tree with the device's names of its nodes, from the LocURIs of the writes. */
function treeAt({ locUri, node }: Write, adds: readonly Write[]): MoNode {
  const name = nameOf(locUri);
  if (node === undefined || !isInterior(node)) return { format: 'null', ...node, name };
  const children = adds.filter((other) => parentOf(other.locUri) === locUri);
  return { ...node, name, children: children.map((child) => treeAt(child, adds)) };
}
