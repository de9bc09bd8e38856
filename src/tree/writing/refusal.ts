/**
 * Writes against the MO's own definition, before anything goes over the air: a vendor's DDF may refuse them, the access types of
 * a standard, which are minimum access types, never do (DM-2.0 §6.3.1.1; design: Writing).
 */
import { checkWrite, type Presence, type WriteRefusal } from '../../mapping/ddf-check.ts';
import { ACCESS_TYPES, describeNode, type MoMapping, type NodeDescription } from '../../mapping/mapping.ts';
import { isInterior, type MoNode, type NodeFormat } from '../../mo/node.ts';
import type { Write } from '../write-plan.ts';

/** What the definitions say against the writes of one command: the first refusal. */
export function refusalOf(writes: readonly Write[]): WriteRefusal | undefined {
  for (const { name, at, node } of writes) {
    if (at === undefined) continue;
    const refusal =
      name === 'Delete' || node === undefined
        ? checkDeletion(at.mapping, at.path)
        : checkNode(at.mapping, at.path, node, name === 'Add' ? 'absent' : 'present');
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}

/** What the definition says against this content at `path`; the values count, not in which format a device keeps them. */
export function checkNode(
  mapping: MoMapping,
  path: readonly string[],
  node: MoNode,
  presence: Presence,
): WriteRefusal | undefined {
  return isJudged(mapping) ? checkWrite(mapping, path, asDescribed(mapping, path, node), presence) : undefined;
}

/** The same before anything was read: which nodes and values there are. Whether one is written shows when it is known what is there. */
export function checkShape(mapping: MoMapping, path: readonly string[], node: MoNode): WriteRefusal | undefined {
  const open = openDescriptions.get(mapping) ?? { ...mapping, description: withAllAccess(mapping.description) };
  openDescriptions.set(mapping, open);
  return checkNode(open, path, node, 'unknown');
}

/** Mappings never change, and a DDF may have thousands of nodes. */
const openDescriptions = new WeakMap<MoMapping, MoMapping>();

function withAllAccess(description: NodeDescription): NodeDescription {
  return { ...description, access: ACCESS_TYPES, children: description.children.map(withAllAccess) };
}

/** What the definition says against taking the node away. */
export function checkDeletion(mapping: MoMapping, path: readonly string[]): WriteRefusal | undefined {
  return isJudged(mapping) ? checkWrite(mapping, path, 'delete') : undefined;
}

/** Whether the definition has a word in it at all. */
export function isJudged({ minimumAccess, find }: MoMapping): boolean {
  // What the bridge makes has rules of its own.
  return !minimumAccess && find !== 'virtual';
}

/** Devices that leave Meta out seem to have text everywhere; what they are sent is checked as what the definition calls it. */
function asDescribed(mapping: MoMapping, path: readonly string[], node: MoNode): MoNode {
  if (isInterior(node)) {
    const children = node.children ?? [];
    return { ...node, children: children.map((child) => asDescribed(mapping, [...path, child.name], child)) };
  }
  const described = describeNode(mapping, path)?.format;
  if (described === undefined || described === 'node' || isBinary(described) !== isBinary(node.format)) return node;
  return { ...node, format: described };
}

function isBinary(format: NodeFormat): boolean {
  return format === 'b64' || format === 'bin';
}
