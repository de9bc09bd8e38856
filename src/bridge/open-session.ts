/** Opens the session of a device, for its Package#1. */
import { openSession, type SessionOptions } from '../dm1/session.ts';
import type { Dm1Version } from '../dm1/session-model.ts';
import type { Mutable } from '../mutable.ts';
import { openNorthSession } from '../north/step.ts';
import { continueWithoutDevice } from './device-gone.ts';
import { randomId } from './random-id.ts';
import { repeatableAlerts } from './repeated-alerts.ts';
import { type DmSession, SESSION_FORMAT } from './session.ts';
import { recordInterruption } from './session-interruption.ts';
import type { Turn } from './turn.ts';

/**
 * Puts a new session into the cell. One that was open ends, and its backend goes on without the device. Its end is held
 * against the device and its commands, unless the bridge has caused it by refusing a message.
 */
export function openDeviceSession(turn: Turn, isAfterRefusal: boolean): void {
  const { options, incoming, acceptance, cell } = turn;
  const { request, at } = incoming;
  const before = cell.session;
  if (!isAfterRefusal) recordInterruption(turn, before);
  const id = randomId(options.random, 8);
  const token = Buffer.from(options.random.bytes(16)).toString('base64url');
  const session: Mutable<DmSession> = {
    format: SESSION_FORMAT,
    id,
    account: '',
    token,
    tokenUsed: false,
    openedFrom: request.remoteAddress,
    mediaType: request.contentType,
    openedAt: at,
    lastMessageAt: at,
    repeatable: repeatableAlerts(cell.record, acceptance),
    south: openSession(southOptions(turn, `${options.south.publicUrl}/${token}`)),
    north: openNorthSession(id, ''),
  };
  if (acceptance.scheme !== undefined) session.scheme = acceptance.scheme;
  cell.session = session;
  cell.messageBytes = request.body.length;
  if (before === undefined || before.north.phase === 'ended') return;
  // Before Package#1 is complete the DM 2.0 session has not begun.
  if (before.account === '') return;
  cell.detach(before.north);
  continueWithoutDevice(turn, before, { south: before.south, outcomes: [] });
}

/** The engine's settings for a session that this message opens, or for one answer outside a session. */
export function southOptions({ options, incoming, cell }: Turn, respUri: string): SessionOptions {
  const { header } = incoming.message;
  const { record } = cell;
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

/** Messages of other versions were answered 513 before (`steps/decode-request.ts`). */
function versionOf(verProto: string): Dm1Version {
  if (verProto === 'DM/1.1') return '1.1';
  return verProto === 'DM/1.2' ? '1.2' : '1.3';
}
