/**
 * The ACLs of one MO instance: for each node its own ACL, the one in force on it, and the one in force on its parent.
 *
 * ACLs are inherited along the tree of the device. A relocated node, which DM 2.0 shows in this MO, inherits from its
 * parent on the device. Paths are those of DM 2.0.
 *
 * @see OMA-TS-DM_TND §7.7.1; OMA-TS-DM_Protocol 2.0 §12.3, §13.2
 */
import { ACL_COMMANDS, type Acl, effectiveAcl, grants } from '../dm1/acl.ts';
import { describeNode, type MoMapping } from '../mapping/mapping.ts';
import { mappingAt } from '../mapping/placed-definition.ts';
import { ancestorsOf, childOf, type LocUri, namesOf, parentOf } from '../mo/loc-uri.ts';
import { isInterior, type MoNode } from '../mo/node.ts';
import type { NodePath } from '../mo/node-path.ts';
import type { Mutable } from '../mutable.ts';
import { type Authority, accessRightsOf, authoritiesOf, type NodeAcls, RIGHT } from '../translate/access-rights.ts';
import { pathOf } from '../translate/node-address.ts';
import { treePartsOf } from '../translate/uri.ts';

/** A node of the instance with its ACLs. */
export interface InstanceNodeAcls extends NodeAcls {
  readonly path: NodePath;
  readonly locUri: LocUri;
  /** Its own ACL, without entries when it inherits; absent when the ACL was not read. */
  readonly own?: Acl;
  /** The ACL in force could not be read, on the node itself or on the one from which it inherits; `acl` has no entries. */
  readonly isUnknown?: true;
}

/** An ACL that could not be read; the 1.x code. */
export interface FailedAcl {
  readonly failed: number;
}

/** The ACL of one node as the device reported it; `hidden` is one that this server may not read. */
export type OwnAcl = Acl | 'hidden' | FailedAcl;

/** The ACLs that were read of an instance. */
export interface AclReading {
  readonly mapping: MoMapping;
  readonly root: LocUri;
  /** Names and kinds of its nodes on the device. */
  readonly tree: MoNode;
  /** Nodes that are missing were not read, or do not exist. */
  readonly own: ReadonlyMap<LocUri, OwnAcl>;
}

const EMPTY: Acl = new Map();

/** The nodes of the instance that have a 2.0 path, its root first. */
export function instanceNodeAcls(reading: AclReading): readonly InstanceNodeAcls[] {
  const { mapping, root, tree } = reading;
  const nodes = nodeAclsFrom(reading, root, tree);
  for (const { locUri, expect } of treePartsOf(mapping, root, [])) {
    if (locUri === root || !reading.own.has(locUri)) continue;
    const node: MoNode = expect === 'leaf' ? { name: '', format: 'chr' } : { name: '', format: 'node', children: [] };
    nodes.push(...nodeAclsFrom(reading, locUri, node));
  }
  return nodes;
}

/** The nodes that have an entry in the DAC MO: the root, nodes with an ACL of their own, and relocated nodes with other rights. */
export function nodesWithEntry(nodes: readonly InstanceNodeAcls[]): readonly InstanceNodeAcls[] {
  const byPath = new Map(nodes.map((node) => [node.path.join('/'), node]));
  return nodes.filter((node) => {
    if (node.isUnknown === true) return false;
    const parent = byPath.get(node.path.slice(0, -1).join('/'));
    return parent === undefined || node.path.length === 0 || (node.own?.size ?? 0) > 0 || !inherits(node, parent);
  });
}

/** True when the authority has any right to any node of the instance. */
export function hasAnyRight(nodes: readonly InstanceNodeAcls[], authority: Authority): boolean {
  return nodes.some(
    (node) =>
      ACL_COMMANDS.some((command) => grants(node.acl, command, authority)) ||
      (accessRightsOf(node, authority) & RIGHT.delegate) !== 0,
  );
}

export function isKnown(acl: OwnAcl | undefined): acl is Acl {
  return acl !== undefined && acl !== 'hidden' && !('failed' in acl);
}

/** The ACL in force on a node. An ACL that could not be read may be empty or not, so nothing is inherited through it. */
export function aclInForce(own: ReadonlyMap<LocUri, OwnAcl>, locUri: LocUri): OwnAcl {
  const path = [...ancestorsOf(locUri), locUri].map((each) => own.get(each) ?? EMPTY);
  return path.findLast((acl) => !isKnown(acl) || acl.size > 0) ?? effectiveAcl([]);
}

/** The node at `locUri` and those below it, as far as they have a 2.0 path. */
function nodeAclsFrom(reading: AclReading, locUri: LocUri, node: MoNode): InstanceNodeAcls[] {
  const { mapping, root, own } = reading;
  const path = pathOf(mapping, namesOf(root), namesOf(locUri))?.path;
  const below = (node.children ?? []).flatMap((child) => nodeAclsFrom(reading, childOf(locUri, child.name), child));
  if (path === undefined) return below;
  const inForce = aclInForce(own, locUri);
  const acls: Mutable<InstanceNodeAcls> = {
    path,
    locUri,
    kind: kindOf(mappingAt(mapping, root), path, node),
    acl: isKnown(inForce) ? inForce : EMPTY,
  };
  if (!isKnown(inForce)) acls.isUnknown = true;
  const parent = parentOf(locUri);
  const parentAcl = parent === undefined ? undefined : aclInForce(own, parent);
  if (isKnown(parentAcl)) acls.parentAcl = parentAcl;
  const acl = own.get(locUri);
  if (isKnown(acl)) acls.own = acl;
  return [acls, ...below];
}

/** A listing may leave Format out, and then a node without children and value looks like a leaf. */
function kindOf(mapping: MoMapping, path: NodePath, node: MoNode): 'interior' | 'leaf' {
  const isBare = node.format === 'chr' && node.value === undefined;
  return isInterior(node) || (isBare && describeNode(mapping, path)?.format === 'node') ? 'interior' : 'leaf';
}

/** True when the node has the rights that its parent in DM 2.0 hands down. */
function inherits(node: InstanceNodeAcls, parent: InstanceNodeAcls): boolean {
  if (parentOf(node.locUri) === parent.locUri) return true;
  const handedDown: NodeAcls = { kind: node.kind, acl: parent.acl, parentAcl: parent.acl };
  const authorities = new Set([...authoritiesOf(node), ...authoritiesOf(handedDown)]);
  return [...authorities].every(
    (authority) => accessRightsOf(node, authority) === accessRightsOf(handedDown, authority),
  );
}
