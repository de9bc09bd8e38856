/** Lists of node names from below some node, as DM 2.0 and the mappings name the nodes of an MO. */

/** Names from below a node; empty for the node itself. */
export type NodePath = readonly string[];

/** The names that follow `prefix` in `path`; undefined when `path` does not begin with it. */
export function namesAfter(prefix: NodePath, path: NodePath): NodePath | undefined {
  return startsWith(path, prefix) ? path.slice(prefix.length) : undefined;
}

/** True when `path` begins with `prefix`, or is it. */
export function startsWith(path: NodePath, prefix: NodePath): boolean {
  return prefix.length <= path.length && prefix.every((name, at) => name === path[at]);
}

/** True when both lead to the same node. */
export function isSamePath(one: NodePath, other: NodePath): boolean {
  return one.length === other.length && startsWith(one, other);
}
