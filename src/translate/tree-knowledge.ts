/**
 * What a session has read of the device's tree, so that nothing is asked for twice and nothing outdated is believed.
 */
import { descend, type MoNode } from '../mo/node.ts';
import { DEV_INFO_ROOT } from './device-info.ts';
import type { CommandRun, NorthSession, TreeKnowledge } from './north-session.ts';
import type { Discovered, PlacedTree, Recalled } from './procedure.ts';
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
export function forget(knowledge: TreeKnowledge, changes: readonly Region[]): TreeKnowledge {
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

/** The device told that nodes have changed, by itself and at any time. */
export function withEvents(north: NorthSession, events: readonly Region[]): NorthSession {
  const runs = north.runs.map((run): CommandRun => {
    const isUnderWay = run.result === undefined && (run.waiting !== undefined || run.log.length > 0);
    return isUnderWay ? { ...run, events: [...(run.events ?? []), ...events] } : run;
  });
  const { discovered, ...rest } = forget(north.knowledge, events);
  const isKept = discovered !== undefined && !concernRoots(events, discovered);
  return { ...north, runs, knowledge: isKept ? { ...rest, discovered } : rest };
}

/** What is in no known instance may be in a new one, and a root itself may be gone. */
export function concernRoots(events: readonly Region[], { roots }: Discovered): boolean {
  return events.some(({ locUri }) => !roots.some((root) => locUri.startsWith(`${root.locUri}/`)));
}

/** Whether changes may have made wrong what was read at `locUri`. What an Exec does, nobody knows. */
export function isOutdated(locUri: string, changes: readonly Region[]): boolean {
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
function isAnywhere({ locUri, change }: Region): boolean {
  return locUri === '.' && change === 'instance';
}

function withoutPlaces({ roots, places = {} }: Discovered, changes: readonly Region[]): Discovered {
  const kept = Object.entries(places).filter(([place]) => !changes.some((region) => changesNamesAt(place, region)));
  return { roots, places: Object.fromEntries(kept) };
}

function changesNamesAt(place: string, { locUri, change }: Region): boolean {
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
