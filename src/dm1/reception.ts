/**
 * One message of the device while it is being read: what it has led to so far.
 *
 * It exists inside one `step` only. Statuses are collected in the order of the commands, and effects in the order of events.
 */
import { type Command, commandName, type StatusCommand, type SyncmlMessage } from '../syncml/message.ts';
import { type Entry, openPending, type Pending } from './pending.ts';
import type { Dm1Session, DueStatus, SessionEffect, Verdict } from './session-model.ts';

export interface Reception {
  readonly message: SyncmlMessage;
  session: Dm1Session;
  readonly pending: Pending;
  readonly due: DueStatus[];
  readonly effects: SessionEffect[];
  /** The Status for the SyncHdr of our last message. */
  headerStatus?: StatusCommand;
  /** The device sent Alert 1223. */
  aborted: boolean;
  /** The device sent Alert 1225: the object that we are sending has ended. */
  objectEnded: boolean;
  /** A chunk of the device's object was in this message. */
  chunkTaken: boolean;
  /** Something in it brought the session on. */
  progress: boolean;
}

/** Begins with the Status for SyncHdr; Statuses that did not fit the last answer follow it (DM-1.3 §6.4). */
export function openReception(session: Dm1Session, message: SyncmlMessage, verdict: Verdict): Reception {
  return {
    message,
    session,
    pending: openPending(session.outstanding, session.engineCommands),
    due: [headerStatus(message, verdict), ...session.dueStatuses],
    effects: [],
    aborted: false,
    objectEnded: false,
    chunkTaken: false,
    progress: false,
  };
}

/** The Status for the device's SyncHdr, with the addresses as its message has them (DM-1.3 §9.4). */
export function headerStatus(message: SyncmlMessage, verdict: Pick<DueStatus, 'chal'> & { status: number }): DueStatus {
  return {
    msgRef: message.header.msgId,
    cmdRef: '0',
    cmd: 'SyncHdr',
    targetRefs: [message.header.target.locUri],
    sourceRefs: [message.header.source.locUri],
    ...(verdict.chal === undefined ? {} : { chal: verdict.chal }),
    code: verdict.status,
  };
}

/** The Status for a command of the device. */
export function commandStatus(
  message: SyncmlMessage,
  command: Command,
  code: number,
  refs: Partial<Pick<DueStatus, 'targetRefs' | 'sourceRefs'>> = {},
): DueStatus {
  return {
    msgRef: message.header.msgId,
    cmdRef: command.cmdId,
    cmd: commandName(command),
    targetRefs: refs.targetRefs ?? [],
    sourceRefs: refs.sourceRefs ?? [],
    code,
  };
}

/** Owes the device a Status for its command. */
export function owe(
  reception: Reception,
  command: Command,
  code: number,
  refs?: Parameters<typeof commandStatus>[3],
): void {
  reception.due.push(commandStatus(reception.message, command, code, refs));
}

/** Notes something that the specification does not allow and that was taken all the same; a fixed text, logged once per device. */
export function tolerate(reception: Reception, what: string): void {
  reception.effects.push({ type: 'tolerated', what });
}

/** What remains outstanding, as the session keeps it. */
export function keepPending(reception: Reception, entries: readonly Entry[] = reception.pending.entries): void {
  reception.session = { ...reception.session, outstanding: entries, engineCommands: reception.pending.engine };
}
