/**
 * Nodes of DM 2.0 MO instances ↔ LocURIs, and the views and names that follow from them: the sub-tree that DM 2.0
 * shows, the MIID of an instance, the instance in which a LocURI lies.
 *
 * @see OMA-TS-DM_Protocol 2.0 §6.1, §12.1
 */
import { BoundedMap } from '../bounded-map.ts';
import type { MiidTable } from '../device/managed-device.ts';
import { describeNode, isHidden, type MoMapping } from '../mapping/mapping.ts';
import type { MoIndex } from '../mapping/mo-index.ts';
import { rewrite } from '../mapping/path-pattern.ts';
import { mappingAt } from '../mapping/placed-definition.ts';
import { isBelow, type LocUri, nameOf, namesOf, parentOf } from '../mo/loc-uri.ts';
import { type Miid, parseMiid } from '../mo/miid.ts';
import type { Moid } from '../mo/moid.ts';
import type { NodePath } from '../mo/node-path.ts';
import { entriesOf } from '../typed-entries.ts';
import { locUriOf, movedBelow, pathOf } from './node-address.ts';

/** A node of an MO instance as DM 2.0 addresses it. */
export interface InstanceNode {
  readonly moid: Moid;
  readonly miid: Miid;
  /** Names from below the MO root. */
  readonly path: NodePath;
}

/** One sub-tree of the device that holds a part of a 2.0 sub-tree. */
export interface TreePart {
  readonly locUri: LocUri;
  /** The 2.0 path of its top node. */
  readonly path: NodePath;
  /** The kind of the top node in the mapping. */
  readonly expect: 'leaf' | 'unknown';
}

/** The path with alternative spellings replaced, such as `ServerID` in the DM Account of Appendix I. */
export function canonicalPath(mapping: MoMapping, path: NodePath): NodePath {
  return rewrite(mapping.pathAliases, path);
}

/** The parts of the nodes of a mapping, by the roots of their instances and their paths. */
const knownParts = new WeakMap<MoMapping, BoundedMap<readonly TreePart[]>>();

/** Most nodes of one mapping whose parts are kept, about 1 KB each, and most characters of their addresses. */
const MAX_KEPT_NODES = 256;
const MAX_KEPT_LENGTH = 256;

/**
 * The sub-trees that must be read to show the 2.0 sub-tree at `path`; the first is its top node. They are kept, because devices of
 * one kind have the same roots and backends read the same nodes of all of them.
 */
export function treePartsOf(mapping: MoMapping, root: LocUri, path: NodePath): readonly TreePart[] {
  const byNode = knownParts.get(mapping) ?? new BoundedMap(MAX_KEPT_NODES);
  knownParts.set(mapping, byNode);
  const key = path.length === 0 ? root : `${root}\n${path.join('/')}`;
  const known = byNode.get(key);
  if (known !== undefined) return known;
  const parts = findTreeParts(mapping, root, path);
  if (key.length <= MAX_KEPT_LENGTH) byNode.set(key, parts);
  return parts;
}

function findTreeParts(mapping: MoMapping, root: LocUri, path: NodePath): readonly TreePart[] {
  const placed = mappingAt(mapping, root);
  const toPart = (partPath: NodePath): TreePart => {
    const format = describeNode(placed, partPath)?.format ?? 'node';
    const locUri = locUriOf(mapping, root, partPath);
    return { locUri, path: partPath, expect: format === 'node' ? 'unknown' : 'leaf' };
  };
  const main = toPart(path);
  const outside = movedBelow(mapping, path)
    .map(toPart)
    .filter(({ locUri }) => !isBelow(locUri, main.locUri));
  return [main, ...outside].filter((part) => !isHidden(mapping, part.path));
}

/**
 * The MIIDs of instances of one MO, in the order of their roots. A new instance gets the name of its root node, made unique, in the
 * returned table. The cost grows with the number of roots, and once with that of the instances.
 */
export function assignMiidsOf(
  miids: MiidTable,
  moid: Moid,
  roots: readonly LocUri[],
): { readonly assigned: readonly Miid[]; readonly miids: MiidTable } {
  const instances = instancesOf(miids, moid);
  const known = miidsByRoot(instances);
  if (roots.every((root) => known.has(root)))
    return { assigned: roots.flatMap((root) => known.get(root) ?? []), miids };
  const added = new Map<LocUri, Miid>();
  const taken = new Set<string>();
  const counts = new Map<string, number>();
  const assigned = roots.map((root): Miid => {
    const given = known.get(root) ?? added.get(root);
    if (given !== undefined) return given;
    const miid = uniqueMiid(nameOf(root), counts, (name) => taken.has(name) || Object.hasOwn(instances, name));
    taken.add(miid);
    added.set(root, miid);
    return miid;
  });
  // Entries, not a literal: `__proto__` is a legal node name.
  const grown = Object.fromEntries([
    ...entriesOf(instances),
    ...[...added].map(([root, miid]) => [miid, root] as const),
  ]);
  const others = entriesOf(miids).filter(([other]) => other !== moid);
  return { assigned, miids: Object.fromEntries([...others, [moid, grown] as const]) };
}

