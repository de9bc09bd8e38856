/**
 * Add, Replace, Delete and Copy on the tree, each answered by a status code.
 *
 * @see DM-TND 1.2 §7.2 to §7.7, RepPro 1.2 §5.5
 */

import { metaFor } from './item-meta.ts';
import type { WireItem } from './message.ts';
import type { DeviceProfile } from './profile.ts';
import {
  aclHolders,
  type DeviceTree,
  type Format,
  isAcl,
  isValueOf,
  readFormat,
  readLocUri,
  type TreeNode,
} from './tree.ts';
import { newNode } from './tree-data.ts';

/** What the operations work on, and for whom. */
export interface TreeAccess {
  readonly tree: DeviceTree;
  readonly profile: DeviceProfile;
  /** The ServerID whose rights count. */
  readonly server: string;
}

const TNDS_TYPES = ['application/vnd.syncml.dmtnds+xml', 'application/vnd.syncml.dmtnds+wbxml'];

export function add(access: TreeAccess, item: WireItem): number {
  const address = readLocUri(item.target ?? '');
  if (address === undefined || address.names.length === 0) return 400;
  if (address.query !== undefined) return 405;
  const value = readValue(item);
  if (typeof value === 'number') return value;
  if (access.tree.find(address.names) !== undefined) return 418;
  const parent = parentFor(access, address.names.slice(0, -1));
  if (typeof parent === 'number') return parent;
  const name = address.names.at(-1) ?? '';
  parent.children?.set(name, created(access, address.names, newNode(name, value.format, value.type, value.text)));
  return 200;
}

export function replace(access: TreeAccess, item: WireItem): number {
  const address = readLocUri(item.target ?? '');
  if (address === undefined) return 400;
  const node = access.tree.find(address.names);
  if (node === undefined) return 404;
  if (address.query !== undefined) return replaceProperty(access, address.names, node, address.query, item.data ?? '');
  if (!access.tree.allows(address.names, 'Replace', access.server)) return 425;
  if (node.children !== undefined || !node.access.has('Replace')) return 405;
  const value = readValue(item);
  if (typeof value === 'number') return value;
  // The value travels as b64 where the node is bin; any other format must be the node's own.
  const sameFormat = value.format === node.format || (value.format === 'b64' && node.format === 'bin');
  if (!sameFormat) return 415;
  node.value = value.text;
  node.type = value.type === '' ? 'text/plain' : value.type;
  return 200;
}

export function remove(access: TreeAccess, item: WireItem): number {
  const address = readLocUri(item.target ?? '');
  if (address === undefined) return 400;
  const node = access.tree.find(address.names);
  if (node === undefined) return 404;
  if (address.query !== undefined || node.permanent || !node.access.has('Delete')) return 405;
  if (!access.tree.allows(address.names, 'Delete', access.server)) return 425;
  access.tree.find(address.names.slice(0, -1))?.children?.delete(node.name);
  return 200;
}

export function copy(access: TreeAccess, item: WireItem): number {
  if (!access.profile.copy) return 406;
  const from = readLocUri(item.source ?? '');
  const to = readLocUri(item.target ?? '');
  if (from === undefined || to === undefined) return 400;
  const source = access.tree.find(from.names);
  if (source === undefined) return 404;
  if (!access.tree.allows(from.names, 'Get', access.server)) return 425;
  if (source.children !== undefined) return 405;
  const meta = { format: source.format, type: source.type };
  const copied: WireItem = { target: item.target, meta, data: source.value };
  return access.tree.find(to.names) === undefined ? add(access, copied) : replace(access, copied);
}

interface Value {
  readonly format: Format;
  readonly type: string;
  readonly text: string | undefined;
}

/** The value that an Item brings, or the status that refuses it. */
function readValue(item: WireItem): Value | number {
  const meta = metaFor(item);
  const format = readFormat(meta.format);
  if (format === undefined) return 415;
  if (TNDS_TYPES.includes(meta.type)) return 415;
  if (format === 'node')
    return item.data === undefined || item.data === '' ? { ...meta, format, text: undefined } : 405;
  if (item.data === undefined && format !== 'null') return 412;
  return isValueOf(format, item.data ?? '') ? { format, type: meta.type, text: item.data } : 415;
}

/** The node under which a new one goes; made where the device does so. */
function parentFor(access: TreeAccess, names: readonly string[]): TreeNode | number {
  const found = access.tree.find(names);
  if (found === undefined) {
    if (!access.profile.implicitParents || names.length === 0) return 404;
    const grandparent = parentFor(access, names.slice(0, -1));
    if (typeof grandparent === 'number') return grandparent;
    const name = names.at(-1) ?? '';
    const made = created(access, names, newNode(name, 'node', '', undefined));
    grandparent.children?.set(name, made);
    return made;
  }
  if (found.children === undefined || !found.access.has('Add')) return 405;
  return access.tree.allows(names, 'Add', access.server) ? found : 425;
}

/**
 * A server that may not Replace on the parent gets Add, Delete and Replace on the interior node that it made
 * (DM-TND 1.2 §7.7.1.3). What was inherited stays, for a node's own ACL hides its parent's.
 */
function created(access: TreeAccess, names: readonly string[], node: TreeNode): TreeNode {
  const parent = names.slice(0, -1);
  if (node.children === undefined || access.tree.allows(parent, 'Replace', access.server)) return node;
  const inherited = access.tree.effectiveAcl(parent);
  node.acl = ['Add', 'Delete', 'Exec', 'Get', 'Replace']
    .map((right) => [right, aclHolders(inherited, right)] as const)
    .map(([right, holders]) => {
      const gains = right === 'Add' || right === 'Delete' || right === 'Replace';
      const all = new Set(gains && !holders.includes('*') ? [...holders, access.server] : holders);
      return all.size === 0 ? '' : `${right}=${[...all].join('+')}`;
    })
    .filter((entry) => entry !== '')
    .join('&');
  return node;
}

function replaceProperty(
  access: TreeAccess,
  names: readonly string[],
  node: TreeNode,
  query: string,
  value: string,
): number {
  const name = query.startsWith('prop=') ? query.slice('prop='.length) : '';
  if (!access.profile.props.some((known) => known === name)) return 406;
  if (name === 'ACL') return replaceAcl(access, names, node, value);
  if (!access.tree.allows(names, 'Replace', access.server)) return 425;
  if (name === 'Title') {
    node.title = value;
    return 200;
  }
  return name === 'Name' ? rename(access.tree, names, node, value) : 405;
}

/** The right to change an ACL: Replace on the parent, or on the node itself when it is interior (DM-TND 1.2 §7.7.1.2). */
function replaceAcl(access: TreeAccess, names: readonly string[], node: TreeNode, value: string): number {
  const onParent = names.length > 0 && access.tree.allows(names.slice(0, -1), 'Replace', access.server);
  const onNode = node.children !== undefined && access.tree.allows(names, 'Replace', access.server);
  if (!onParent && !onNode) return 425;
  if (!isAcl(value) || (names.length === 0 && value === '')) return 400;
  node.acl = value;
  return 200;
}

function rename(tree: DeviceTree, names: readonly string[], node: TreeNode, name: string): number {
  if (node.permanent) return 405;
  if (name === '' || name.includes('/')) return 400;
  const siblings = tree.find(names.slice(0, -1))?.children;
  if (siblings?.has(name)) return 418;
  siblings?.delete(node.name);
  node.name = name;
  siblings?.set(name, node);
  return 200;
}
