/**
 * The MOs that no legacy device has and the bridge makes: DM Account, Delegation Access Control and Session Information
 * (DM-2.0 §12.2 to §12.4).
 * They live at addresses that no device can have.
 */

import type { ManagedDevice } from '../device/managed-device.ts';
import { contentBytes } from '../dm2/content.ts';
import type { Content } from '../dm2/package.ts';
import type { MoMapping } from '../mapping/mapping.ts';
import type { MoNode } from '../mo/node.ts';
import type { BackendAccount } from './context.ts';

export const DEVICE_ACCOUNT_ROOT = 'bridge:DMAcc';
/** Of the Delegation Access Control MO, which is made of what the device tells (`dac/`). */
export const RIGHTS_ROOT = 'bridge:DacMO';
const SESSION_INFO_ROOT = 'bridge:SessionInfoMO';

const ROOTS: Readonly<Record<string, string>> = {
  'urn:oma:mo:oma-dm-dmacc:1.2': DEVICE_ACCOUNT_ROOT,
  'urn:oma:mo:oma-sessioninfomo:1.0': SESSION_INFO_ROOT,
  'urn:oma:mo:oma-dm-dacmo:1.0': RIGHTS_ROOT,
};

/** Leaves of the DM Account MO that HGET may change (design: DM Account), and that nobody may read. */
const SECRET_LEAVES: readonly string[] = ['Auth/Noti/Secret', 'Auth/Noti/Data'];

/** The address of the instance that the bridge makes of this MO; undefined for MOs of the device. */
export function virtualRootOf(mapping: MoMapping): string | undefined {
  return mapping.find === 'virtual' ? ROOTS[mapping.moid] : undefined;
}

/** True for the Delegation Access Control MO. */
export function isRightsMo(mapping: MoMapping): boolean {
  return virtualRootOf(mapping) === RIGHTS_ROOT;
}

export function isVirtual(locUri: string): boolean {
  return locUri.startsWith('bridge:');
}

/** The whole made instance as a canonical tree; access rights are none of them, for the device has to be asked. */
export function virtualTree(root: string, account: BackendAccount, device: ManagedDevice): MoNode | undefined {
  if (root === DEVICE_ACCOUNT_ROOT) return accountTree(account, device);
  return root === SESSION_INFO_ROOT ? sessionInfoTree(device) : undefined;
}

/** True for the leaves of a made instance that HGET may change. */
export function isChangeable(root: string, path: readonly string[]): boolean {
  return root === DEVICE_ACCOUNT_ROOT && SECRET_LEAVES.includes(path.join('/'));
}

/** True for the leaves of a made instance that have a value which is never shown. */
export function isSecret(root: string, path: readonly string[]): boolean {
  return root === DEVICE_ACCOUNT_ROOT && SECRET_LEAVES.includes(path.join('/'));
}

/** A secret as it is kept: text, or `base64:` and the bytes, the form that the configuration has, too. */
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

/** CBT 0 (other or unknown) and ROAMING 2 (unknown) unless the registry tells better (DM-2.0 §12.4). */
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
