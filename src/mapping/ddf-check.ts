/**
 * Checks writes against a vendor's DDF before they go to the device: format, access type, scope and occurrence.
 *
 * A device may allow more than the minimum access types of a standard, so a mapping with `minimumAccess` refuses nothing.
 * An interior node that describes no children may have any.
 *
 * @see DM-2.0 §6.3.1, §6.3.1.1, §6.3.1.2, Appendix C
 */
import { DM2_STATUS } from '../dm2/status-codes.ts';
import { isLexical } from '../mo/lexical-form.ts';
import { isBinaryFormat, type MoNode, type NodeFormat } from '../mo/node.ts';
import { childrenByName, type MoMapping, type NodeDescription } from './mapping.ts';

/** A write that the DDF forbids. */
export interface WriteRefusal {
  /** DM-2.0 Appendix C. */
  readonly status: 403 | 404 | 405 | 415;
  /** For the trace; never contains the value. */
  readonly reason: string;
}

/** `present`: the write replaces the node; `absent`: it adds the node. */
export type Presence = 'present' | 'absent' | 'unknown';

/** Checks one write at `path` below the MO root, sub-tree included; returns undefined when the DDF allows it. */
export function checkWrite(
  mapping: MoMapping,
  path: readonly string[],
  change: MoNode | 'delete',
  presence: Presence = 'unknown',
): WriteRefusal | undefined {
  if (mapping.minimumAccess) return undefined;
  const found = findDescription(mapping.description, path);
  if (found === 'free') return undefined;
  const label = `${mapping.name}${path.map((name) => `/${name}`).join('')}`;
  if (found === 'none') return refusal(DM2_STATUS.notFound, `the DDF has no node ${label}`);
  return change === 'delete' ? checkDelete(found, label) : checkNode(found, change, label, presence);
}

function refusal(status: WriteRefusal['status'], reason: string): WriteRefusal {
  return { status, reason };
}

/** A description, and how the names below it are compared. */
interface Found {
  readonly node: NodeDescription;
  readonly ignoresCase: boolean;
}

/** Returns `free` below a node whose children the DDF does not describe, `none` where it has no such node. */
function findDescription(root: NodeDescription, path: readonly string[]): Found | 'free' | 'none' {
  let at: Found = { node: root, ignoresCase: root.caseSense === 'CIS' };
  for (const name of path) {
    if (isOpen(at.node)) return 'free';
    const child = childOf(at, name);
    if (child === undefined) return at.node.minimumAccess === true ? 'free' : 'none';
    at = child;
  }
  return at;
}

function isOpen({ format, children }: NodeDescription): boolean {
  return format === 'node' && children.length === 0;
}

function childOf({ node, ignoresCase }: Found, name: string): Found | undefined {
  const ignoresCaseOf = ({ caseSense }: NodeDescription) =>
    caseSense === undefined ? ignoresCase : caseSense === 'CIS';
  const named = childrenByName(node);
  const child =
    named.get(name) ?? childrenInAnyCase(node).get(name.toLowerCase())?.find(ignoresCaseOf) ?? named.get('');
  return child === undefined ? undefined : { node: child, ignoresCase: ignoresCaseOf(child) };
}

/** The named children by their names in lower case. */
function childrenInAnyCase(node: NodeDescription): ReadonlyMap<string, readonly NodeDescription[]> {
  const known = childrenInAnyCaseOf.get(node);
  if (known !== undefined) return known;
  const children = Map.groupBy(
    node.children.filter(({ name }) => name !== ''),
    ({ name }) => name.toLowerCase(),
  );
  childrenInAnyCaseOf.set(node, children);
  return children;
}

/** Descriptions never change, and a vendor's node may have thousands of children. */
const childrenInAnyCaseOf = new WeakMap<NodeDescription, ReadonlyMap<string, readonly NodeDescription[]>>();

/** 405 for a permanent node comes before 403 for one that may not be deleted (DM-2.0 Appendix C). */
function checkDelete({ node }: Found, label: string): WriteRefusal | undefined {
  if (node.scope === 'permanent') return refusal(DM2_STATUS.commandNotAllowed, `${label} is permanent`);
  return node.access.includes('Delete') || node.minimumAccess === true
    ? undefined
    : refusal(DM2_STATUS.forbidden, `${label} has no access type Delete`);
}

