/**
 * Plans the commands that turn the present tree into the wanted one, each with its undo.
 *
 * After a replacement the sub-tree is exactly the document: missing nodes are added, different leaves replaced, and nodes
 * that the document does not name deleted, except permanent nodes, which stay (DM-2.0 §5.3.1, §6.3.1.2).
 */
import type { PlainItem } from '../dm1/plain-item.ts';
import { MappingError } from '../errors.ts';
import { describeNode, isValueLeaf, type MoMapping } from '../mapping/mapping.ts';
import { isBelow, isNodeName, type LocUri, parentOf, ROOT } from '../mo/loc-uri.ts';
import { isInterior, type MoNode } from '../mo/node.ts';
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
export function planWrites(
  instancePath: InstancePath<LocUri>,
  existing: MoNode | undefined,
  desired: MoNode,
): readonly Write[] {
  const { mapping, root, path } = instancePath;
  const locUri = locUriOf(mapping, root, path);
  const name = path.at(-1);
  if (name !== undefined && !isNodeName(name)) {
    throw new MappingError('ERR_MO_DATA_SHAPE', `not the name of a node: "${name}"`, { place: { node: locUri } });
  }
  if (existing === undefined) {
    return [{ name: 'Add', locUri, node: desired, instancePath }, ...planChildren(instancePath, desired)];
  }
  if (isInterior(existing) !== isInterior(desired)) {
    throw new MappingError('ERR_MO_DATA_SHAPE', `${locUri} is ${isInterior(existing) ? 'an interior node' : 'a leaf'}`);
  }
  if (isInterior(desired)) return planReplacedChildren(instancePath, existing, desired);
  if (isSameLeaf(existing, desired)) return [];
  const replacement: Write = { name: 'Replace', locUri, node: desired, instancePath };
  const isUnread = (existing.value ?? '') === '' && isSecretLeaf(mapping, path, existing);
  return [isUnread ? replacement : { ...replacement, before: existing }];
}

function planChildren(instancePath: InstancePath<LocUri>, node: MoNode): readonly Write[] {
  const { mapping } = instancePath;
  const valueLeaf = (node.children ?? []).find(({ name }) => isValueLeaf(mapping, [name]));
  if (valueLeaf !== undefined) {
    throw new MappingError(
      'ERR_MO_DATA_SHAPE',
      `${valueLeaf.name} is the value of the node above, which can be read only`,
    );
  }
  const writes = (node.children ?? []).flatMap((child) =>
    planWrites(childPath(instancePath, child.name), undefined, child),
  );
  // The check of the parent covers its children.
  return writes.map(({ instancePath: _, ...write }) => write);
}

function planReplacedChildren(instancePath: InstancePath<LocUri>, existing: MoNode, desired: MoNode): readonly Write[] {
  const { mapping, path } = instancePath;
  const wanted = desired.children ?? [];
  const present = existing.children ?? [];
  const writes: Write[] = [];
  for (const child of present) {
    const isWanted = wanted.some(({ name }) => name === child.name);
    const isPermanent = describeNode(mapping, [...path, child.name])?.scope === 'permanent';
    // No backend has seen such a node.
    const isUnseen = isValueLeaf(mapping, [...path, child.name]) || isSecretLeaf(mapping, [...path, child.name], child);
    if (!isWanted && !isPermanent && !isUnseen) writes.push(deletion(childPath(instancePath, child.name), child));
  }
  for (const child of wanted) {
    const before = present.find(({ name }) => name === child.name);
    writes.push(...planWrites(childPath(instancePath, child.name), before, child));
  }
  return writes;
}

function deletion(instancePath: InstancePath<LocUri>, node: MoNode): Write {
  const { mapping, root, path } = instancePath;
  const restore = planWrites(instancePath, undefined, withoutValueLeaves(node, mapping));
  return { name: 'Delete', locUri: locUriOf(mapping, root, path), before: node, restore, instancePath };
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
  const added = applied.filter(({ name }) => name === 'Add').map(({ locUri, createdTop = locUri }) => createdTop);
  const undo = applied
    .toReversed()
    .filter(({ locUri, createdTop = locUri }) => !added.some((top) => isBelow(createdTop, top)))
    .flatMap(undoOf);
  const isSameNode = (one: Write, other: Write) => one.locUri === other.locUri && one.property === other.property;
  return undo.filter((write, at) => undo.findIndex((each) => isSameNode(each, write)) === at);
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
