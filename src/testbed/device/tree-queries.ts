/**
 * What a Get can ask for beyond a value: `?prop=` and `?list=`.
 *
 * @see DM-TND 1.2 §7.5 to §7.7
 */
import type { WireItem, WireMeta } from './message.ts';
import type { DeviceProfile } from './profile.ts';
import { type DeviceTree, formatLocUri, type TreeNode } from './tree.ts';

/** Either what to put into Results, or the status that refuses. */
export type Answer = { readonly items: readonly WireItem[] } | { readonly code: number };

/** A node's value, or the names of its children (DM-TND 1.2 §6.2). */
export function readNode(node: TreeNode, uri: string): WireItem {
  const data = node.children === undefined ? node.value : [...node.children.keys()].join('/');
  return { source: uri, meta: metaOf(node), data: node.format === 'null' ? undefined : (data ?? '') };
}

/** The value of one node property; 406 for what the device does not keep. */
export function readProperty(node: TreeNode, uri: string, name: string, profile: DeviceProfile): Answer {
  if (!profile.props.some((known) => known === name)) return { code: 406 };
  const values: Readonly<Record<string, string | undefined>> = {
    ACL: node.acl,
    Format: node.format,
    Name: node.name,
    Size: node.children === undefined ? String(sizeOf(node)) : undefined,
    Title: node.title,
    Type: node.type,
  };
  const data = values[name];
  return data === undefined ? { code: 406 } : { items: [{ source: uri, data }] };
}

/** The sub-tree of a node, filtered by the rights of the server; 406 for an attribute that the device does not support. */
export function listNodes(
  tree: DeviceTree,
  names: readonly string[],
  attribute: string,
  profile: DeviceProfile,
  server: string,
): Answer {
  if (!profile.list.some((known) => known === attribute)) return { code: 406 };
  const visible = walk(tree, names).filter(([path]) => tree.allows(path, 'Get', server));
  const roots = visible.filter(([, node]) => node.children !== undefined && node.type !== '');
  switch (attribute) {
    case 'MORoot':
      return { items: roots.map(([path, node]) => ({ source: formatLocUri(path), meta: metaOf(node) })) };
    case 'MORootData':
      return { items: roots.flatMap(([path]) => withData(walk(tree, path))) };
    case 'StructData':
      return { items: withData(visible) };
    default:
      return { items: visible.map(([path, node]) => ({ source: formatLocUri(path), meta: metaOf(node) })) };
  }
}

type Place = readonly [path: readonly string[], node: TreeNode];

function withData(places: readonly Place[]): WireItem[] {
  return places.map(([path, node]) => {
    const uri = formatLocUri(path);
    return node.children === undefined ? readNode(node, uri) : { source: uri, meta: metaOf(node) };
  });
}

function walk(tree: DeviceTree, names: readonly string[]): Place[] {
  const node = tree.find(names);
  if (node === undefined) return [];
  const below = [...(node.children?.keys() ?? [])].flatMap((name) => walk(tree, [...names, name]));
  return [[names, node], ...below];
}

/** Meta of a node; what has its default value is left out (DM-TND 1.2 §7.7.7). */
function metaOf(node: TreeNode): WireMeta | undefined {
  const format = node.format === 'bin' ? 'b64' : node.format;
  const type = node.type === 'text/plain' || node.type === '' ? undefined : node.type;
  if (format === 'chr' && type === undefined) return undefined;
  return { format: format === 'chr' ? undefined : format, type };
}

function sizeOf(node: TreeNode): number {
  const value = node.value ?? '';
  return Buffer.from(value, node.format === 'bin' ? 'base64' : 'utf8').length;
}
