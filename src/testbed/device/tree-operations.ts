/**
 * Add, Replace, Delete and Copy on the tree; each returns a status code.
 *
 * @see DM-TND 1.2 §7.2 to §7.7, RepPro 1.2 §5.5
 */
import { STATUS } from '../../syncml/status-codes.ts';
import { metaFor } from './item-meta.ts';
import type { WireItem } from './message.ts';
import type { DeviceProfile } from './profile.ts';
import {
  ACL_COMMANDS,
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

/** The tree, and the server that works on it. */
export interface TreeAccess {
  readonly tree: DeviceTree;
  readonly profile: DeviceProfile;
  /** The ServerID whose rights count. */
  readonly server: string;
}

const TNDS_TYPES = ['application/vnd.syncml.dmtnds+xml', 'application/vnd.syncml.dmtnds+wbxml'];

export function addNode(access: TreeAccess, item: WireItem): number {
  const address = readLocUri(item.target ?? '');
  if (address === undefined || address.names.length === 0) return STATUS.badRequest;
  if (address.query !== undefined) return STATUS.commandNotAllowed;
  const value = readValue(item);
  if (typeof value === 'number') return value;
  if (access.tree.find(address.names) !== undefined) return STATUS.alreadyExists;
  const parent = parentFor(access, address.names.slice(0, -1));
  if (typeof parent === 'number') return parent;
  const name = address.names.at(-1) ?? '';
  const node = newNode(name, value.format, value.type, value.text);
  grantToCreator(access, address.names, node);
  parent.children?.set(name, node);
  return STATUS.ok;
}

export function replaceNode(access: TreeAccess, item: WireItem): number {
  const address = readLocUri(item.target ?? '');
  if (address === undefined) return STATUS.badRequest;
  const { names, query } = address;
  const node = access.tree.find(names);
  if (node === undefined) return STATUS.notFound;
  if (query !== undefined) return replaceProperty(access, { names, node }, query, item.data ?? '');
  if (!access.tree.allows(names, 'Replace', access.server)) return STATUS.permissionDenied;
  if (node.children !== undefined || !node.access.has('Replace')) return STATUS.commandNotAllowed;
  const value = readValue(item);
  if (typeof value === 'number') return value;
  // The format must be the node's own; a bin node also accepts b64.
  const isSameFormat = value.format === node.format || (value.format === 'b64' && node.format === 'bin');
  if (!isSameFormat) return STATUS.unsupportedMediaType;
  node.value = value.text;
  node.type = value.type === '' ? 'text/plain' : value.type;
  return STATUS.ok;
}

export function deleteNode(access: TreeAccess, item: WireItem): number {
  const address = readLocUri(item.target ?? '');
  if (address === undefined) return STATUS.badRequest;
  const node = access.tree.find(address.names);
  if (node === undefined) return STATUS.notFound;
  if (address.query !== undefined || node.permanent || !node.access.has('Delete')) return STATUS.commandNotAllowed;
  if (!access.tree.allows(address.names, 'Delete', access.server)) return STATUS.permissionDenied;
  access.tree.find(address.names.slice(0, -1))?.children?.delete(node.name);
  return STATUS.ok;
}

export function copyNode(access: TreeAccess, item: WireItem): number {
  if (!access.profile.copy) return STATUS.optionalFeatureNotSupported;
  const from = readLocUri(item.source ?? '');
  const to = readLocUri(item.target ?? '');
  if (from === undefined || to === undefined) return STATUS.badRequest;
  const source = access.tree.find(from.names);
  if (source === undefined) return STATUS.notFound;
  if (!access.tree.allows(from.names, 'Get', access.server)) return STATUS.permissionDenied;
  if (source.children !== undefined) return STATUS.commandNotAllowed;
  const meta = { format: source.format, type: source.type };
  const copied: WireItem = { target: item.target, meta, data: source.value };
  return access.tree.find(to.names) === undefined ? addNode(access, copied) : replaceNode(access, copied);
}

interface Value {
  readonly format: Format;
  readonly type: string;
  readonly text: string | undefined;
}

/** The value of an Item, or the status that refuses it. */
function readValue(item: WireItem): Value | number {
  const { format: name, type } = metaFor(item);
  const format = readFormat(name);
  if (format === undefined || TNDS_TYPES.includes(type)) return STATUS.unsupportedMediaType;
  if (format === 'node') {
    const isEmpty = item.data === undefined || item.data === '';
    return isEmpty ? { format, type, text: undefined } : STATUS.commandNotAllowed;
  }
  if (item.data === undefined && format !== 'null') return STATUS.incompleteCommand;
  return isValueOf(format, item.data ?? '') ? { format, type, text: item.data } : STATUS.unsupportedMediaType;
}

/** The parent for a new node, or the status that refuses it. Some devices create missing parents. */
function parentFor(access: TreeAccess, names: readonly string[]): TreeNode | number {
  const found = access.tree.find(names);
  if (found !== undefined) {
    if (found.children === undefined || !found.access.has('Add')) return STATUS.commandNotAllowed;
    return access.tree.allows(names, 'Add', access.server) ? found : STATUS.permissionDenied;
  }
  if (!access.profile.implicitParents || names.length === 0) return STATUS.notFound;
  const grandparent = parentFor(access, names.slice(0, -1));
  if (typeof grandparent === 'number') return grandparent;
  const name = names.at(-1) ?? '';
  const parent = newNode(name, 'node', '', undefined);
  grantToCreator(access, names, parent);
  grandparent.children?.set(name, parent);
  return parent;
}

/**
 * Sets the ACL of a new interior node.
 *
 * A server without Replace on the parent gets Add, Delete and Replace on the node (DM-TND 1.2 §7.7.1.3). The inherited
 * rights are repeated, because a node's own ACL hides its parent's.
 */
function grantToCreator(access: TreeAccess, names: readonly string[], node: TreeNode): void {
  const parent = names.slice(0, -1);
  if (node.children === undefined || access.tree.allows(parent, 'Replace', access.server)) return;
  const inherited = access.tree.effectiveAcl(parent);
  const entries: string[] = [];
  for (const command of ACL_COMMANDS) {
    const holders = new Set(aclHolders(inherited, command));
    const isGranted = command === 'Add' || command === 'Delete' || command === 'Replace';
    if (isGranted && !holders.has('*')) holders.add(access.server);
    if (holders.size > 0) entries.push(`${command}=${[...holders].join('+')}`);
  }
  node.acl = entries.join('&');
}

interface AddressedNode {
  /** Names from the root to the node. */
  readonly names: readonly string[];
  readonly node: TreeNode;
}

function replaceProperty(access: TreeAccess, { names, node }: AddressedNode, query: string, value: string): number {
  const name = query.startsWith('prop=') ? query.slice('prop='.length) : '';
  if (!access.profile.props.some((known) => known === name)) return STATUS.optionalFeatureNotSupported;
  if (name === 'ACL') return replaceAcl(access, { names, node }, value);
  if (!access.tree.allows(names, 'Replace', access.server)) return STATUS.permissionDenied;
  if (name === 'Title') {
    node.title = value;
    return STATUS.ok;
  }
  return name === 'Name' ? renameNode(access.tree, { names, node }, value) : STATUS.commandNotAllowed;
}

/** An ACL may change by Replace on the parent, or on the node itself when it is interior (DM-TND 1.2 §7.7.1.2). */
function replaceAcl(access: TreeAccess, { names, node }: AddressedNode, value: string): number {
  const mayByParent = names.length > 0 && access.tree.allows(names.slice(0, -1), 'Replace', access.server);
  const mayByNode = node.children !== undefined && access.tree.allows(names, 'Replace', access.server);
  if (!mayByParent && !mayByNode) return STATUS.permissionDenied;
  if (!isAcl(value) || (names.length === 0 && value === '')) return STATUS.badRequest;
  node.acl = value;
  return STATUS.ok;
}

function renameNode(tree: DeviceTree, { names, node }: AddressedNode, name: string): number {
  if (node.permanent) return STATUS.commandNotAllowed;
  if (name === '' || name.includes('/')) return STATUS.badRequest;
  const siblings = tree.find(names.slice(0, -1))?.children;
  if (siblings?.has(name)) return STATUS.alreadyExists;
  siblings?.delete(node.name);
  node.name = name;
  siblings?.set(name, node);
  return STATUS.ok;
}
