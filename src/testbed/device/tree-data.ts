/**
 * Trees from plain data, so that a device model is a few lines of YAML.
 *
 * A scalar is a leaf: text is `chr`, a whole number `int`, a boolean `bool`. A mapping is an interior node whose keys are its
 * children. Keys with `$` are properties of the node itself. A mapping with `$value` or with a `$format` of leaves is a leaf.
 */
import { ACCESS_TYPES, type AccessType, DeviceTree, type Format, readFormat, type TreeNode } from './tree.ts';

export type NodeData = string | number | boolean | null | { readonly [key: string]: NodeData | readonly string[] };

const DEFAULT_ACCESS: readonly AccessType[] = ['Add', 'Copy', 'Delete', 'Get', 'Replace'];

const DEFAULT_ROOT_ACL = 'Add=*&Get=*';

/**
 * Builds a tree from the children of its root; `$acl` is the root's ACL.
 * @throws RangeError for data that is no tree
 */
export function buildTree(data: { readonly [key: string]: NodeData | readonly string[] }): DeviceTree {
  const root = buildNode('.', data);
  root.permanent = true;
  if (root.acl === '') root.acl = DEFAULT_ROOT_ACL;
  return new DeviceTree(root);
}

/** A node as a server creates it: dynamic, with every access type but Exec. */
export function newNode(name: string, format: Format, type: string, value: string | undefined): TreeNode {
  const isInterior = format === 'node';
  return {
    name,
    format,
    type,
    value: isInterior ? undefined : value,
    children: isInterior ? new Map() : undefined,
    acl: '',
    title: '',
    permanent: false,
    access: new Set(DEFAULT_ACCESS),
  };
}

function buildNode(name: string, data: NodeData): TreeNode {
  if (data === null) return newNode(name, 'null', 'text/plain', undefined);
  if (typeof data !== 'object') return newNode(name, scalarFormat(data), 'text/plain', String(data));
  const format = nodeFormat(name, data);
  const type = property(data, '$type') ?? (format === 'node' ? '' : 'text/plain');
  const node = newNode(name, format, type, property(data, '$value'));
  node.acl = property(data, '$acl') ?? '';
  node.title = property(data, '$title') ?? '';
  node.permanent = data.$permanent === true;
  node.access = accessOf(name, data, node.access);
  for (const [key, value] of Object.entries(data)) {
    if (key.startsWith('$')) continue;
    if (isList(value)) throw new RangeError(`node ${key}: a list cannot be a node`);
    node.children?.set(key, buildNode(key, value));
  }
  return node;
}

function nodeFormat(name: string, data: { readonly [key: string]: unknown }): Format {
  const written = data.$format;
  if (written === undefined) return data.$value === undefined ? 'node' : scalarFormat(data.$value);
  const format = readFormat(String(written));
  if (format === undefined) throw new RangeError(`node ${name}: unknown format "${String(written)}"`);
  return format;
}

function scalarFormat(value: unknown): Format {
  if (typeof value === 'boolean') return 'bool';
  return typeof value === 'number' && Number.isInteger(value) ? 'int' : 'chr';
}

function property(data: { readonly [key: string]: unknown }, key: string): string | undefined {
  const value = data[key];
  return value === undefined || value === null ? undefined : String(value);
}

function accessOf(
  name: string,
  data: { readonly [key: string]: unknown },
  usual: ReadonlySet<AccessType>,
): ReadonlySet<AccessType> {
  const written = data.$access;
  if (written === undefined) return usual;
  if (!Array.isArray(written)) throw new RangeError(`node ${name}: $access must be a list`);
  return new Set(
    written.map((word: unknown) => {
      const found = ACCESS_TYPES.find((type) => type === word);
      if (found === undefined) throw new RangeError(`node ${name}: unknown access type "${String(word)}"`);
      return found;
    }),
  );
}

function isList(value: NodeData | readonly string[]): value is readonly string[] {
  return Array.isArray(value);
}
