/**
 * Results of Gets → canonical MO trees. Devices leave out much of what a tree needs.
 *
 * A missing Meta means chr and text/plain, unless the node has children. Interior nodes between two reported ones may be
 * missing. Formats are read in any case, and LocURIs with and without `./` and with the query repeated.
 *
 * @see OMA-TS-DM_TND 1.2.1, structure queries
 */
import type { PlainItem } from '../dm1/plain-item.ts';
import { type LongWork, NodeCount } from '../long-work.ts';
import { childOf, type LocUri, nameOf, namesBelow, readLocUriLeniently } from '../mo/loc-uri.ts';
import { isInterior, isListOf, type MoNode, type NodeFormat, parseNodeFormat } from '../mo/node.ts';
import type { Mutable } from '../mutable.ts';

/** The greatest depth of a tree: more than any device has, so that a hostile LocURI costs little. */
const MAX_DEPTH = 64;

/** The properties of one node from the Items, before the tree is built. */
interface Reported {
  readonly name: string;
  item: PlainItem | undefined;
  /** Made with the first child, because most nodes are leaves. */
  children: Map<string, Reported> | undefined;
}

/** The sub-tree at `locUri` from the Results of `?list=Struct` or `?list=StructData`; undefined when no Item belongs to it. */
export function* treeFromStruct(
  locUri: LocUri,
  items: readonly PlainItem[],
  { withData }: { readonly withData: boolean },
): LongWork<MoNode | undefined> {
  const top: Reported = { name: nameOf(locUri), item: undefined, children: undefined };
  const count = new NodeCount();
  let found = false;
  for (const item of items) {
    if (count.endsPart()) yield;
    const source = item.source === undefined ? undefined : readLocUriLeniently(item.source);
    const path = source === undefined ? undefined : namesBelow(source, locUri);
    if (path === undefined || path.length > MAX_DEPTH) continue;
    found = true;
    reportedAt(top, path).item = item;
  }
  return found ? yield* toNode(top, withData, count) : undefined;
}

/** The interior nodes of a tree for which an Item has the Format of a leaf: they have a value of their own. */
export function* nodesWithValue(
  locUri: LocUri,
  tree: MoNode,
  items: readonly PlainItem[],
): LongWork<ReadonlySet<LocUri>> {
  const leaves = new Set<LocUri>();
  const count = new NodeCount();
  for (const item of items) {
    if (count.endsPart()) yield;
    const format = formatOf(item);
    if (format === undefined || format === 'node') continue;
    const source = item.source === undefined ? undefined : readLocUriLeniently(item.source);
    if (source !== undefined) leaves.add(source);
  }
  const found = new Set<LocUri>();
  const visit = function* (at: LocUri, node: MoNode): LongWork<void> {
    if (leaves.has(at)) found.add(at);
    for (const child of node.children ?? []) {
      if (count.endsPart()) yield;
      if (isInterior(child)) yield* visit(childOf(at, child.name), child);
    }
  };
  if (isInterior(tree)) yield* visit(locUri, tree);
  return found;
}

/** The answer to a plain Get of `locUri`: a leaf with its value, or an interior node and the names of its children. */
export function nodeFromGet(
  locUri: LocUri,
  item: PlainItem,
): { readonly node: MoNode; readonly childNames?: readonly string[] } {
  const name = nameOf(locUri);
  const format = formatOf(item);
  if (format !== 'node') return { node: leaf(name, format ?? 'chr', item, true) };
  const childNames = (item.data ?? '').split('/').flatMap((child) => (child.trim() === '' ? [] : [child.trim()]));
  return { node: interior(name, item, []), childNames };
}

function reportedAt(top: Reported, path: readonly string[]): Reported {
  let at = top;
  for (const name of path) {
    at.children ??= new Map();
    const child: Reported = at.children.get(name) ?? { name, item: undefined, children: undefined };
    at.children.set(name, child);
    at = child;
  }
  return at;
}

function* toNode(reported: Reported, withData: boolean, count: NodeCount): LongWork<MoNode> {
  const { name, item, children } = reported;
  const own = leafOf(reported, withData);
  if (own !== undefined) return own;
  const nodes: MoNode[] = [];
  for (const child of children?.values() ?? []) {
    if (count.endsPart()) yield;
    nodes.push(leafOf(child, withData) ?? (yield* toNode(child, withData, count)));
  }
  const node = interior(name, item, nodes);
  const format = formatOf(item);
  const value = withData ? (item?.data ?? '') : '';
  if (value === '' || isListOf([...(children?.keys() ?? [])], value)) return node;
  const isText = format === undefined || format === 'node' || format === 'null';
  return { ...node, ownValue: { format: isText ? 'chr' : format, value } };
}

/** Undefined for an interior node. */
function leafOf({ name, item, children }: Reported, withData: boolean): MoNode | undefined {
  if (item === undefined || children !== undefined) return undefined;
  const format = formatOf(item);
  return format === 'node' ? undefined : leaf(name, format ?? 'chr', item, withData);
}

function interior(name: string, item: PlainItem | undefined, children: readonly MoNode[]): MoNode {
  const type = item?.meta?.type?.trim();
  const node: Mutable<MoNode> = { name, format: 'node', children };
  // Some devices write the default text/plain there, but an interior node has a MOID or no Type.
  if (type !== undefined && type !== 'text/plain') node.type = type;
  return node;
}

function leaf(name: string, format: NodeFormat, item: PlainItem, withData: boolean): MoNode {
  const node: Mutable<MoNode> = { name, format };
  const type = item.meta?.type?.trim();
  if (type !== undefined && type !== '' && type !== 'text/plain') node.type = type;
  if (!withData || item.data === undefined) return node;
  if (format !== 'null') node.value = item.data;
  else if (item.data !== '') node.ownValue = { format: 'chr', value: item.data };
  return node;
}

function formatOf(item: PlainItem | undefined): NodeFormat | undefined {
  return item?.meta?.format === undefined ? undefined : parseNodeFormat(item.meta.format);
}
