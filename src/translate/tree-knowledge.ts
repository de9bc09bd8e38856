/**
 * What a session has read of the device's tree, so that nothing is asked for twice and nothing outdated is believed.
 */
import { descend, type MoNode } from '../mo/node.ts';
import type { TreeKnowledge } from './north-session.ts';
import type { Discovered, Recalled } from './procedure.ts';
import { isAtOrBelow, overlaps, type Region } from './regions.ts';

/** Characters of tree data that a session carries along; what is over is forgotten, oldest first, and read again. */
const LIMIT = 64 * 1024;

export const NOTHING_KNOWN: TreeKnowledge = { trees: {} };

/** What is known at `locUri`: `absent` when a complete listing of a node above does not show it. */
export function recallTree(knowledge: TreeKnowledge, locUri: string): Recalled {
  for (const [top, tree] of Object.entries(knowledge.trees)) {
    if (!isAtOrBelow(locUri, top)) continue;
    const below = locUri === top ? [] : locUri.slice(top.length + 1).split('/');
    const node = descend(tree, below);
    return node === undefined ? { state: 'absent' } : { state: 'present', tree: node };
  }
  return { state: 'unknown' };
}

/** Adds a complete sub-tree; smaller ones below it are covered by it. */
export function rememberTree(knowledge: TreeKnowledge, locUri: string, tree: MoNode): TreeKnowledge {
  const kept = Object.entries(knowledge.trees).filter(([top]) => !isAtOrBelow(top, locUri));
  const trees = withinLimit([...kept, [locUri, tree]]);
  return { ...knowledge, trees: Object.fromEntries(trees) };
}

/** Drops every sub-tree that the changes may touch, and what was discovered where instances come or go. */
export function forget(knowledge: TreeKnowledge, changes: readonly Region[]): TreeKnowledge {
  if (changes.length === 0) return knowledge;
  const trees = Object.entries(knowledge.trees).filter(([top]) => !changes.some(({ locUri }) => overlaps(locUri, top)));
  const { discovered, ...rest } = knowledge;
  const gone = changes.filter(({ change }) => change === 'instance').map(({ locUri }) => locUri);
  return {
    ...rest,
    ...(discovered === undefined ? {} : { discovered: withoutPlaces(discovered, gone) }),
    trees: Object.fromEntries(trees),
  };
}

function withoutPlaces({ roots, places = {} }: Discovered, gone: readonly string[]): Discovered {
  return {
    roots: roots.filter(({ locUri }) => !gone.some((top) => isAtOrBelow(locUri, top))),
    places: Object.fromEntries(Object.entries(places).filter(([place]) => !gone.some((top) => overlaps(top, place)))),
  };
}

function withinLimit(trees: readonly (readonly [string, MoNode])[]): readonly (readonly [string, MoNode])[] {
  let room = LIMIT;
  const kept: (readonly [string, MoNode])[] = [];
  for (const entry of [...trees].reverse()) {
    room -= weight(entry[1]);
    if (room < 0) break;
    kept.unshift(entry);
  }
  return kept;
}

function weight(node: MoNode): number {
  const own = node.name.length + (node.value?.length ?? 0) + 32;
  return (node.children ?? []).reduce((sum, child) => sum + weight(child), own);
}
