/**
 * From what a vendor's DDF describes to mappings, with nothing else written: the MOID is that of the MO's root node, its
 * place follows from Path, instances are found by their Type.
 *
 * A tree whose nodes carry no MOID is bridged under a made-up one that tells its place. For an MO that a shipped mapping
 * knows, the DDF refines that mapping: its places come first, and its nodes replace those of the standard.
 *
 * @see DM-2.0 §6.3.2, §13.3
 */
import type { DdfTree, DescribedTree } from './ddf-read.ts';
import { placeOf } from './ddf-read.ts';
import { AS_IT_IS, type FindRule, type MoMapping, type NodeDescription } from './mapping.ts';
import { moidKey, moidName } from './moid.ts';

/** The mappings of one DDF, and what it describes that none of them holds. */
export interface DdfMappings {
  readonly mappings: readonly MoMapping[];
  readonly leftOut: readonly string[];
}

/** Makes the mappings; the same MOID at several places, such as per user and per device, is one mapping. */
export function toDdfMappings({ trees, man, mod }: DdfTree): DdfMappings {
  const objects = trees.flatMap(findObjects);
  const device = { ...(man !== undefined && { man }), ...(mod !== undefined && { mod }) };
  const made = objects.map((object): MoMapping => ({ ...toDdfMapping(object), ...device }));
  const byMoid = Map.groupBy(made, ({ moid }) => moidKey(moid));
  const mappings = [...byMoid.values()].flatMap(([first, ...others]) =>
    first === undefined ? [] : [others.reduce(unite, first)],
  );
  const unplaced = mappings.filter(({ roots }) => roots.length === 0);
  return { mappings, leftOut: unplaced.map(({ moid }) => `${moid}: no usual place; found by its Type alone`) };
}

/** Lays a DDF's mapping over the mappings there are; see the head of this file. */
export function layOver(mappings: readonly MoMapping[], added: MoMapping): readonly MoMapping[] {
  const isNamed = (moids: readonly string[]) => moids.some((moid) => moidKey(moid) === moidKey(added.moid));
  const known =
    mappings.find(({ dm1Moids }) => isNamed(dm1Moids)) ??
    mappings.find(({ moid, aliases }) => isNamed([moid, ...aliases]));
  if (known === undefined) return [...mappings, added];
  return mappings.map((mapping) => (mapping === known ? refine(known, added) : mapping));
}

/** Both together, the first deciding where they differ. */
export function unite(one: MoMapping, other: MoMapping): MoMapping {
  const roots = [...new Set([...one.roots, ...other.roots])];
  const newInstance = one.newInstance ?? other.newInstance;
  return {
    ...one,
    roots,
    ...(newInstance !== undefined && { newInstance }),
    description: uniteNodes(one.description, other.description),
  };
}

interface MoObject extends DescribedTree {
  readonly moid: string;
  /** The document names no MOID. */
  readonly isMadeUp: boolean;
}

/** The MOs in a tree, nested ones too; with leaves outside all of them the top is one as well. */
function findObjects(tree: DescribedTree): readonly MoObject[] {
  const named = namedObjects(tree);
  const isCovered = tree.node.moid !== undefined || !hasLooseLeaf(tree.node);
  return isCovered ? named : [{ ...tree, moid: madeUpMoid(tree), isMadeUp: true }, ...named];
}

function namedObjects({ above, node }: DescribedTree): readonly MoObject[] {
  const own = node.moid === undefined ? [] : [{ above, node, moid: node.moid, isMadeUp: false }];
  return [...own, ...node.children.flatMap((child) => namedObjects({ above: [...above, node.name], node: child }))];
}

function hasLooseLeaf(node: NodeDescription): boolean {
  if (node.moid !== undefined) return false;
  return node.children.length === 0 || node.children.some(hasLooseLeaf);
}

function madeUpMoid({ above, node }: DescribedTree): string {
  const names = [...above, node.name].map((name) => name.replaceAll(/[^\w.-]/g, '_') || 'x');
  return `urn:x-ddf:mo:${names.join('-')}:1.0`;
}

function toDdfMapping({ above, node, moid, isMadeUp }: MoObject): MoMapping {
  const { moid: _, ...root } = node;
  // OMA's own files call the root of an MO `<x>` and say nothing of where it stands: that is anywhere.
  const isAnywhere = above.includes('') || (above.length === 0 && node.name === '');
  const place = isAnywhere ? undefined : placeOf([...above, node.name]).replace(/<x>$/, '*');
  const isCreatable =
    node.scope === 'dynamic' && node.access.includes('Add') && above.length > 0 && !above.includes('');
  return {
    ...AS_IT_IS,
    moid,
    name: node.name || moidName(moid),
    dm1Moids: [moid],
    find: isMadeUp ? findRuleByPlace(root) : 'type',
    roots: place === undefined ? [] : [place],
    ...(isCreatable && {
      newInstance: { parent: placeOf(above), single: /^(One|ZeroOrOne)$/.test(node.occurrence) },
    }),
    description: root,
    minimumAccess: false,
  };
}

/** A device is searched for interior nodes; a leaf by itself is asked for when somebody wants it. */
function findRuleByPlace({ format }: Pick<NodeDescription, 'format'>): FindRule {
  return format === 'node' ? 'place' : 'fixed';
}

function refine(known: MoMapping, added: MoMapping): MoMapping {
  if (known.find === 'virtual') return known;
  const roots = [...new Set([...added.roots, ...known.roots])];
  // Where DM 2.0 names nodes otherwise than the device, the DDF describes another tree than the backend sees.
  const isSameTree = known.renames.length === 0 && known.relocated.length === 0;
  if (!isSameTree) return { ...known, roots };
  const { description, man, mod } = added;
  const device = { ...(man !== undefined && { man }), ...(mod !== undefined && { mod }) };
  return { ...known, ...device, roots, description, minimumAccess: false };
}

function uniteNodes(one: NodeDescription, other: NodeDescription): NodeDescription {
  const added = other.children.filter(({ name }) => !one.children.some((child) => child.name === name));
  const children = one.children.map((child) => {
    const twin = other.children.find(({ name }) => name === child.name);
    return twin === undefined ? child : uniteNodes(child, twin);
  });
  return { ...one, children: one.format === 'node' ? [...children, ...added] : [] };
}
