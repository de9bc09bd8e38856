/**
 * The LocURI of a node of an MO instance, and back to its path: renames, relocated nodes, hidden nodes.
 *
 * One rule decides both directions: a 1.x node has a 2.0 path exactly when that path leads back to it.
 *
 * @see OMA-TS-DM_Protocol 2.0 §6.1, §12.1
 */
import { BoundedMap } from '../bounded-map.ts';
import { describeNode, isHidden, type MoMapping, type RelocatedNode } from '../mapping/mapping.ts';
import type { MoIndex } from '../mapping/mo-index.ts';
import { inverted, isWildcard, matchesPrefix, type Rewrite, rewrite } from '../mapping/path-pattern.ts';
import { mappingAt } from '../mapping/placed-definition.ts';
import { descendantOf, type LocUri, namesOf } from '../mo/loc-uri.ts';
import type { NodeFormat } from '../mo/node.ts';
import { type NodePath, namesAfter, startsWith } from '../mo/node-path.ts';

/** The rules of a mapping in the form in which each node needs them. */
interface Rules {
  readonly relocated: readonly (RelocatedNode & { readonly names: readonly string[] })[];
  /** 1.x path → 2.0 path. */
  readonly renamesBack: readonly Rewrite[];
  /** 2.0 paths of the nodes that may lie outside the sub-tree in which 2.0 has them. */
  readonly moved: readonly NodePath[];
}

/** Mappings never change, and each node of each tree asks for these. */
const rulesOfMappings = new WeakMap<MoMapping, Rules>();

/** The LocURI of the node at `path` of the instance whose root is `root`. */
export function locUriOf(mapping: MoMapping, root: LocUri, path: NodePath): LocUri {
  const relocated = relocationOf(mapping.relocated, path);
  return relocated === undefined
    ? descendantOf(root, rewrite(mapping.renames, path))
    : descendantOf(relocated.locUri, path.slice(relocated.path.length));
}

/** The 2.0 paths of the nodes below the one at `path` that may be outside of its sub-tree on the device. */
export function movedBelow(mapping: MoMapping, path: NodePath): readonly NodePath[] {
  return rulesOf(mapping).moved.filter((moved) => moved.length > path.length && startsWith(moved, path));
}

/** The 2.0 path of a node of the device. */
export interface MappedPath {
  readonly path: NodePath;
  /**
   * The number of names in the LocURI of the instance, or of the relocated node, at which the path begins. Of several
   * instances that have a path for a node, the one with the longest anchor counts.
   */
  readonly anchor: number;
}

/** The 2.0 path of the node at `names`, if the instance at `root` has one for it; both are the names of a LocURI. */
export function pathOf(mapping: MoMapping, root: readonly string[], names: readonly string[]): MappedPath | undefined {
  const { relocated, renamesBack } = rulesOf(mapping);
  for (const node of relocated) {
    const rest = namesAfter(node.names, names);
    if (rest === undefined) continue;
    const path = [...node.path, ...rest];
    if (leadsBack(mapping, root, path, names)) return { path, anchor: names.length - rest.length };
  }
  const inside = namesAfter(root, names);
  if (inside === undefined) return undefined;
  // Without rules, the path is that of the device.
  if (relocated.length === 0 && renamesBack.length === 0) {
    return isHidden(mapping, inside) ? undefined : { path: inside, anchor: root.length };
  }
  const path = rewrite(renamesBack, inside);
  return leadsBack(mapping, root, path, names) ? { path, anchor: names.length - inside.length } : undefined;
}

/** The format of the node at `names` below `root`, in the definition of the MO that mappings expect at `root`. */
export function formatAt(index: MoIndex, root: LocUri, names: readonly string[]): NodeFormat | undefined {
  const known = knownFormats.get(index) ?? new BoundedMap(MAX_KEPT_FORMATS);
  knownFormats.set(index, known);
  const locUri = descendantOf(root, names);
  const key = `${root}\n${locUri}`;
  const before = known.get(key);
  if (before !== undefined) return before.format;
  const format = findFormat(index, root, names);
  if (locUri.length <= MAX_KEPT_LENGTH) known.set(key, { format });
  return format;
}

/** The formats of nodes, because the Package#1s of all devices have nearly the same ones. */
const knownFormats = new WeakMap<MoIndex, BoundedMap<{ readonly format: NodeFormat | undefined }>>();

/** The most formats, and the most characters of an address. */
const MAX_KEPT_FORMATS = 256;
const MAX_KEPT_LENGTH = 256;

function findFormat(index: MoIndex, root: LocUri, names: readonly string[]): NodeFormat | undefined {
  const expected = index.expectedRoot(root);
  if (expected?.root !== root) return undefined;
  const mapping = mappingAt(expected.mapping, root);
  const path = pathOf(mapping, namesOf(root), [...namesOf(root), ...names])?.path;
  return path === undefined ? undefined : describeNode(mapping, path)?.format;
}

function rulesOf(mapping: MoMapping): Rules {
  const known = rulesOfMappings.get(mapping);
  if (known !== undefined) return known;
  const moved = [...mapping.relocated.map(({ path }) => path), ...mapping.renames.map(({ from }) => from)];
  const rules: Rules = {
    relocated: mapping.relocated.map((node) => ({ ...node, names: namesOf(node.locUri) })),
    renamesBack: inverted(mapping.renames),
    moved: moved.filter((path) => !path.some(isWildcard)),
  };
  rulesOfMappings.set(mapping, rules);
  return rules;
}

/** True when the node at `path` is shown, and has the LocURI with these names. */
function leadsBack(mapping: MoMapping, root: readonly string[], path: NodePath, names: readonly string[]): boolean {
  if (isHidden(mapping, path)) return false;
  const relocated = relocationOf(rulesOf(mapping).relocated, path);
  return relocated === undefined
    ? isJoined(root, rewrite(mapping.renames, path), names)
    : isJoined(relocated.names, path.slice(relocated.path.length), names);
}

function relocationOf<T extends RelocatedNode>(nodes: readonly T[], path: NodePath): T | undefined {
  return nodes.find((node) => matchesPrefix(node.path, path));
}

/** True when `names` is `base` and then `rest`. */
function isJoined(base: readonly string[], rest: readonly string[], names: readonly string[]): boolean {
  return (
    base.length + rest.length === names.length &&
    startsWith(names, base) &&
    rest.every((name, at) => name === names[base.length + at])
  );
}