function checkNode(found: Found, change: MoNode, label: string, presence: Presence): WriteRefusal | undefined {
  const { node } = found;
  if ((node.format === 'node') !== (change.format === 'node')) {
    return refusal(
      DM2_STATUS.unsupportedMediaType,
      `${label} is ${node.format === 'node' ? 'an interior node' : 'a leaf'}`,
    );
  }
  const refused = checkAccess(node, label, presence);
  if (refused !== undefined) return refused;
  return node.format === 'node' ? checkChildren(found, change, label, presence) : checkLeaf(node, change, label);
}

function checkAccess(node: NodeDescription, label: string, presence: Presence): WriteRefusal | undefined {
  if (node.minimumAccess === true) return undefined;
  const mayAdd = node.access.includes('Add');
  // A present interior node changes only through its children.
  const mayReplace = node.format === 'node' || node.access.includes('Replace');
  const isAllowed = { present: mayReplace, absent: mayAdd, unknown: mayAdd || mayReplace }[presence];
  if (isAllowed) return undefined;
  const missing = { present: 'Replace', absent: 'Add', unknown: 'Add or Replace' }[presence];
  return refusal(DM2_STATUS.forbidden, `${label} has no access type ${missing}`);
}

function checkLeaf(node: NodeDescription, change: MoNode, label: string): WriteRefusal | undefined {
  if (!areSameKind(node.format, change.format)) {
    return refusal(DM2_STATUS.unsupportedMediaType, `${label} has format ${node.format}, not ${change.format}`);
  }
  const fits = change.value === undefined || isLexical(change.value, node.format);
  return fits
    ? undefined
    : refusal(DM2_STATUS.unsupportedMediaType, `the value for ${label} is not of format ${node.format}`);
}

/** `b64` and `bin` are both bytes; devices use either name. */
function areSameKind(one: NodeFormat, other: NodeFormat): boolean {
  return one === other || (isBinaryFormat(one) && isBinaryFormat(other));
}

function checkChildren(found: Found, change: MoNode, label: string, presence: Presence): WriteRefusal | undefined {
  if (isOpen(found.node)) return undefined;
  const children = change.children ?? [];
  // A new node has no children yet.
  const below = presence === 'absent' ? 'absent' : 'unknown';
  for (const child of children) {
    const at = `${label}/${child.name}`;
    const description = childOf(found, child.name);
    if (description === undefined && found.node.minimumAccess === true) continue;
    if (description === undefined) return refusal(DM2_STATUS.notFound, `the DDF has no node ${at}`);
    // The device creates a permanent node with its parent, so a value for it is no Add (DM-2.0 §6.3.1.2).
    const isCreatedWithParent = below === 'absent' && description.node.scope === 'permanent';
    const refused = checkNode(description, child, at, isCreatedWithParent ? 'present' : below);
    if (refused !== undefined) return refused;
  }
  return checkOccurrence(found, children, label, presence);
}

/** Counts the nodes of the document itself; the device may have more. */
function checkOccurrence(
  found: Found,
  children: readonly MoNode[],
  label: string,
  presence: Presence,
): WriteRefusal | undefined {
  const counts = new Map<NodeDescription | undefined, number>();
  for (const { name } of children) {
    const description = childOf(found, name)?.node;
    counts.set(description, (counts.get(description) ?? 0) + 1);
  }
  for (const description of found.node.children) {
    const count = counts.get(description) ?? 0;
    const childLabel = `${label}/${description.name || '<x>'}`;
    const most = maxCount(description);
    if (count > most) {
      return refusal(
        DM2_STATUS.unsupportedMediaType,
        `${childLabel} occurs ${count} times, at most ${most} are allowed`,
      );
    }
    if (presence === 'absent' && count === 0 && mustBeAdded(description)) {
      return refusal(DM2_STATUS.unsupportedMediaType, `${childLabel} is missing, occurrence ${description.occurrence}`);
    }
  }
  return undefined;
}

function maxCount({ occurrence, max }: NodeDescription): number {
  if (occurrence === 'One' || occurrence === 'ZeroOrOne') return 1;
  const isLimited = occurrence === 'ZeroOrN' || occurrence === 'OneOrN';
  return isLimited && max !== undefined ? max : Number.POSITIVE_INFINITY;
}

/** True for a node that only a DM Server can create; a device may create the others itself. */
function mustBeAdded({ occurrence, scope, access, defaultValue, minimumAccess }: NodeDescription): boolean {
  if (minimumAccess === true) return false;
  return occurrence.startsWith('One') && scope === 'dynamic' && access.includes('Add') && defaultValue === undefined;
}
