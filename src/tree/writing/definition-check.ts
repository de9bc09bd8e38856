/**
 * Checks writes against the MO's own definition before anything is sent to the device. A vendor's DDF may refuse them; the access
 * types of a standard, which are minimum access types, refuse nothing (DM-2.0 §6.3.1.1).
 */
import { DM2_STATUS } from '../../dm2/status-codes.ts';
import { checkWrite, type Presence, type WriteRefusal } from '../../mapping/ddf-check.ts';
import {
  ACCESS_TYPES,
  describeNode,
  isValueLeaf,
  type MoMapping,
  type NodeDescription,
} from '../../mapping/mapping.ts';
import { isBinaryFormat, isInterior, type MoNode } from '../../mo/node.ts';
import type { NodePath } from '../../mo/node-path.ts';
import type { Write } from '../write-plan.ts';

/** The first refusal of one of the writes. */
export function findRefusal(writes: readonly Write[]): WriteRefusal | undefined {
  for (const write of writes) {
    const refusal = refusalOf(write);
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}

function refusalOf({ name, instancePath, node }: Write): WriteRefusal | undefined {
  if (instancePath === undefined) return undefined;
  const { mapping, path } = instancePath;
  if (isValueLeaf(mapping, path)) {
    return {
      status: DM2_STATUS.forbidden,
      reason: `${path.at(-1)} is the value of the node above, which can be read only`,
    };
  }
  if (name === 'Delete' || node === undefined) return checkDeletion(mapping, path);
  return checkNode(mapping, path, node, name === 'Add' ? 'absent' : 'present');
}

/** Checks new content at `path`; its values count, not the formats that the device has. */
export function checkNode(
  mapping: MoMapping,
  path: NodePath,
  node: MoNode,
  presence: Presence,
): WriteRefusal | undefined {
  return isChecked(mapping) ? checkWrite(mapping, path, asDescribed(mapping, path, node), presence) : undefined;
}

/**
 * Checks names and values of new content before anything is read. The access types are left out: they depend on what exists on
 * the device.
 */
export function checkContent(mapping: MoMapping, path: NodePath, node: MoNode): WriteRefusal | undefined {
  const accessible = accessibleMappings.get(mapping) ?? {
    ...mapping,
    description: withAllAccess(mapping.description),
  };
  accessibleMappings.set(mapping, accessible);
  return checkNode(accessible, path, node, 'unknown');
}

/** A cache: mappings never change, and a DDF may have thousands of nodes. */
const accessibleMappings = new WeakMap<MoMapping, MoMapping>();

function withAllAccess(description: NodeDescription): NodeDescription {
  return { ...description, access: ACCESS_TYPES, children: description.children.map(withAllAccess) };
}

/**
 * Checks that the definition lets the node be deleted. A permanent node is never deleted, even where the device would let it
 * happen and the definition only gives minimum access types (DM-2.0 §6.3.1.2).
 */
export function checkDeletion(mapping: MoMapping, path: NodePath): WriteRefusal | undefined {
  if (isValueLeaf(mapping, path)) {
    return { status: DM2_STATUS.commandNotAllowed, reason: `${path.at(-1)} is the value of the node above` };
  }
  if (isChecked(mapping)) return checkWrite(mapping, path, 'delete');
  if (describeNode(mapping, path)?.scope !== 'permanent') return undefined;
  const name = path.at(-1) ?? mapping.name;
  return { status: DM2_STATUS.commandNotAllowed, reason: `${name} is permanent` };
}

/** True when the definition can refuse a write. Virtual MOs have rules of their own. */
export function isChecked({ minimumAccess, find }: MoMapping): boolean {
  return !minimumAccess && find !== 'virtual';
}

/** The node in the formats of the definition: on a device that omits Meta, everything seems to be text. */
function asDescribed(mapping: MoMapping, path: NodePath, node: MoNode): MoNode {
  if (isInterior(node)) {
    const children = node.children ?? [];
    return { ...node, children: children.map((child) => asDescribed(mapping, [...path, child.name], child)) };
  }
  const described = describeNode(mapping, path)?.format;
  const isApplicable =
    described !== undefined && described !== 'node' && isBinaryFormat(described) === isBinaryFormat(node.format);
  return isApplicable ? { ...node, format: described } : node;
}
