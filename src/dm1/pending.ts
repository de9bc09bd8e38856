/**
 * Finds the command of ours that a Status or Results of the device answers.
 *
 * MsgRef and CmdRef decide. But some devices count MsgRef in their own way (even examples of the specification do), so
 * a reference that names no such command is read again as "the outstanding command with that CmdID and that name", after
 * all references that do. The entries are copies for one message: they change while it is read.
 *
 * @see DMREPPRO "Status", "Results"; DM-1.3 §6.5 (Package#3), §11.2
 */
import type { Mutable } from '../mutable.ts';
import type { ResultsCommand, StatusCommand } from '../syncml/message.ts';
import { isSuccess, STATUS } from '../syncml/status-codes.ts';
import { type PlainItem, toPlainItem } from './plain-item.ts';
import type { EngineCommand, OutstandingCommand, ServerCommand } from './server-command.ts';
import { packResults } from './stored-results.ts';

/** An outstanding command while a message is read: an `OutstandingCommand` that can change. */
export interface Entry {
  readonly command: ServerCommand;
  readonly msgId: number;
  readonly cmdId: string;
  status: number | undefined;
  readonly itemStatuses: { readonly target: string; readonly status: number }[];
  readonly statusItems: PlainItem[];
  readonly results: PlainItem[];
  readonly earlierResults: readonly string[] | undefined;
  readonly members: readonly Entry[] | undefined;
  objectFailure: number | undefined;
}

type EngineEntry = Mutable<EngineCommand>;

/** Everything that the device can answer. */
export interface Pending {
  readonly entries: readonly Entry[];
  readonly engine: readonly EngineEntry[];
  readonly byReference: ReadonlyMap<string, Entry | EngineEntry>;
  readonly byCmdId: ReadonlyMap<string, readonly (Entry | EngineEntry)[]>;
}

/** Copies the outstanding commands for one message. */
export function openPending(outstanding: readonly OutstandingCommand[], engine: readonly EngineCommand[]): Pending {
  const entries = outstanding.map(toEntry);
  const engineEntries = engine.map((command) => ({ ...command }));
  const byReference = new Map<string, Entry | EngineEntry>();
  const byCmdId = new Map<string, (Entry | EngineEntry)[]>();
  const add = (each: Entry | EngineEntry): void => {
    byReference.set(reference(each.msgId, each.cmdId), each);
    const namesakes = byCmdId.get(each.cmdId);
    if (namesakes === undefined) byCmdId.set(each.cmdId, [each]);
    else namesakes.push(each);
  };
  for (const entry of withMembers(entries)) add(entry);
  for (const entry of engineEntries) add(entry);
  return { entries, engine: engineEntries, byReference, byCmdId };
}

/** The entries and the members of containers, in document order. */
export function withMembers(entries: readonly Entry[]): readonly Entry[] {
  if (entries.every(({ members }) => members === undefined)) return entries;
  return entries.flatMap((entry) => (entry.members === undefined ? [entry] : [entry, ...withMembers(entry.members)]));
}

/** False for 101, because the final status is still to come, and for 213, which answers a chunk. */
export function isFinalStatus(status: number | undefined): status is number {
  return status !== undefined && status !== STATUS.inProgress && status !== STATUS.chunkedItemAccepted;
}

/**
 * Enters a Status whose MsgRef and CmdRef name a command. Returns the owner of the command, or undefined if there is none.
 */
export function recordStatus(pending: Pending, status: StatusCommand): 'planner' | 'engine' | undefined {
  const named = pending.byReference.get(reference(status.msgRef, status.cmdRef));
  if (named === undefined || !isAnsweredBy(named, status)) return undefined;
  return enterStatus(named, status);
}

/** Enters a Status by CmdRef and Cmd alone. */
export function recordMiscountedStatus(pending: Pending, status: StatusCommand): 'planner' | 'engine' | undefined {
  const named = pending.byCmdId.get(status.cmdRef)?.find((each) => isAnsweredBy(each, status));
  return named === undefined ? undefined : enterStatus(named, status);
}

