/** What a device's message leaves behind: DevInfo, alerts, and what was learnt of the device. */

import { hash } from 'node:crypto';
import { isDevInfoChanged, withDevInfo } from '../device/dev-info.ts';
import type { OutboxItem } from '../device/outbox-item.ts';
import type { SessionEffect } from '../dm1/session-model.ts';
import type { TransferState } from '../dm1/transfer-model.ts';
import type { LogEventId } from '../log-events.ts';
import { alertOf } from '../north/packages.ts';
import type { DeviceCell } from './device-cell.ts';
import { noteOtherDevInfo, noteTreeAlert } from './mo-cache.ts';
import { contextOf } from './north-run.ts';
import type { BridgeOptions } from './options.ts';

/** Alerts that go north: client event, Generic Alert, sessionless report (DM-1.3 §6.7, §6.9). */
const FORWARDED: ReadonlySet<number> = new Set([1224, 1226, 1230]);

/** Changes the cell; nothing is stored before its commit. */
export function keepSouthEffect(options: BridgeOptions, cell: DeviceCell, effect: SessionEffect): void {
  switch (effect.type) {
    case 'devInfoReceived':
      if (isDevInfoChanged(cell.record, effect.leaves)) noteOtherDevInfo(cell);
      cell.record = withDevInfo(cell.record, effect.leaves);
      return;
    case 'alertReceived':
      noteTreeAlert(options, cell, effect.alert);
      if (!FORWARDED.has(effect.alert.code)) return;
      for (const item of effect.alert.items) {
        const { code, correlator } = effect.alert;
        keepAlert(options, cell, {
          receivedAt: options.clock.now(),
          code,
          ...(correlator === undefined ? {} : { correlator }),
          item,
        });
      }
      return;
    case 'learned':
      cell.record = { ...cell.record, facts: { ...cell.record.facts, ordering: 'one-per-message' } };
      return;
    case 'tolerated':
      keepTolerance(options, cell, effect.what);
      return;
    case 'aborted':
      options.journal.log('session.aborted', { ...placeOf(cell), by: effect.by, reason: effect.reason });
      return;
    case 'transfer':
      logTransfer(options, placeOf(cell), effect);
      return;
    case 'outcome':
    case 'send':
      return;
  }
}

const TRANSFER_EVENTS = {
  begun: 'object.started',
  going: 'object.progress',
  whole: 'object.completed',
  failed: 'object.failed',
} as const satisfies Record<TransferState, LogEventId>;

/** How far a large object has come; never what it holds. */
export function logTransfer(
  { journal }: BridgeOptions,
  place: Readonly<Record<string, unknown>>,
  { state, transfer }: Extract<SessionEffect, { type: 'transfer' }>,
): void {
  journal.log(TRANSFER_EVENTS[state], { ...place, ...transfer });
}

/** Said once for each device. */
export function keepTolerance(options: BridgeOptions, cell: DeviceCell, what: string): void {
  const known = cell.record.facts.tolerated ?? [];
  if (known.includes(what)) return;
  cell.record = { ...cell.record, facts: { ...cell.record.facts, tolerated: [...known, what] } };
  options.journal.log('device.quirk', { ...placeOf(cell), quirk: what });
}

/** A report that an EXEC wanted elsewhere goes there, everything else into the outbox. */
function keepAlert(options: BridgeOptions, cell: DeviceCell, alert: Omit<OutboxItem, 'seq'>): void {
  if (isRepetition(cell, fingerprint(alert))) {
    options.journal.log('alert.repeated', { ...placeOf(cell), code: alert.code });
    return;
  }
  const seq = cell.record.nextSeq;
  cell.record = { ...cell.record, nextSeq: seq + 1 };
  const exec = cell.record.pendingExecs.find(
    ({ correlator }) => alert.correlator !== undefined && correlator === alert.correlator,
  );
  const context = exec?.serverUri === undefined ? undefined : contextOf(options, exec.account);
  if (exec?.serverUri === undefined || context === undefined) {
    cell.outbox = [...cell.outbox, { seq, ...alert }];
    return;
  }
  const id = Buffer.from(options.random.bytes(12)).toString('hex');
  cell.addReport({
    id,
    devId: cell.record.devId,
    account: exec.account,
    serverUri: exec.serverUri,
    alert: alertOf(context, cell.record, { seq, ...alert }),
    dueAt: options.clock.now(),
  });
}

/**
 * Notes the alert as acknowledged by the answer to come. The same one in the Package#1 after an answer that the device never
 * showed to have seen is the same alert (design: alerts in).
 */
function isRepetition(cell: DeviceCell, mark: string): boolean {
  const { session } = cell;
  if (session === undefined) return false;
  const { acknowledged = [], repeatable = [] } = session;
  const known = repeatable.indexOf(mark);
  cell.session = {
    ...session,
    acknowledged: [...acknowledged, mark],
    ...(known < 0 ? {} : { repeatable: repeatable.toSpliced(known, 1) }),
  };
  return known >= 0;
}

function fingerprint({ code, correlator, item }: Omit<OutboxItem, 'seq'>): string {
  return hash('sha256', JSON.stringify([code, correlator, item]), 'base64');
}

function placeOf({ record, session }: DeviceCell): Readonly<Record<string, unknown>> {
  return { device: record.devId, ...(session === undefined ? {} : { session: session.id }) };
}
