/**
 * Where a device's message belongs: to the session that is open, to one that has just ended, or to none
 * (design: one message, in this order).
 */
import type { SyncmlMessage } from '../syncml/message.ts';
import type { DmSession, StoredAnswer } from './state.ts';

export type Belonging =
  /** The last message once more: the stored answer, byte for byte. */
  | { readonly kind: 'repeated'; readonly answer: StoredAnswer }
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

export function belongingOf(
  { message, requestHash, token, at }: ArrivedMessage,
  session: DmSession | undefined,
  answer: StoredAnswer | undefined,
): Belonging {
  const { sessionId, msgId } = message.header;
  if (answer !== undefined && isRepeated(answer, sessionId, msgId, requestHash, at))
    return { kind: 'repeated', answer };
  if (session === undefined || session.south.sessionId !== sessionId) return { kind: 'fresh' };
  if (session.closedAt !== undefined) {
    const isRecent = at < session.closedAt + AFTERLIFE;
    return isRecent && hasOnlyStatuses(message) ? { kind: 'afterEnd' } : { kind: 'fresh' };
  }
  // A device that starts again always begins with 1; it must prove who it is.
  if (msgId === 1) return { kind: 'fresh' };
  if (session.tokenUsed && token !== session.token) return { kind: 'tokenMissing', session };
  const last = session.south.lastMsgIdIn;
  return msgId > last ? { kind: 'next', session, skipped: msgId - last - 1 } : { kind: 'outOfOrder', session };
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
