/**
 * Where a node of an MO instance lies on the device, and back: renames, relocated nodes, hidden nodes.
 *
 * One rule decides both directions: a 1.x node has a 2.0 path exactly when that path leads back to it.
 *
 * @see OMA-TS-DM_Protocol 2.0 §6.1, §12.1
 */
import { isHidden, type MoMapping, type RelocatedNode } from '../mapping/mapping.ts';
import { inverted, isWildcard, matchesPrefix, type Rewrite, rewrite } from '../mapping/path-pattern.ts';
import { below, locNames } from '../mo/loc-uri.ts';

/** A mapping's rules with everything read that does not depend on the node. */
interface Rules {
  readonly relocated: readonly (RelocatedNode & { readonly names: readonly string[] | undefined })[];
  /** 1.x path → 2.0 path. */
  readonly renamesBack: readonly Rewrite[];
  /** 2.0 paths of the nodes that may lie outside the sub-tree in which 2.0 has them. */
  readonly moved: readonly (readonly string[])[];
}

/** Mappings never change, and each node of each tree asks for these. */
const rulesOfMappings = new WeakMap<MoMapping, Rules>();

/** The LocURI of the node at `path`; the root's own spelling is kept, for devices are told what they wrote. */
export function placeOf(mapping: MoMapping, root: string, path: readonly string[]): string {
  const relocated = relocatedNodeOf(mapping.relocated, path);
  return relocated === undefined
    ? joined(root, rewrite(mapping.renames, path))
    : joined(relocated.locUri, path.slice(relocated.path.length));
}

/** The nodes below the one at `path` that may lie outside of its sub-tree on the device, by their 2.0 paths. */
export function movedBelow(mapping: MoMapping, path: readonly string[]): readonly (readonly string[])[] {
  return rulesOf(mapping).moved.filter((at) => at.length > path.length && below(path, at) !== undefined);
}

/** The 2.0 path of a place, and how many names of the place the mapping accounts for. */
export interface PlacedPath {
  readonly path: readonly string[];
  /** Of several instances that have a path for a place, the one with the longest anchor is meant. */
  readonly anchor: number;
}

/** The 2.0 path of a place on the device, if the instance at `root` has one for it; both are the names of a LocURI. */
export function pathOfPlace(
  mapping: MoMapping,
  root: readonly string[] | undefined,
  place: readonly string[],
): PlacedPath | undefined {
  const { relocated, renamesBack } = rulesOf(mapping);
  const leadsBack = (path: readonly string[]) => !isHidden(mapping, path) && isPlaceOf(mapping, root, path, place);
  for (const node of relocated) {
    const rest = node.names === undefined ? undefined : below(node.names, place);
    if (rest === undefined) continue;
    const path = [...node.path, ...rest];
    if (leadsBack(path)) return { path, anchor: place.length - rest.length };
  }
  const inside = root === undefined ? undefined : below(root, place);
  if (inside === undefined) return undefined;
  const path = rewrite(renamesBack, inside);
  return leadsBack(path) ? { path, anchor: place.length - inside.length } : undefined;
}

function rulesOf(mapping: MoMapping): Rules {
  const known = rulesOfMappings.get(mapping);
  if (known !== undefined) return known;
  const rules: Rules = {
    relocated: mapping.relocated.map((node) => ({ ...node, names: locNames(node.locUri) })),
    renamesBack: inverted(mapping.renames),
    moved: [...mapping.relocated.map(({ path }) => path), ...mapping.renames.map(({ from }) => from)].filter(
      (path) => !path.some(isWildcard),
    ),
  };
  rulesOfMappings.set(mapping, rules);
  return rules;
}

/** True when the node at `path` lies at `place`. */
function isPlaceOf(
  mapping: MoMapping,
  root: readonly string[] | undefined,
  path: readonly string[],
  place: readonly string[],
): boolean {
  const relocated = relocatedNodeOf(rulesOf(mapping).relocated, path);
  return relocated === undefined
    ? isJoined(root, rewrite(mapping.renames, path), place)
    : isJoined(relocated.names, path.slice(relocated.path.length), place);
}

function relocatedNodeOf<T extends RelocatedNode>(nodes: readonly T[], path: readonly string[]): T | undefined {
  return nodes.find((node) => matchesPrefix(node.path, path));
}

function joined(base: string, names: readonly string[]): string {
  return names.length === 0 ? base : `${base}/${names.join('/')}`;
}

function isJoined(base: readonly string[] | undefined, rest: readonly string[], whole: readonly string[]): boolean {
  return (
    base !== undefined &&
    base.length + rest.length === whole.length &&
    base.every((name, at) => name === whole[at]) &&
    rest.every((name, at) => name === whole[base.length + at])
  );
}
