/**
 * Step 2 of a message: finds the place of the message in the conversation with its device, without judging credentials.
 */
import { provesRequest } from '../../dm1/auth-scheme.ts';
import { isPackageOne, isSessionlessReport } from '../../dm1/stateless-answers.ts';
import type { SyncmlMessage } from '../../syncml/message.ts';
import type { DeviceCell } from '../device-cell.ts';
import type { IncomingMessage } from '../incoming-message.ts';
import type { BridgeOptions } from '../options.ts';
import { isCurrentAnswer, isJustEnded } from '../recent-end.ts';
import type { DmSession, StoredAnswer } from '../session.ts';
import { isBoundTo } from '../session-binding.ts';
import type { StoredTimes } from '../stored-times.ts';
import { findReport } from './sessionless-report.ts';
import type { StoredResponse } from './stored-answer.ts';

/** A class of messages that name an open session, or one that ended a moment ago. */
interface OfSession {
  readonly session: DmSession;
  /** True when the message belongs to it without credentials (`session-binding.ts`). */
  readonly isBound: boolean;
}

export type MessageClass =
  /**
   * The last message, or a report, once more: it gets the stored answer, byte for byte (ADR 7), when it proves its sender
   * by the session's token or by its bytes. Else the request must prove the device.
   */
  | ({ readonly kind: 'repeated'; readonly answer: StoredResponse; readonly isProven: boolean } & Partial<OfSession>)
  /** Nothing but Statuses, for the last message of a session, or of an exchange without one, that ended a moment ago. */
  | ({ readonly kind: 'afterEnd' } & Partial<OfSession>)
  /** The MsgID does not follow the last one of the open session. */
  | ({ readonly kind: 'outOfOrder' } & OfSession)
  /** The last message once more; a bridge took it and stopped before it answered, so that only the answer is missing. */
  | ({ readonly kind: 'unanswered' } & OfSession)
  /** The next message of the open session. */
  | ({ readonly kind: 'next' } & OfSession)
  /** Of no open session; opens one. `isAfterRefusal`: the session before it broke off because the bridge refused a message. */
  | { readonly kind: 'packageOne'; readonly isAfterRefusal?: boolean }
  /** Of no open session; cannot open one. */
  | { readonly kind: 'outsideSession' }
  /** An Alert 1230, which runs beside the session (DM-1.3 §6.9). */
  | { readonly kind: 'sessionlessReport' };

/** The stored state of the message's device; undefined: it is not registered. */
export type KnownDevice = Pick<DeviceCell, 'record' | 'session' | 'answer'> | undefined;

interface ClassifyParts {
  readonly options: BridgeOptions;
  readonly times: StoredTimes;
}

export function classifyMessage(
  { options, times }: ClassifyParts,
  incoming: IncomingMessage,
  device: KnownDevice,
): MessageClass {
  const { message, requestHash } = incoming;
  if (isSessionlessReport(message)) {
    const answer = findReport(times, device?.record, requestHash);
    if (answer === undefined) return { kind: 'sessionlessReport' };
    return { kind: 'repeated', answer, isProven: answer.isProven };
  }
  const named = namedSession(options, incoming, device);
  const answer = currentAnswer(times, device);
  if (answer !== undefined && isRepeated(incoming, answer)) return classifyRepeated(answer, named);
  if (device !== undefined && isAfterEnd(times, message, { ...device, answer, session: named?.session })) {
    return { kind: 'afterEnd', ...named };
  }
  return named === undefined || named.session.closedAt !== undefined
    ? classifyWithoutSession(message)
    : classifyInSession(incoming, named);
}

/** The session, open or closed, that the message names by its device and SessionID. */
function namedSession(options: BridgeOptions, incoming: IncomingMessage, device: KnownDevice): OfSession | undefined {
  const { message, request } = incoming;
  if (device?.session?.south.sessionId !== message.header.sessionId) return undefined;
  const { session, record } = device;
  return { session, isBound: isBoundTo(options, request, session, record) };
}

/** Most messages contain nothing that only their device can know, so their bytes alone are no proof. */
function classifyRepeated(answer: StoredAnswer, named: OfSession | undefined): MessageClass {
  const scheme = named?.session.scheme;
  const needsRequest = scheme !== undefined && provesRequest(scheme);
  const isProven = !needsRequest && (named?.isBound === true || answer.isProven === true);
  return { kind: 'repeated', answer, isProven, ...named };
}

function classifyInSession({ message, requestHash }: IncomingMessage, named: OfSession): MessageClass {
  const { msgId } = message.header;
  const { unanswered, south } = named.session;
  if (unanswered === requestHash && msgId === south.lastMsgIdIn) return { kind: 'unanswered', ...named };
  // A device that starts again always begins with 1; it must prove its identity.
  if (msgId === 1) return classifyWithoutSession(message);
  return { kind: msgId > south.lastMsgIdIn ? 'next' : 'outOfOrder', ...named };
}

function classifyWithoutSession(message: SyncmlMessage): MessageClass {
  return { kind: isPackageOne(message) ? 'packageOne' : 'outsideSession' };
}

/** The answer to the device's last message, while it counts. */
function currentAnswer(times: StoredTimes, device: KnownDevice): StoredAnswer | undefined {
  if (device?.answer === undefined) return undefined;
  return isCurrentAnswer(times, device.record.devId, device.answer) ? device.answer : undefined;
}

/** Statuses for the message that ended a session, or for the Alert 1223 that answered a message outside a session. */
function isAfterEnd(
  times: StoredTimes,
  { header, commands }: SyncmlMessage,
  { record, session, answer }: NonNullable<KnownDevice>,
): boolean {
  const { sessionId, msgId } = header;
  if (!commands.every(({ name }) => name === 'Status')) return false;
  if (session !== undefined) {
    return isJustEnded(times, record.devId, session) && msgId === session.south.lastMsgIdIn + 1;
  }
  return answer?.sessionId === sessionId && answer.msgId + 1 === msgId && answer.expiresAt !== undefined;
}

function isRepeated({ message, requestHash }: IncomingMessage, answer: StoredAnswer): boolean {
  const { sessionId, msgId } = message.header;
  return answer.sessionId === sessionId && answer.msgId === msgId && answer.requestHash === requestHash;
}
