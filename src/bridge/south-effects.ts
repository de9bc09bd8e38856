/** Applies the effects of the DM 1.x engine to the device's cell; nothing is stored before its commit. */
import type { DeviceFacts } from '../device/facts.ts';
import type { TransferEffect } from '../dm1/object-transfer.ts';
import type { PlainItem } from '../dm1/plain-item.ts';
import type { CommandOutcome } from '../dm1/server-command.ts';
import type { SessionEffect } from '../dm1/session-model.ts';
import { assertNever } from '../errors.ts';
import type { Journal, LogEventId, LogSubject } from '../log-events.ts';
import { isBase64 } from '../mo/base64.ts';
import type { LocUri } from '../mo/loc-uri.ts';
import { isBinaryFormat, parseNodeFormat } from '../mo/node.ts';
import type { Mutable } from '../mutable.ts';
import type { Tolerance } from '../syncml/tolerances.ts';
import type { DeviceCell } from './device-cell.ts';
import { forwardAlerts } from './forward-alert.ts';
import type { IncomingMessage } from './incoming-message.ts';
import type { BridgeOptions } from './options.ts';
import { outboxSize } from './outbox.ts';
import { acceptDevInfo } from './reported-dev-info.ts';
import { acceptToldValue } from './told-values.ts';
import { applyTreeAlerts } from './tree-alerts.ts';

export const TRAILING_NUL: Tolerance = 'trailing NUL';

/** Applies all effects of one message. Its alerts are taken together, because there may be thousands of them. */
export function applySouthEffects(options: BridgeOptions, cell: DeviceCell, effects: readonly SessionEffect[]): void {
  for (const effect of effects) applySouthEffect(options, cell, effect);
  const alerts = effects.flatMap((effect) => (effect.type === 'alertReceived' ? [effect.alert] : []));
  if (alerts.length > 0) {
    applyTreeAlerts(options, cell, alerts);
    forwardAlerts(options, cell, alerts);
  }
  const refused = effects.reduce((sum, effect) => (effect.type === 'alertsRefused' ? sum + effect.count : sum), 0);
  if (refused > 0) options.journal.log('outbox.full', { ...subjectOf(cell), refused, kept: outboxSize(cell.outbox) });
}

/** The number of further alerts of the device that can be kept for its backend. */
export function alertRoom({ maxOutbox }: BridgeOptions, { outbox }: DeviceCell): number {
  return Math.max(0, maxOutbox - outboxSize(outbox));
}

function applySouthEffect(options: BridgeOptions, cell: DeviceCell, effect: SessionEffect): void {
  switch (effect.type) {
    case 'devInfoReceived':
      acceptDevInfo(cell, effect);
      for (const [locUri, value] of Object.entries(effect.leaves)) {
        acceptToldValue(options.toldParameters, cell, locUri, value);
      }
      return;
    case 'sequenceUnsupported':
      cell.record = { ...cell.record, facts: { ...cell.record.facts, ordering: 'one-per-message' } };
      return;
    case 'structAlone':
      cell.record = { ...cell.record, facts: { ...cell.record.facts, structAlone: true } };
      return;
    case 'tolerated':
      recordTolerance(options, cell, effect.what);
      return;
    case 'aborted':
      options.journal.log('session.aborted', { ...subjectOf(cell), by: effect.by, reason: effect.reason });
      return;
    case 'serverInitiated':
      if (cell.session !== undefined) cell.session = { ...cell.session, isServerInitiated: true };
      return;
    case 'transfer':
      logTransfer(options.journal, subjectOf(cell), effect);
      return;
    // Alerts are accepted together, outcomes are inputs of the DM 2.0 session, and the message to send is the answer.
    case 'alertReceived':
      checkBase64(options, cell, effect.alert.items);
      return;
    case 'outcome':
      checkBase64(options, cell, effect.outcome.results);
      for (const { source, data } of effect.outcome.results) {
        if (source !== undefined && data !== undefined) acceptToldValue(options.toldParameters, cell, source, data);
      }
      return;
    case 'alertsRefused':
    case 'send':
      return;
    default:
      assertNever(effect);
  }
}

/** Records a device whose binary values are not base64; such a value reaches the backend as the text that it is. */
function checkBase64(options: BridgeOptions, cell: DeviceCell, items: readonly PlainItem[]): void {
  const isText = ({ meta, data }: PlainItem) => {
    const format = parseNodeFormat(meta?.format ?? '');
    return data !== undefined && format !== undefined && isBinaryFormat(format) && !isBase64(data);
  };
  if (items.some(isText)) recordTolerance(options, cell, 'not base64');
}

export function outcomesIn(effects: readonly SessionEffect[]): readonly CommandOutcome[] {
  return effects.flatMap((effect) => (effect.type === 'outcome' ? [effect.outcome] : []));
}

/** The ids are written out, so that a search for one finds this place. */
const TRANSFER_EVENTS = {
  started: 'object.started',
  progress: 'object.progress',
  completed: 'object.completed',
  failed: 'object.failed',
} as const satisfies Record<TransferEffect['state'], LogEventId>;

/** Logs the progress of a large object, never its content. */
export function logTransfer(journal: Journal, subject: LogSubject, { state, transfer }: TransferEffect): void {
  journal.log(TRANSFER_EVENTS[state], { ...subject, ...transfer });
}

/** Logs a deviation from the specification, once for each device. */
export function recordTolerance({ journal }: BridgeOptions, cell: DeviceCell, quirk: string): void {
  const { facts } = cell.record;
  const known = facts.tolerated ?? [];
  if (known.includes(quirk)) return;
  const changed: Mutable<DeviceFacts> = { ...facts, tolerated: [...known, quirk] };
  if (quirk === TRAILING_NUL) changed.trailingNul = true;
  cell.record = { ...cell.record, facts: changed };
  journal.log('device.quirk', { ...subjectOf(cell), quirk });
}

/** Nodes of one device whose own values are remembered; further ones are not logged. */
const MAX_OWN_VALUES = 100;
const OWN_VALUE = 'value of an interior or null node: ';

/** Logs a node that has a value although it has children, or Format null: once for each device and node. */
export function recordOwnValue(options: BridgeOptions, cell: DeviceCell, locUri: LocUri): void {
  const known = (cell.record.facts.tolerated ?? []).filter((quirk) => quirk.startsWith(OWN_VALUE));
  if (known.length < MAX_OWN_VALUES) recordTolerance(options, cell, `${OWN_VALUE}${locUri}`);
}

/** True when the message has NULs at the end of values, and the device's profile says that it has none. */
export function isTrailingNulRefused({ tolerated }: IncomingMessage, cell: DeviceCell | undefined): boolean {
  const isExpected = cell?.record.facts.trailingNul ?? cell?.session?.north.assumed?.trailingNul;
  return isExpected === false && tolerated.includes(TRAILING_NUL);
}

function subjectOf({ record, session }: DeviceCell): LogSubject {
  return { device: record.devId, session: session?.id };
}
