/**
 * The rights to one MO instance ↔ the sub-tree `<MOID>/<MIID>` of the DAC MO:
 *
 *     <x>/Path?                          path-from-moroot; none for the MO root
 *     <x>/Permissions/<x>/MAID | AR      authority, and the sum of Read 1, Write 2, Execute 4, Delegate 8
 *
 * @see OMA-TS-DM_Protocol 2.0 §12.3, figure 17
 */
import { formatPathFromRoot, parsePathFromRoot } from '../dm2/client-uri.ts';
import { MappingError } from '../errors.ts';
import { isNodeName } from '../mo/loc-uri.ts';
import type { MoNode } from '../mo/node.ts';
import type { NodePath } from '../mo/node-path.ts';
import {
  defaultEntryName,
  defaultPermissionName,
  entryKey,
  MAX_NAME_LENGTH,
  namesFor,
  permissionKey,
  type RightsInstance,
  type RightsNames,
} from './dac-names.ts';
import { parseMaid } from './maid.ts';

/** The rights of one authority. */
export interface Permission {
  readonly maid: string;
  /** AR: 0 to 15. */
  readonly rights: number;
}

/** The rights to a node and to the nodes below it that have no entry of their own. */
export interface RightsEntry<P extends Permission = Permission> {
  readonly path: NodePath;
  readonly permissions: readonly P[];
}

/** A permission in a document, with the name of its node. */
export interface NamedPermission extends Permission {
  readonly name: string;
}

/** An entry in a document, with the name of its node. */
export interface NamedEntry extends RightsEntry<NamedPermission> {
  readonly name: string;
}

/** The sub-tree of an instance; its top node has the MIID as name. */
export function rightsTree(instance: RightsInstance, entries: readonly RightsEntry[], stored: RightsNames): MoNode {
  const names = namesFor(
    entries.map(({ path }) => ({ key: entryKey(instance, path), name: defaultEntryName(path) })),
    stored,
  );
  return interior(
    instance.miid,
    entries.map((entry, at) => entryNode(instance, entry, names[at] ?? '', stored)),
  );
}

/**
 * Reads the sub-tree of an instance.
 * @throws MappingError ERR_MO_DATA_SHAPE for a missing or an unknown node, and for a name or value that the node cannot have
 */
export function parseRightsTree(tree: MoNode): readonly NamedEntry[] {
  const entries = childrenOf(tree, 'an instance').map(parseEntry);
  const paths = entries.map(({ path }) => path.join('/'));
  if (new Set(paths).size < paths.length) fail('two entries for one Path', tree);
  return entries;
}

/** The names that are not the default ones, by their keys. */
export function namesToStore(instance: RightsInstance, entries: readonly NamedEntry[]): RightsNames {
  const names = new Map<string, string>();
  for (const { name, path, permissions } of entries) {
    if (name !== defaultEntryName(path)) names.set(entryKey(instance, path), name);
    for (const { name: given, maid } of permissions) {
      if (given !== defaultPermissionName(maid)) names.set(permissionKey(instance, path, maid), given);
    }
  }
  return Object.fromEntries(names);
}

function entryNode(
  instance: RightsInstance,
  { path, permissions }: RightsEntry,
  name: string,
  stored: RightsNames,
): MoNode {
  const names = namesFor(
    permissions.map(({ maid }) => ({ key: permissionKey(instance, path, maid), name: defaultPermissionName(maid) })),
    stored,
  );
  const nodes = permissions.map(({ maid, rights }, at) =>
    interior(names[at] ?? '', [
      { name: 'MAID', format: 'chr', value: maid },
      { name: 'AR', format: 'int', value: String(rights) },
    ]),
  );
  const children: MoNode[] = [interior('Permissions', nodes)];
  if (path.length > 0) children.unshift({ name: 'Path', format: 'chr', value: formatPathFromRoot(path) });
  return interior(name, children);
}

function parseEntry(node: MoNode): NamedEntry {
  checkName(node);
  const parts = partsOf(node, ['Path', 'Permissions']);
  const text = parts.get('Path')?.value ?? '';
  const path = parsePathFromRoot(text);
  if (path === undefined) return fail(`not a path-from-moroot: "${text}"`, node);
  const permissions = childrenOf(required(parts, 'Permissions', node), 'Permissions').map(parsePermission);
  const maids = permissions.map(({ maid }) => maid);
  if (new Set(maids).size < maids.length) fail('one MAID twice', node);
  return { name: node.name, path, permissions };
}

function parsePermission(node: MoNode): NamedPermission {
  checkName(node);
  const parts = partsOf(node, ['MAID', 'AR']);
  const maid = required(parts, 'MAID', node).value ?? '';
  parseMaid(maid);
  const text = required(parts, 'AR', node).value?.trim() ?? '';
  if (!/^\+?0*(?:\d|1[0-5])$/u.test(text)) fail('AR is not a number from 0 to 15', node);
  return { name: node.name, maid, rights: Number(text) };
}

/** A name that no ClientURI can hold could not be addressed. Each device's record holds the names, so they are short. */
function checkName(node: MoNode): void {
  const { name } = node;
  if (!isNodeName(name) || name.length > MAX_NAME_LENGTH)
    fail('not the name of a node', { ...node, name: name.slice(0, MAX_NAME_LENGTH) });
}

function partsOf(node: MoNode, known: readonly string[]): ReadonlyMap<string, MoNode> {
  const children = childrenOf(node, node.name);
  const unknown = children.find(({ name }) => !known.includes(name));
  if (unknown !== undefined) fail(`no such node: ${unknown.name}`, node);
  return new Map(children.map((child) => [child.name, child]));
}

function required(parts: ReadonlyMap<string, MoNode>, name: string, node: MoNode): MoNode {
  return parts.get(name) ?? fail(`${name} is missing`, node);
}

function childrenOf(node: MoNode, what: string): readonly MoNode[] {
  return node.children ?? fail(`${what} is no leaf`, node);
}

function interior(name: string, children: readonly MoNode[]): MoNode {
  return { name, format: 'node', type: '', children };
}

function fail(what: string, { name }: MoNode): never {
  throw new MappingError('ERR_MO_DATA_SHAPE', `access rights: ${what}`, { place: { node: name } });
}
