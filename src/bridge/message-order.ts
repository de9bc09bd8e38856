/**
 * Where a device's message belongs: to the session that is open, to one that has just ended, or to none
 * (design: one message, in this order).
 */
import { ProtocolError } from '../errors.ts';
import type { SyncmlMessage } from '../syncml/message.ts';
import type { DmSession, StoredAnswer } from './session.ts';

export type MessageClass =
  /** The last message once more: the stored answer, byte for byte. */
  | { readonly kind: 'repeated'; readonly answer: StoredAnswer; readonly session: DmSession | undefined }
  /** The last message once more, which a bridge took and then stopped before it answered: only the answer is missing. */
  | { readonly kind: 'unanswered'; readonly session: DmSession }
  /** The next message of the open session. */
  | { readonly kind: 'next'; readonly session: DmSession; readonly skipped: number }
  /** The open session's MsgID does not go on from the last one. */
  | { readonly kind: 'outOfOrder'; readonly session: DmSession }
  /** The device has used RespURI before and does not any more. */
  | { readonly kind: 'tokenMissing'; readonly session: DmSession }
  /** Nothing but Statuses for a session that ended less than a minute ago. */
  | { readonly kind: 'afterEnd' }
  /** Of no known session, or the first message of another one. */
  | { readonly kind: 'fresh' };

export interface ArrivedMessage {
  readonly message: SyncmlMessage;
  /** Base64 SHA-256 of body and `x-syncml-hmac`. */
  readonly requestHash: string;
  readonly token: string | undefined;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** How long what belongs to a closed session is still recognised, in milliseconds. */
export const AFTERLIFE = 60_000;

export function classifyMessage(
  { message, requestHash, token, at }: ArrivedMessage,
  session: DmSession | undefined,
  answer: StoredAnswer | undefined,
): MessageClass {
  const { sessionId, msgId } = message.header;
  const own = session?.south.sessionId === sessionId ? session : undefined;
  if (answer !== undefined && isRepeated(answer, sessionId, msgId, requestHash, at)) {
    // Most messages hold nothing that only their device could know, so their bytes alone are no proof.
    return own !== undefined && isTokenMissing(own, token)
      ? { kind: 'tokenMissing', session: own }
      : { kind: 'repeated', answer, session: own };
  }
  if (isAfterEnd(message, session, answer, at)) return { kind: 'afterEnd' };
  if (own === undefined || own.closedAt !== undefined) return { kind: 'fresh' };
  const last = own.south.lastMsgIdIn;
  const isUnanswered = own.unanswered === requestHash && msgId === last;
  // A device that starts again always begins with 1; it must prove who it is.
  if (msgId === 1 && !isUnanswered) return { kind: 'fresh' };
  if (isTokenMissing(own, token)) return { kind: 'tokenMissing', session: own };
  if (isUnanswered) return { kind: 'unanswered', session: own };
  return msgId > last
    ? { kind: 'next', session: own, skipped: msgId - last - 1 }
    : { kind: 'outOfOrder', session: own };
}

/** Once used, RespURI has to be used on (design: endpoint). */
function isTokenMissing(session: DmSession, token: string | undefined): boolean {
  return session.tokenUsed && token !== session.token;
}

/** What a message is refused with that its session has left behind. */
export function outOfOrder({ header: { msgId } }: SyncmlMessage, { id, south }: DmSession): ProtocolError {
  return new ProtocolError('ERR_MSG_ID_ORDER', `MsgID ${msgId} is not above ${south.lastMsgIdIn}`, {
    place: { device: south.device, session: id, msgId },
  });
}

/** Statuses for what ended a session, or for the Alert 1223 that a message without session was answered with. */
function isAfterEnd(
  message: SyncmlMessage,
  session: DmSession | undefined,
  answer: StoredAnswer | undefined,
  at: number,
): boolean {
  const { sessionId } = message.header;
  const isOfClosed =
    session?.closedAt !== undefined && session.south.sessionId === sessionId && at < session.closedAt + AFTERLIFE;
  const isOfStray = answer?.expiresAt !== undefined && answer.sessionId === sessionId && at < answer.expiresAt;
  return (isOfClosed || isOfStray) && hasOnlyStatuses(message);
}

function hasOnlyStatuses({ commands }: SyncmlMessage): boolean {
  return commands.every(({ name }) => name === 'Status');
}

function isRepeated(answer: StoredAnswer, sessionId: string, msgId: number, requestHash: string, at: number): boolean {
  return (
    answer.sessionId === sessionId &&
    answer.msgId === msgId &&
    answer.requestHash === requestHash &&
    (answer.expiresAt === undefined || at < answer.expiresAt)
  );
}
