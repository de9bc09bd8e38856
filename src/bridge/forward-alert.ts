/** Alerts of the device that go to the backend: they wait in the outbox, or for a session of their own. */
import { hash } from 'node:crypto';
import type { OutboxItem } from '../device/outbox-item.ts';
import type { DeviceAlert } from '../dm1/session-model.ts';
import type { Mutable } from '../mutable.ts';
import { alertOf } from '../north/packages.ts';
import { ALERT } from '../syncml/alert-codes.ts';
import type { DeviceCell } from './device-cell.ts';
import { addExecReport } from './exec-report.ts';
import type { BridgeOptions } from './options.ts';
import { translationContext } from './translation-context.ts';

type NewItem = Omit<OutboxItem, 'seq'>;

/** Client event, Generic Alert, sessionless report (DM-1.3 §6.7, §6.9). */
const FORWARDED: ReadonlySet<number> = new Set([ALERT.clientEvent, ALERT.genericAlert, ALERT.sessionlessReport]);

/** Takes the Items of an alert that the backend has to get; the cell's commit makes them durable. */
export function forwardAlert(options: BridgeOptions, cell: DeviceCell, { code, correlator, items }: DeviceAlert): void {
  if (!FORWARDED.has(code)) return;
  for (const item of items) {
    const added: Mutable<NewItem> = { receivedAt: options.clock.now(), code, item };
    if (correlator !== undefined) added.correlator = correlator;
    if (!isSameAlert(cell, added)) addItem(options, cell, added);
    else options.journal.log('alert.repeated', { device: cell.record.devId, session: cell.session?.id, code });
  }
}

/** A report for the ServerURI that an EXEC named gets a session of its own (DM-2.0 §5.3.5); the outbox takes all others. */
function addItem(options: BridgeOptions, cell: DeviceCell, added: NewItem): void {
  const seq = cell.record.nextSeq;
  cell.record = { ...cell.record, nextSeq: seq + 1 };
  const { correlator } = added;
  const exec = cell.record.pendingExecs.find((pending) => pending.correlator === correlator);
  const context = exec?.serverUri === undefined ? undefined : translationContext(options, exec.account);
  if (exec?.serverUri === undefined || context === undefined) {
    cell.outbox = [...cell.outbox, { seq, ...added }];
    return;
  }
  const alert = alertOf(context, cell.record, { seq, ...added });
  addExecReport(options, cell, { account: exec.account, serverUri: exec.serverUri, alert });
}

/**
 * True when the device sends an alert again because it may not have seen the answer that acknowledged it: the same alert in
 * the Package#1 after such an answer is the same event (ADR 19). Notes the alert as acknowledged by the answer to come.
 */
function isSameAlert(cell: DeviceCell, added: NewItem): boolean {
  const { session } = cell;
  if (session === undefined) return false;
  const { acknowledged = [], repeatable = [] } = session;
  const mark = fingerprint(added);
  const known = repeatable.indexOf(mark);
  const changed: Mutable<typeof session> = { ...session, acknowledged: [...acknowledged, mark] };
  if (known >= 0) changed.repeatable = repeatable.toSpliced(known, 1);
  cell.session = changed;
  return known >= 0;
}

function fingerprint({ code, correlator, item }: NewItem): string {
  return hash('sha256', JSON.stringify([code, correlator, item]), 'base64');
}
