/** The MO tree that all formats of management data are read into and written from: Results, TNDS, dmmo+json. */

/** Formats of DM 1.x and 2.0 nodes (DM-2.0 §6.3.1). */
export const NODE_FORMATS = [
  'b64',
  'bin',
  'bool',
  'chr',
  'int',
  'node',
  'null',
  'xml',
  'date',
  'time',
  'float',
] as const;
export type NodeFormat = (typeof NODE_FORMATS)[number];

/**
 * One node with its sub-tree. Interior nodes (`format: 'node'`) have `children` and no `value`; leaves the other way round.
 * `b64`, `bin`, `xml`, `null`, the empty string and an absent value stay distinct.
 */
export interface MoNode {
  readonly name: string;
  readonly format: NodeFormat;
  /** Interior: the MOID that roots here, or ''. Leaf: the MIME type; absent means text/plain. */
  readonly type?: string;
  /** Text of a leaf as SyncML XML carries it: base64 for `b64` and `bin`. Absent: no value, or not known. */
  readonly value?: string;
  /** Present exactly on interior nodes. */
  readonly children?: readonly MoNode[];
  /** A value that a device reports although the node has children, or Format null. No definition has such a value. */
  readonly ownValue?: OwnValue;
  readonly acl?: string;
  readonly title?: string;
}

/** A value of a node that should have none. */
export interface OwnValue {
  readonly format: NodeFormat;
  readonly value: string;
}

/** True when a text is a list of names that has all of `names`: the value that a plain Get of an interior node has. */
export function isListOf(names: readonly string[], text: string): boolean {
  const listed = new Set(text.split('/').map((name) => name.trim()));
  return names.every((name) => listed.has(name));
}

export function isInterior(node: MoNode): boolean {
  return node.format === 'node';
}

/** True for the formats whose values are bytes, as base64 text. */
export function isBinaryFormat(format: NodeFormat): boolean {
  return format === 'b64' || format === 'bin';
}

/** The node at `path` (names from below `node`), or undefined. */
export function descend(node: MoNode, path: readonly string[]): MoNode | undefined {
  let at: MoNode | undefined = node;
  for (const name of path) at = at?.children?.find((child) => child.name === name);
  return at;
}

/** The children of a node; the first of several with one name. An absent node and a leaf have none. */
export function childrenByName(node: MoNode | undefined): ReadonlyMap<string, MoNode> {
  const children = new Map<string, MoNode>();
  for (const child of node?.children ?? []) if (!children.has(child.name)) children.set(child.name, child);
  return children;
}

/** Reads a format name case-insensitively; a device may write `Chr`. Unknown names are undefined. */
export function parseNodeFormat(text: string): NodeFormat | undefined {
  return FORMATS.get(text) ?? FORMATS.get(text.trim().toLowerCase());
}

const FORMATS: ReadonlyMap<string, NodeFormat> = new Map(NODE_FORMATS.map((format) => [format, format]));
