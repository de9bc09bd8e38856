/**
 * Which Status and Results answer which command of ours.
 *
 * The references decide; but devices count MsgRef in their own way (even the examples of the specification do), so a reference
 * that leads nowhere sensible is read again as "the outstanding command with that CmdID and that name".
 * The entries are fresh copies that are filled while one message is read; nobody else sees them change.
 *
 * @see DMREPPRO "Status", "Results"; DM-1.3 §6.5 (Package#3), §11.2
 */
import type { ResultsCommand, StatusCommand } from '../syncml/message.ts';
import { isSuccess, STATUS } from '../syncml/status-codes.ts';
import { packResults } from './kept-results.ts';
import type { PlainItem } from './plain-item.ts';
import { toPlainItem } from './plain-item.ts';
import type { EngineCommand, OutstandingCommand, ServerCommand } from './server-command.ts';

/** An outstanding command while a message is being read; an `OutstandingCommand` in all but mutability. */
export interface Entry {
  readonly command: ServerCommand;
  readonly msgId: number;
  readonly cmdId: string;
  status?: number;
  readonly itemStatuses: { readonly target: string; readonly status: number }[];
  readonly statusItems: PlainItem[];
  readonly results: PlainItem[];
  readonly earlier?: readonly string[];
  readonly members?: readonly Entry[];
  broken?: number;
}

type EngineEntry = { -readonly [K in keyof EngineCommand]: EngineCommand[K] };

/** Everything that can be answered. */
export interface Pending {
  readonly entries: readonly Entry[];
  readonly engine: readonly EngineEntry[];
  readonly byReference: ReadonlyMap<string, Entry | EngineEntry>;
}

/** Who took a Status or Results: a command of the planner, the engine itself, or nobody. */
export type Taken = 'command' | 'engine' | 'nobody';

/** Opens what is outstanding for one message. */
export function openPending(outstanding: readonly OutstandingCommand[], engine: readonly EngineCommand[]): Pending {
  const entries = outstanding.map(toEntry);
  const engineEntries = engine.map((command) => ({ ...command }));
  const all = [...flatten(entries), ...engineEntries];
  return {
    entries,
    engine: engineEntries,
    byReference: new Map(all.map((each) => [reference(each.msgId, each.cmdId), each])),
  };
}

/** All entries with the members of containers, in document order. */
export function flatten(entries: readonly Entry[]): readonly Entry[] {
  if (entries.every(({ members }) => members === undefined)) return entries;
  return entries.flatMap((entry) => (entry.members === undefined ? [entry] : [entry, ...flatten(entry.members)]));
}

/** 101 says that the status is still to come; 213 speaks of a chunk. */
export function isFinalStatus(status: number | undefined): status is number {
  return status !== undefined && status !== STATUS.inProgress && status !== STATUS.chunkedItemAccepted;
}

/** Enters a Status that is not for SyncHdr. */
export function takeStatus(pending: Pending, status: StatusCommand): Taken {
  const named = pending.byReference.get(reference(status.msgRef, status.cmdRef));
  const taker = named !== undefined && canTake(named, status) ? named : findByName(pending, status);
  if (taker === undefined) return 'nobody';
  if (isEngine(taker)) {
    taker.status = status.data;
    return 'engine';
  }
  enter(taker, status);
  return 'command';
}

/** The Get that Results answer; `engine` when it is our own. */
export function findGet(pending: Pending, results: ResultsCommand): Entry | 'engine' | undefined {
  const named = pending.byReference.get(reference(results.msgRef, results.cmdRef));
  const found =
    named !== undefined && isGet(named)
      ? named
      : all(pending).find((each) => each.cmdId === results.cmdRef && isGet(each));
  return found !== undefined && isEngine(found) ? 'engine' : found;
}

/** The command of the planner that was sent with exactly that MsgID and CmdID. */
export function findEntry(pending: Pending, msgId: number, cmdId: string): Entry | undefined {
  const found = pending.byReference.get(reference(msgId, cmdId));
  return found === undefined || isEngine(found) ? undefined : found;
}

/** The Items of Results, with the Meta and the address that stand on the command instead (DMREPPRO "Results"). */
export function resultItems(results: ResultsCommand, get: Entry | undefined): readonly PlainItem[] {
  const only = get?.command.items.length === 1 && results.items.length === 1 ? get.command.items[0]?.target : undefined;
  const fallback = results.sourceRef ?? results.targetRef ?? only;
  return results.items.map((item) => {
    const plain = toPlainItem(item, results.meta);
    if (plain.source !== undefined) return plain;
    const source = plain.target ?? fallback;
    return source === undefined ? plain : { ...plain, source };
  });
}

function reference(msgId: number, cmdId: string): string {
  return `${msgId}/${cmdId}`;
}

function toEntry(outstanding: OutstandingCommand): Entry {
  const { members, ...rest } = outstanding;
  const { results, earlier } = packResults(outstanding);
  return {
    ...rest,
    itemStatuses: [...outstanding.itemStatuses],
    statusItems: [...outstanding.statusItems],
    results: [...results],
    ...(earlier === undefined ? {} : { earlier }),
    ...(members === undefined ? {} : { members: members.map(toEntry) }),
  };
}

function all(pending: Pending): readonly (Entry | EngineEntry)[] {
  return [...flatten(pending.entries), ...pending.engine];
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

function findByName(pending: Pending, status: StatusCommand): Entry | EngineEntry | undefined {
  return all(pending).find((each) => each.cmdId === status.cmdRef && canTake(each, status));
}

/** Not when it is another command's Status, nor when that command has its answer. */
function canTake(each: Entry | EngineEntry, status: StatusCommand): boolean {
  const isSameCommand = status.cmd === '' || status.cmd.toLowerCase() === nameOf(each).toLowerCase();
  if (!isSameCommand || isEngine(each)) return isSameCommand && each.status === undefined;
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

/** The command's own status is the first that is no success, else the first. */
function enter(entry: Entry, status: StatusCommand): void {
  const code = Number.isNaN(status.data) ? STATUS.commandFailed : status.data;
  if (!isFinalStatus(entry.status) || (isSuccess(entry.status) && !isSuccess(code))) entry.status = code;
  const named = status.targetRefs.length > 0 ? status.targetRefs : status.sourceRefs;
  entry.itemStatuses.push(...named.map((target) => ({ target, status: code })));
  entry.statusItems.push(...status.items.map((item) => toPlainItem(item)));
}
