/**
 * Selects commands of the queue for the next message, so that it stays within MaxMsgSize.
 *
 * A command is measured once, in a message that holds nothing else; the whole message is measured before it is used.
 * The order of the queue is never changed.
 *
 * @see DM-1.3 §7.1 ("a command must fit entirely into one message"), §8
 */
import type { SyncmlMessage } from '../syncml/message.ts';
import { STATUS } from '../syncml/status-codes.ts';
import { type Composed, compose, type Framing } from './outgoing-message.ts';
import {
  beginObject,
  carriedSize,
  chunkableText,
  chunkOf,
  cutChunk,
  exceedsObjectSize,
  MIN_CHUNK_BYTES,
  type OutgoingObject,
} from './outgoing-object.ts';
import { isStructGet } from './repeated-reads.ts';
import type { ServerCommand } from './server-command.ts';
import type { SizeLimits } from './session-model.ts';

/** The content of the next message, or the reason why there is none. */
export type Selection =
  | { readonly type: 'batch'; readonly commands: readonly ServerCommand[]; readonly composed: Composed }
  | { readonly type: 'chunk'; readonly outgoing: OutgoingObject; readonly composed: Composed }
  /** The first command can never be sent; that status is its outcome. */
  | { readonly type: 'unsendable'; readonly status: number }
  /** The first command fits only into a message without the Statuses that are due. */
  | { readonly type: 'statusesFirst' }
  /** No message of the device's size can carry a command. */
  | { readonly type: 'noRoom' };

/** With so few Statuses a message still counts as empty: those for SyncHdr and Alert 1222. */
const FEW_STATUSES = 2;

/** No command is shorter, in whatever form. */
const MIN_COMMAND_BYTES = 12;

/** True when the message is within the device's MaxMsgSize. */
export function fits(framing: Framing, message: SyncmlMessage): boolean {
  const { maxMsgSize } = framing.session;
  return maxMsgSize === undefined || framing.measure(message) <= maxMsgSize;
}

/** Selects what can be sent of a queue that begins with `head`. */
export function select(framing: Framing, head: ServerCommand, queue: readonly ServerCommand[]): Selection {
  const { session } = framing;
  if (exceedsObjectSize(head, session.maxObjSize)) return { type: 'unsendable', status: STATUS.deviceFull };
  const whole = selectWhole(framing, queue);
  if (whole !== undefined) return whole;
  if (!hasRoom(framing)) return noRoomOrStatusesFirst(framing);
  if (isLongerThanMessage(session, head)) return selectOversize(framing, head);
  const commands = chooseBatch(framing, head, joinable(framing, head, queue));
  for (let count = commands.length; count > 0; count -= 1) {
    // The estimate may be a little too good: then commands are left out from the end.
    const fewer = commands.slice(0, count);
    const composed = composeBatch(framing, fewer);
    if (fits(framing, composed.message)) return { type: 'batch', commands: fewer, composed };
  }
  return selectOversize(framing, head);
}

/** All commands that may share the next message, if they fit; undefined when they must be selected one by one. */
export function selectWhole(framing: Framing, queue: readonly ServerCommand[]): Selection | undefined {
  const { session } = framing;
  const [head] = queue;
  if (head === undefined || exceedsObjectSize(head, session.maxObjSize)) return undefined;
  if (isLongerThanMessage(session, head)) return undefined;
  const commands = joinable(framing, head, queue);
  const composed = composeBatch(framing, commands);
  return fits(framing, composed.message) ? { type: 'batch', commands, composed } : undefined;
}

/** The next chunk of an object that is under way. */
export function selectChunk(framing: Framing, object: OutgoingObject): Selection {
  const { command, acknowledged: from, acknowledgedBytes } = object;
  const text = chunkableText(command) ?? '';
  const size = from === 0 ? object.size : undefined;
  const composePiece = (piece: string, moreData: boolean): Composed =>
    compose(framing, { chunk: chunkOf(command, { text: piece, size, moreData }), final: !moreData });
  const limit = framing.session.maxMsgSize ?? Number.MAX_SAFE_INTEGER;
  const to = cutChunk(text, from, limit, (piece, moreData) => framing.measure(composePiece(piece, moreData).message));
  if (to === undefined) return noRoomOrStatusesFirst(framing);
  const piece = text.slice(from, to);
  const { message, outstanding, engineCommands } = composePiece(piece, to < text.length);
  return {
    type: 'chunk',
    outgoing: { ...object, sent: to, sentBytes: acknowledgedBytes + carriedSize(piece) },
    // The whole command is outstanding, because nothing else can be said of a piece of it.
    composed: { message, outstanding: outstanding.map((sent) => ({ ...sent, command })), engineCommands },
  };
}

/** True when the text alone fills a message. Megabytes are not written only to measure them. */
function isLongerThanMessage({ maxMsgSize }: SizeLimits, command: ServerCommand): boolean {
  return maxMsgSize !== undefined && (chunkableText(command)?.length ?? 0) > maxMsgSize;
}

