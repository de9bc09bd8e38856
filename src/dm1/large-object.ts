/**
 * Large objects that we send: which command can be cut, and where.
 *
 * The text is cut between characters before it is escaped, so what a chunk weighs shows only when its message is measured;
 * the cut is guessed from the UTF-8 length and corrected by measuring, a few times at most.
 *
 * @see DM-1.3 §8 "Large Object Handling"
 */
import type { Chunk } from './outgoing-message.ts';
import type { PlainItem } from './plain-item.ts';
import { mergeMeta } from './plain-item.ts';
import type { ServerCommand } from './server-command.ts';

/** Less room for data than this in a message, and sending an object makes no sense (design: package boundaries). */
export const MIN_CHUNK_BYTES = 64;

const MAX_CORRECTIONS = 24;

/** UTF-8 bytes of the text as carried: what Meta/Size says (DM-1.3 §8). */
export function carriedSize(text: string): number {
  return Buffer.byteLength(text);
}

/** The text that can be cut into chunks, of a command that has exactly one Item with Data. */
export function chunkableText(command: ServerCommand): string | undefined {
  if (command.name !== 'Add' && command.name !== 'Replace' && command.name !== 'Exec') return undefined;
  const [item, ...others] = command.items;
  return others.length > 0 ? undefined : item?.data;
}

/** Whether some object in the command is larger than the device takes (MaxObjSize, DM-1.3 §8). */
export function exceedsObjectSize(command: ServerCommand, maxObjSize: number | undefined): boolean {
  if (maxObjSize === undefined) return false;
  return (
    command.items.some((item) => item.data !== undefined && carriedSize(item.data) > maxObjSize) ||
    (command.members?.some((member) => exceedsObjectSize(member, maxObjSize)) ?? false)
  );
}

/** A piece of an object; `size`, that of the whole, stands on the first piece only (DM-1.3 §8). */
export interface Piece {
  readonly text: string;
  readonly size?: number;
  readonly moreData: boolean;
}

/** The command with that piece in the place of its object; Item and Meta are repeated on each (DM-1.3 §8). */
export function chunkOf(command: ServerCommand, piece: Piece): Chunk {
  const { meta, items, ...rest } = command;
  const { size: _, ...own } = mergeMeta(meta, items[0]?.meta) ?? {};
  // Pieces are cut from the base64 text, so that is what they are called.
  const carried = own.format === 'bin' ? { ...own, format: 'b64' } : own;
  const itemMeta = piece.size === undefined ? carried : { ...carried, size: piece.size };
  const item: PlainItem = { ...items[0], meta: itemMeta, data: piece.text };
  return { command: { ...rest, items: [item] }, moreData: piece.moreData };
}

/**
 * Where the piece that begins at `from` ends, so that its message has at most `limit` bytes. `measure` measures the message
 * that carries some piece. Undefined: no room for a sensible one.
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
    // Each step halves what is left between a cut that fits and one that does not.
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

/** Moves an offset back out of the middle of a surrogate pair. */
function characterStart(text: string, at: number): number {
  return isLowSurrogate(text, at) && isHighSurrogate(text, at - 1) ? at - 1 : at;
}

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
