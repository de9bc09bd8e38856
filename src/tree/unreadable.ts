/**
 * Leaves that can, by their definition, be written and not read, such as passwords. No read involves them, so they are left out of
 * what a command shows, and a device that refuses to show one refuses nothing else (DM-2.0 §6.3.1.1).
 */
import { describeNode, type MoMapping, type NodeDescription } from '../mapping/mapping.ts';
import { type LocUri, locUriOfTarget, namesOf } from '../mo/loc-uri.ts';
import type { MoNode } from '../mo/node.ts';
import type { NodePath } from '../mo/node-path.ts';
import { STATUS } from '../syncml/status-codes.ts';
import { pathOf } from '../translate/node-address.ts';
import type { CommandDraft } from '../workflow/request.ts';
import { expectResult } from '../workflow/result.ts';
import type { Workflow } from '../workflow/workflow.ts';
import { isRefusal } from './status-groups.ts';

/** The reading of an instance in which every refusal of such a leaf is the one that means "no server can read it". */
export function* withUnreadableLeaves<T>(mapping: MoMapping, root: LocUri, reading: Workflow<T>): Workflow<T> {
  const isUnreadable = ({ items: [item] }: CommandDraft): boolean => {
    if (item?.target === undefined || item.target.includes('?')) return false;
    const path = pathOf(mapping, namesOf(root), namesOf(locUriOfTarget(item.target)))?.path;
    return path !== undefined && isWriteOnly(describeNode(mapping, path));
  };
  let step = reading.next();
  while (step.done !== true) {
    const request = step.value;
    const result = yield request;
    if (request.kind !== 'device') {
      step = reading.next(result);
      continue;
    }
    const outcomes = expectResult(result, 'device').outcomes.map((outcome, at) => {
      const command = request.commands[at];
      const isAsExpected = command !== undefined && isRefusal(outcome.status) && isUnreadable(command);
      return isAsExpected ? { ...outcome, status: STATUS.commandNotAllowed } : outcome;
    });
    step = reading.next({ kind: 'device', outcomes });
  }
  return step.value;
}

/** True when the sub-tree at `path` has, by its definition, a leaf that can be written and not read. */
export function hasSecrets(mapping: MoMapping, path: NodePath): boolean {
  const described = describeNode(mapping, path);
  return described !== undefined && containsSecret(described);
}

function containsSecret(description: NodeDescription): boolean {
  const known = secretsBelow.get(description);
  if (known !== undefined) return known;
  const found = isWriteOnly(description) || description.children.some(containsSecret);
  secretsBelow.set(description, found);
  return found;
}

/** Descriptions never change, and each read asks for its own. */
const secretsBelow = new WeakMap<NodeDescription, boolean>();

/** True for such a leaf. */
export function isSecretLeaf(mapping: MoMapping, path: NodePath, { children }: MoNode): boolean {
  return children === undefined && isWriteOnly(describeNode(mapping, path));
}

/** The node without such leaves below it, also where a listing of the device shows them. */
export function withoutSecrets(mapping: MoMapping, path: NodePath, node: MoNode): MoNode {
  if (node.children === undefined || !hasSecrets(mapping, path)) return node;
  const shown = node.children.filter((child) => !isSecretLeaf(mapping, [...path, child.name], child));
  return { ...node, children: shown.map((child) => withoutSecrets(mapping, [...path, child.name], child)) };
}

/**
 * The sub-tree for a plan of writes: such leaves have a format in which they can be written, where no device told one. They were
 * not read, so a document that does not name them leaves them as they are.
 */
export function withWritableSecrets(mapping: MoMapping, path: NodePath, node: MoNode): MoNode {
  if (!hasSecrets(mapping, path)) return node;
  if (isSecretLeaf(mapping, path, node)) return node.format === 'null' ? (secretLeafAt(mapping, path) ?? node) : node;
  if (node.children === undefined) return node;
  return {
    ...node,
    children: node.children.map((child) => withWritableSecrets(mapping, [...path, child.name], child)),
  };
}

/** The leaf that the definition has at `path`, if it is such a leaf. */
export function secretLeafAt(mapping: MoMapping, path: NodePath): MoNode | undefined {
  const described = describeNode(mapping, path);
  if (described === undefined || !isWriteOnly(described)) return undefined;
  return { name: path.at(-1) ?? '', format: described.format };
}

/** A node that can be executed is shown, because it has no value that could be a secret. */
function isWriteOnly(description: NodeDescription | undefined): boolean {
  if (description === undefined || description.format === 'node') return false;
  return !description.access.includes('Get') && !description.access.includes('Exec');
}
