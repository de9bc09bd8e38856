/**
 * Puts what a device has to say into one message: as much as fits, the rest stays queued.
 *
 * Results are cut between Items; an Item that is too large for a message of its own goes as a large object in chunks.
 *
 * @see DM-1.3 §7, §8
 */
import type { WireCommand, WireHeader, WireItem, WireMessage } from './message.ts';
import { writeMessage } from './write-message.ts';

/** Something that waits to be sent. */
export interface Queued {
  readonly command: WireCommand;
  /** Bytes of the whole object when this is what remains of one; its Size has been told. */
  readonly chunked?: boolean;
  /** Which Generic Alert this is, to know when it has been told. */
  readonly alertId?: number;
}

export interface Composition {
  readonly message: WireMessage;
  readonly sent: readonly Queued[];
  readonly rest: readonly Queued[];
}

/** What a message is made of besides the queue. */
export interface Frame {
  readonly header: WireHeader;
  /** Statuses that cannot wait: for SyncHdr and for flow control. */
  readonly first: readonly WireCommand[];
  /** Alert 1222, while the package of the server is open: stands at the end once the queue is empty. */
  readonly last: readonly WireCommand[];
  /** Largest message in bytes. */
  readonly limit: number;
  readonly largeObjects: boolean;
  /** Whether Final may be set once the queue is empty. */
  readonly mayClose: boolean;
}

/** Fills one message from the queue. */
export function compose(frame: Frame, queue: readonly Queued[]): Composition {
  let taken: readonly Queued[] = [];
  let rest = queue;
  for (let head = rest[0]; head !== undefined; head = rest[0]) {
    const [part, remainder] = cut(frame, taken, head);
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

/** What of `head` goes into this message, and what of it stays. */
function cut(frame: Frame, taken: readonly Queued[], head: Queued): readonly [Queued?, Queued?] {
  if (fits(frame, [...taken, head])) return [head];
  const { items } = head.command;
  const count = largest(items.length - 1, (n) => fits(frame, [...taken, withItems(head, items.slice(0, n))]));
  if (head.command.name === 'Results' && count > 0) {
    return [withItems(head, items.slice(0, count)), withItems(head, items.slice(count))];
  }
  // Only an Item that does not fit a message of its own may be chunked (DM-1.3 §8).
  if (!frame.largeObjects || fits(frame, [withItems(head, items.slice(0, 1))])) return [];
  if (items.length > 1) {
    const alone = cut(frame, taken, withItems(head, items.slice(0, 1)));
    return alone[0] === undefined ? [] : [alone[0], withRemainder(head, alone[1], items.slice(1))];
  }
  return chunk(frame, taken, head);
}

/** The remainder of a chunked first Item goes on alone; the Items behind it follow in the same Results. */
function withRemainder(head: Queued, remainder: Queued | undefined, items: readonly WireItem[]): Queued {
  if (remainder === undefined) return withItems(head, items);
  return { ...remainder, command: { ...remainder.command, items: [...remainder.command.items, ...items] } };
}

function chunk(frame: Frame, taken: readonly Queued[], head: Queued): readonly [Queued?, Queued?] {
  const item = head.command.items[0];
  if (item?.data === undefined) return [];
  const { data } = item;
  const size = head.chunked ? undefined : Buffer.byteLength(data);
  const piece = (length: number): Queued =>
    withItems(head, [{ ...item, meta: { ...item.meta, size }, data: data.slice(0, length), moreData: true }]);
  const length = wholeCharacters(
    data,
    largest(data.length - 1, (n) => fits(frame, [...taken, piece(n)])),
  );
  if (length === 0) return [];
  return [piece(length), { ...withItems(head, [{ ...item, data: data.slice(length) }]), chunked: true }];
}

/** The largest n in 1..max for which the (monotone) test holds; 0 when none does. */
function largest(max: number, test: (n: number) => boolean): number {
  let [low, high] = [0, max];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (test(middle)) low = middle;
    else high = middle - 1;
  }
  return low;
}

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
