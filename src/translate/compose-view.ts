/**
 * The sub-tree of an MO instance that DM 2.0 shows, composed of the sub-trees that were read on the device.
 *
 * @see OMA-TS-DM_Protocol 2.0 §6.1, §12.1
 */
import { type LongWork, NodeCount } from '../long-work.ts';
import { isHidden, isUnchanged, type MoMapping } from '../mapping/mapping.ts';
import { type LocUri, nameOf, namesOf } from '../mo/loc-uri.ts';
import type { MoNode, NodeFormat } from '../mo/node.ts';
import { type NodePath, namesAfter } from '../mo/node-path.ts';
import type { Mutable } from '../mutable.ts';
import { pathOf } from './node-address.ts';
import type { TreePart } from './uri.ts';

/** A part with its tree; `node` is undefined when the device does not have it. */
export interface ReadPart {
  readonly part: Pick<TreePart, 'locUri'>;
  readonly node: MoNode | undefined;
}

/** A node under construction; `own` is missing on nodes that only their descendants imply, `children` on those without any. */
interface NodeDraft {
  own: MoNode | undefined;
  children: Map<string, NodeDraft> | undefined;
}

/** A 2.0 sub-tree under construction. */
interface ViewDraft {
  readonly mapping: MoMapping;
  /** Names of the instance's root on the device. */
  readonly root: readonly string[];
  /** The 2.0 path of its top node. */
  readonly base: NodePath;
  readonly top: NodeDraft;
  readonly count: NodeCount;
}

/** The 2.0 sub-tree at `path` of the instance at `root`; undefined when none of it exists. */
export function* composeView(
  mapping: MoMapping,
  root: LocUri,
  path: NodePath,
  parts: readonly ReadPart[],
): LongWork<MoNode | undefined> {
  if (isHidden(mapping, path)) return undefined;
  const view: ViewDraft = { mapping, root: namesOf(root), base: path, top: newDraft(), count: new NodeCount() };
  for (const { part, node } of parts) {
    if (node !== undefined) yield* insertTree(view, namesOf(part.locUri), node);
  }
  const { top } = view;
  const exists = top.own !== undefined || (path.length > 0 && top.children !== undefined);
  return exists ? yield* toTree(view, path.at(-1) ?? nameOf(root), top) : undefined;
}

/** Puts the nodes of a tree of the device where DM 2.0 has them; `names` are those of its top node's LocURI. */
function* insertTree(view: ViewDraft, names: readonly string[], top: MoNode): LongWork<void> {
  const open = [{ names, node: top }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (view.count.endsPart()) yield;
    const unchanged = unchangedDraft(view, next.names);
    if (unchanged === undefined) {
      placeNode(view, next.names, next.node);
      // The last one goes in first, so that the nodes come in their order.
      for (const child of next.node.children?.toReversed() ?? []) {
        open.push({ names: [...next.names, child.name], node: child });
      }
    } else yield* addTree(view, unchanged, next.node);
  }
}

function placeNode(view: ViewDraft, names: readonly string[], node: MoNode): void {
  const path = pathOf(view.mapping, view.root, names)?.path;
  const inside = path === undefined ? undefined : namesAfter(view.base, path);
  if (inside !== undefined) draftAt(view.top, inside).own = node;
}

/** The place of the tree when the mapping shows the MO exactly as the device has it. */
function unchangedDraft({ mapping, root, base, top }: ViewDraft, names: readonly string[]): NodeDraft | undefined {
  if (!isUnchanged(mapping)) return undefined;
  const path = namesAfter(root, names);
  const inside = path === undefined ? undefined : namesAfter(base, path);
  return inside === undefined ? undefined : draftAt(top, inside);
}

function* addTree(view: ViewDraft, top: NodeDraft, node: MoNode): LongWork<void> {
  top.own = node;
  const open = [top];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    for (const child of next.own?.children ?? []) {
      if (view.count.endsPart()) yield;
      const place = childDraft(next, child.name);
      place.own = child;
      if (child.children !== undefined) open.push(place);
    }
  }
}

function draftAt(top: NodeDraft, path: NodePath): NodeDraft {
  let draft = top;
  for (const name of path) draft = childDraft(draft, name);
  return draft;
}

function childDraft(parent: NodeDraft, name: string): NodeDraft {
  parent.children ??= new Map();
  const known = parent.children.get(name);
  if (known !== undefined) return known;
  const child = newDraft();
  parent.children.set(name, child);
  return child;
}

function newDraft(): NodeDraft {
  return { own: undefined, children: undefined };
}

/** An interior node whose children are still to be made. */
interface OpenNode {
  readonly draft: NodeDraft;
  readonly children: MoNode[];
}

/** Makes the tree from the top down, because a call for each level would cost more than the nodes. */
function* toTree(view: ViewDraft, name: string, top: NodeDraft): LongWork<MoNode> {
  const only = leafIn(view, top);
  if (only !== undefined) return toLeaf(name, only);
  const first: OpenNode = { draft: top, children: [] };
  const open = [first];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    for (const [childName, draft] of next.draft.children ?? []) {
      if (view.count.endsPart()) yield;
      const leaf = leafIn(view, draft);
      if (leaf !== undefined) {
        next.children.push(toLeaf(childName, leaf));
        continue;
      }
      const below: OpenNode = { draft, children: [] };
      next.children.push(toInterior(childName, below));
      open.push(below);
    }
    addValueLeaf(view, next);
  }
  return toInterior(name, first);
}

/** Adds the own value of a node under the name that the mapping has for it. */
function addValueLeaf({ mapping: { valueLeaf } }: ViewDraft, { draft, children }: OpenNode): void {
  const { own, children: drafts } = draft;
  if (valueLeaf === undefined || own?.ownValue === undefined || drafts?.has(valueLeaf) === true) return;
  children.push({ name: valueLeaf, ...own.ownValue });
}

function toInterior(name: string, { draft: { own }, children }: OpenNode): MoNode {
  if (own !== undefined && own.format !== 'node') return { name, format: 'node', children };
  const node = withProperties(name, 'node', own);
  node.children = children;
  return node;
}

/** The leaf that is shown as it is; undefined for a node that may have children. */
function leafIn({ mapping }: ViewDraft, { own, children }: NodeDraft): MoNode | undefined {
  const isLeaf = children === undefined && own !== undefined && own.format !== 'node';
  return isLeaf && (mapping.valueLeaf === undefined || own.ownValue === undefined) ? own : undefined;
}

function toLeaf(name: string, own: MoNode): MoNode {
  const node = withProperties(name, own.format, own);
  if (own.value !== undefined) node.value = own.value;
  return node;
}

function withProperties(name: string, format: NodeFormat, own: MoNode | undefined): Mutable<MoNode> {
  const node: Mutable<MoNode> = { name, format };
  if (own?.type !== undefined) node.type = own.type;
  if (own?.acl !== undefined) node.acl = own.acl;
  if (own?.title !== undefined) node.title = own.title;
  return node;
}
