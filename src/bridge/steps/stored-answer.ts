/** The stored answer to the last message: it is kept in the transaction of its message and given to a retransmission (ADR 7). */
import type { Acceptance } from '../../auth/auth-decision.ts';
import { provesRequest } from '../../dm1/auth-scheme.ts';
import type { Mutable } from '../../mutable.ts';
import type { DeviceAnswer } from '../device-request.ts';
import { AlertRecognition, withUnseenAnswer } from '../repeated-alerts.ts';
import { CLOSED_SESSION_RECOGNIZED_MS, type DmSession, type StoredAnswer } from '../session.ts';
import type { Turn } from '../turn.ts';

/** The part of a stored answer that goes over HTTP; the body is base64. */
export type StoredResponse = Pick<StoredAnswer, 'status' | 'headers' | 'body'>;

export function toDeviceAnswer({ status, headers, body }: StoredResponse): DeviceAnswer {
  return { status, headers, body: new Uint8Array(Buffer.from(body, 'base64')) };
}

/** True when the bytes of the message contain a right Cred or MAC, so that the same bytes prove their sender again. */
export function isProvenByBytes({ scheme }: Acceptance): boolean {
  return scheme !== undefined && !provesRequest(scheme);
}

/** Puts the answer into the cell, where the next commit stores it, and closes the session when the answer ends it. */
export function recordAnswer(
  { options, incoming, acceptance, cell }: Turn,
  { status, headers, body }: DeviceAnswer,
): void {
  const { sessionId, msgId } = incoming.message.header;
  const at = options.clock.now();
  const isOver = cell.session === undefined || cell.session.south.phase === 'closed';
  if (cell.session !== undefined) {
    const session: Mutable<DmSession> = { ...cell.session, unanswered: undefined };
    if (isOver && session.closedAt === undefined) session.closedAt = at;
    cell.session = session;
  }
  cell.record = withUnseenAnswer(cell.record, acceptance, cell.alerts.seen);
  cell.alerts = new AlertRecognition([]);
  const answer: Mutable<StoredAnswer> = {
    sessionId,
    msgId,
    requestHash: incoming.requestHash,
    status,
    headers,
    body: Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('base64'),
  };
  if (isProvenByBytes(acceptance)) answer.isProven = true;
  if (isOver) answer.expiresAt = at + CLOSED_SESSION_RECOGNIZED_MS;
  cell.answer = answer;
}
