/**
 * The Statuses that the device is due for one of its messages.
 *
 * @see DM-1.3 §6.4, §9.4; DMREPPRO "Status"
 */
import { type Command, commandName, type SyncmlMessage } from '../syncml/message.ts';
import type { DueStatus, Verdict } from './session-model.ts';

/** A message of the device, and the Statuses for it in the order of its commands. */
export interface StatusList {
  readonly message: SyncmlMessage;
  readonly due: DueStatus[];
}

/** The Item that a Status is for, by its addresses as sent. */
export interface ItemAddress {
  readonly target?: string | undefined;
  readonly source?: string | undefined;
}

/** The Status for the device's SyncHdr, with the addresses as its message has them (DM-1.3 §9.4). */
export function headerStatus(
  { header }: SyncmlMessage,
  verdict: Pick<Verdict, 'chal'> & { status: number },
): DueStatus {
  return {
    msgRef: header.msgId,
    cmdRef: '0',
    cmd: 'SyncHdr',
    targetRefs: [header.target.locUri],
    sourceRefs: [header.source.locUri],
    chal: verdict.chal,
    code: verdict.status,
  };
}

/** The Status for a command of the device, or for one Item of it. */
export function commandStatus(
  { header }: SyncmlMessage,
  command: Command,
  code: number,
  { target, source }: ItemAddress = {},
): DueStatus {
  return {
    msgRef: header.msgId,
    cmdRef: command.cmdId,
    cmd: commandName(command),
    targetRefs: target === undefined ? [] : [target],
    sourceRefs: source === undefined ? [] : [source],
    code,
  };
}

export function addStatus(list: StatusList, command: Command, code: number): void {
  list.due.push(commandStatus(list.message, command, code));
}

/**
 * Adds one Status for a command whose Items all have the same code, else one for each Item. The command must have
 * Items.
 */
export function addItemStatuses(
  list: StatusList,
  command: Command,
  items: readonly { readonly address: ItemAddress; readonly code: number }[],
): void {
  const [first] = items;
  if (first === undefined) return;
  if (items.every(({ code }) => code === first.code)) {
    addStatus(list, command, first.code);
    return;
  }
  for (const { address, code } of items) list.due.push(commandStatus(list.message, command, code, address));
}
