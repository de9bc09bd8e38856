/**
 * Plans the commands that turn the present tree into the wanted one, each with its undo.
 *
 * After a replacement the sub-tree is exactly the document: missing nodes are added, different leaves replaced, and nodes
 * that the document does not name deleted, except permanent nodes, which stay (DM-2.0 §5.3.1, §6.3.1.2).
 */
import type { PlainItem } from '../dm1/plain-item.ts';
import { MappingError } from '../errors.ts';
import { type LongWork, NodeCount } from '../long-work.ts';
import { describeNode, isValueLeaf, type MoMapping } from '../mapping/mapping.ts';
import { hasAncestorIn, isNodeName, type LocUri, parentOf, ROOT } from '../mo/loc-uri.ts';
import { childrenByName, isInterior, type MoNode } from '../mo/node.ts';
import type { TreeChange } from '../mo/tree-change.ts';
import type { Mutable } from '../mutable.ts';
import { TNDS_XML_TYPE } from '../syncml/embedded-document.ts';
import type { Meta } from '../syncml/message.ts';
import { locUriOf } from '../translate/node-address.ts';
import type { CommandDraft } from '../workflow/request.ts';
import { formatTnds } from '../xml-data/tnds.ts';
import type { InstancePath } from './target.ts';
import { isSecretLeaf } from './unreadable.ts';

/** One command for the device, with the data for its undo. */
export interface Write {
  readonly name: 'Add' | 'Delete' | 'Replace';
  readonly locUri: LocUri;
  /** The new node; absent for Delete. */
  readonly node?: MoNode;
  /** The node before; absent for Add, and when it could not be read. */
  readonly before?: MoNode;
  /** Of a Delete: the writes that add the sub-tree again. */
  readonly restore?: readonly Write[];
  /** Of an Add whose parents the device creates: the topmost created node. */
  readonly createdTop?: LocUri;
  /** It adds the root of a new MO instance, or deletes the root of an instance. */
  readonly newInstance?: true;
  /** The command sets this property of the node instead of its value (DM-TND §7.7.1). */
  readonly property?: 'ACL';
  /** The node is sent with its sub-tree, as one TNDS document. */
  readonly asDocument?: true;
  /** The node in the MO's definition; absent when the check of a node above it covers it. */
  readonly instancePath?: InstancePath<LocUri>;
}

/**
 * The writes that turn `existing` into `desired`, from the top down.
 * @throws MappingError ERR_MO_DATA_SHAPE when a leaf would become an interior node or the other way round
 */
export function* planWrites(
  instancePath: InstancePath<LocUri>,
  existing: MoNode | undefined,
  desired: MoNode,
): LongWork<readonly Write[]> {
  const plan: Plan = { writes: [], count: new NodeCount() };
  yield* planNode(plan, instancePath, existing, desired);
  return plan.writes;
}

/** Writes that grow while a tree is walked. */
interface Plan {
  readonly writes: Write[];
  readonly count: NodeCount;
}

function* planNode(
  plan: Plan,
  instancePath: InstancePath<LocUri>,
  existing: MoNode | undefined,
  desired: MoNode,
): LongWork<void> {
  if (plan.count.endsPart()) yield;
  if (existing === undefined) {
    yield* planAddition(plan, instancePath, desired);
    return;
  }
  const locUri = checkedLocUri(instancePath);
  if (isInterior(existing) !== isInterior(desired)) {
    throw new MappingError('ERR_MO_DATA_SHAPE', `${locUri} is ${isInterior(existing) ? 'an interior node' : 'a leaf'}`);
  }
  if (isInterior(desired)) {
    yield* planReplacedChildren(plan, instancePath, existing, desired);
    return;
  }
  if (isSameLeaf(existing, desired)) return;
  const replacement: Write = { name: 'Replace', locUri, node: desired, instancePath };
  const { mapping, path } = instancePath;
  const isUnread = (existing.value ?? '') === '' && isSecretLeaf(mapping, path, existing);
  plan.writes.push(isUnread ? replacement : { ...replacement, before: existing });
}

/** @throws MappingError ERR_MO_DATA_SHAPE when no node can have the last name of the path */
function checkedLocUri({ mapping, root, path }: InstancePath<LocUri>): LocUri {
  const locUri = locUriOf(mapping, root, path);
  const name = path.at(-1);
  if (name === undefined || isNodeName(name)) return locUri;
  throw new MappingError('ERR_MO_DATA_SHAPE', `not the name of a node: "${name}"`, { place: { node: locUri } });
}

/** `isCovered`: the check of a node above it covers the node. */
function* planAddition(
  plan: Plan,
  instancePath: InstancePath<LocUri>,
  node: MoNode,
  isCovered = false,
): LongWork<void> {
  if (plan.count.endsPart()) yield;
  const add: Write = { name: 'Add', locUri: checkedLocUri(instancePath), node };
  plan.writes.push(isCovered ? add : { ...add, instancePath });
  const { mapping } = instancePath;
  const { children = [] } = node;
  const valueLeaf = children.find(({ name }) => isValueLeaf(mapping, [name]));
  if (valueLeaf !== undefined) {
    throw new MappingError(
      'ERR_MO_DATA_SHAPE',
      `${valueLeaf.name} is the value of the node above, which can be read only`,
    );
  }
  for (const child of children) yield* planAddition(plan, childPath(instancePath, child.name), child, true);
}

