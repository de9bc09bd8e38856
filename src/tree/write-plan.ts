/**
 * From the tree that is and the tree that shall be to the commands that lead there, each with what takes it back.
 *
 * Replacing a sub-tree leaves exactly the document: what is missing is added, what differs replaced, what the document
 * does not name deleted, but for permanent nodes, which stay (DM-2.0 §5.3.1, §6.3.1.2).
 */
import type { PlainItem } from '../dm1/plain-item.ts';
import { MappingError } from '../errors.ts';
import { describeNode } from '../mapping/mapping.ts';
import { isBelow, isNodeName, type LocUri, parentOf, ROOT } from '../mo/loc-uri.ts';
import { isInterior, type MoNode } from '../mo/node.ts';
import type { TreeChange } from '../mo/tree-change.ts';
import { TNDS_XML_TYPE } from '../syncml/embedded-document.ts';
import { locUriOf } from '../translate/node-address.ts';
import type { CommandDraft } from '../workflow/request.ts';
import { formatTnds } from '../xml-data/tnds.ts';
import type { InstancePath } from './target.ts';

/** One command for the device and the commands that take it back, in the order to send them. */
export interface Write {
  readonly name: 'Add' | 'Delete' | 'Replace';
  readonly locUri: LocUri;
  /** What is written; absent for Delete. */
  readonly node?: MoNode;
  /** What was there before; absent for Add, and where it could not be read. */
  readonly before?: MoNode;
  /** Of a Delete: what adds the sub-tree again. */
  readonly restore?: readonly Write[];
  /** Of an Add: the topmost node that comes into being with it, where the device makes the parents by itself. */
  readonly createdTop?: LocUri;
  /** It adds the root of a new MO instance. */
  readonly newInstance?: true;
  /** The value goes to this property of the node instead of the node (DM-TND §7.7.1). */
  readonly property?: 'ACL';
  /** The node comes with its sub-tree, as one TNDS document. */
  readonly whole?: true;
  /** Where the MO's definition speaks of it; absent where the write of a node above answers for it. */
  readonly at?: InstancePath<LocUri>;
}

/**
 * The writes that turn `existing` into `desired`, top down.
 * @throws MappingError ERR_MO_DATA_SHAPE when a leaf would become an interior node or the other way round
 */
export function planWrites(
  place: InstancePath<LocUri>,
  existing: MoNode | undefined,
  desired: MoNode,
): readonly Write[] {
  const locUri = locUriOf(place.mapping, place.root, place.path);
  const name = place.path.at(-1);
  if (name !== undefined && !isNodeName(name)) {
    throw new MappingError('ERR_MO_DATA_SHAPE', `not the name of a node: "${name}"`, { place: { node: locUri } });
  }
  if (existing === undefined)
    return [{ name: 'Add', locUri, node: desired, at: place }, ...addChildren(place, desired)];
  if (isInterior(existing) !== isInterior(desired)) {
    throw new MappingError('ERR_MO_DATA_SHAPE', `${locUri} is ${isInterior(existing) ? 'an interior node' : 'a leaf'}`);
  }
  if (!isInterior(desired)) {
    if (isSameLeaf(existing, desired)) return [];
    return [{ name: 'Replace', locUri, node: desired, before: existing, at: place }];
  }
  const wanted = desired.children ?? [];
  const present = existing.children ?? [];
  const deleted = present
    .filter(({ name }) => !wanted.some((child) => child.name === name))
    .filter(({ name }) => describeNode(place.mapping, [...place.path, name])?.scope !== 'permanent')
    .map((child): Write => {
      const at = { ...place, path: [...place.path, child.name] };
      const locUri = locUriOf(at.mapping, at.root, at.path);
      return { name: 'Delete', locUri, before: child, restore: planWrites(at, undefined, child), at };
    });
  const changed = wanted.flatMap((child) =>
    planWrites(
      { ...place, path: [...place.path, child.name] },
      present.find(({ name }) => name === child.name),
      child,
    ),
  );
  return [...deleted, ...changed];
}

function addChildren(place: InstancePath<LocUri>, node: MoNode): readonly Write[] {
  const writes = (node.children ?? []).flatMap((child) =>
    planWrites({ ...place, path: [...place.path, child.name] }, undefined, child),
  );
  return writes.map(({ at: _, ...write }) => write);
}

function isSameLeaf(one: MoNode, other: MoNode): boolean {
  return (
    one.format === other.format && one.value === other.value && (other.type === undefined || one.type === other.type)
  );
}

/** The command of a write. Meta is always complete: an omitted one would mean chr, text/plain (MetaInfo §5). */
export function toCommand({ name, locUri, node, whole, property }: Write): CommandDraft {
  if (name === 'Delete' || node === undefined) return { name, items: [{ target: locUri }] };
  if (whole === true) return { name, items: [documentItem(locUri, node)] };
  if (property !== undefined)
    return { name, items: [{ target: `${locUri}?prop=${property}`, data: node.value ?? '' }] };
  const meta = isInterior(node)
    ? { format: 'node', ...(node.type === undefined || node.type === '' ? {} : { type: node.type }) }
    : { format: node.format, type: node.type ?? 'text/plain' };
  const data = isInterior(node) || node.value === undefined ? {} : { data: node.value };
  return { name, items: [{ target: locUri, meta, ...data }] };
}

/** A new sub-tree as a document is added to its parent (TNDS 1.2: the top node's name stands below the Target). */
function documentItem(locUri: LocUri, node: MoNode): PlainItem {
  const target = parentOf(locUri) ?? ROOT;
  return { target, meta: { format: 'xml', type: TNDS_XML_TYPE }, data: formatTnds(node) };
}

export function regionOf({ name, locUri, createdTop = locUri, newInstance, property }: Write): TreeChange {
  if (newInstance === true) return { locUri: createdTop, change: 'instance' };
  // Other rights can hide or show all that is below.
  return { locUri: createdTop, change: name === 'Replace' && property === undefined ? 'value' : 'structure' };
}

/** What takes back the writes that were done, last first; what lies below an added node goes with it. */
export function planUndo(done: readonly Write[]): readonly Write[] {
  const added = done.filter(({ name }) => name === 'Add').map(({ locUri, createdTop = locUri }) => createdTop);
  const undo = [...done]
    .reverse()
    .filter(({ locUri, createdTop = locUri }) => !added.some((top) => isBelow(createdTop, top)))
    .flatMap((write) => undoOne(write));
  const isSamePlace = (one: Write, other: Write) => one.locUri === other.locUri && one.property === other.property;
  return undo.filter((write, at) => undo.findIndex((each) => isSamePlace(each, write)) === at);
}

function undoOne(write: Write): readonly Write[] {
  const { name, locUri, createdTop = locUri, before, restore = [], newInstance, property } = write;
  if (name === 'Add') return [{ name: 'Delete', locUri: createdTop, ...(newInstance === true && { newInstance }) }];
  if (name === 'Delete') return restore;
  if (before === undefined) return [];
  return [{ name: 'Replace', locUri, node: before, ...(property !== undefined && { property }) }];
}

/** True for a write that cannot be taken back, because nobody knows what was there. */
export function isForGood({ name, before }: Write): boolean {
  return name === 'Replace' && before === undefined;
}