/** True for a command that can share a message with others; UI Alerts and Atomics are sent alone. */
function isPlain(command: ServerCommand): boolean {
  return command.name !== 'Alert' && command.name !== 'Atomic';
}

function noRoomOrStatusesFirst(framing: Framing): Selection {
  return { type: framing.statuses.length > FEW_STATUSES ? 'statusesFirst' : 'noRoom' };
}

/** Header, Statuses and a little more must fit, or no command ever will. */
function hasRoom(framing: Framing): boolean {
  const { maxMsgSize } = framing.session;
  if (maxMsgSize === undefined) return true;
  return framing.measure(compose(framing, { final: true }).message) + MIN_CHUNK_BYTES <= maxMsgSize;
}

function composeBatch(framing: Framing, commands: readonly ServerCommand[]): Composed {
  // It is not certain that devices accept an Atomic in a Sequence, so none is put there.
  const isAllowed = commands.length > 1 && commands.every((command) => command.name !== 'Atomic');
  const inSequence = framing.session.ordering === 'sequence' && isAllowed;
  return compose(framing, { commands, inSequence, final: true });
}

/**
 * The longest beginning of the queue that may share a message and might fit; at least the head. Plain commands share a
 * message, others only if the planner says so.
 */
function joinable(
  { session }: Framing,
  head: ServerCommand,
  queue: readonly ServerCommand[],
): readonly ServerCommand[] {
  const { maxMsgSize = Number.MAX_SAFE_INTEGER } = session;
  const isAlone = (command: ServerCommand): boolean =>
    command.secondTry === true || (session.structAlone === true && isStructGet(command));
  if (session.ordering === 'one-per-message' || isAlone(head)) return [head];
  const run: ServerCommand[] = [];
  let allPlain = true;
  for (const command of queue) {
    if (isAlone(command)) break;
    const mayJoin = run.length === 0 || command.withPrevious === true || (allPlain && isPlain(command));
    if (!mayJoin || run.length * MIN_COMMAND_BYTES > maxMsgSize) break;
    if (exceedsObjectSize(command, session.maxObjSize) || isLongerThanMessage(session, command)) break;
    run.push(command);
    allPlain = allPlain && isPlain(command);
  }
  return run.length === 0 ? [head] : run;
}

/** The commands of the run that fit by estimate; at least the head. */
function chooseBatch(framing: Framing, head: ServerCommand, run: readonly ServerCommand[]): readonly ServerCommand[] {
  const { measure, statuses } = framing;
  const { maxMsgSize = Number.MAX_SAFE_INTEGER } = framing.session;
  const empty = measureAlone(framing, []);
  let used = measure(compose(framing, { final: true }).message) + sequenceCost(framing, head);
  const end = run.findIndex((command, at) => {
    // CmdIDs get longer with their number.
    used += measureAlone(framing, [command]) - empty + String(statuses.length + at + 2).length - 1;
    return used > maxMsgSize && at > 0;
  });
  return end < 0 ? run : run.slice(0, end);
}

function sequenceCost(framing: Framing, head: ServerCommand): number {
  if (framing.session.ordering !== 'sequence') return 0;
  return measureAlone(framing, [head], true) - measureAlone(framing, [head]);
}

/** The size of a message that has only these commands. */
function measureAlone(framing: Framing, commands: readonly ServerCommand[], inSequence = false): number {
  return framing.measure(compose({ ...framing, statuses: [] }, { commands, inSequence, final: true }).message);
}

/** True when the command fits into a message with nothing else except the Status for SyncHdr. */
function fitsAlone(framing: Framing, command: ServerCommand): boolean {
  if (isLongerThanMessage(framing.session, command)) return false;
  const alone: Framing = { ...framing, statuses: framing.statuses.slice(0, 1) };
  return fits(alone, compose(alone, { commands: [command], final: true }).message);
}

/** A single command that does not fit is sent after the Statuses, or in chunks, or never. */
function selectOversize(framing: Framing, command: ServerCommand): Selection {
  if (framing.statuses.length > FEW_STATUSES && fitsAlone(framing, command)) return { type: 'statusesFirst' };
  if (command.name === 'Atomic') return { type: 'unsendable', status: STATUS.atomicResponseTooLarge };
  const text = chunkableText(command);
  if (text === undefined || carriedSize(text) < MIN_CHUNK_BYTES) {
    return { type: 'unsendable', status: STATUS.deviceFull };
  }
  // A device that sends MaxObjSize supports large objects.
  if (command.undivided === true && framing.session.maxObjSize === undefined) {
    return { type: 'unsendable', status: STATUS.requestEntityTooLarge };
  }
  const selection = selectChunk(framing, beginObject(command, text));
  // A message has room for a command, but not for the address and Meta of this object.
  return selection.type === 'noRoom' ? { type: 'unsendable', status: STATUS.deviceFull } : selection;
}
