/** How a device's session begins, and how its northbound half goes on when the device leaves it. */
import { endSession } from '../dm1/conclude.ts';
import type { CommandOutcome } from '../dm1/server-command.ts';
import { openSession, type SessionOptions } from '../dm1/session.ts';
import type { Dm1Version } from '../dm1/session-model.ts';
import { isAwaitingReply } from '../north/pending-requests.ts';
import { type NorthInput, openNorthSession } from '../north/step.ts';
import type { DeviceCell } from './device-cell.ts';
import { logTransfer } from './device-effects.ts';
import type { Exchange } from './exchange.ts';
import { recordInterruption } from './interruption.ts';
import type { LiveDevices } from './live-devices.ts';
import { northRunOf, runnable } from './north-run.ts';
import type { NorthRun } from './north-runner.ts';
import type { BridgeOptions } from './options.ts';
import { type DmSession, SESSION_FORMAT } from './session.ts';

/** Opens a session for this Package#1; one that was open ends, and the backend hears 503 for what it waited for. */
export function openSessionOf(live: LiveDevices, exchange: Exchange, cell: DeviceCell): void {
  const { options, request, at, proven } = exchange;
  const before = cell.session;
  recordInterruption(options, cell, before);
  const name = Buffer.from(options.random.bytes(8)).toString('hex');
  const token = Buffer.from(options.random.bytes(16)).toString('base64url');
  const south = openSession(southOptions(exchange, cell, `${options.south.publicUrl}/${token}`));
  const north = openNorthSession(name, '');
  cell.session = {
    format: SESSION_FORMAT,
    id: name,
    account: '',
    token,
    tokenUsed: false,
    ...(proven?.scheme === undefined ? {} : { scheme: proven.scheme }),
    mediaType: request.contentType,
    openedAt: at,
    lastMessageAt: at,
    repeatable: before?.acknowledged ?? [],
    south,
    north,
  };
  if (before === undefined || before.north.phase === 'ended') return;
  cell.detach(before.north);
  leaveNorth(live, options, cell, before);
}

/** What the engine is told when a message opens a session. */
export function southOptions({ options, message }: Exchange, { record }: DeviceCell, respUri: string): SessionOptions {
  const { header } = message;
  return {
    version: versionOf(header.verProto),
    sessionId: header.sessionId,
    device: record.devId,
    deviceUri: header.source.locUri,
    serverUri: header.target.locUri,
    respUri,
    nextMsgId: header.msgId,
    ordering: record.facts.ordering ?? 'sequence',
    announce: { maxMsgSize: options.south.maxBodyBytes, maxObjSize: options.south.maxObjectBytes },
  };
}

/** Other versions were answered 513 before. */
function versionOf(verProto: string): Dm1Version {
  if (verProto === 'DM/1.1') return '1.1';
  return verProto === 'DM/1.2' ? '1.2' : '1.3';
}

/** The device is gone from this session: what it has answered counts, the rest is answered without it. */
export function leaveNorth(
  live: LiveDevices,
  options: BridgeOptions,
  cell: DeviceCell,
  session: DmSession,
  decided: readonly CommandOutcome[] = [],
): void {
  // Before Package#1 is complete nobody has heard of it.
  if (session.account === '' || session.north.phase === 'ended') return;
  const run = northRunOf(options, cell, runnable(session));
  const { effects } = endSession(session.south, 'device', 'the device left the session');
  for (const effect of effects) {
    if (effect.type === 'transfer') logTransfer(options, { device: cell.record.devId, session: session.id }, effect);
  }
  const outcomes = effects.flatMap((effect) => (effect.type === 'outcome' ? [effect.outcome] : []));
  live.start(run, [...interruption(live, run, session), { type: 'deviceGone', outcomes: [...decided, ...outcomes] }]);
}

/** A request was on its way when the bridge that made it stopped: nobody waits for it any more. */
export function interruption(live: LiveDevices, run: NorthRun, { north }: DmSession): readonly NorthInput[] {
  return isAwaitingReply(north) && !live.isRunning(run) ? [{ type: 'interrupted' }] : [];
}
