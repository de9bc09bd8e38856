/**
 * Commands out: what of the queue goes into the next message, so that it stays within MaxMsgSize.
 *
 * A command is weighed once, in a message that holds nothing else; the whole message is measured before it is taken. The order
 * of the queue is never changed.
 *
 * @see DM-1.3 §7.1 ("a command must fit entirely into one message"), §8; design: commands out
 */
import type { SyncmlMessage } from '../syncml/message.ts';
import { STATUS } from '../syncml/status-codes.ts';
import { carriedSize, chunkableText, chunkOf, cutChunk, exceedsObjectSize, MIN_CHUNK_BYTES } from './large-object.ts';
import { type Composed, type Content, type Credentials, compose } from './outgoing-message.ts';
import type { ServerCommand } from './server-command.ts';
import type { Dm1Session, DueStatus, MeasureMessage, OutgoingObject } from './session-model.ts';

/** What a message is made for. */
export interface Framing {
  readonly session: Dm1Session;
  readonly credentials: Credentials;
  readonly measure: MeasureMessage;
  /** Those that go into this message. */
  readonly statuses: readonly DueStatus[];
}

/** What to do with the head of the queue. */
export type Selection =
  | { readonly type: 'batch'; readonly commands: readonly ServerCommand[]; readonly composed: Composed }
  | { readonly type: 'chunk'; readonly outgoing: OutgoingObject; readonly composed: Composed; readonly final: boolean }
  /** It can never be sent; that status is its outcome. */
  | { readonly type: 'unsendable'; readonly status: number }
  /** Statuses must go first, for it fits a message without them. */
  | { readonly type: 'statusesFirst' }
  /** No message of the device's size can carry a command. */
  | { readonly type: 'noRoom' };

/** Statuses beside which a message still counts as empty: those for SyncHdr and Alert 1222. */
const FEW_STATUSES = 2;

/** No command is shorter, in whatever form. */
const MIN_COMMAND_BYTES = 12;

/** Builds a message of that framing. */
export function draw(framing: Framing, content: Content): Composed {
  return compose(framing.session, framing.credentials, framing.statuses, content);
}

/** Whether the device can take the message. */
export function fits(framing: Framing, message: SyncmlMessage): boolean {
  const { maxMsgSize } = framing.session;
  return maxMsgSize === undefined || framing.measure(message) <= maxMsgSize;
}

/** Whether a command would have to be sent as a large object, so that the device's LrgObj matters (DM-1.3 §8). */
export function needsChunking(
  session: Dm1Session,
  command: ServerCommand,
  measure: MeasureMessage,
  credentials: Credentials = {},
): boolean {
  if (isLongerThanMessage(session, command)) return true;
  // An otherwise empty message still has the Status for SyncHdr.
  const framing = { session, credentials, measure, statuses: session.dueStatuses.slice(0, 1) };
  return !fits(framing, draw(framing, { commands: [command], final: true }).message);
}

/** Chooses what goes out next; the queue must not be empty. */
export function select(framing: Framing, head: ServerCommand): Selection {
  const { session } = framing;
  if (exceedsObjectSize(head, session.maxObjSize)) return { type: 'unsendable', status: STATUS.deviceFull };
  if (isLongerThanMessage(session, head)) return hasRoom(framing) ? selectOversize(framing, head) : wait(framing);
  const all = joinable(framing, head);
  const whole = selectRun(framing, all);
  if (whole !== undefined) return whole;
  if (!hasRoom(framing)) return wait(framing);
  const commands = chooseBatch(framing, head, all);
  const composed = drawBatch(framing, commands);
  if (fits(framing, composed.message)) return { type: 'batch', commands, composed };
  if (commands.length > 1) return shrink(framing, commands);
  return selectOversize(framing, head);
}

/** All that may go into the next message, when it fits; undefined: there is nothing, or it must be weighed one by one. */
export function selectWhole(framing: Framing): Selection | undefined {
  const { session } = framing;
  const [head] = session.queue;
  const isAlone =
    head === undefined || exceedsObjectSize(head, session.maxObjSize) || isLongerThanMessage(session, head);
  return isAlone ? undefined : selectRun(framing, joinable(framing, head));
}

function selectRun(framing: Framing, commands: readonly ServerCommand[]): Selection | undefined {
  const composed = drawBatch(framing, commands);
  return fits(framing, composed.message) ? { type: 'batch', commands, composed } : undefined;
}

/** Its text alone fills a message: writing megabytes only to weigh them would take long. */
function isLongerThanMessage({ maxMsgSize }: Dm1Session, command: ServerCommand): boolean {
  return maxMsgSize !== undefined && (chunkableText(command)?.length ?? 0) > maxMsgSize;
}

/** An object before its first chunk. */
function beginObject(command: ServerCommand, text: string): OutgoingObject {
  const size = carriedSize(text);
  return { command, acknowledged: 0, sent: 0, size, acknowledgedBytes: 0, sentBytes: 0 };
}

