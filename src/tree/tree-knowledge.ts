/**
 * The session's knowledge of the device's tree. It saves a second read of the same node, and loses everything that may be
 * outdated.
 */

import { isAtOrBelow, isBelow, type LocUri, namesBelow, overlaps, parentOf, ROOT } from '../mo/loc-uri.ts';
import { descend, type MoNode } from '../mo/node.ts';
import type { TreeChange } from '../mo/tree-change.ts';
import type { Mutable } from '../mutable.ts';
import { entriesOf } from '../typed-entries.ts';
import type { Discovered, KnownTree, PlacedTree } from '../workflow/device-tree.ts';

/** A complete sub-tree, with the characters of its JSON, roughly. */
interface RememberedTree extends PlacedTree {
  readonly length: number;
}

export interface TreeKnowledge {
  /** The leaves of DevInfo that Package#1 has brought, the oldest first; absent when there are none. */
  readonly reported?: readonly RememberedTree[];
  readonly discovered?: Discovered;
  /** The oldest first. */
  readonly trees: readonly RememberedTree[];
}

/** Most characters of tree data in a stored session; the oldest trees above it are forgotten and read again. */
const MAX_LENGTH = 64 * 1024;

/** Most trees: each question looks at all of them. */
const MAX_TREES = 256;

/** The characters of a node's JSON without name and value, roughly. */
const LENGTH_OF_NODE = 32;

export const NOTHING_KNOWN: TreeKnowledge = { trees: [] };

/** The known sub-tree at `locUri`; `absent` when a complete sub-tree above it does not have the node. */
export function knownTreeAt({ trees, reported = [] }: TreeKnowledge, locUri: LocUri): KnownTree {
  const isPart = ({ locUri: top }: PlacedTree) => isAtOrBelow(locUri, top);
  const known = trees.find(isPart) ?? reported.find(isPart);
  const path = known === undefined ? undefined : namesBelow(locUri, known.locUri);
  if (known === undefined || path === undefined) return { state: 'unknown' };
  const node = descend(known.tree, path);
  return node === undefined ? { state: 'absent' } : { state: 'present', tree: node };
}

/** The leaves of Package#1 in the sub-tree at `locUri`. */
export function reportedBelow({ reported = [] }: TreeKnowledge, locUri: LocUri): readonly PlacedTree[] {
  const below = reported.filter(({ locUri: leaf }) => isAtOrBelow(leaf, locUri));
  return below.map(({ locUri: leaf, tree }) => ({ locUri: leaf, tree }));
}

/** Adds the leaves that Package#1 has brought. */
export function withReported(knowledge: TreeKnowledge, leaves: readonly PlacedTree[]): TreeKnowledge {
  if (leaves.length === 0) return knowledge;
  const reported = leaves.map(({ locUri, tree }) => ({ locUri, tree, length: lengthOf(tree) }));
  return { ...knowledge, reported: withinLimits(reported) };
}

/** Adds complete sub-trees, the oldest first; they replace those at and below their top nodes. */
export function withTrees(knowledge: TreeKnowledge, added: readonly PlacedTree[]): TreeKnowledge {
  let trees = knowledge.trees;
  let { reported } = knowledge;
  for (const { locUri, tree } of added) {
    const isOther = ({ locUri: top }: PlacedTree) => !isAtOrBelow(top, locUri);
    trees = withinLimits([...trees.filter(isOther), { locUri, tree, length: lengthOf(tree) }]);
    reported = reported?.filter(isOther);
  }
  return reported === undefined ? { ...knowledge, trees } : { ...knowledge, trees, reported };
}

/** Removes every sub-tree that the changes may affect, and the names of children that may have changed. */
export function withoutChanged(knowledge: TreeKnowledge, changes: readonly TreeChange[]): TreeKnowledge {
  if (changes.length === 0) return knowledge;
  const trees = knowledge.trees.filter(({ locUri }) => !isOutdated(locUri, changes));
  const result: Mutable<TreeKnowledge> = { trees };
  const { discovered, reported } = knowledge;
  if (reported !== undefined) result.reported = reported.filter(({ locUri }) => !isOutdated(locUri, changes));
  if (discovered !== undefined && !changes.some(mayAddInstances)) {
    result.discovered = withoutPlaces(discovered, changes);
  }
  return result;
}

/** True when events may have added or removed an MO root: one outside of the known instances, or of a root itself. */
export function mayConcernRoots(events: readonly TreeChange[], { roots }: Discovered): boolean {
  return events.some(({ locUri }) => !roots.some((root) => isBelow(locUri, root.locUri)));
}

/** True when changes may have made a reading at `locUri` wrong. An Exec may have changed anything. */
export function isOutdated(locUri: LocUri, changes: readonly TreeChange[]): boolean {
  return changes.some(({ change, locUri: changed }) => change === 'exec' || overlaps(changed, locUri));
}

/** Removes the instances of a sub-tree that was deleted. */
export function withoutRoots(knowledge: TreeKnowledge, top: LocUri): TreeKnowledge {
  const { discovered } = knowledge;
  if (discovered === undefined) return knowledge;
  const roots = discovered.roots.filter(({ locUri }) => !isAtOrBelow(locUri, top));
  return { ...knowledge, discovered: { ...discovered, roots } };
}

/**
 * The knowledge for the next package. Values may change between two packages and are read anew; what Package#1 has brought of
 * DevInfo is valid for the whole session (DM-1.3 §6.3).
 */
export function forNextPackage(knowledge: TreeKnowledge): TreeKnowledge {
  return { ...knowledge, trees: [] };
}

/** True for a change after which instances may be anywhere: the device has chosen their places. */
function mayAddInstances({ locUri, change }: TreeChange): boolean {
  return locUri === ROOT && change === 'instance';
}

function withoutPlaces(discovered: Discovered, changes: readonly TreeChange[]): Discovered {
  const { places = {}, absent = [] } = discovered;
  const left = entriesOf(places).filter(([place]) => !changes.some((change) => mayChangeNamesAt(place, change)));
  const stillAbsent = absent.filter((locUri) => !changes.some((change) => mayAdd(locUri, change)));
  return { ...discovered, places: Object.fromEntries(left), absent: stillAbsent };
}

/** True when the change may make a node that was not there. */
function mayAdd(locUri: LocUri, { locUri: changed, change }: TreeChange): boolean {
  return change === 'exec' || (change !== 'value' && overlaps(changed, locUri));
}

/** True when the change may add or remove children of `locUri`. */
function mayChangeNamesAt(locUri: LocUri, { locUri: changed, change }: TreeChange): boolean {
  switch (change) {
    case 'exec':
      return true;
    case 'value':
      return false;
    case 'structure':
    case 'instance':
      return isAtOrBelow(locUri, changed) || parentOf(changed) === locUri;
  }
}

function withinLimits(trees: readonly RememberedTree[]): readonly RememberedTree[] {
  let room = MAX_LENGTH;
  let from = trees.length;
  for (const { length } of trees.toReversed()) {
    room -= length;
    if (room < 0 || trees.length - from === MAX_TREES) break;
    from -= 1;
  }
  return from === 0 ? trees : trees.slice(from);
}

function lengthOf({ name, value = '', children = [] }: MoNode): number {
  let sum = name.length + value.length + LENGTH_OF_NODE;
  for (const child of children) sum += lengthOf(child);
  return sum;
}
