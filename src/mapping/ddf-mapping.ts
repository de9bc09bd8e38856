/**
 * Makes mappings of a vendor's DDF alone: the MOID is that of the MO's root node, the usual LocURI follows from Path, and
 * instances are found by their Type.
 *
 * A tree whose nodes have no MOID gets a generated one, which contains its path. For an MO that a shipped mapping
 * describes, the DDF refines that mapping: its LocURIs come first, and its nodes replace those of the standard.
 *
 * @see DM-2.0 §6.3.2, §13.3
 */

import { childOf, descendantOf, type LocUri, ROOT } from '../mo/loc-uri.ts';
import { type Moid, moidKey, moidName, parseMoid } from '../mo/moid.ts';
import type { Mutable } from '../mutable.ts';
import type { DdfTree, DescribedTree } from './ddf-read.ts';
import { type FindRule, isSingle, type MoMapping, type NodeDescription, UNCHANGED } from './mapping.ts';
import { distinctPlaces, type MoPlace } from './mo-place.ts';

/** The mappings of one DDF, and a message for each one without a usual place. */
interface DdfMappings {
  readonly mappings: readonly MoMapping[];
  readonly leftOut: readonly string[];
}

/** Makes the mappings. A MOID at several LocURIs, such as one per user and one per device, is one mapping. */
export function toDdfMappings({ trees, man, mod }: DdfTree): DdfMappings {
  const objects = trees.flatMap(findObjects);
  const byMoid = new Map<string, MoMapping>();
  for (const object of objects) {
    const mapping = withDevice(toDdfMapping(object), man, mod);
    const known = byMoid.get(moidKey(mapping.moid));
    byMoid.set(moidKey(mapping.moid), known === undefined ? mapping : unite(known, mapping));
  }
  const mappings = [...byMoid.values()];
  const unplaced = mappings.filter(({ places }) => places.length === 0);
  return { mappings, leftOut: unplaced.map(({ moid }) => `${moid}: no usual place; found by its Type alone`) };
}

/** Adds a DDF's mapping to the known mappings, or refines the one of the same MO; see the head of this file. */
export function layOver(mappings: readonly MoMapping[], added: MoMapping): readonly MoMapping[] {
  const isNamed = (moids: readonly string[]) => moids.some((moid) => moidKey(moid) === moidKey(added.moid));
  const known =
    mappings.find(({ dm1Moids }) => isNamed(dm1Moids)) ??
    mappings.find(({ moid, aliases }) => isNamed([moid, ...aliases]));
  if (known === undefined) return [...mappings, added];
  return mappings.map((mapping) => (mapping === known ? refine(known, added) : mapping));
}

/** Combines two mappings; the first one decides where they differ. */
export function unite(one: MoMapping, other: MoMapping): MoMapping {
  const united: Mutable<MoMapping> = { ...one, description: uniteNodes(one.description, other.description) };
  united.places = distinctPlaces([...one.places, ...other.places]);
  const newInstance = one.newInstance ?? other.newInstance;
  if (newInstance !== undefined) united.newInstance = newInstance;
  return united;
}

/** A Management Object that a DDF describes. */
interface MoObject extends DescribedTree {
  readonly moid: Moid;
  /** The document has no MOID for it. */
  readonly isGenerated: boolean;
}

/** The MOs in a tree, nested ones too. When leaves are outside all of them, the top node is the root of one more MO. */
function findObjects(tree: DescribedTree): readonly MoObject[] {
  const named = namedObjects(tree);
  const isCovered = tree.node.moid !== undefined || !hasLeafOutsideObjects(tree.node);
  return isCovered ? named : [{ ...tree, moid: generatedMoid(tree), isGenerated: true }, ...named];
}

function namedObjects({ above, node }: DescribedTree): readonly MoObject[] {
  const own = node.moid === undefined ? [] : [{ above, node, moid: node.moid, isGenerated: false }];
  return [...own, ...node.children.flatMap((child) => namedObjects({ above: [...above, node.name], node: child }))];
}

function hasLeafOutsideObjects(node: NodeDescription): boolean {
  if (node.moid !== undefined) return false;
  return node.children.length === 0 || node.children.some(hasLeafOutsideObjects);
}

function generatedMoid({ above, node }: DescribedTree): Moid {
  const names = [...above, node.name].map((name) => name.replaceAll(/[^\w.-]/g, '_') || 'x');
  return parseMoid(`urn:x-ddf:mo:${names.join('-')}:1.0`);
}

function toDdfMapping({ above, node, moid, isGenerated }: MoObject): MoMapping {
  const { moid: _, ...root } = node;
  const isBelowUnnamed = above.includes('');
  // OMA's own files call the root of an MO `<x>` and give no Path: such a root may be anywhere.
  const isAnywhere = isBelowUnnamed || (above.length === 0 && node.name === '');
  const parent = descendantOf(ROOT, above);
  const mapping: Mutable<MoMapping> = {
    ...UNCHANGED,
    moid,
    name: node.name || moidName(moid),
    dm1Moids: [moid],
    find: isGenerated ? findRuleWithoutType(root) : 'type',
    places: isAnywhere ? [] : [placeBelow(parent, node.name)],
    description: root,
    minimumAccess: false,
  };
  const canBeAdded = node.scope === 'dynamic' && node.access.includes('Add');
  if (canBeAdded && above.length > 0 && !isBelowUnnamed) {
    mapping.newInstance = { parent, single: isSingle(node) };
  }
  return mapping;
}

/** The place of a root with this name; one without a name means each child. */
function placeBelow(parent: LocUri, name: string): MoPlace {
  return name === '' ? { locUri: parent, kind: 'parent' } : { locUri: childOf(parent, name), kind: 'root' };
}

/** The bridge searches a device for interior nodes only; a single leaf is read when a backend addresses it. */
function findRuleWithoutType({ format }: Pick<NodeDescription, 'format'>): FindRule {
  return format === 'node' ? 'place' : 'fixed';
}

function refine(known: MoMapping, added: MoMapping): MoMapping {
  if (known.find === 'virtual') return known;
  const places = distinctPlaces([...added.places, ...known.places]);
  // With renames or relocated nodes the backend sees another tree than the device has, which is what the DDF describes.
  const isSameTree = known.renames.length === 0 && known.relocated.length === 0;
  if (!isSameTree) return { ...known, places };
  const { description, man, mod } = added;
  return withDevice({ ...known, places, description, minimumAccess: false }, man, mod);
}

/** The mapping with the manufacturer and the model that are given. */
function withDevice(mapping: MoMapping, man: string | undefined, mod: string | undefined): MoMapping {
  const described: Mutable<MoMapping> = { ...mapping };
  if (man !== undefined) described.man = man;
  if (mod !== undefined) described.mod = mod;
  return described;
}

function uniteNodes(one: NodeDescription, other: NodeDescription): NodeDescription {
  const added = other.children.filter(({ name }) => !one.children.some((child) => child.name === name));
  const children = one.children.map((child) => {
    const twin = other.children.find(({ name }) => name === child.name);
    return twin === undefined ? child : uniteNodes(child, twin);
  });
  return { ...one, children: one.format === 'node' ? [...children, ...added] : [] };
}
