/**
 * DevInfo as Package#1 brings it (DM-1.3 §6.3): its leaves answer reads of single leaves in this session, and they are put over a
 * cached DevInfo.
 */
import {
  changedDevInfo,
  DEV_INFO_ROOT,
  devInfoLeaves,
  kindOfLeaf,
  type ReceivedDevInfo,
  withDevInfo,
} from '../device/dev-info.ts';
import type { MoIndex } from '../mapping/mo-index.ts';
import { formatAt } from '../translate/node-address.ts';
import { type TreeKnowledge, withReported } from '../tree/tree-knowledge.ts';
import type { DeviceCell } from './device-cell.ts';
import { invalidateDevInfo, overlayDevInfo } from './mo-cache.ts';
import { isInPackageOne } from './tree-alerts.ts';

/** Enters leaves of DevInfo into the device's record and cache. */
export function acceptDevInfo(cell: DeviceCell, received: ReceivedDevInfo): void {
  const changed = changedDevInfo(cell.record, received.leaves);
  const isPackageOne = cell.session !== undefined && isInPackageOne(cell.session);
  if (changed.length > 0) {
    // Another device, or other software in it, may have another DevInfo; and in mid-session the session knows the old values.
    if (!isPackageOne || changed.some((text) => kindOfLeaf(text) === 'identity')) invalidateDevInfo(cell);
    else overlayDevInfo(cell, changed);
  }
  cell.record = withDevInfo(cell.record, received);
  const { session } = cell;
  if (!isPackageOne || session === undefined) return;
  const texts = new Set([...(session.devInfo ?? []), ...Object.keys(received.leaves)]);
  cell.session = { ...session, devInfo: [...texts] };
}

/** The knowledge with the leaves that this session's Package#1 has brought. */
export function withPackageOne(
  knowledge: TreeKnowledge,
  { record, session }: DeviceCell,
  index: MoIndex,
): TreeKnowledge {
  const formatOf = (names: readonly string[]) => formatAt(index, DEV_INFO_ROOT, names);
  return withReported(knowledge, devInfoLeaves(record, session?.devInfo ?? [], formatOf));
}
