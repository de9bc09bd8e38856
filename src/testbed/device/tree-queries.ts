/**
 * The values that a Get returns, and the queries `?prop=` and `?list=`.
 *
 * @see DM-TND 1.2 §7.5 to §7.7
 */
import { STATUS } from '../../syncml/status-codes.ts';
import type { WireItem, WireMeta } from './message.ts';
import type { DeviceProfile } from './profile.ts';
import { type DeviceTree, formatLocUri, type TreeNode } from './tree.ts';
import type { TreeAccess } from './tree-operations.ts';

/** Items for Results, or the status that refuses the Get. */
export type GetResult = { readonly items: readonly WireItem[] } | { readonly code: number };

/** The value of a leaf, or the names of the children of an interior node (DM-TND 1.2 §6.2). */
export function readNode(node: TreeNode, locUri: string): WireItem {
  const data = node.children === undefined ? node.value : [...node.children.keys()].join('/');
  return { source: locUri, meta: metaOf(node), data: node.format === 'null' ? undefined : (data ?? '') };
}

/** The value of a node property; 406 for a property that the device or the node does not have. */
export function readProperty(node: TreeNode, locUri: string, name: string, profile: DeviceProfile): GetResult {
  if (!profile.props.some((known) => known === name)) return { code: STATUS.optionalFeatureNotSupported };
  const values: Readonly<Record<string, string | undefined>> = {
    ACL: node.acl,
    Format: node.format,
    Name: node.name,
    Size: node.children === undefined ? String(sizeOf(node)) : undefined,
    Title: node.title,
    Type: node.type,
  };
  const data = values[name];
  return data === undefined ? { code: STATUS.optionalFeatureNotSupported } : { items: [{ source: locUri, data }] };
}

/** The sub-tree of a node as far as the server may read it; 406 for an attribute that the device does not support. */
export function listNodes(
  { tree, profile, server }: TreeAccess,
  names: readonly string[],
  attribute: string,
): GetResult {
  if (!profile.list.some((known) => known === attribute)) return { code: STATUS.optionalFeatureNotSupported };
  const visible = nodesBelow(tree, names).filter(([path]) => tree.allows(path, 'Get', server));
  const roots = visible.filter(([, node]) => node.children !== undefined && node.type !== '');
  switch (attribute) {
    case 'MORoot':
      return { items: roots.map(withoutData) };
    case 'MORootData':
      return { items: roots.flatMap(([path]) => nodesBelow(tree, path).map(withData)) };
    case 'StructData':
      return { items: visible.map(withData) };
    default:
      return { items: visible.map(withoutData) };
  }
}

type ListedNode = readonly [names: readonly string[], node: TreeNode];

function withoutData([names, node]: ListedNode): WireItem {
  return { source: formatLocUri(names), meta: metaOf(node) };
}

/** Interior nodes have no data in a list. */
function withData([names, node]: ListedNode): WireItem {
  return node.children === undefined ? readNode(node, formatLocUri(names)) : withoutData([names, node]);
}

/** The node and all nodes below it. */
function nodesBelow(tree: DeviceTree, names: readonly string[]): ListedNode[] {
  const node = tree.find(names);
  if (node === undefined) return [];
  const below = [...(node.children?.keys() ?? [])].flatMap((name) => nodesBelow(tree, [...names, name]));
  return [[names, node], ...below];
}

/** Meta of a node without default values (DM-TND 1.2 §7.7.7). */
function metaOf(node: TreeNode): WireMeta | undefined {
  const format = node.format === 'bin' ? 'b64' : node.format;
  const type = node.type === 'text/plain' || node.type === '' ? undefined : node.type;
  if (format === 'chr' && type === undefined) return undefined;
  return { format: format === 'chr' ? undefined : format, type };
}

/** Bytes of the value. */
function sizeOf(node: TreeNode): number {
  return Buffer.from(node.value ?? '', node.format === 'bin' ? 'base64' : 'utf8').length;
}
