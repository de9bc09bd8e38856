/**
 * The mapping of one Management Object: which DM 2.0 MO belongs to which part of a DM 1.x device's tree.
 *
 * This is the form in memory, with every default filled in. `mapping-file.ts` makes it of a YAML file, `ddf-mapping.ts`
 * of a DDF. docs/mappings.md explains each key.
 *
 * @see OMA-TS-DM_Protocol 2.0 §6.1, §6.3, §13
 */
import type { LocUri } from '../mo/loc-uri.ts';
import type { Moid } from '../mo/moid.ts';
import type { NodeFormat } from '../mo/node.ts';
import type { FragmentSchema } from '../xml-data/alert-payload.ts';
import type { MoPlace } from './mo-place.ts';
import { matchesPath, matchesPrefix, type PathPattern, type Rewrite } from './path-pattern.ts';

/** DM-2.0 §6.3.1 "Min. Access Type". */
export const ACCESS_TYPES = ['Add', 'Delete', 'Exec', 'Get', 'Replace'] as const;
export type AccessType = (typeof ACCESS_TYPES)[number];

/** DM-2.0 §6.3.1 "Occurrence". */
export const OCCURRENCES = ['One', 'ZeroOrOne', 'ZeroOrMore', 'OneOrMore', 'ZeroOrN', 'OneOrN'] as const;
export type Occurrence = (typeof OCCURRENCES)[number];

/** One node of an MO definition, with its properties as in a DDF (DM-2.0 §6.3.1). */
export interface NodeDescription {
  /** '' for an un-named node (`<x>`), which describes every child that no other description names. */
  readonly name: string;
  readonly format: NodeFormat;
  readonly access: readonly AccessType[];
  readonly occurrence: Occurrence;
  readonly scope: 'permanent' | 'dynamic';
  /** MIME type of a leaf. */
  readonly type?: string;
  /** Further MIME types that the leaf may have. */
  readonly otherTypes?: readonly string[];
  /** MOID of another MO whose root is this interior node. */
  readonly moid?: Moid;
  /** The N of `ZeroOrN` and `OneOrN`: 2 to 65536. */
  readonly max?: number;
  /** DFTitle: a name for people. */
  readonly title?: string;
  /** Description: a text for people. */
  readonly about?: string;
  /** The value of a leaf that was never set. */
  readonly defaultValue?: string;
  /** `CIS`: case does not matter in the node's name and in the names below it. Inherited when absent, `CS` at the top. */
  readonly caseSense?: 'CS' | 'CIS';
  /** Of this node only the minimum that a standard demands is known: a device may allow more, so nothing is refused. */
  readonly minimumAccess?: true;
  readonly children: readonly NodeDescription[];
}

/**
 * The way in which instances are found on a device:
 * - `fixed`: at `roots`, which every device has;
 * - `type`: by the Type property of interior nodes, or at `roots` on a device that reports no Types;
 * - `place`: at those of `roots` that the device has;
 * - `virtual`: not on the device, because the bridge makes the MO.
 */
export type FindRule = 'fixed' | 'type' | 'place' | 'virtual';

/** The time for which a cached instance may answer reads without a confirmation of the device (docs/mappings.md, `cache`). */
export type CachePolicy = { readonly policy: 'static' } | { readonly policy: 'ttl'; readonly seconds: number };

/** A Generic Alert that instances of the MO send. */
export interface MappedAlertType {
  readonly type: string;
  /** Present when the data goes to the backend as `application/json` (DM-2.0 §13.1): the types of its elements. */
  readonly json?: FragmentSchema;
  /** The nodes whose EXEC it completes. */
  readonly exec?: PathPattern;
}

/** A node of the DM 2.0 MO that a DM 1.x device has outside the instance. */
export interface RelocatedNode {
  /** DM 2.0 path from below the MO root. */
  readonly path: readonly string[];
  readonly locUri: LocUri;
}

export interface MoMapping {
  /** The MOID toward the backend. */
  readonly moid: Moid;
  /** Label of the MO and usual name of its root node. */
  readonly name: string;
  /** Further MOIDs by which a backend may call it. */
  readonly aliases: readonly Moid[];
  /** Values of the Type property that mark an instance on a device. */
  readonly dm1Moids: readonly Moid[];
  readonly find: FindRule;
  /** The usual places of the MO root. */
  readonly places: readonly MoPlace[];
  /** Absent: HGET cannot create an instance. */
  readonly newInstance?: NewInstanceRule;
  /** The MO root with everything below it, at every place that has no definition of its own. */
  readonly description: NodeDescription;
  /** The definitions that count at one place alone, each place once; see `mappingAt`. */
  readonly definitions?: readonly PlacedDefinition[];
  /** DM 2.0 path → DM 1.x path, both from below the MO root. */
  readonly renames: readonly Rewrite[];
  readonly relocated: readonly RelocatedNode[];
  /** Other spelling of a DM 2.0 path → the path. */
  readonly pathAliases: readonly Rewrite[];
  /** Nodes that change all the time, with everything below them. */
  readonly volatile: readonly PathPattern[];
  /** The file lists its volatile nodes, so Alerts 1227 and 1228 report every change of the others (DM-1.3 §6.8). */
  readonly knowsVolatile?: true;
  /** Nodes that the backend never sees, with everything below them. */
  readonly hidden: readonly PathPattern[];
  /** The name of the leaf under which the backend sees the value of a node that has children, or Format null. */
  readonly valueLeaf?: string;
  readonly cache?: CachePolicy;
  readonly alertTypes: readonly MappedAlertType[];
  /** Man of the DDF: the manufacturer of the devices that a vendor's description is for. */
  readonly man?: string;
  /** Mod of the DDF: their model. */
  readonly mod?: string;
  /** The access types are the minimum that a standard demands: a device may allow more, so they never refuse a write. */
  readonly minimumAccess: boolean;
}

