/**
 * Writes against a vendor's DDF, before anything goes over the air: format, access type, scope, occurrence.
 *
 * The access types of standard MO definitions are minimum access types: a device may allow more, so a mapping with
 * `minimumAccess` refuses nothing. Below an interior node that describes no children everything may be.
 *
 * @see DM-2.0 §6.3.1, §6.3.1.1, §6.3.1.2, Appendix C
 */
import type { MoNode, NodeFormat } from '../mo/node.ts';
import type { MoMapping, NodeDescription } from './mapping.ts';

/** What the DDF forbids, as a status of DM 2.0 and in words for the trace; never with the value. */
export interface WriteRefusal {
  readonly status: 403 | 404 | 405 | 415;
  readonly reason: string;
}

/** Whether the node is there: then it is replaced, else added. */
export type Presence = 'present' | 'absent' | 'unknown';

/** Judges one write at `path` below the MO root, sub-tree included; undefined when the DDF lets it pass. */
export function checkWrite(
  mapping: MoMapping,
  path: readonly string[],
  change: MoNode | 'delete',
  presence: Presence = 'unknown',
): WriteRefusal | undefined {
  if (mapping.minimumAccess) return undefined;
  const found = findDescription(mapping.description, path);
  if (found === 'free') return undefined;
  const place = `${mapping.name}${path.map((name) => `/${name}`).join('')}`;
  if (found === 'none') return { status: 404, reason: `the DDF has no node ${place}` };
  return change === 'delete' ? checkDelete(found, place) : checkNode(found, change, place, presence);
}

/** A description and how names below it compare. */
interface Found {
  readonly node: NodeDescription;
  readonly ignoresCase: boolean;
}

/** `free`: below a node whose children the DDF leaves open. */
function findDescription(root: NodeDescription, path: readonly string[]): Found | 'free' | 'none' {
  let at: Found = { node: root, ignoresCase: root.caseSense === 'CIS' };
  for (const name of path) {
    if (isOpen(at.node)) return 'free';
    const child = childOf(at, name);
    if (child === undefined) return 'none';
    at = child;
  }
  return at;
}

function isOpen({ format, children }: NodeDescription): boolean {
  return format === 'node' && children.length === 0;
}

function childOf({ node, ignoresCase }: Found, name: string): Found | undefined {
  const isNamed = (child: NodeDescription) => {
    if (child.name === name) return true;
    const loose = child.caseSense === undefined ? ignoresCase : child.caseSense === 'CIS';
    return loose && child.name.toLowerCase() === name.toLowerCase();
  };
  const child = node.children.find(isNamed) ?? node.children.find((each) => each.name === '');
  if (child === undefined) return undefined;
  return { node: child, ignoresCase: child.caseSense === undefined ? ignoresCase : child.caseSense === 'CIS' };
}

/** A permanent node is told as such before it is told to be forbidden (Appendix C, 405). */
function checkDelete({ node }: Found, place: string): WriteRefusal | undefined {
  if (node.scope === 'permanent') return { status: 405, reason: `${place} is permanent` };
  return node.access.includes('Delete') ? undefined : { status: 403, reason: `${place} has no access type Delete` };
}

function checkNode(found: Found, change: MoNode, place: string, presence: Presence): WriteRefusal | undefined {
  const { node } = found;
  if ((node.format === 'node') !== (change.format === 'node')) {
    return { status: 415, reason: `${place} is ${node.format === 'node' ? 'an interior node' : 'a leaf'}` };
  }
  const refused = checkAccess(node, place, presence);
  if (refused !== undefined) return refused;
  return node.format === 'node' ? checkChildren(found, change, place, presence) : checkLeaf(node, change, place);
}

