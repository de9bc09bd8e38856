/**
 * What one file `mappings/mo/<name>.yaml` says: how a DM 2.0 management object and places in DM 1.x trees belong together.
 *
 * This is the form in memory, with every default filled in; `mapping-file.ts` makes it from the file.
 *
 * @see OMA-TS-DM_Protocol 2.0 §6.1, §6.3, §13
 */
import type { NodeFormat } from '../mo/node.ts';
import type { FragmentSchema } from '../xml-data/alert-payload.ts';
import { matchesPath, matchesPrefix, type PathPattern, type Rewrite } from './path-pattern.ts';

/** DM-2.0 §6.3.1 "Min. Access Type". */
export const ACCESS_TYPES = ['Add', 'Delete', 'Exec', 'Get', 'Replace'] as const;
export type AccessType = (typeof ACCESS_TYPES)[number];

/** DM-2.0 §6.3.1 "Occurrence". */
export const OCCURRENCES = ['One', 'ZeroOrOne', 'ZeroOrMore', 'OneOrMore', 'ZeroOrN', 'OneOrN'] as const;
export type Occurrence = (typeof OCCURRENCES)[number];

/** One node of an MO definition; a DDF is read into the same form. */
export interface NodeDescription {
  /** '' for an un-named node (`<x>`). */
  readonly name: string;
  readonly format: NodeFormat;
  readonly access: readonly AccessType[];
  readonly occurrence: Occurrence;
  readonly scope: 'permanent' | 'dynamic';
  /** MIME type of a leaf. */
  readonly type?: string;
  /** Further MIME types that it may have. */
  readonly otherTypes?: readonly string[];
  /** MOID of another MO that roots at this interior node. */
  readonly moid?: string;
  /** N of `ZeroOrN` and `OneOrN`. */
  readonly max?: number;
  /** For people: DFTitle and Description. */
  readonly title?: string;
  readonly about?: string;
  /** What the node has unless somebody sets it. */
  readonly defaultValue?: string;
  /** Whether letters count in its name and the names below; inherited where absent, `CS` at the top. */
  readonly caseSense?: 'CS' | 'CIS';
  readonly children: readonly NodeDescription[];
}

/**
 * How instances are found on a device: at `roots`, where every device has them; by the Type property, or by place where
 * it tells none; by place alone; or not at all: the bridge makes the MO.
 */
export type FindRule = 'fixed' | 'type' | 'place' | 'virtual';

/** When a cached instance may answer without asking the device (design: MO cache rules). */
export type CachePolicy = { readonly policy: 'static' } | { readonly policy: 'ttl'; readonly seconds: number };

/** A Generic Alert that instances of the MO send. */
export interface MappedAlertType {
  readonly type: string;
  /** Present when the data is to go as `application/json` (DM-2.0 §13.1): what its elements become. */
  readonly json?: FragmentSchema;
  /** The nodes whose EXEC it completes. */
  readonly exec?: PathPattern;
}

/** A node of the 2.0 MO that a 1.x device keeps outside the instance. */
export interface RelocatedNode {
  readonly path: readonly string[];
  readonly locUri: string;
}

export interface MoMapping {
  /** The MOID toward the backend. */
  readonly moid: string;
  /** Label of the MO and usual name of its root node. */
  readonly name: string;
  /** Further MOIDs by which a backend may call it. */
  readonly aliases: readonly string[];
  /** Type property values by which a device calls it. */
  readonly dm1Moids: readonly string[];
  readonly find: FindRule;
  /** Usual LocURIs of the MO root; a last segment `*` means that every child is an instance. */
  readonly roots: readonly string[];
  /** Where an instance goes that HGET creates; `single`: only one may exist. */
  readonly newInstance?: { readonly parent: string; readonly single: boolean };
  /** The MO root with everything below it. */
  readonly description: NodeDescription;
  /** 2.0 path → 1.x path, both from below the MO root. */
  readonly renames: readonly Rewrite[];
  readonly relocated: readonly RelocatedNode[];
  /** Other 2.0 spellings → the 2.0 path. */
  readonly pathAliases: readonly Rewrite[];
  /** Nodes that change all the time, with what is below them. */
  readonly volatile: readonly PathPattern[];
  /** Whoever wrote the mapping knows of them: no others change without 1227 and 1228 telling (DM-1.3 §6.8). */
  readonly knowsVolatile?: true;
  /** Nodes that the backend never sees, with what is below them. */
  readonly hidden: readonly PathPattern[];
  readonly cache?: CachePolicy;
  readonly alertTypes: readonly MappedAlertType[];
  /** Manufacturer and model of the devices that the description is of, where it is not of a standard. */
  readonly man?: string;
  readonly mod?: string;
  /** The access types are the minimum that the standard asks for: a device may allow more, so they never refuse a write. */
  readonly minimumAccess: boolean;
}

/** Of a mapping that moves, hides and adds nothing: the MO looks north as it does south. */
export const AS_IT_IS = {
  aliases: [],
  renames: [],
  relocated: [],
  pathAliases: [],
  volatile: [],
  hidden: [],
  alertTypes: [],
} as const satisfies Partial<MoMapping>;

/** True when only a look at the device tells whether it has an instance. */
export function isSearched({ find }: Pick<MoMapping, 'find'>): boolean {
  return find === 'type' || find === 'place';
}

/** True for a node, or anything below one, that the backend never sees (such as Perm, DM-2.0 §12.2). */
export function isHidden(mapping: MoMapping, path: readonly string[]): boolean {
  return mapping.hidden.some((pattern) => matchesPrefix(pattern, path));
}

/** True when the sub-tree at `path` holds, or lies in, nodes that change all the time. */
export function hasVolatile(mapping: MoMapping, path: readonly string[]): boolean {
  return mapping.volatile.some(
    (pattern) => matchesPrefix(pattern, path) || matchesPrefix(pattern.slice(0, path.length), path),
  );
}

/** The AlertType that completes an EXEC of that node, if the mapping knows one (DM-2.0 §5.4.1). */
export function execAlertType(mapping: MoMapping, path: readonly string[]): string | undefined {
  return mapping.alertTypes.find(({ exec }) => exec !== undefined && matchesPath(exec, path))?.type;
}

/** The description of the node at `path` below the MO root; un-named nodes describe whatever name stands there. */
export function describeNode(mapping: MoMapping, path: readonly string[]): NodeDescription | undefined {
  return path.reduce<NodeDescription | undefined>((at, name) => {
    const named = at?.children.find((child) => child.name === name);
    return named ?? at?.children.find((child) => child.name === '');
  }, mapping.description);
}
