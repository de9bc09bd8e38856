/**
 * New sub-trees as TNDS documents: one command instead of many, and one status for all of it (TNDS 1.2, Add).
 *
 * Only new sub-trees go as documents: a Replace with a document would delete the nodes that this server cannot read.
 */
import { hasAncestorIn, type LocUri, nameOf, parentOf } from '../../mo/loc-uri.ts';
import { isInterior, type MoNode } from '../../mo/node.ts';
import type { Mutable } from '../../mutable.ts';
import type { Write } from '../write-plan.ts';

/** The same writes, in the order from the top down, with one document for all Adds of a new sub-tree. */
export function withDocuments(writes: readonly Write[]): readonly Write[] {
  const adds = writes.filter(({ name }) => name === 'Add');
  const added = new Set(adds.map(({ locUri }) => locUri));
  const tops = new Map<LocUri, Write>();
  for (const add of adds) {
    const isTop = !hasAncestorIn(added, add.locUri);
    if (isTop && add.node !== undefined && isInterior(add.node) && !tops.has(add.locUri)) tops.set(add.locUri, add);
  }
  const below = new Map<LocUri, Write[]>();
  for (const add of adds) {
    const parent = parentOf(add.locUri);
    if (parent === undefined || !added.has(parent)) continue;
    const siblings = below.get(parent) ?? [];
    below.set(parent, siblings);
    siblings.push(add);
  }
  return writes.flatMap((write): readonly Write[] => {
    const top = write.name === 'Add' ? topOf(write.locUri, tops) : undefined;
    if (top === undefined) return [write];
    return write === top ? [documentOf(top, below)] : [];
  });
}

/** The first of the nodes that is the one at the LocURI or above it. */
function topOf(locUri: LocUri, tops: ReadonlyMap<LocUri, Write>): Write | undefined {
  for (let at: LocUri | undefined = locUri; at !== undefined; at = parentOf(at)) {
    const top = tops.get(at);
    if (top !== undefined) return top;
  }
  return undefined;
}

/** By the LocURI of the parent. */
type AddsBelow = ReadonlyMap<LocUri, readonly Write[]>;

function documentOf(top: Write, below: AddsBelow): Write {
  const document: Mutable<Write> = { ...top, node: treeAt(top, below), asDocument: true };
  if (hasNewInstance(top, below)) document.newInstance = true;
  return document;
}

function hasNewInstance({ newInstance, locUri }: Write, below: AddsBelow): boolean {
  return newInstance === true || (below.get(locUri) ?? []).some((add) => hasNewInstance(add, below));
}

/** The sub-tree with the device's names of its nodes, from the LocURIs of the writes. */
function treeAt({ locUri, node }: Write, below: AddsBelow): MoNode {
  const name = nameOf(locUri);
  if (node === undefined || !isInterior(node)) return { format: 'null', ...node, name };
  return { ...node, name, children: (below.get(locUri) ?? []).map((child) => treeAt(child, below)) };
}