/** The definition of an MO at one of its places, such as the root that one of several DDFs describes. */
export interface PlacedDefinition {
  readonly place: MoPlace;
  readonly description: NodeDescription;
  readonly minimumAccess: boolean;
  /** Absent: HGET cannot create an instance at this place. */
  readonly newInstance?: NewInstanceRule;
}

/** The rule by which HGET creates an instance of an MO. */
export interface NewInstanceRule {
  /** The node below which the instance is added. */
  readonly parent: LocUri;
  /** A device has at most one instance. */
  readonly single: boolean;
}

/** The members of a mapping under which the backend sees the MO exactly as the device has it. */
export const UNCHANGED = {
  aliases: [],
  renames: [],
  relocated: [],
  pathAliases: [],
  volatile: [],
  hidden: [],
  alertTypes: [],
} as const satisfies Partial<MoMapping>;

/** True when the mapping moves, renames and hides no node. */
export function isUnchanged({ renames, relocated, hidden }: MoMapping): boolean {
  return renames.length === 0 && relocated.length === 0 && hidden.length === 0;
}

/** True when the device must be asked whether it has an instance. */
export function isSearched({ find }: Pick<MoMapping, 'find'>): boolean {
  return find === 'type' || find === 'place';
}

/** True when the occurrence of the MO root lets a device have at most one instance. */
export function isSingle({ occurrence }: Pick<NodeDescription, 'occurrence'>): boolean {
  return occurrence === 'One' || occurrence === 'ZeroOrOne';
}

/** True for a node, or anything below one, that the backend never sees (such as Perm, DM-2.0 §12.2). */
export function isHidden(mapping: MoMapping, path: readonly string[]): boolean {
  return mapping.hidden.some((pattern) => matchesPrefix(pattern, path));
}

/** True for the leaf under which the backend sees the own value of the node above. It is no node of the device. */
export function isValueLeaf({ valueLeaf }: MoMapping, path: readonly string[]): boolean {
  return valueLeaf !== undefined && path.at(-1) === valueLeaf;
}

/** True when the sub-tree at `path` holds, or lies in, nodes that change all the time. */
export function hasVolatile(mapping: MoMapping, path: readonly string[]): boolean {
  return mapping.volatile.some(
    (pattern) => matchesPrefix(pattern, path) || matchesPrefix(pattern.slice(0, path.length), path),
  );
}

/** True for a node that changes all the time, or lies below one. */
export function isVolatile(mapping: MoMapping, path: readonly string[]): boolean {
  return mapping.volatile.some((pattern) => matchesPrefix(pattern, path));
}

/** The AlertType that completes an EXEC of the node at `path`, if the mapping has one (DM-2.0 §5.4.1). */
export function execAlertType(mapping: MoMapping, path: readonly string[]): string | undefined {
  return mapping.alertTypes.find(({ exec }) => exec !== undefined && matchesPath(exec, path))?.type;
}

/** The description of the node at `path` below the MO root; the root's for the empty path, undefined for an unknown node. */
export function describeNode(mapping: MoMapping, path: readonly string[]): NodeDescription | undefined {
  let at: NodeDescription | undefined = mapping.description;
  for (const name of path) at = at === undefined ? undefined : describeChild(at, name);
  return at;
}

/** The description of the child with this name, else that of the un-named child. The cost does not depend on the number of children. */
export function describeChild(node: NodeDescription, name: string): NodeDescription | undefined {
  const children = childrenByName(node);
  return children.get(name) ?? children.get('');
}

/** The children by name, '' for the un-named one. */
export function childrenByName(node: NodeDescription): ReadonlyMap<string, NodeDescription> {
  const known = childrenOfNodes.get(node);
  if (known !== undefined) return known;
  const children = new Map<string, NodeDescription>();
  for (const child of node.children) {
    if (!children.has(child.name)) children.set(child.name, child);
  }
  childrenOfNodes.set(node, children);
  return children;
}

/** Descriptions never change, and a vendor's node may have thousands of children. */
const childrenOfNodes = new WeakMap<NodeDescription, ReadonlyMap<string, NodeDescription>>();
