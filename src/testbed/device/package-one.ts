/**
 * What a device says in Package#1, and its Generic Alerts at any time.
 *
 * @see DM-1.3 §6.3, §6.7, §6.8
 */
import type { SimulatedDevice } from './device.ts';
import type { PendingAlert } from './exec-handler.ts';
import type { WireCommand, WireItem } from './message.ts';
import { formatLocUri, type TreeNode } from './tree.ts';

/** Why the device calls, and what it has to tell about its tree. */
export interface SessionOptions {
  /** 1200 answers a notification and uses its SessionID. */
  readonly initiation?: '1200' | '1201' | undefined;
  readonly sessionId?: string | undefined;
  /** DM Tree Change Alert (DM-1.3 §6.8): nothing changed, or the URIs of the MOs that did. */
  readonly treeChange?: 'unchanged' | readonly string[] | undefined;
  /** How often a message is sent again when HTTP fails or answers 5xx. */
  readonly retries?: number | undefined;
}

/** The commands of Package#1 without the Generic Alerts. */
export function packageOne(device: SimulatedDevice, options: SessionOptions): readonly WireCommand[] {
  return [alert(options.initiation ?? '1201', []), devInfo(device), ...treeAlerts(options.treeChange)];
}

/** One Alert 1226; DM 1.1 knows only Client Event, 1224. */
export function genericAlert(pending: PendingAlert, version: string): WireCommand {
  const item: WireItem = {
    source: pending.source,
    target: pending.target,
    meta: { format: pending.format, type: pending.type, mark: pending.mark },
    data: pending.data,
  };
  if (version === '1.1') return alert('1224', [item]);
  return { ...alert('1226', [item]), correlator: pending.correlator };
}

/** An Alert; its CmdID is given when it is sent. */
export function alert(code: string, items: readonly WireItem[]): WireCommand {
  return { name: 'Alert', cmdId: '', data: code, items, members: [] };
}

function devInfo(device: SimulatedDevice): WireCommand {
  const root = device.tree.find(['DevInfo']);
  const items = root === undefined ? [] : leavesBelow(root, ['DevInfo']);
  return { name: 'Replace', cmdId: '', items, members: [] };
}

function leavesBelow(node: TreeNode, names: readonly string[]): WireItem[] {
  if (node.children !== undefined) {
    return [...node.children.values()].flatMap((below) => leavesBelow(below, [...names, below.name]));
  }
  return [{ source: formatLocUri(names), meta: { format: node.format, type: node.type }, data: node.value ?? '' }];
}

function treeAlerts(change: SessionOptions['treeChange']): readonly WireCommand[] {
  if (change === undefined) return [];
  return change === 'unchanged'
    ? [alert('1227', [])]
    : [
        alert(
          '1228',
          change.map((uri) => ({ data: uri })),
        ),
      ];
}