/** The table with a MIID for each of these roots. */
export function assignMiids(
  miids: MiidTable,
  roots: readonly { readonly moid: Moid; readonly root: LocUri }[],
): MiidTable {
  let grown = miids;
  for (const [moid, ofMoid] of Map.groupBy(roots, (each) => each.moid)) {
    const assigned = assignMiidsOf(
      grown,
      moid,
      ofMoid.map(({ root }) => root),
    );
    grown = assigned.miids;
  }
  return grown;
}

/** The root of the instance that has, or once had, the MIID. */
export function rootWithMiid(miids: MiidTable, moid: Moid, miid: Miid): LocUri | undefined {
  const instances = instancesOf(miids, moid);
  return Object.hasOwn(instances, miid) ? instances[miid] : undefined;
}

/** Tables never change, and each command asks for the instances of its MO. */
const miidsByRoots = new WeakMap<Readonly<Record<Miid, LocUri>>, ReadonlyMap<LocUri, Miid>>();

function miidsByRoot(instances: Readonly<Record<Miid, LocUri>>): ReadonlyMap<LocUri, Miid> {
  const known = miidsByRoots.get(instances);
  if (known !== undefined) return known;
  const byRoot = new Map<LocUri, Miid>();
  for (const [miid, root] of entriesOf(instances)) if (!byRoot.has(root)) byRoot.set(root, miid);
  miidsByRoots.set(instances, byRoot);
  return byRoot;
}

/** The 2.0 address of a node of the device; where instances are nested, the innermost that has an address for it. */
export function clientUriOf(index: MoIndex, miids: MiidTable, locUri: LocUri): InstanceNode | undefined {
  let best: (InstanceNode & { readonly anchor: number }) | undefined;
  const names = namesOf(locUri);
  const instances = instancesByLocUri(index, miids);
  for (let at: LocUri | undefined = locUri; at !== undefined; at = parentOf(at)) {
    for (const { mapping, moid, miid, root } of instances.get(at) ?? []) {
      const found = pathOf(mapping, namesOf(root), names);
      if (found !== undefined && found.anchor > (best?.anchor ?? -1)) best = { moid, miid, ...found };
    }
  }
  return best === undefined ? undefined : { moid: best.moid, miid: best.miid, path: best.path };
}

/** An instance of a device. */
interface KnownInstance {
  readonly mapping: MoMapping;
  readonly moid: Moid;
  readonly miid: Miid;
  readonly root: LocUri;
}

/** The instances by the LocURIs of their roots and of their relocated nodes. */
type InstancesByLocUri = ReadonlyMap<LocUri, readonly KnownInstance[]>;

/** Tables never change, and each alert of a long list asks for the same one. */
const instancesOfTables = new WeakMap<MiidTable, { readonly index: MoIndex; readonly instances: InstancesByLocUri }>();

function instancesByLocUri(index: MoIndex, miids: MiidTable): InstancesByLocUri {
  const known = instancesOfTables.get(miids);
  if (known?.index === index) return known.instances;
  const instances = new Map<LocUri, KnownInstance[]>();
  for (const [moid, roots] of entriesOf(miids)) {
    const mapping = index.byMoid(moid) ?? index.fallbackMapping(moid);
    for (const [miid, root] of entriesOf(roots)) {
      for (const locUri of [root, ...mapping.relocated.map((node) => node.locUri)]) {
        const there = instances.get(locUri) ?? [];
        instances.set(locUri, there);
        there.push({ mapping, moid, miid, root });
      }
    }
  }
  instancesOfTables.set(miids, { index, instances });
  return instances;
}

/** The roots of the instances that the device has, or once had, by MIID. */
export function instancesOf(miids: MiidTable, moid: Moid): Readonly<Record<Miid, LocUri>> {
  return Object.hasOwn(miids, moid) ? (miids[moid] ?? {}) : {};
}

/** `counts`: for each name the number at which the search goes on. */
function uniqueMiid(name: string, counts: Map<string, number>, isTaken: (name: string) => boolean): Miid {
  if (!isTaken(name)) return parseMiid(name);
  let count = counts.get(name) ?? 2;
  while (isTaken(`${name}-${count}`)) count += 1;
  counts.set(name, count + 1);
  return parseMiid(`${name}-${count}`);
}
