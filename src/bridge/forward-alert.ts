/** Alerts of the device that go to the backend: they wait in the outbox, or for a session of their own. */
import type { OutboxItem } from '../device/outbox-item.ts';
import { isForwarded } from '../dm1/device-alert.ts';
import type { DeviceAlert } from '../dm1/session-model.ts';
import type { Mutable } from '../mutable.ts';
import { withAlertInstances } from '../north/alert-addresses.ts';
import { alertOf } from '../north/packages.ts';
import type { DeviceCell } from './device-cell.ts';
import { addExecReport } from './exec-report.ts';
import type { BridgeOptions } from './options.ts';
import { withAdded } from './outbox.ts';
import { translationContext } from './translation-context.ts';

type NewItem = Omit<OutboxItem, 'seq'>;

/**
 * Takes the Items of a message's alerts that the backend has to get; the cell's commit makes them durable. The cost does not
 * depend on the alerts that are there already.
 */
export function forwardAlerts(options: BridgeOptions, cell: DeviceCell, alerts: readonly DeviceAlert[]): void {
  const now = options.clock.now();
  const items = alerts.filter(({ code }) => isForwarded(code)).flatMap((alert) => itemsOf(alert, now));
  if (items.length > 0) addItems(options, cell, withoutRepeated(options, cell, items));
}

function itemsOf({ code, correlator, items }: DeviceAlert, receivedAt: number): readonly NewItem[] {
  return items.map((item) => {
    const added: Mutable<NewItem> = { receivedAt, code, item };
    if (correlator !== undefined) added.correlator = correlator;
    return added;
  });
}

/** A report for the ServerURI that an EXEC named gets a session of its own (DM-2.0 §5.3.5); the outbox takes all others. */
function addItems(options: BridgeOptions, cell: DeviceCell, items: readonly NewItem[]): void {
  const first = cell.record.nextSeq;
  cell.record = { ...cell.record, nextSeq: first + items.length };
  const kept: OutboxItem[] = [];
  for (const [at, added] of items.entries()) {
    const item = { seq: first + at, ...added };
    if (!addReport(options, cell, item)) kept.push(item);
  }
  cell.outbox = withAdded(cell.outbox, kept);
}

/** Returns false for an alert that is no such report. */
function addReport(options: BridgeOptions, cell: DeviceCell, item: OutboxItem): boolean {
  const { correlator } = item;
  if (correlator === undefined) return false;
  const exec = cell.record.pendingExecs.find(
    (pending) => pending.correlator === correlator && pending.expiresAt > item.receivedAt,
  );
  const context = exec?.serverUri === undefined ? undefined : translationContext(options, exec.account);
  if (exec?.serverUri === undefined || context === undefined) return false;
  const north = cell.session?.account === exec.account ? cell.session.north : undefined;
  const known = north === undefined || north.phase === 'ended' ? undefined : north.knowledge.discovered;
  cell.record = withAlertInstances(context.index, cell.record, [item], known);
  const alert = alertOf(context, cell.record, item);
  addExecReport(options, cell, { account: exec.account, serverUri: exec.serverUri, alert });
  return true;
}

/** The Items without those that the device repeats, because it has not seen the answer that acknowledged them (ADR 23). */
function withoutRepeated(options: BridgeOptions, cell: DeviceCell, items: readonly NewItem[]): readonly NewItem[] {
  return items.filter((item) => {
    if (!cell.alerts.recognize(item)) return true;
    options.journal.log('alert.repeated', { device: cell.record.devId, session: cell.session?.id, code: item.code });
    return false;
  });
}
