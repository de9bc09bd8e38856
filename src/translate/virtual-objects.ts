/**
 * The virtual MOs, which no legacy device has and the bridge provides: DM Account, Delegation Access Control and Session
 * Information (DM-2.0 §12.2 to §12.4). Their addresses are none that a device can have.
 */

import type { ManagedDevice } from '../device/managed-device.ts';
import { contentBytes } from '../dm2/content.ts';
import type { Content } from '../dm2/package.ts';
import type { MoMapping } from '../mapping/mapping.ts';
import type { LocUri } from '../mo/loc-uri.ts';
import { type Moid, parseMoid } from '../mo/moid.ts';
import { descend, type MoNode } from '../mo/node.ts';
import type { NodePath } from '../mo/node-path.ts';
import { RIGHT } from './access-rights.ts';
import type { BackendAccount } from './context.ts';

/** The address of the one instance of a virtual MO. */
export type VirtualRoot = 'bridge:DMAcc' | 'bridge:DacMO' | 'bridge:SessionInfoMO';

/** The address of a node of a virtual MO. */
export type VirtualUri = VirtualRoot | `${VirtualRoot}/${string}`;

/** The address of the root of an MO instance. */
export type InstanceRoot = LocUri | VirtualRoot;

export const DEVICE_ACCOUNT_ROOT = 'bridge:DMAcc';
/** Of the Delegation Access Control MO, whose content follows from the ACLs of the device (`rights/`). */
export const RIGHTS_ROOT = 'bridge:DacMO';
const SESSION_INFO_ROOT = 'bridge:SessionInfoMO';

/** The MOID of the Delegation Access Control MO. */
export const RIGHTS_MOID = parseMoid('urn:oma:mo:oma-dm-dacmo:1.0');

const VIRTUAL_ROOTS: Readonly<Record<Moid, VirtualRoot>> = {
  [parseMoid('urn:oma:mo:oma-dm-dmacc:1.2')]: DEVICE_ACCOUNT_ROOT,
  [parseMoid('urn:oma:mo:oma-sessioninfomo:1.0')]: SESSION_INFO_ROOT,
  [RIGHTS_MOID]: RIGHTS_ROOT,
};

/** Leaves of the DM Account MO that HGET may change and that are never shown (docs/losses.md). */
const SECRET_LEAVES: readonly string[] = ['Auth/Noti/Secret', 'Auth/Noti/Data'];

/** The address of the virtual instance of this MO; undefined for MOs of the device. */
export function virtualRootOf(mapping: MoMapping): VirtualRoot | undefined {
  return mapping.find === 'virtual' ? VIRTUAL_ROOTS[mapping.moid] : undefined;
}

/** The address of the node at `path` of the virtual instance. */
export function virtualUriOf(root: VirtualRoot, path: NodePath): VirtualUri {
  return path.length === 0 ? root : `${root}/${path.join('/')}`;
}

/** True for the Delegation Access Control MO. */
export function isRightsMo(mapping: MoMapping): boolean {
  return virtualRootOf(mapping) === RIGHTS_ROOT;
}

/** True for the address of a virtual instance. */
export function isVirtualRoot(root: InstanceRoot): root is VirtualRoot {
  return root.startsWith('bridge:');
}

/** The node with its sub-tree. There is none in the Delegation Access Control MO, because only the device knows its content. */
export function virtualTree(address: VirtualUri, account: BackendAccount, device: ManagedDevice): MoNode | undefined {
  const [root, ...path] = address.split('/');
  switch (root) {
    case DEVICE_ACCOUNT_ROOT:
      return descend(accountTree(account, device), path);
    case SESSION_INFO_ROOT:
      return descend(sessionInfoTree(device), path);
    default:
      return undefined;
  }
}

/** True for the leaves of a virtual instance that hold a secret: HGET may change them, and they are never shown. */
export function isSecret(root: VirtualRoot, path: NodePath): boolean {
  return root === DEVICE_ACCOUNT_ROOT && SECRET_LEAVES.includes(path.join('/'));
}

/** The rights of the backend to the sub-tree at `path` of a virtual instance, unless those further down are others. */
export interface VirtualRights {
  readonly path: NodePath;
  readonly rights: number;
}

/** The rights of the backend to the instance: it reads all nodes except its secrets, which it may only write. */
export function virtualRights(root: VirtualRoot): readonly VirtualRights[] {
  const all: VirtualRights = { path: [], rights: RIGHT.read };
  if (root !== DEVICE_ACCOUNT_ROOT) return [all];
  return [all, ...SECRET_LEAVES.map((leaf) => ({ path: leaf.split('/'), rights: RIGHT.write }))];
}

/** A secret in its stored form: text, or `base64:` and the bytes in base64, as in the configuration. */
export function secretValue(content: Content): string {
  const isPlain = 'text' in content && !content.text.startsWith('base64:');
  return isPlain ? content.text : `base64:${Buffer.from(contentBytes(content)).toString('base64')}`;
}

function accountTree(account: BackendAccount, device: ManagedDevice): MoNode {
  const changed = device.accountValues[account.id] ?? {};
  return interior(account.serverId, [
    leaf('SrvID', account.serverId),
    leaf('SrvURI', account.url),
    leaf('Name', changed.Name ?? account.id),
    interior('Auth', [interior('Noti', [{ name: 'Type', format: 'int', value: '0' }])]),
  ]);
}

/** CBT is 0 (other or unknown) and ROAMING 2 (unknown) unless the registry has other values (DM-2.0 §12.4). */
function sessionInfoTree(device: ManagedDevice): MoNode {
  return interior('SessionInfoMO', [
    { name: 'CBT', format: 'int', value: device.values.cbt ?? '0' },
    { name: 'ROAMING', format: 'int', value: device.values.roaming ?? '2' },
  ]);
}

function interior(name: string, children: readonly MoNode[]): MoNode {
  return { name, format: 'node', type: '', children };
}

function leaf(name: string, value: string): MoNode {
  return { name, format: 'chr', value };
}
