/**
 * The instances from which alerts come. A device may name a node before the bridge has searched for its MOs, and many devices tell
 * no Types: the node then belongs to the MO that a mapping expects at its place, as a GET finds it (DM-2.0 §5.4, §13.1).
 */
import type { ManagedDevice } from '../device/managed-device.ts';
import type { OutboxItem } from '../device/outbox-item.ts';
import type { MoMapping } from '../mapping/mapping.ts';
import type { ExpectedRoot, MoIndex } from '../mapping/mo-index.ts';
import { type LocUri, parentOf, readLocUriLeniently } from '../mo/loc-uri.ts';
import { withExpectedInstances } from '../translate/expected-place.ts';
import { clientUriOf } from '../translate/uri.ts';
import { rootsOf } from '../tree/discovered.ts';
import type { Discovered } from '../workflow/device-tree.ts';

type Alerts = readonly Pick<OutboxItem, 'item' | 'correlator'>[];

/** The device with a MIID for each MO that every device has and that an alert names. */
export function withFixedInstances<D extends ManagedDevice>(index: MoIndex, device: D, alerts: Alerts): D {
  return withInstances(index, device, alerts, ({ mapping }) => mapping.find === 'fixed');
}

/**
 * The device with a MIID for each instance that an alert names. When the device was searched, only the instances count that the search
 * has found; before that, all those at the places of mappings.
 */
export function withAlertInstances<D extends ManagedDevice>(
  index: MoIndex,
  device: D,
  alerts: Alerts,
  discovered: Discovered | undefined,
): D {
  const found = new Map<MoMapping, ReadonlySet<LocUri>>();
  return withInstances(index, device, alerts, ({ mapping, root }) => {
    if (mapping.find === 'fixed' || discovered === undefined) return true;
    // The children of this node may have changed since the device told them.
    const parent = parentOf(root);
    if (parent !== undefined && discovered.unconfirmed?.includes(parent) === true) return true;
    const roots = found.get(mapping) ?? new Set(rootsOf(index, mapping, discovered.roots));
    found.set(mapping, roots);
    return roots.has(root);
  });
}

/** True when an alert comes from a place outside all instances that are known so far. */
export function needsDiscovery(index: MoIndex, device: ManagedDevice, alerts: Alerts): boolean {
  return alerts.some(({ correlator, item }) => {
    if (correlator !== undefined && device.pendingExecs.some((exec) => exec.correlator === correlator)) return false;
    if (item.source === undefined) return false;
    const locUri = readLocUriLeniently(item.source);
    return locUri === undefined || clientUriOf(index, device.miids, locUri) === undefined;
  });
}

function withInstances<D extends ManagedDevice>(
  index: MoIndex,
  device: D,
  alerts: Alerts,
  isThere: (expected: ExpectedRoot) => boolean,
): D {
  const named = alerts.flatMap(({ item }) => [item.source ?? '', item.target ?? '']);
  const locUris = new Set(named.flatMap((text) => readLocUriLeniently(text) ?? []));
  const miids = withExpectedInstances(index, device.miids, [...locUris], isThere);
  return miids === device.miids ? device : { ...device, miids };
}