function* planReplacedChildren(
  plan: Plan,
  instancePath: InstancePath<LocUri>,
  existing: MoNode,
  desired: MoNode,
): LongWork<void> {
  const { mapping, path } = instancePath;
  const wanted = childrenByName(desired);
  const present = childrenByName(existing);
  for (const child of existing.children ?? []) {
    if (plan.count.endsPart()) yield;
    const isPermanent = describeNode(mapping, [...path, child.name])?.scope === 'permanent';
    // No backend has seen such a node.
    const isUnseen = isValueLeaf(mapping, [...path, child.name]) || isSecretLeaf(mapping, [...path, child.name], child);
    if (wanted.has(child.name) || isPermanent || isUnseen) continue;
    plan.writes.push(yield* planDeletion(plan, childPath(instancePath, child.name), child));
  }
  for (const child of desired.children ?? []) {
    yield* planNode(plan, childPath(instancePath, child.name), present.get(child.name), child);
  }
}

function* planDeletion({ count }: Plan, instancePath: InstancePath<LocUri>, node: MoNode): LongWork<Write> {
  const { mapping, root, path } = instancePath;
  const restore: Plan = { writes: [], count };
  yield* planAddition(restore, instancePath, withoutValueLeaves(node, mapping));
  const locUri = locUriOf(mapping, root, path);
  return { name: 'Delete', locUri, before: node, restore: restore.writes, instancePath };
}

function withoutValueLeaves(node: MoNode, mapping: MoMapping): MoNode {
  if (node.children === undefined || mapping.valueLeaf === undefined) return node;
  const children = node.children.filter(({ name }) => !isValueLeaf(mapping, [name]));
  return { ...node, children: children.map((child) => withoutValueLeaves(child, mapping)) };
}

function childPath(instancePath: InstancePath<LocUri>, name: string): InstancePath<LocUri> {
  return { ...instancePath, path: [...instancePath.path, name] };
}

/** A leaf without Type is text/plain; content without one has that of the present leaf (MetaInfo §5). */
function isSameLeaf(present: MoNode, wanted: MoNode): boolean {
  const isSameType = wanted.type === undefined || wanted.type === (present.type ?? TEXT_PLAIN);
  return isSameType && present.format === wanted.format && present.value === wanted.value;
}

const TEXT_PLAIN = 'text/plain';

/** The command of a write. Meta is always complete, because an omitted one means chr and text/plain (MetaInfo §5). */
export function toCommand({ name, locUri, node, asDocument, property }: Write): CommandDraft {
  if (name === 'Delete' || node === undefined) return { name, items: [{ target: locUri }] };
  if (asDocument === true) return { name, items: [documentItem(locUri, node)] };
  if (property !== undefined) {
    return { name, items: [{ target: `${locUri}?prop=${property}`, data: node.value ?? '' }] };
  }
  return { name, items: [nodeItem(locUri, node)] };
}

function nodeItem(locUri: LocUri, node: MoNode): PlainItem {
  if (isInterior(node)) {
    const meta: Mutable<Meta> = { format: 'node' };
    if (node.type !== undefined && node.type !== '') meta.type = node.type;
    return { target: locUri, meta };
  }
  const item: Mutable<PlainItem> = {
    target: locUri,
    meta: { format: node.format, type: node.type ?? TEXT_PLAIN },
  };
  if (node.value !== undefined) item.data = node.value;
  return item;
}

/** A new sub-tree as a document is added to its parent, because the Target of TNDS is above the top node (TNDS 1.2). */
function documentItem(locUri: LocUri, node: MoNode): PlainItem {
  const target = parentOf(locUri) ?? ROOT;
  return { target, meta: { format: 'xml', type: TNDS_XML_TYPE }, data: formatTnds(node) };
}

/** The change of the device's tree that the write makes. */
export function changeOf({ name, locUri, createdTop = locUri, newInstance, property }: Write): TreeChange {
  if (newInstance === true) return { locUri: createdTop, change: 'instance' };
  // A new ACL can hide or show all nodes below.
  return { locUri: createdTop, change: name === 'Replace' && property === undefined ? 'value' : 'structure' };
}

/** The writes that undo the applied ones, in reverse order. Nodes below an added node are deleted with it. */
export function planUndo(applied: readonly Write[]): readonly Write[] {
  const added = new Set<LocUri>();
  for (const { name, locUri, createdTop = locUri } of applied) if (name === 'Add') added.add(createdTop);
  const undone = new Set<string>();
  return applied
    .toReversed()
    .filter(({ locUri, createdTop = locUri }) => !hasAncestorIn(added, createdTop))
    .flatMap(undoOf)
    .filter(({ locUri, property = '' }) => {
      const target = `${locUri}?${property}`;
      if (undone.has(target)) return false;
      undone.add(target);
      return true;
    });
}

function undoOf(write: Write): readonly Write[] {
  const { name, locUri, createdTop = locUri, before, restore = [], newInstance, property } = write;
  switch (name) {
    case 'Add': {
      const undo: Mutable<Write> = { name: 'Delete', locUri: createdTop };
      if (newInstance !== undefined) undo.newInstance = newInstance;
      return [undo];
    }
    case 'Delete':
      return restore;
    case 'Replace': {
      if (before === undefined) return [];
      const undo: Mutable<Write> = { name: 'Replace', locUri, node: before };
      if (property !== undefined) undo.property = property;
      return [undo];
    }
  }
}

/** True for a write that cannot be undone, because the node before is not known. */
export function isIrreversible({ name, before }: Write): boolean {
  return name === 'Replace' && before === undefined;
}