/** The next chunk of an object that is under way. */
export function selectChunk(framing: Framing, object: OutgoingObject): Selection {
  const { session, measure } = framing;
  const { command, acknowledged: from, acknowledgedBytes } = object;
  const text = chunkableText(command) ?? '';
  const size = from === 0 ? { size: object.size } : {};
  const drawPiece = (piece: string, moreData: boolean): Composed =>
    draw(framing, { chunk: chunkOf(command, { text: piece, ...size, moreData }), final: !moreData });
  const limit = session.maxMsgSize ?? Number.MAX_SAFE_INTEGER;
  const to = cutChunk(text, from, limit, (piece, moreData) => measure(drawPiece(piece, moreData).message));
  if (to === undefined) return wait(framing);
  // The outstanding entry is the whole command: a piece of it means nothing to anybody else.
  const piece = text.slice(from, to);
  const { outstanding, ...composed } = drawPiece(piece, to < text.length);
  const whole = outstanding.map((entry) => ({ ...entry, command }));
  return {
    type: 'chunk',
    outgoing: { ...object, sent: to, sentBytes: acknowledgedBytes + carriedSize(piece) },
    composed: { ...composed, outstanding: whole },
    final: to === text.length,
  };
}

/** A command that can share a message with others; UI Alerts and Atomics go alone (design: commands out). */
function isPlain(command: ServerCommand): boolean {
  return command.name !== 'Alert' && command.name !== 'Atomic';
}

/** Plain commands share a message of themselves, and only with their like; others when the planner says so. */
function mayJoin(command: ServerCommand, allPlain: boolean): boolean {
  return command.withPrevious === true || (allPlain && isPlain(command));
}

function wait(framing: Framing): Selection {
  return { type: framing.statuses.length > FEW_STATUSES ? 'statusesFirst' : 'noRoom' };
}

/** Header, Statuses and a little more must fit, or no command ever will. */
function hasRoom(framing: Framing): boolean {
  const { maxMsgSize } = framing.session;
  if (maxMsgSize === undefined) return true;
  return framing.measure(draw(framing, { final: true }).message) + MIN_CHUNK_BYTES <= maxMsgSize;
}

function drawBatch(framing: Framing, commands: readonly ServerCommand[]): Composed {
  // Whether an Atomic may stand in a Sequence is not sure, so none does.
  const isAllowed = commands.length > 1 && commands.every((command) => command.name !== 'Atomic');
  const inSequence = framing.session.ordering === 'sequence' && isAllowed;
  return draw(framing, { commands, inSequence, final: true });
}

/** The longest run of the queue that may share a message, and might fit; at least the head. */
function joinable({ session }: Framing, head: ServerCommand): readonly ServerCommand[] {
  const { maxMsgSize = Number.MAX_SAFE_INTEGER } = session;
  if (session.ordering === 'one-per-message') return [head];
  const run: ServerCommand[] = [];
  let allPlain = true;
  for (const command of session.queue) {
    if (run.length > 0 && !mayJoin(command, allPlain)) break;
    if (exceedsObjectSize(command, session.maxObjSize) || run.length * MIN_COMMAND_BYTES > maxMsgSize) break;
    if (isLongerThanMessage(session, command)) break;
    run.push(command);
    allPlain = allPlain && isPlain(command);
  }
  return run.length === 0 ? [head] : run;
}

/** Those of the run that seem to fit; at least the head. */
function chooseBatch(framing: Framing, head: ServerCommand, run: readonly ServerCommand[]): readonly ServerCommand[] {
  const { session, measure, statuses } = framing;
  const { maxMsgSize = Number.MAX_SAFE_INTEGER } = session;
  const empty = measureAlone(framing, []);
  let used = measure(draw(framing, { final: true }).message) + sequenceCost(framing, head);
  const rest = run.findIndex((command, at) => {
    // CmdIDs get longer with their number.
    used += measureAlone(framing, [command]) - empty + String(statuses.length + at + 2).length - 1;
    return used > maxMsgSize && at > 0;
  });
  return rest < 0 ? run : run.slice(0, rest);
}

function sequenceCost(framing: Framing, head: ServerCommand): number {
  if (framing.session.ordering !== 'sequence') return 0;
  return measureAlone(framing, [head], true) - measureAlone(framing, [head]);
}

/** The size of a message that has only these commands. */
function measureAlone(framing: Framing, commands: readonly ServerCommand[], inSequence = false): number {
  return framing.measure(draw({ ...framing, statuses: [] }, { commands, inSequence, final: true }).message);
}

/** The estimate was a little too good: drops commands from the end. */
function shrink(framing: Framing, commands: readonly ServerCommand[]): Selection {
  const fewer = commands.slice(0, -1);
  const composed = drawBatch(framing, fewer);
  if (fits(framing, composed.message)) return { type: 'batch', commands: fewer, composed };
  const [head] = fewer;
  return fewer.length > 1 || head === undefined ? shrink(framing, fewer) : selectOversize(framing, head);
}

function fitsAlone({ session, measure, credentials }: Framing, command: ServerCommand): boolean {
  return !needsChunking(session, command, measure, credentials);
}

/** A single command that does not fit: after the Statuses, in chunks, or never. */
function selectOversize(framing: Framing, command: ServerCommand): Selection {
  if (framing.statuses.length > FEW_STATUSES && fitsAlone(framing, command)) return { type: 'statusesFirst' };
  if (command.name === 'Atomic') return { type: 'unsendable', status: STATUS.atomicResponseTooLarge };
  const text = chunkableText(command);
  if (text === undefined || carriedSize(text) < MIN_CHUNK_BYTES)
    return { type: 'unsendable', status: STATUS.deviceFull };
  // A device that tells the size of its objects takes large ones.
  if (command.undivided === true && framing.session.maxObjSize === undefined)
    return { type: 'unsendable', status: STATUS.requestEntityTooLarge };
  const selection = selectChunk(framing, beginObject(command, text));
  // A message has room, only not for what stands around this object.
  return selection.type === 'noRoom' ? { type: 'unsendable', status: STATUS.deviceFull } : selection;
}