function checkAccess(node: NodeDescription, place: string, presence: Presence): WriteRefusal | undefined {
  const isLeaf = node.format !== 'node';
  // An interior node that is there changes only through its children.
  if (presence === 'present' && (!isLeaf || node.access.includes('Replace'))) return undefined;
  if (presence === 'absent' && node.access.includes('Add')) return undefined;
  if (presence === 'unknown' && (!isLeaf || node.access.includes('Add') || node.access.includes('Replace'))) {
    return undefined;
  }
  const missing = { present: 'Replace', absent: 'Add', unknown: 'Add or Replace' }[presence];
  return { status: 403, reason: `${place} has no access type ${missing}` };
}

function checkLeaf(node: NodeDescription, change: MoNode, place: string): WriteRefusal | undefined {
  if (!areSameKind(node.format, change.format)) {
    return { status: 415, reason: `${place} has format ${node.format}, not ${change.format}` };
  }
  const fits = change.value === undefined || isValueOf(change.value, node.format);
  return fits ? undefined : { status: 415, reason: `the value for ${place} is none of format ${node.format}` };
}

/** Both are bytes, which a device may call one or the other. */
function areSameKind(one: NodeFormat, other: NodeFormat): boolean {
  const isBinary = (format: NodeFormat) => format === 'b64' || format === 'bin';
  return one === other || (isBinary(one) && isBinary(other));
}

function isValueOf(value: string, format: NodeFormat): boolean {
  switch (format) {
    case 'null':
      return value === '';
    case 'int':
      return /^\s*[+-]?\d+\s*$/.test(value);
    case 'bool':
      return /^\s*(?:true|false)\s*$/i.test(value);
    case 'float':
      return value.trim() !== '' && (Number.isFinite(Number(value)) || /^\s*(?:-?INF|NaN)\s*$/.test(value));
    case 'b64':
    case 'bin':
      return /^[A-Za-z0-9+/\s]*(?:=\s*){0,2}$/.test(value);
    default:
      return true;
  }
}

function checkChildren(found: Found, change: MoNode, place: string, presence: Presence): WriteRefusal | undefined {
  if (isOpen(found.node)) return undefined;
  const children = change.children ?? [];
  // What is new has nothing in it yet.
  const below = presence === 'absent' ? 'absent' : 'unknown';
  for (const child of children) {
    const at = `${place}/${child.name}`;
    const description = childOf(found, child.name);
    if (description === undefined) return { status: 404, reason: `the DDF has no node ${at}` };
    // A permanent node comes with its parent; giving it a value is then no adding (§6.3.1.2).
    const isThere = below === 'absent' && description.node.scope === 'permanent';
    const refused = checkNode(description, child, at, isThere ? 'present' : below);
    if (refused !== undefined) return refused;
  }
  return checkOccurrence(found, children, place, presence);
}

/** Only what the document itself says too much or too little of. */
function checkOccurrence(
  found: Found,
  children: readonly MoNode[],
  place: string,
  presence: Presence,
): WriteRefusal | undefined {
  for (const description of found.node.children) {
    const count = children.filter(({ name }) => childOf(found, name)?.node === description).length;
    const what = `${place}/${description.name || '<x>'}`;
    if (count > mostOf(description)) {
      return { status: 415, reason: `${what} stands ${count} times, at most ${mostOf(description)} may` };
    }
    if (presence === 'absent' && count === 0 && mustBeAdded(description)) {
      return { status: 415, reason: `${what} is missing, occurrence ${description.occurrence}` };
    }
  }
  return undefined;
}

function mostOf({ occurrence, max }: NodeDescription): number {
  if (occurrence === 'One' || occurrence === 'ZeroOrOne') return 1;
  return occurrence.endsWith('N') ? (max ?? Number.POSITIVE_INFINITY) : Number.POSITIVE_INFINITY;
}

/** Nodes that only a DM Server can bring about; a device may make the others itself. */
function mustBeAdded({ occurrence, scope, access, defaultValue }: NodeDescription): boolean {
  return occurrence.startsWith('One') && scope === 'dynamic' && access.includes('Add') && defaultValue === undefined;
}
