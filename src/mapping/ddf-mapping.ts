/**
 * Makes mappings of vendors' DDFs alone: the MOID is that of the MO's root node, the usual LocURI follows from Path, and
 * instances are found by their Type.
 *
 * A tree whose nodes have no MOID gets a generated one, which contains its path. Several DDFs of one MOID, each with a root
 * of its own, become one mapping with a definition for each root.
 *
 * @see DM-2.0 §6.3.2, §6.4, §13.3
 */

import { childOf, descendantOf, type LocUri, ROOT } from '../mo/loc-uri.ts';
import { type Moid, moidKey, moidName, parseMoid } from '../mo/moid.ts';
import type { Mutable } from '../mutable.ts';
import type { DdfTree, DescribedTree } from './ddf-read.ts';
import {
  type FindRule,
  isSingle,
  type MoMapping,
  type NodeDescription,
  type PlacedDefinition,
  UNCHANGED,
} from './mapping.ts';
import { distinctPlaces, type MoPlace } from './mo-place.ts';

/** An MO that a DDF describes. */
export interface DdfObject {
  /** A mapping with at most one place. */
  readonly mapping: MoMapping;
  /** The LocURI of its root, in which an un-named node is `<x>`. */
  readonly root: string;
}

/**
 * The MOs of a DDF. In that of a whole device only nodes with a MOID are roots of MOs, and what lies at or below a place for which
 * `isKnown` returns true belongs to the MO there.
 */
export function toDdfObjects(ddf: DdfTree, isKnown: (place: MoPlace) => boolean = () => false): readonly DdfObject[] {
  const { trees, man, mod, isWholeDevice } = ddf;
  const found = trees.flatMap((tree) => (isWholeDevice ? namedObjects(tree, isKnown) : findObjects(tree)));
  return found.map((object) => ({
    mapping: withDevice(toDdfMapping(object), man, mod),
    root: ['.', ...object.above, object.node.name].map((name) => name || '<x>').join('/'),
  }));
}

/** The mappings of one DDF alone. */
export function toDdfMappings(ddf: DdfTree): readonly MoMapping[] {
  const objects = toDdfObjects(ddf).map(({ mapping }) => mapping);
  const byMoid = Map.groupBy(objects, ({ moid }) => moidKey(moid));
  return [...byMoid.values()].flatMap((parts) => combine(parts) ?? []);
}

/**
 * The mapping of an MO that several DDFs, or one with several roots, describe. At a place that none of them names, only what
 * is equal in all of them is known: the whole description, or nothing.
 */
export function combine(objects: readonly MoMapping[]): MoMapping | undefined {
  const [first, ...others] = objects;
  if (first === undefined || others.length === 0) return first;
  const elsewhere = definedElsewhere(objects);
  const isNamedAlike = others.every(({ name }) => name === first.name);
  const name = isNamedAlike ? first.name : moidName(first.moid);
  const { man: _man, mod: _mod, newInstance: _newInstance, ...common } = first;
  const mapping: Mutable<MoMapping> = {
    ...common,
    name,
    places: distinctPlaces(objects.flatMap(({ places }) => places)),
    description: elsewhere?.description ?? undescribed(name),
    definitions: toDefinitions(objects),
    minimumAccess: elsewhere === undefined,
  };
  return withDevice(mapping, commonValue(objects, 'man'), commonValue(objects, 'mod'));
}

/** The mapping with one description for all its places, for a file that can hold no more: the first one decides. */
export function withOneDescription(mapping: MoMapping): MoMapping {
  const { definitions = [], ...one } = mapping;
  const [first, ...others] = definitions.map(({ description }) => description);
  const newInstance = mapping.newInstance ?? definitions.find((each) => each.newInstance !== undefined)?.newInstance;
  const united: Mutable<MoMapping> = { ...one };
  if (first !== undefined) {
    united.description = uniteNodes([first, ...others]);
    united.minimumAccess = false;
  }
  if (newInstance !== undefined) united.newInstance = newInstance;
  return united;
}

