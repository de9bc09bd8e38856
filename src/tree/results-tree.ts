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
import { isAtOrBelow, type LocUri, nameOf, parentOf, readLocUriLeniently } from '../mo/loc-uri.ts';
import { isListOf, type MoNode, type NodeFormat, parseNodeFormat } from '../mo/node.ts';
import type { Mutable } from '../mutable.ts';

/** The greatest depth of a tree: more than any device has, so that a hostile LocURI costs little. */
const MAX_DEPTH = 64;

/** The properties of one node from the Items, before the tree is built. */
interface Reported {
  readonly name: string;
  item: PlainItem | undefined;
  /** Made with the first child, because most nodes are leaves. */
  children: Reported[] | undefined;
}

/** The sub-tree at `locUri` from the Results of `?list=Struct` or `?list=StructData`; undefined when no Item belongs to it. */
export function* treeFromStruct(
  locUri: LocUri,
  items: readonly PlainItem[],
  { withData }: { readonly withData: boolean },
): LongWork<MoNode | undefined> {
  const count = new NodeCount();
  const top = (yield* reportedNodes(locUri, items, count)).get(locUri);
  return top === undefined ? undefined : yield* toTree(top, withData, count);
}

/** A tree without values, and its interior nodes for which an Item has the Format of a leaf: they have a value of their own. */
export interface Structure {
  readonly tree: MoNode;
  readonly withValue: ReadonlySet<LocUri>;
}

/** The structure of the sub-tree at `locUri` from the Results of `?list=Struct`; undefined when no Item belongs to it. */
export function* structureFrom(locUri: LocUri, items: readonly PlainItem[]): LongWork<Structure | undefined> {
  const count = new NodeCount();
  const nodes = yield* reportedNodes(locUri, items, count);
  const top = nodes.get(locUri);
  if (top === undefined) return undefined;
  const withValue = new Set<LocUri>();
  for (const [at, { item, children }] of nodes) {
    if (count.endsPart()) yield;
    const format = children === undefined ? undefined : formatOf(item);
    if (format !== undefined && format !== 'node') withValue.add(at);
  }
  return { tree: yield* toTree(top, false, count), withValue };
}

/** The nodes that the Items report at and below `locUri`, and those between them; none when no Item belongs there. */
function* reportedNodes(
  locUri: LocUri,
  items: readonly PlainItem[],
  count: NodeCount,
): LongWork<ReadonlyMap<LocUri, Reported>> {
  const nodes = new Map<LocUri, Reported>();
  for (const item of items) {
    if (count.endsPart()) yield;
    const source = item.source === undefined ? undefined : readLocUriLeniently(item.source);
    if (source === undefined || !isAtOrBelow(source, locUri) || isTooDeep(source, locUri)) continue;
    reportedAt(nodes, locUri, source).item = item;
  }
  return nodes;
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

/** True when more names than a tree has levels lead from `top` to the node. */
function isTooDeep(locUri: LocUri, top: LocUri): boolean {
  let names = 0;
  for (let slash = top.length; slash >= 0 && names <= MAX_DEPTH; slash = locUri.indexOf('/', slash + 1)) names += 1;
  return names > MAX_DEPTH;
}

/** The node at an address at or below `top`, entered together with the nodes between them. */
function reportedAt(nodes: Map<LocUri, Reported>, top: LocUri, locUri: LocUri): Reported {
  const known = nodes.get(locUri);
  if (known !== undefined) return known;
  const node: Reported = { name: nameOf(locUri), item: undefined, children: undefined };
  nodes.set(locUri, node);
  if (locUri === top) return node;
  const parent = reportedAt(nodes, top, parentOf(locUri) ?? top);
  parent.children ??= [];
  parent.children.push(node);
  return node;
}

/** An interior node whose children are still to be made. */
interface OpenNode {
  readonly reported: Reported;
  readonly children: MoNode[];
}

/** Makes the tree from the top down, because a call for each level would cost more than the nodes. */
function* toTree(top: Reported, withData: boolean, count: NodeCount): LongWork<MoNode> {
  const only = leafOf(top, withData);
  if (only !== undefined) return only;
  const first: OpenNode = { reported: top, children: [] };
  const open = [first];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    for (const child of next.reported.children ?? []) {
      if (count.endsPart()) yield;
      const own = leafOf(child, withData);
      if (own !== undefined) {
        next.children.push(own);
        continue;
      }
      const below: OpenNode = { reported: child, children: [] };
      next.children.push(interiorOf(below, withData));
      open.push(below);
    }
  }
  return interiorOf(first, withData);
}

/** Undefined for an interior node. */
function leafOf({ name, item, children }: Reported, withData: boolean): MoNode | undefined {
  if (item === undefined || children !== undefined) return undefined;
  const format = formatOf(item);
  return format === 'node' ? undefined : leaf(name, format ?? 'chr', item, withData);
}

function interiorOf({ reported, children }: OpenNode, withData: boolean): MoNode {
  const { name, item } = reported;
  const node = interior(name, item, children);
  const value = withData ? (item?.data ?? '') : '';
  if (value === '' || isListOf(namesIn(reported.children ?? []), value)) return node;
  const format = formatOf(item);
  const isText = format === undefined || format === 'node' || format === 'null';
  return { ...node, ownValue: { format: isText ? 'chr' : format, value } };
}

function namesIn(nodes: readonly Reported[]): readonly string[] {
  return nodes.map(({ name }) => name);
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