/** The Get that Results answer; `engine` when it is our own. `byName`: MsgRef may be wrong. */
export function findGet(pending: Pending, results: ResultsCommand, byName: boolean): Entry | 'engine' | undefined {
  const named = pending.byReference.get(reference(results.msgRef, results.cmdRef));
  const namesakes = byName ? pending.byCmdId.get(results.cmdRef) : undefined;
  const found = named !== undefined && isGet(named) ? named : namesakes?.find(isGet);
  return found !== undefined && isEngine(found) ? 'engine' : found;
}

/** The command of the planner that was sent with exactly that MsgID and CmdID. */
export function findEntry(pending: Pending, msgId: number, cmdId: string): Entry | undefined {
  const found = pending.byReference.get(reference(msgId, cmdId));
  return found === undefined || isEngine(found) ? undefined : found;
}

/** The Items of Results. Meta and address may be on the command instead of the Item (DMREPPRO "Results"). */
export function resultItems(results: ResultsCommand, get: Entry): readonly PlainItem[] {
  const only = get.command.items.length === 1 && results.items.length === 1 ? get.command.items[0]?.target : undefined;
  const fallback = results.sourceRef ?? results.targetRef ?? only;
  return results.items.map((item) => {
    const plain: Mutable<PlainItem> = toPlainItem(item, results.meta);
    const source = plain.source ?? plain.target ?? fallback;
    if (source !== undefined) plain.source = source;
    return plain;
  });
}

function reference(msgId: number, cmdId: string): string {
  return `${msgId}/${cmdId}`;
}

function toEntry(sent: OutstandingCommand): Entry {
  const { results, earlierResults } = packResults(sent);
  return {
    command: sent.command,
    msgId: sent.msgId,
    cmdId: sent.cmdId,
    status: sent.status,
    itemStatuses: [...sent.itemStatuses],
    statusItems: [...sent.statusItems],
    results: [...results],
    earlierResults,
    members: sent.members?.map(toEntry),
    objectFailure: sent.objectFailure,
  };
}

function isEngine(each: Entry | EngineEntry): each is EngineEntry {
  return 'cmd' in each;
}

function isGet(each: Entry | EngineEntry): boolean {
  return nameOf(each) === 'Get';
}

function nameOf(each: Entry | EngineEntry): string {
  return isEngine(each) ? each.cmd : each.command.name;
}

/** False when the Status is for another command, and when the command has its answer already. */
function isAnsweredBy(each: Entry | EngineEntry, status: StatusCommand): boolean {
  const isSameCommand = status.cmd === '' || status.cmd.toLowerCase() === nameOf(each).toLowerCase();
  if (!isSameCommand) return false;
  if (isEngine(each)) return each.status === undefined;
  return !isFinalStatus(each.status) || isForAnotherItem(each, status);
}

/** A command with several Items may get one Status for each (DMREPPRO "Status"). */
function isForAnotherItem(entry: Entry, status: StatusCommand): boolean {
  const named = [...status.targetRefs, ...status.sourceRefs];
  return (
    entry.command.items.length > 1 &&
    named.length > 0 &&
    named.every((target) => entry.itemStatuses.every((known) => known.target !== target))
  );
}

function enterStatus(answered: Entry | EngineEntry, status: StatusCommand): 'planner' | 'engine' {
  if (isEngine(answered)) {
    answered.status = status.data;
    return 'engine';
  }
  enterCommandStatus(answered, status);
  return 'planner';
}

/** The status of the command is the first that is not 2xx, else the first. */
function enterCommandStatus(entry: Entry, status: StatusCommand): void {
  const code = Number.isNaN(status.data) ? STATUS.commandFailed : status.data;
  if (!isFinalStatus(entry.status) || (isSuccess(entry.status) && !isSuccess(code))) entry.status = code;
  const targets = status.targetRefs.length > 0 ? status.targetRefs : status.sourceRefs;
  for (const target of targets) entry.itemStatuses.push({ target, status: code });
  for (const item of status.items) entry.statusItems.push(toPlainItem(item));
}
