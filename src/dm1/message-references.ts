/**
 * Judges the MsgRefs of one message of the device: devices send Statuses for messages that were never sent, and some
 * count MsgRef in their own way.
 *
 * A device counts in its own way when no Status of its message names a message of ours. Then a command is found by CmdRef
 * and Cmd. In any other message, a Status or Results with a MsgRef that was never sent has no effect.
 *
 * @see DMREPPRO "MsgRef"; DM-1.3 §6.4
 */
import type { StatusCommand, SyncmlMessage } from '../syncml/message.ts';
import { STATUS } from '../syncml/status-codes.ts';

/** The messages that a message of the device can refer to. */
export interface MessageReferences {
  /** MsgID of our last message, challenges included; 0: there is none. */
  readonly last: number;
  /** True when the session has sent a message: a challenge before it does not count. */
  readonly hasSent: boolean;
  /** True when no Status names a message of ours. */
  readonly areMiscounted: boolean;
}

/** Some devices send this status for missing credentials. */
export const ZERO_STATUS = 0;

/** The statuses for SyncHdr that do not refuse the message for good. */
const NOT_FAILED: ReadonlySet<number> = new Set<number>([
  STATUS.ok,
  STATUS.authenticationAccepted,
  STATUS.invalidCredentials,
  STATUS.missingCredentials,
  ZERO_STATUS,
]);

export function isHeaderStatus({ cmdRef, cmd }: StatusCommand): boolean {
  return cmdRef === '0' || cmd.toLowerCase() === 'synchdr';
}

export function messageReferences({ commands }: SyncmlMessage, last: number, hasSent: boolean): MessageReferences {
  const areMiscounted = !commands.some((command) => command.name === 'Status' && isSent({ last }, command.msgRef));
  return { last, hasSent, areMiscounted };
}

/** True for a reference to a message that was never sent, in a message whose other references are right. */
export function isStray(references: MessageReferences, msgRef: number): boolean {
  return !references.areMiscounted && !isSent(references, msgRef);
}

/**
 * The Status for the SyncHdr of our last message: the one with the highest MsgRef that was sent. Where there is none, the
 * only one counts for a device that counts in its own way, unless it says that the message has failed.
 */
export function findHeaderStatus(
  references: MessageReferences,
  statuses: readonly StatusCommand[],
): StatusCommand | undefined {
  let found: StatusCommand | undefined;
  for (const status of statuses) {
    if (isSent(references, status.msgRef) && status.msgRef >= (found?.msgRef ?? 0)) found = status;
  }
  // Before the first message of the session there is nothing that could have failed.
  if (found !== undefined) return references.hasSent || NOT_FAILED.has(found.data) ? found : undefined;
  const [only] = statuses;
  const mayBeOurs = only !== undefined && statuses.length === 1 && references.hasSent && NOT_FAILED.has(only.data);
  return mayBeOurs ? only : undefined;
}

function isSent({ last }: Pick<MessageReferences, 'last'>, msgRef: number): boolean {
  return msgRef >= 1 && msgRef <= last;
}
