/**
 * Step 2 of a message: finds the place of the message in the conversation with its device, without looking at credentials.
 */
import { provesRequest } from '../../dm1/auth-scheme.ts';
import { isPackageOne, isSessionlessReport } from '../../dm1/stateless-answers.ts';
import type { SyncmlMessage } from '../../syncml/message.ts';
import type { DeviceCell } from '../device-cell.ts';
import type { IncomingMessage } from '../incoming-message.ts';
import { CLOSED_SESSION_RECOGNIZED_MS, type DmSession, type StoredAnswer } from '../session.ts';
import { findReport } from './sessionless-report.ts';
import type { StoredResponse } from './stored-answer.ts';

export type MessageClass =
  /** The last message, or a report, once more: it gets the stored answer, byte for byte (ADR 7). */
  | { readonly kind: 'repeated'; readonly answer: StoredResponse }
  /**
   * The last message once more, in a session whose device proves itself by the requests around its messages: the stored
   * answer goes only to a request that proves the device again.
   */
  | { readonly kind: 'repeatedUnproven'; readonly answer: StoredResponse; readonly session: DmSession }
  /** Nothing but Statuses, for a session that ended less than a minute ago. */
  | { readonly kind: 'afterEnd' }
  /** The device has used RespURI before and does not any more: its credentials do not count (ADR 8). */
  | { readonly kind: 'tokenMissing'; readonly session: DmSession }
  /** The MsgID does not follow the last one of the open session. */
  | { readonly kind: 'outOfOrder'; readonly session: DmSession }
  /** The last message once more; a bridge took it and stopped before it answered, so that only the answer is missing. */
  | { readonly kind: 'unanswered'; readonly session: DmSession }
  /** The next message of the open session. */
  | { readonly kind: 'next'; readonly session: DmSession }
  /** Of no open session; opens one. */
  | { readonly kind: 'packageOne' }
  /** Of no open session; cannot open one. */
  | { readonly kind: 'outsideSession' }
  /** An Alert 1230, which runs beside the session (DM-1.3 §6.9). */
  | { readonly kind: 'sessionlessReport' };

/** The stored state of the message's device; undefined: it is not registered. */
type KnownDevice = Pick<DeviceCell, 'record' | 'session' | 'answer'> | undefined;

export function classifyMessage(incoming: IncomingMessage, device: KnownDevice): MessageClass {
  const { message, requestHash, at } = incoming;
  if (isSessionlessReport(message)) {
    const answer = findReport(device?.record, requestHash, at);
    return answer === undefined ? { kind: 'sessionlessReport' } : { kind: 'repeated', answer };
  }
  const { sessionId } = message.header;
  const own = device?.session?.south.sessionId === sessionId ? device.session : undefined;
  const { answer } = device ?? {};
  if (answer !== undefined && isRepeated(incoming, answer)) return classifyRepeated(incoming, answer, own);
  if (isAfterEnd(incoming, own, answer)) return { kind: 'afterEnd' };
  return own === undefined || own.closedAt !== undefined
    ? classifyWithoutSession(message)
    : classifyInSession(incoming, own);
}

/** Most messages contain nothing that only their device can know, so their bytes alone are no proof. */
function classifyRepeated(incoming: IncomingMessage, answer: StoredAnswer, own: DmSession | undefined): MessageClass {
  if (own === undefined) return { kind: 'repeated', answer };
  if (isTokenMissing(incoming, own)) return { kind: 'tokenMissing', session: own };
  const needsProof = own.scheme !== undefined && provesRequest(own.scheme);
  return needsProof ? { kind: 'repeatedUnproven', answer, session: own } : { kind: 'repeated', answer };
}

function classifyInSession(incoming: IncomingMessage, session: DmSession): MessageClass {
  const { message, requestHash } = incoming;
  const { msgId } = message.header;
  const last = session.south.lastMsgIdIn;
  const isUnanswered = session.unanswered === requestHash && msgId === last;
  // A device that starts again always begins with 1; it must prove its identity.
  if (msgId === 1 && !isUnanswered) return classifyWithoutSession(message);
  if (isTokenMissing(incoming, session)) return { kind: 'tokenMissing', session };
  if (isUnanswered) return { kind: 'unanswered', session };
  return { kind: msgId > last ? 'next' : 'outOfOrder', session };
}

function classifyWithoutSession(message: SyncmlMessage): MessageClass {
  return { kind: isPackageOne(message) ? 'packageOne' : 'outsideSession' };
}

/** A device that has used RespURI once has to go on using it. */
function isTokenMissing({ request }: IncomingMessage, session: DmSession): boolean {
  return session.tokenUsed && request.token !== session.token;
}

/** Statuses for the message that ended a session, or for the Alert 1223 that answered a message outside a session. */
function isAfterEnd(
  { message, at }: IncomingMessage,
  own: DmSession | undefined,
  answer: StoredAnswer | undefined,
): boolean {
  const isOfClosed = own?.closedAt !== undefined && at < own.closedAt + CLOSED_SESSION_RECOGNIZED_MS;
  const isOfOutside =
    answer?.expiresAt !== undefined && answer.sessionId === message.header.sessionId && at < answer.expiresAt;
  return (isOfClosed || isOfOutside) && message.commands.every(({ name }) => name === 'Status');
}

function isRepeated({ message, requestHash, at }: IncomingMessage, answer: StoredAnswer): boolean {
  const { sessionId, msgId } = message.header;
  return (
    answer.sessionId === sessionId &&
    answer.msgId === msgId &&
    answer.requestHash === requestHash &&
    (answer.expiresAt === undefined || at < answer.expiresAt)
  );
}
