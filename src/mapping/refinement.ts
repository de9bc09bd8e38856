/**
 * Mappings that are there already, refined by what DDFs tell of the same nodes.
 *
 * For an MO that a shipped mapping describes, its DDF's LocURIs come first, and its nodes replace those of the standard. Where the
 * backend sees another tree than the device has, because of renames or relocated nodes, and where the DDF is that of a whole device,
 * the nodes of the mapping stay and get format, occurrence and access of the device's:
 *
 * - A mapping with the minimum access types of a standard gives way, since the DDF describes the device as it is.
 * - A mapping that describes the device itself stays as it is: only an interior node whose children it does not describe gets those of
 *   the DDF.
 *
 * @see DM-2.0 §6.3.1, §6.3.1.1, §6.4
 */
import { childOf, type LocUri, nameOf, namesOf, ROOT } from '../mo/loc-uri.ts';
import type { Mutable } from '../mutable.ts';
import { commonValue, definedElsewhere, toDefinitions, uniteNodes, withDevice } from './ddf-mapping.ts';
import type { DescribedTree } from './ddf-read.ts';
import {
  childrenByName,
  describeChild,
  type MoMapping,
  type NodeDescription,
  type PlacedDefinition,
} from './mapping.ts';
import { distinctPlaces, type MoPlace, parentOfRoots } from './mo-place.ts';
import { matchesPrefix, rewrite } from './path-pattern.ts';
import { mappingAt, withDefinitions } from './placed-definition.ts';

/** Refines the mapping of the MO that the objects describe, each of which has at most one place. */
export function refine(known: MoMapping, objects: readonly MoMapping[]): MoMapping {
  const [first, ...others] = objects;
  if (known.find === 'virtual' || first === undefined) return known;
  const places = distinctPlaces([...objects.flatMap((object) => object.places), ...known.places]);
  const isDeviceTree = known.renames.length === 0 && known.relocated.length === 0;
  if (!isDeviceTree) return refineByDevice({ ...known, places }, toDeviceTree(objects.flatMap(treesOf)));
  const [man, mod] = [commonValue(objects, 'man'), commonValue(objects, 'mod')];
  if (others.length === 0) {
    return withDevice({ ...known, places, description: first.description, minimumAccess: false }, man, mod);
  }
  const refined: Mutable<MoMapping> = { ...known, places, definitions: toDefinitions(objects) };
  const anywhere = objects.filter((object) => object.places.length === 0);
  const elsewhere = anywhere.length === 0 ? undefined : definedElsewhere(anywhere);
  if (elsewhere !== undefined) {
    refined.description = elsewhere.description;
    refined.minimumAccess = false;
  }
  return withDevice(refined, man, mod);
}

/** The tree of an object at its place. */
function treesOf({ places, description }: MoMapping): readonly DescribedTree[] {
  return places.map((place) => ({ above: namesOf(parentOfRoots(place) ?? ROOT), node: description }));
}

/** One tree of the trees of all files; where they differ, the first one decides. */
export function toDeviceTree(trees: readonly DescribedTree[]): NodeDescription {
  return uniteNodes([undescribed('', []), ...trees.map(fromRoot)]);
}

/** The tree with the nodes above it, of which nothing is known. */
function fromRoot({ above, node }: DescribedTree): NodeDescription {
  return ['', ...above].reduceRight((below, name) => undescribed(name, [below]), node);
}

function undescribed(name: string, children: readonly NodeDescription[]): NodeDescription {
  return {
    name,
    format: 'node',
    access: ['Get'],
    occurrence: 'ZeroOrOne',
    scope: 'dynamic',
    minimumAccess: true,
    children,
  };
}

/** The mapping with what the tree tells of its places. */
export function refineByDevice(mapping: MoMapping, device: NodeDescription): MoMapping {
  if (mapping.find === 'virtual' || device.children.length === 0) return mapping;
  const definitions = mapping.places.flatMap((place) => definitionsAt(mapping, place, device));
  const [first] = definitions;
  if (first === undefined) return mapping;
  const [only, ...otherPlaces] = mapping.places;
  if (mapping.find !== 'type' && only?.kind === 'root' && otherPlaces.length === 0) {
    return { ...mapping, description: first.description, minimumAccess: false };
  }
  return { ...mapping, definitions: withDefinitions(mapping.definitions ?? [], definitions) };
}

