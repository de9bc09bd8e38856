/** Which subscriptions a change of the device may concern, without a question to the device. */

import type { ManagedDevice } from '../device/managed-device.ts';
import type { Subscription, Subscriptions } from '../device/subscription.ts';
import { type ClientUri, parseClientUri } from '../dm2/client-uri.ts';
import type { MoMapping } from '../mapping/mapping.ts';
import type { MoIndex } from '../mapping/mo-index.ts';
import { mappingAt } from '../mapping/placed-definition.ts';
import { type LocUri, parentOf, ROOT } from '../mo/loc-uri.ts';
import { PlaceIndex } from '../mo/place-index.ts';
import type { TreeChange } from '../mo/tree-change.ts';
import { canonicalPath, instancesOf, rootWithMiid, treePartsOf } from '../translate/uri.ts';
import { leadingNames } from './address.ts';

/** The places of a subscription on one device. */
interface SubscribedPlaces {
  /** Sub-trees in which each change counts. */
  readonly nodes: readonly LocUri[];
  /** Nodes at which, or directly below which, an instance of the MO may appear. */
  readonly parents: readonly LocUri[];
}

/**
 * The device with those subscriptions due whose nodes these changes may concern; the same device when there is none. The cost
 * is that of the subscriptions plus that of the changes.
 */
export function withTouched(index: MoIndex, device: ManagedDevice, changes: readonly TreeChange[]): ManagedDevice {
  const { subscriptions } = device;
  if (subscriptions === undefined || changes.length === 0) return device;
  const changed = new PlaceIndex();
  const parentsOfChanged = new Set<LocUri | undefined>();
  for (const { locUri } of changes) {
    changed.add(locUri);
    parentsOfChanged.add(parentOf(locUri));
  }
  const mayHave = (parent: LocUri) => parentsOfChanged.has(parent) || changed.highestAtOrAbove(parent) >= 0;
  return withDue(device, subscriptions, (subscription) => {
    const { nodes, parents } = placesOf(index, device, subscription);
    return nodes.some((node) => changed.overlaps(node)) || parents.some(mayHave);
  });
}

/** The device with those subscriptions due whose nodes are in the sub-trees that were read, at least of one instance. */
export function withRead(index: MoIndex, device: ManagedDevice, trees: readonly LocUri[]): ManagedDevice {
  const { subscriptions } = device;
  if (subscriptions === undefined || trees.length === 0) return device;
  const read = new PlaceIndex();
  for (const tree of trees) read.add(tree);
  return withDue(device, subscriptions, (subscription) => {
    return placesOf(index, device, subscription).nodes.some((node) => read.highestAtOrAbove(node) >= 0);
  });
}

/** The device with these subscriptions due; a subscription that could not be read in this session is tried again. */
export function withDue(
  device: ManagedDevice,
  subscriptions: Subscriptions,
  isTouched: (subscription: Subscription) => boolean,
): ManagedDevice {
  let isChanged = false;
  const next = subscriptions.map((subscription): Subscription => {
    if (subscription.isDue === true && subscription.triedIn === undefined) return subscription;
    if (!isTouched(subscription)) return subscription;
    isChanged = true;
    const { triedIn: _, ...kept } = subscription;
    return { ...kept, isDue: true };
  });
  return isChanged ? { ...device, subscriptions: next } : device;
}

function placesOf(index: MoIndex, device: ManagedDevice, { clientUri }: Subscription): SubscribedPlaces {
  const uri = parseClientUri(clientUri, index);
  const mapping = index.byMoid(uri.moid);
  // The places of an MO without mapping, and those of a computed one, are not known.
  if (mapping === undefined || mapping.find === 'virtual') return { nodes: [ROOT], parents: [] };
  const path = canonicalPath(mapping, leadingNames(uri.path));
  const roots = rootsOf(device, mapping, uri);
  const nodes = roots.flatMap((root) => treePartsOf(mappingAt(mapping, root), root, path).map(({ locUri }) => locUri));
  const isOpen = uri.instance.kind !== 'miid';
  return { nodes, parents: isOpen ? index.placesOf(mapping).map(({ locUri }) => locUri) : [] };
}

function rootsOf({ miids }: ManagedDevice, { moid }: MoMapping, { instance }: ClientUri): readonly LocUri[] {
  if (instance.kind !== 'miid') return Object.values(instancesOf(miids, moid));
  const root = rootWithMiid(miids, moid, instance.miid);
  return root === undefined ? [] : [root];
}
