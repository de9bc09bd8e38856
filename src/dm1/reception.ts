/**
 * One message of the device while it is read. It exists inside one `step` only.
 *
 * Statuses are collected in the order of the commands, and effects in the order of events.
 */
import type { Mutable } from '../mutable.ts';
import type { StatusCommand, SyncHdr } from '../syncml/message.ts';
import { headerStatus, type StatusList } from './due-status.ts';
import { type MessageReferences, messageReferences } from './message-references.ts';
import { openPending, type Pending } from './pending.ts';
import type { MessageReceived, OpenSession, OpenState, SessionBase, SessionEffect } from './session-model.ts';
import { combineLimits } from './size-limits.ts';

/** A copy of an open session, which one step fills in before `session.ts` gives it its phase. */
export type SessionDraft = Mutable<OpenState>;

/** An open session that changes, and the effects of the change. */
export interface Change {
  readonly draft: SessionDraft;
  readonly effects: SessionEffect[];
}

/** The reason why a session ends before its work is done. */
export interface Ending {
  readonly by: 'device' | 'bridge';
  readonly reason: string;
  /** The device must be told with Alert 1223. */
  readonly isAlertDue: boolean;
}

export interface Reception extends StatusList, Change {
  readonly pending: Pending;
  readonly references: MessageReferences;
  /** The Statuses for SyncHdr. */
  readonly headerStatuses: StatusCommand[];
  /** Statuses whose MsgRef and CmdRef name no command that waits for one. */
  readonly unmatched: StatusCommand[];
  /** The Status for the SyncHdr of our last message. */
  headerStatus: StatusCommand | undefined;
  /** The device sent Alert 1223. */
  isAborted: boolean;
  /** The device sent Alert 1225: the object that we are sending has ended. */
  isObjectEnded: boolean;
  /** The message has a chunk of the device's object. */
  hasChunk: boolean;
  /** The message has something that brings the session forward. */
  hasProgress: boolean;
  /** A value of the message may have had a NUL at its end, which is counted in Size. */
  readonly hasTrailingNul: boolean;
  /** The number of further Items of alerts that can be kept for the backend. */
  alertRoom: number;
}

/** Begins with the Status for SyncHdr. Statuses that did not fit the last answer follow it (DM-1.3 §6.4). */
export function openReception(
  session: OpenSession,
  { message, verdict, alertRoom = Number.POSITIVE_INFINITY, hasTrailingNul = false }: MessageReceived,
): Reception {
  const due = [headerStatus(message, verdict), ...session.dueStatuses];
  const { lastMsgIdIn, nextMsgId, maxMsgSize, maxObjSize } = headerMembers(session, message.header);
  const draft = { ...session, lastMsgIdIn, nextMsgId, maxMsgSize, maxObjSize, dueStatuses: due };
  return {
    message,
    due,
    draft,
    pending: openPending(session.outstanding, session.engineCommands),
    references: messageReferences(message, draft.nextMsgId - 1, session.lastMsgIdIn > 0),
    headerStatuses: [],
    unmatched: [],
    effects: [],
    headerStatus: undefined,
    isAborted: false,
    isObjectEnded: false,
    hasChunk: false,
    hasProgress: false,
    hasTrailingNul,
    alertRoom,
  };
}

/**
 * The members of a session that the header of the device's message decides. A challenge in mid-session used the
 * device's MsgID; ours must not repeat it (DM-1.3 §6.3).
 */
export function headerMembers(session: SessionBase, { msgId, meta = {} }: SyncHdr) {
  const { maxMsgSize, maxObjSize } = combineLimits(session, meta);
  return { lastMsgIdIn: msgId, nextMsgId: Math.max(session.nextMsgId, msgId), maxMsgSize, maxObjSize };
}

/** Reports something that the specification does not allow and that was accepted all the same. */
export function addTolerance(reception: Reception, what: string): void {
  reception.effects.push({ type: 'tolerated', what });
}
