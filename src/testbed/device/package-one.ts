/**
 * The commands of Package#1, and Generic Alerts.
 *
 * @see DM-1.3 §6.3, §6.7, §6.8
 */
import { ALERT, type AlertCode } from '../../syncml/alert-codes.ts';
import type { SimulatedDevice } from './device.ts';
import type { PendingAlert } from './exec-handler.ts';
import type { WireCommand, WireItem } from './message.ts';
import { formatLocUri, type TreeNode } from './tree.ts';

type SessionInitiation = typeof ALERT.serverInitiatedManagement | typeof ALERT.clientInitiatedManagement;

/** The reason why the device starts a session, and the state of its tree. */
export interface SessionOptions {
  /** 1200 follows a notification and uses its SessionID; default 1201. */
  readonly initiation?: SessionInitiation | undefined;
  readonly sessionId?: string | undefined;
  /** DM Tree Change Alert (DM-1.3 §6.8): `unchanged`, or the LocURIs of the MOs that changed. */
  readonly treeChange?: 'unchanged' | readonly string[] | undefined;
  /** The number of times that a message is sent again when HTTP fails or the status is 5xx. */
  readonly retries?: number | undefined;
}

/** The commands of Package#1 without the Generic Alerts. */
export function packageOne(device: SimulatedDevice, options: SessionOptions): readonly WireCommand[] {
  return [
    alert(options.initiation ?? ALERT.clientInitiatedManagement, []),
    devInfo(device),
    ...treeAlerts(options.treeChange),
  ];
}

/** Alert 1226; in DM 1.1 it is Client Event, 1224. */
export function genericAlert(pending: PendingAlert, version: string): WireCommand {
  const item: WireItem = {
    source: pending.source,
    target: pending.target,
    meta: { format: pending.format, type: pending.type, mark: pending.mark },
    data: pending.data,
  };
  if (version === '1.1') return alert(ALERT.clientEvent, [item]);
  return { ...alert(ALERT.genericAlert, [item]), correlator: pending.correlator };
}

/** An Alert; its CmdID is assigned when it is sent. */
export function alert(code: AlertCode, items: readonly WireItem[]): WireCommand {
  return { name: 'Alert', cmdId: '', data: String(code), items, members: [] };
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
  if (change === 'unchanged') return [alert(ALERT.treeUnchanged, [])];
  const changed = change.map((locUri) => ({ data: locUri }));
  return [alert(ALERT.treeChanged, changed)];
}
