/**
 * Large objects that we send: which command can be cut, and where.
 *
 * The text is cut between characters before it is escaped, so the size of a chunk is known only when its message is
 * measured. The cut is estimated from the UTF-8 length and then corrected a few times by measuring.
 *
 * @see DM-1.3 §8 "Large Object Handling"
 */
import { isExecuted, STATUS } from '../syncml/status-codes.ts';
import { mergeMeta, type PlainItem } from './plain-item.ts';
import type { CommandOutcome, ServerCommand } from './server-command.ts';

/** An object that we send in chunks: how much of it the device has acknowledged with 213. */
export interface OutgoingObject {
  readonly command: ServerCommand;
  /** The offset up to which the device has acknowledged, in UTF-16 units of the unescaped text. */
  readonly acknowledged: number;
  /** The offset up to which the text was sent. */
  readonly sent: number;
  /** The whole object and both offsets again, in bytes as carried. */
  readonly size: number;
  readonly acknowledgedBytes: number;
  readonly sentBytes: number;
}

/** A chunk of a large object: the command whose only Item carries it. */
export interface Chunk {
  readonly command: ServerCommand;
  readonly moreData: boolean;
}

/**
 * The fewest bytes for data that a message must have room for; with less, sending an object would take too many
 * messages.
 */
export const MIN_CHUNK_BYTES = 64;

/** The most corrections of one cut. */
const MAX_CORRECTIONS = 24;

/** UTF-8 bytes of the text as carried: what Meta/Size says (DM-1.3 §8). */
export function carriedSize(text: string): number {
  return Buffer.byteLength(text);
}

/** An object before its first chunk; `text` is its `chunkableText`. */
export function beginObject(command: ServerCommand, text: string): OutgoingObject {
  const size = carriedSize(text);
  return { command, acknowledged: 0, sent: 0, size, acknowledgedBytes: 0, sentBytes: 0 };
}

/** True when a chunk was sent that is not acknowledged. */
export function isInFlight(outgoing: OutgoingObject): boolean {
  return outgoing.sent > outgoing.acknowledged;
}

/** The statuses that refuse the command as such: a device that answers the first chunk so has taken nothing of the object. */
const REFUSALS: ReadonlySet<number> = new Set([
  STATUS.invalidCredentials,
  STATUS.forbidden,
  STATUS.notFound,
  STATUS.commandNotAllowed,
  STATUS.optionalFeatureNotSupported,
  STATUS.missingCredentials,
  STATUS.unsupportedMediaType,
  STATUS.permissionDenied,
]);

/** The outcome of a command; that of the object under way says, when it has failed, if the device may have a part of it. */
export function objectOutcome(outgoing: OutgoingObject | undefined, outcome: CommandOutcome): CommandOutcome {
  if (outgoing === undefined || outcome.id !== outgoing.command.id) return outcome;
  if (isExecuted(outcome.status) || outgoing.sent === 0) return outcome;
  // 418 to an Add speaks of a node that the device had before, whenever it comes; to a Replace it says nothing.
  const isForeign = outcome.status === STATUS.alreadyExists && outgoing.command.name === 'Add';
  const isRefused = isForeign || (outgoing.acknowledged === 0 && REFUSALS.has(outcome.status));
  return isRefused ? outcome : { ...outcome, brokenOff: true };
}

/** The text that can be cut into chunks, of a command that has exactly one Item with Data. */
export function chunkableText(command: ServerCommand): string | undefined {
  if (command.name !== 'Add' && command.name !== 'Replace' && command.name !== 'Exec') return undefined;
  const [item, ...others] = command.items;
  return others.length > 0 ? undefined : item?.data;
}

/** True when some object in the command is larger than the MaxObjSize of the device (DM-1.3 §8). */
export function exceedsObjectSize(command: ServerCommand, maxObjSize: number | undefined): boolean {
  if (maxObjSize === undefined) return false;
  return (
    command.items.some((item) => item.data !== undefined && carriedSize(item.data) > maxObjSize) ||
    (command.members?.some((member) => exceedsObjectSize(member, maxObjSize)) ?? false)
  );
}

/** A piece of an object; only the first piece has `size`, that of the whole (DM-1.3 §8). */
export interface Piece {
  readonly text: string;
  readonly size: number | undefined;
  readonly moreData: boolean;
}

/** The command with that piece instead of its object; each chunk repeats Item and Meta (DM-1.3 §8). */
export function chunkOf(command: ServerCommand, piece: Piece): Chunk {
  const { meta, items, ...rest } = command;
  const { size: _, ...own } = mergeMeta(meta, items[0]?.meta) ?? {};
  // Pieces are cut from the base64 text, so their Format is b64.
  const carried = own.format === 'bin' ? { ...own, format: 'b64' } : own;
  const itemMeta = piece.size === undefined ? carried : { ...carried, size: piece.size };
  const item: PlainItem = { ...items[0], meta: itemMeta, data: piece.text };
  return { command: { ...rest, items: [item] }, moreData: piece.moreData };
}

/**
 * Returns the end of the piece that begins at `from`, so that its message has at most `limit` bytes. `measure` measures
 * the message that carries a piece. Undefined: a message has no room for `MIN_CHUNK_BYTES`.
 */
export function cutChunk(
  text: string,
  from: number,
  limit: number,
  measure: (piece: string, moreData: boolean) => number,
): number | undefined {
  const room = limit - (measure('x', true) - 1);
  if (room < MIN_CHUNK_BYTES) return undefined;
  let fits = from;
  let tooFar = text.length + 1;
  let to = prefixEnd(text, from, room);
  for (let round = 0; round < MAX_CORRECTIONS; round += 1) {
    const spare = limit - measure(text.slice(from, to), to < text.length);
    if (spare < 0) tooFar = to;
    else if (to === text.length || spare < room / 8) return to;
    else fits = to;
    // Each step halves the range between a cut that fits and one that does not.
    to = characterStart(text, Math.floor((fits + tooFar) / 2));
    if (to <= fits) break;
  }
  return fits > from ? fits : undefined;
}

/** The largest offset up to which the text has at most `bytes` bytes, when nothing is escaped. */
function prefixEnd(text: string, from: number, bytes: number): number {
  let left = bytes;
  let at = from;
  while (at < text.length) {
    const end = characterEnd(text, at + 1);
    left -= end - at === 2 ? 4 : unitSize(text.charCodeAt(at));
    if (left < 0) return at;
    at = end;
  }
  return at;
}

/** UTF-8 bytes of one UTF-16 unit that is no half of a pair. */
function unitSize(unit: number): number {
  if (unit < 0x80) return 1;
  return unit < 0x800 ? 2 : 3;
}

/** Moves an offset from the middle of a surrogate pair to its beginning. */
function characterStart(text: string, at: number): number {
  return isLowSurrogate(text, at) && isHighSurrogate(text, at - 1) ? at - 1 : at;
}

/** Moves an offset from the middle of a surrogate pair to its end. */
function characterEnd(text: string, at: number): number {
  return isLowSurrogate(text, at) && isHighSurrogate(text, at - 1) ? at + 1 : at;
}

function isHighSurrogate(text: string, at: number): boolean {
  const unit = text.charCodeAt(at);
  return unit >= 0xd800 && unit <= 0xdbff;
}

function isLowSurrogate(text: string, at: number): boolean {
  const unit = text.charCodeAt(at);
  return unit >= 0xdc00 && unit <= 0xdfff;
}
