/**
 * Composes one message from the queue of a device: as much as fits; the rest stays in the queue.
 *
 * Results are divided between Items. An Item that is too large for a message of its own is sent as a large object in chunks.
 *
 * @see DM-1.3 §7, §8
 */
import type { WireCommand, WireHeader, WireItem, WireMessage } from './message.ts';
import { writeMessage } from './write-message.ts';

/** A command that waits to be sent. */
export interface Queued {
  readonly command: WireCommand;
  /** True for the rest of a large object, whose first chunk had the Size. */
  readonly chunked?: boolean;
  /** The number of the Generic Alert, which is removed when the server has answered it. */
  readonly alertId?: number;
}

type Division = readonly [part?: Queued, remainder?: Queued];

export interface Composition {
  readonly message: WireMessage;
  /** The entries of the queue that are in the message. */
  readonly sent: readonly Queued[];
  /** The queue after this message. */
  readonly rest: readonly Queued[];
}

/** The parts of a message that do not come from the queue. */
export interface Frame {
  readonly header: WireHeader;
  /** Statuses that must be in this message: for SyncHdr and for flow control. */
  readonly first: readonly WireCommand[];
  /** Alert 1222 while the package of the server is open; it is the end of the message that empties the queue. */
  readonly last: readonly WireCommand[];
  /** Bytes of the largest message. */
  readonly limit: number;
  readonly largeObjects: boolean;
  /** True when the message that empties the queue has Final. */
  readonly mayClose: boolean;
}

/**
 * Composes one message.
 * @throws RangeError when not even a part of the first entry fits
 */
export function composeMessage(frame: Frame, queue: readonly Queued[]): Composition {
  let taken: readonly Queued[] = [];
  let rest = queue;
  for (let head = rest[0]; head !== undefined; head = rest[0]) {
    const [part, remainder] = divide(frame, taken, head);
    if (part === undefined) break;
    taken = [...taken, part];
    rest = remainder === undefined ? rest.slice(1) : [remainder, ...rest.slice(1)];
    if (remainder !== undefined) break;
  }
  if (taken.length === 0 && rest.length > 0) {
    throw new RangeError(`nothing fits into a message of ${frame.limit} bytes`);
  }
  const last = rest.length === 0 ? frame.last : [];
  const commands = numbered([...frame.first, ...taken.map(({ command }) => command), ...last]);
  const message = { header: frame.header, commands, final: rest.length === 0 && frame.mayClose };
  const start = frame.first.length;
  const sent = taken.map((queued, index) => ({ ...queued, command: commands[start + index] ?? queued.command }));
  return { message, sent, rest };
}

/** Divides `head` into the part that fits beside `taken` and the remainder; no part when nothing fits. */
function divide(frame: Frame, taken: readonly Queued[], head: Queued): Division {
  if (fits(frame, [...taken, head])) return [head];
  const { items } = head.command;
  const count = largest(items.length - 1, (n) => fits(frame, [...taken, withItems(head, items.slice(0, n))]));
  if (head.command.name === 'Results' && count > 0) {
    return [withItems(head, items.slice(0, count)), withItems(head, items.slice(count))];
  }
  // Only an Item that does not fit into a message of its own may be sent in chunks (DM-1.3 §8).
  if (!frame.largeObjects || fits(frame, [withItems(head, items.slice(0, 1))])) return [];
  if (items.length > 1) {
    const [first, remainder] = divide(frame, taken, withItems(head, items.slice(0, 1)));
    return first === undefined ? [] : [first, withRemainder(head, remainder, items.slice(1))];
  }
  return chunk(frame, taken, head);
}

/** Puts the remainder of the first Item before the Items behind it. */
function withRemainder(head: Queued, remainder: Queued | undefined, items: readonly WireItem[]): Queued {
  if (remainder === undefined) return withItems(head, items);
  return { ...remainder, command: { ...remainder.command, items: [...remainder.command.items, ...items] } };
}

/** Divides the only Item of a command into a chunk and the remainder. */
function chunk(frame: Frame, taken: readonly Queued[], head: Queued): Division {
  const item = head.command.items[0];
  if (item?.data === undefined) return [];
  const { data } = item;
  const size = head.chunked ? undefined : Buffer.byteLength(data);
  const piece = (length: number): Queued =>
    withItems(head, [{ ...item, meta: { ...item.meta, size }, data: data.slice(0, length), moreData: true }]);
  const fitting = largest(data.length - 1, (n) => fits(frame, [...taken, piece(n)]));
  const length = wholeCharacters(data, fitting);
  if (length === 0) return [];
  return [piece(length), { ...withItems(head, [{ ...item, data: data.slice(length) }]), chunked: true }];
}

/** The largest n from 1 to max for which the test holds; 0 when there is none. The test must be monotone. */
function largest(max: number, test: (n: number) => boolean): number {
  let [low, high] = [0, max];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (test(middle)) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Shortens a length so that it does not divide a surrogate pair. */
function wholeCharacters(text: string, length: number): number {
  const code = text.charCodeAt(length - 1);
  return code >= 0xd800 && code < 0xdc00 ? length - 1 : length;
}

function fits(frame: Frame, queued: readonly Queued[]): boolean {
  const commands = numbered([...frame.first, ...queued.map(({ command }) => command), ...frame.last]);
  const message = { header: frame.header, commands, final: true };
  return Buffer.byteLength(writeMessage(message)) <= frame.limit;
}

function withItems(queued: Queued, items: readonly WireItem[]): Queued {
  return { ...queued, command: { ...queued.command, items } };
}

function numbered(commands: readonly WireCommand[]): readonly WireCommand[] {
  return commands.map((command, index) => ({ ...command, cmdId: String(index + 1) }));
}