/** Combines descriptions; the first one decides where they differ, except one of which nothing but its children is known. */
export function uniteNodes(nodes: readonly [NodeDescription, ...NodeDescription[]]): NodeDescription {
  const first = nodes.find(({ minimumAccess }) => minimumAccess !== true) ?? nodes[0];
  if (first.format !== 'node') return first;
  const byName = new Map<string, [NodeDescription, ...NodeDescription[]]>();
  for (const child of nodes.flatMap(({ children }) => children)) {
    const twins = byName.get(child.name);
    if (twins === undefined) byName.set(child.name, [child]);
    else twins.push(child);
  }
  return { ...first, children: Array.from(byName.values(), uniteNodes) };
}

export function toDefinitions(objects: readonly MoMapping[]): readonly PlacedDefinition[] {
  return objects.flatMap(({ places, description, minimumAccess, newInstance }) =>
    places.map((place) => {
      const definition: Mutable<PlacedDefinition> = { place, description, minimumAccess };
      if (newInstance !== undefined) definition.newInstance = newInstance;
      return definition;
    }),
  );
}

/** A root of which nothing is known but that it is one: the formats are those of the device. */
function undescribed(name: string): NodeDescription {
  return { name, format: 'node', access: ['Get'], occurrence: 'ZeroOrMore', scope: 'dynamic', children: [] };
}

/** The object whose definition counts at places that no DDF names: those without a place decide, if there are any. */
export function definedElsewhere(objects: readonly MoMapping[]): MoMapping | undefined {
  const anywhere = objects.filter(({ places }) => places.length === 0);
  const [first, ...others] = anywhere.length > 0 ? anywhere : objects;
  if (first === undefined) return undefined;
  const text = definitionText(first);
  return others.every((each) => definitionText(each) === text) ? first : undefined;
}

/** The definition as text, whatever the name of the root. */
function definitionText({ description }: MoMapping): string {
  return JSON.stringify({ ...description, name: '' });
}

export function commonValue(objects: readonly MoMapping[], key: 'man' | 'mod'): string | undefined {
  const [value, ...others] = new Set(objects.map((object) => object[key]));
  return others.length === 0 ? value : undefined;
}

/** A Management Object that a DDF describes. */
interface MoObject extends DescribedTree {
  readonly moid: Moid;
  /** The document has no MOID for it. */
  readonly isGenerated: boolean;
}

/** The MOs in a tree, nested ones too. When leaves are outside all of them, the top node is the root of one more MO. */
function findObjects(tree: DescribedTree): readonly MoObject[] {
  const named = namedObjects(tree, () => false);
  const isCovered = tree.node.moid !== undefined || !hasLeafOutsideObjects(tree.node);
  return isCovered ? named : [{ ...tree, moid: generatedMoid(tree), isGenerated: true }, ...named];
}

function namedObjects({ above, node }: DescribedTree, isKnown: (place: MoPlace) => boolean): readonly MoObject[] {
  const place = placeOf(above, node.name);
  if (place !== undefined && isKnown(place)) return [];
  const own = node.moid === undefined ? [] : [{ above, node, moid: node.moid, isGenerated: false }];
  const path = [...above, node.name];
  return [...own, ...node.children.flatMap((child) => namedObjects({ above: path, node: child }, isKnown))];
}

/** The place of a root; undefined below an un-named node, and for OMA's own files: they call a root `<x>` and give no Path. */
function placeOf(above: readonly string[], name: string): MoPlace | undefined {
  const isAnywhere = above.includes('') || (above.length === 0 && name === '');
  return isAnywhere ? undefined : placeBelow(descendantOf(ROOT, above), name);
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
  const place = placeOf(above, node.name);
  const mapping: Mutable<MoMapping> = {
    ...UNCHANGED,
    moid,
    name: node.name || moidName(moid),
    dm1Moids: [moid],
    find: isGenerated ? findRuleWithoutType(root) : 'type',
    places: place === undefined ? [] : [place],
    description: root,
    minimumAccess: false,
  };
  const canBeAdded = node.scope === 'dynamic' && node.access.includes('Add');
  if (canBeAdded && above.length > 0 && place !== undefined) {
    mapping.newInstance = { parent: descendantOf(ROOT, above), single: isSingle(node) };
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

/** The mapping with the manufacturer and the model that are given. */
export function withDevice(mapping: MoMapping, man: string | undefined, mod: string | undefined): MoMapping {
  const described: Mutable<MoMapping> = { ...mapping };
  if (man !== undefined) described.man = man;
  if (mod !== undefined) described.mod = mod;
  return described;
}
