/**
 * What a session has read of the device's tree, so that nothing is asked for twice and nothing outdated is believed.
 */

import { DEV_INFO_ROOT } from '../device/dev-info.ts';
import { descend, type MoNode } from '../mo/node.ts';
import { isAtOrBelow, overlaps, type TreeChange } from '../mo/tree-change.ts';
import type { Discovered, KnownTree, PlacedTree } from '../workflow/device-tree.ts';

/** What the session has learnt of the device's tree; forgotten where a command may have changed it. */
export interface TreeKnowledge {
  readonly discovered?: Discovered;
  /** Complete sub-trees by the LocURI of their top node. */
  readonly trees: Readonly<Record<string, MoNode>>;
}

/** Characters of tree data that a session carries along; what is over is forgotten, oldest first, and read again. */
const LIMIT = 64 * 1024;

export const NOTHING_KNOWN: TreeKnowledge = { trees: {} };

/** What is known at `locUri`: `absent` when a complete listing of a node above does not show it. */
export function recallTree(knowledge: TreeKnowledge, locUri: string): KnownTree {
  for (const [top, tree] of Object.entries(knowledge.trees)) {
    if (!isAtOrBelow(locUri, top)) continue;
    const below = locUri === top ? [] : locUri.slice(top.length + 1).split('/');
    const node = descend(tree, below);
    return node === undefined ? { state: 'absent' } : { state: 'present', tree: node };
  }
  return { state: 'unknown' };
}

/** Adds complete sub-trees, oldest first; smaller ones below them are covered by them. */
export function rememberTrees(knowledge: TreeKnowledge, added: readonly PlacedTree[]): TreeKnowledge {
  let kept: (readonly [string, MoNode])[] = Object.entries(knowledge.trees);
  for (const { locUri, tree } of added) {
    kept = kept.filter(([top]) => !isAtOrBelow(top, locUri));
    kept.push([locUri, tree]);
  }
  return { ...knowledge, trees: Object.fromEntries(withinLimit(kept)) };
}

/** Drops every sub-tree that the changes may touch, and the names of children that may have changed. */
export function forget(knowledge: TreeKnowledge, changes: readonly TreeChange[]): TreeKnowledge {
  if (changes.length === 0) return knowledge;
  const trees = Object.entries(knowledge.trees).filter(([top]) => !isOutdated(top, changes));
  const { discovered, ...rest } = knowledge;
  const isKept = discovered !== undefined && !changes.some(isAnywhere);
  return {
    ...rest,
    ...(isKept && { discovered: withoutPlaces(discovered, changes) }),
    trees: Object.fromEntries(trees),
  };
}

/** What is in no known instance may be in a new one, and a root itself may be gone. */
export function concernRoots(events: readonly TreeChange[], { roots }: Discovered): boolean {
  return events.some(({ locUri }) => !roots.some((root) => locUri.startsWith(`${root.locUri}/`)));
}

/** Whether changes may have made wrong what was read at `locUri`. What an Exec does, nobody knows. */
export function isOutdated(locUri: string, changes: readonly TreeChange[]): boolean {
  return changes.some((region) => region.change === 'exec' || overlaps(region.locUri, locUri));
}

/** Takes out the instances of a sub-tree that is gone. */
export function withoutRoots(knowledge: TreeKnowledge, top: string): TreeKnowledge {
  const { discovered } = knowledge;
  if (discovered === undefined) return knowledge;
  const roots = discovered.roots.filter(({ locUri }) => !isAtOrBelow(locUri, top));
  return { ...knowledge, discovered: { ...discovered, roots } };
}

/**
 * What still holds when the backend speaks again: a device lives on between two packages, so that values are read anew;
 * but DevInfo, which Package#1 brought, is not asked for again (design: ClientURI).
 */
export function keepForNextPackage(knowledge: TreeKnowledge): TreeKnowledge {
  const trees = Object.entries(knowledge.trees).filter(([top]) => top === DEV_INFO_ROOT);
  return { ...knowledge, trees: Object.fromEntries(trees) };
}

/** The device has put instances where it likes. */
function isAnywhere({ locUri, change }: TreeChange): boolean {
  return locUri === '.' && change === 'instance';
}

function withoutPlaces({ roots, places = {} }: Discovered, changes: readonly TreeChange[]): Discovered {
  const kept = Object.entries(places).filter(([place]) => !changes.some((region) => changesNamesAt(place, region)));
  return { roots, places: Object.fromEntries(kept) };
}

function changesNamesAt(place: string, { locUri, change }: TreeChange): boolean {
  if (change === 'exec' || change === 'value') return change === 'exec';
  return isAtOrBelow(place, locUri) || locUri.slice(0, locUri.lastIndexOf('/')) === place;
}

function withinLimit(trees: readonly (readonly [string, MoNode])[]): readonly (readonly [string, MoNode])[] {
  let room = LIMIT;
  let from = trees.length;
  for (const [, tree] of trees.toReversed()) {
    room -= weight(tree);
    if (room < 0) break;
    from -= 1;
  }
  return from === 0 ? trees : trees.slice(from);
}

function weight({ name, value = '', children = [] }: MoNode): number {
  let sum = name.length + value.length + 32;
  for (const child of children) sum += weight(child);
  return sum;
}
