/** Alerts that say something about the device's tree, for the MO cache (DM-1.3 §6.3, §6.8). */
import { DEV_INFO_ROOT } from '../device/dev-info.ts';
import type { PlainItem } from '../dm1/plain-item.ts';
import type { DeviceAlert } from '../dm1/session-model.ts';
import { isDevInfo, type LocUri, ROOT, readLocUri } from '../mo/loc-uri.ts';
import type { TreeChange } from '../mo/tree-change.ts';
import { ALERT } from '../syncml/alert-codes.ts';
import type { DeviceCell } from './device-cell.ts';
import { addRequestedMo, invalidateNodes } from './mo-cache.ts';
import type { BridgeOptions } from './options.ts';
import type { DmSession, RequestedMo } from './session.ts';
import { touchSubscriptions } from './subscriptions/changes.ts';

/** With more changed nodes than this, the whole tree counts as changed. */
const MAX_CHANGED_NODES = 256;

/** Applies 1227, 1228 and 1229, and the events of nodes in all other alerts. */
export function applyTreeAlerts(options: BridgeOptions, cell: DeviceCell, alerts: readonly DeviceAlert[]): void {
  const changed: LocUri[] = [];
  for (const alert of alerts) {
    // A later MO of the device is newer than these changes.
    if (alert.code === ALERT.requestedMo) invalidate(options, cell, changed.splice(0));
    for (const locUri of applyTreeAlert(options, cell, alert)) changed.push(locUri);
  }
  invalidate(options, cell, changed);
}

/** Applies one alert, and returns the nodes that may have changed by it. */
function applyTreeAlert(options: BridgeOptions, cell: DeviceCell, { code, items }: DeviceAlert): readonly LocUri[] {
  switch (code) {
    case ALERT.treeUnchanged:
      recordTreeStateReported(cell);
      return [];
    case ALERT.treeChanged:
      return applyTreeChanged(cell, items);
    case ALERT.requestedMo:
      for (const { source, data } of items) {
        if (source !== undefined && data !== undefined)
          acceptRequestedMo(options, cell, { locUri: source, tnds: data });
      }
      return [];
    default:
      return items.flatMap(({ source }) => locUrisIn([source]));
  }
}

function invalidate(options: BridgeOptions, cell: DeviceCell, locUris: readonly LocUri[]): void {
  const all = [...new Set(locUris)];
  const changed = all.length > MAX_CHANGED_NODES ? [ROOT] : all;
  invalidateNodes(cell, changed);
  const changes = changed.map((locUri): TreeChange => ({ locUri, change: 'instance' }));
  touchSubscriptions(options, cell, changes);
}

/** An alert of which one Item is not understood may speak of any node, so it counts as a change of the whole tree. */
function applyTreeChanged(cell: DeviceCell, items: readonly PlainItem[]): readonly LocUri[] {
  const isUnderstood = items.length > 0 && items.every(isUnderstoodItem);
  if (isUnderstood) recordTreeStateReported(cell);
  // Every node that an Item names in any of its parts may have changed.
  const changed = items.flatMap(({ data, source, target }) => locUrisIn([data, source, target]));
  return isUnderstood ? changed : [ROOT];
}

/** The report of the tree's state counts only in Package#1 (DM-1.3 §6.8). */
function recordTreeStateReported(cell: DeviceCell): void {
  const { session } = cell;
  if (session !== undefined && isInPackageOne(session)) cell.session = { ...session, treeStateReported: true };
}

/** An MO in Package#1 waits in the session until Package#1 is complete. */
function acceptRequestedMo(options: BridgeOptions, cell: DeviceCell, requested: RequestedMo): void {
  const { session } = cell;
  if (session === undefined || !isInPackageOne(session)) addRequestedMo(options, cell, requested);
  else cell.session = { ...session, requestedMos: [...(session.requestedMos ?? []), requested] };
}

/** True until Package#1 is complete: then the session gets its account. */
export function isInPackageOne({ account, north }: DmSession): boolean {
  return account === '' && north.phase === 'waiting';
}

/** Data holds the URI of the MO (DM-1.3 §6.8); without Data, some devices put it where other alerts have theirs. */
function isUnderstoodItem({ data = '', source, target }: PlainItem): boolean {
  return locUrisIn(data.trim() === '' ? [source, target] : [data]).length > 0;
}

/** Devices write `Devinfo`, too (DM-1.3 §6.3). */
function locUrisIn(texts: readonly (string | undefined)[]): readonly LocUri[] {
  return texts.flatMap((text = '') => (isDevInfo(text) ? DEV_INFO_ROOT : (readLocUri(text) ?? [])));
}