/** One definition for the place; for the children of a node, one for each child that the tree names. */
function definitionsAt(mapping: MoMapping, place: MoPlace, device: NodeDescription): readonly PlacedDefinition[] {
  const { locUri, kind } = place;
  const found = descend(device, namesOf(locUri));
  if (found === undefined) return [];
  if (kind === 'root') return [refinedAt(mapping, place, locUri, device)];
  return found.children.map(({ name }) => {
    const root = childOf(locUri, name);
    return refinedAt(mapping, name === '' ? place : { locUri: root, kind: 'root' }, root, device);
  });
}

function refinedAt(mapping: MoMapping, place: MoPlace, root: LocUri, device: NodeDescription): PlacedDefinition {
  const own = mappingAt(mapping, root);
  const name = place.kind === 'root' ? nameOf(root) : '';
  const description = refineNode({ own, root: namesOf(root), device }, { ...own.description, name }, []);
  const definition: Mutable<PlacedDefinition> = { place, description, minimumAccess: false };
  const isRuleOfPlace = own.newInstance !== mapping.newInstance;
  if (isRuleOfPlace && own.newInstance !== undefined) definition.newInstance = own.newInstance;
  return definition;
}

/** A mapping, one root of it on the device, and the tree of the device. */
interface Refinement {
  readonly own: MoMapping;
  readonly root: readonly string[];
  readonly device: NodeDescription;
}

/** The description of the node at `path` in DM 2.0, with what the tree tells of it and of the nodes below. */
function refineNode(refinement: Refinement, node: NodeDescription, path: readonly string[]): NodeDescription {
  const { own } = refinement;
  const onDevice = nodeOnDevice(refinement, path);
  const refined: Mutable<NodeDescription> = own.minimumAccess ? withOwnProperties(node, onDevice) : { ...node };
  const children = node.children.map((child) => refineNode(refinement, child, [...path, child.name]));
  const isOpen = own.minimumAccess || node.children.length === 0;
  if (isOpen && node.format === 'node')
    children.push(...addedChildren(refinement, node, path, onDevice?.children ?? []));
  refined.children = children;
  return refined;
}

/**
 * Format, occurrence and access as the device has them, and its MIME types where the mapping names none; of a node that the tree does
 * not describe only the minimum is known.
 */
function withOwnProperties(node: NodeDescription, onDevice: NodeDescription | undefined): Mutable<NodeDescription> {
  const isSameKind = onDevice !== undefined && (onDevice.format === 'node') === (node.format === 'node');
  if (!isSameKind || onDevice.minimumAccess === true) return { ...node, minimumAccess: true };
  const { format, access, occurrence, max } = onDevice;
  const refined: Mutable<NodeDescription> = { ...node, format, access, occurrence };
  delete refined.max;
  if (max !== undefined) refined.max = max;
  if (node.type === undefined && onDevice.type !== undefined) {
    refined.type = onDevice.type;
    if (onDevice.otherTypes !== undefined) refined.otherTypes = onDevice.otherTypes;
  }
  return refined;
}

/** The children of the device's node that the description does not have. */
function addedChildren(
  refinement: Refinement,
  node: NodeDescription,
  path: readonly string[],
  onDevice: readonly NodeDescription[],
): readonly NodeDescription[] {
  const { renames } = refinement.own;
  const known = new Set(node.children.map(({ name }) => rewrite(renames, [...path, name]).at(-1)));
  const unnamed = childrenByName(node).get('');
  return onDevice.flatMap((child) => {
    const at = [...path, child.name];
    if (known.has(child.name) || rewrite(renames, at).at(-1) !== child.name) return [];
    return unnamed === undefined ? withoutMoid(child) : refineNode(refinement, { ...unnamed, name: child.name }, at);
  });
}

/** Below a place of a mapping the tree makes no MO. */
function withoutMoid({ moid: _, ...node }: NodeDescription): NodeDescription {
  return { ...node, children: node.children.map(withoutMoid) };
}

/** The node of the device's tree that DM 2.0 has at `path`. */
function nodeOnDevice({ own, root, device }: Refinement, path: readonly string[]): NodeDescription | undefined {
  const relocated = own.relocated.find((node) => matchesPrefix(node.path, path));
  if (relocated === undefined) return descend(device, [...root, ...rewrite(own.renames, path)]);
  return descend(device, [...namesOf(relocated.locUri), ...path.slice(relocated.path.length)]);
}

function descend(node: NodeDescription, names: readonly string[]): NodeDescription | undefined {
  return names.reduce<NodeDescription | undefined>(
    (at, name) => (at === undefined ? undefined : describeChild(at, name)),
    node,
  );
}
