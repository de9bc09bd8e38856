/** Alerts of the device that go to the backend: they wait in the outbox, or for a session of their own. */
import { hash } from 'node:crypto';
import type { OutboxItem } from '../device/outbox-item.ts';
import { isForwarded } from '../dm1/device-alert.ts';
import type { DeviceAlert } from '../dm1/session-model.ts';
import type { Mutable } from '../mutable.ts';
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
  const exec = cell.record.pendingExecs.find((pending) => pending.correlator === correlator);
  const context = exec?.serverUri === undefined ? undefined : translationContext(options, exec.account);
  if (exec?.serverUri === undefined || context === undefined) return false;
  const alert = alertOf(context, cell.record, item);
  addExecReport(options, cell, { account: exec.account, serverUri: exec.serverUri, alert });
  return true;
}

/**
 * The Items without those that the device sends again because it may not have seen the answer that acknowledged them: the
 * same alert in the Package#1 after such an answer is the same event (ADR 19). All of them count as acknowledged by the
 * answer to come.
 */
function withoutRepeated(options: BridgeOptions, cell: DeviceCell, items: readonly NewItem[]): readonly NewItem[] {
  const { session } = cell;
  if (session === undefined) return items;
  const { acknowledged = [], repeatable = [] } = session;
  const left = countsOf(repeatable);
  const marks = items.map(fingerprint);
  const fresh = items.filter(({ code }, at) => {
    const mark = marks[at] ?? '';
    const count = left.get(mark) ?? 0;
    if (count === 0) return true;
    left.set(mark, count - 1);
    options.journal.log('alert.repeated', { device: cell.record.devId, session: session.id, code });
    return false;
  });
  const changed: Mutable<typeof session> = { ...session, acknowledged: [...acknowledged, ...marks] };
  if (fresh.length < items.length) changed.repeatable = [...left].flatMap(([mark, count]) => Array(count).fill(mark));
  cell.session = changed;
  return fresh;
}

function countsOf(marks: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const mark of marks) counts.set(mark, (counts.get(mark) ?? 0) + 1);
  return counts;
}

function fingerprint({ code, correlator, item }: NewItem): string {
  return hash('sha256', JSON.stringify([code, correlator, item]), 'base64');
}
