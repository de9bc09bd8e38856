/**
 * Large objects that a device sends: chunks of Results or of an Alert, collected until the last one.
 *
 * Nothing takes effect before the size has been checked. A device may count Size on the form carried or on the decoded
 * one, so both are accepted. A cut may go through a character, so chunks of opaque bytes are stored as base64 and
 * joined as bytes.
 *
 * @see DM-1.3 §8 "Large Object Handling"
 */
import { isBase64 } from '../mo/base64.ts';
import type { AlertCommand, Item, ItemData, Meta } from '../syncml/message.ts';
import { withoutTrailingNul } from '../syncml/parse-values.ts';
import { toBase64 } from '../syncml/xml-writer.ts';
import { type PlainItem, textOfBytes, textOfText, toPlainItem } from './plain-item.ts';
import { appendBlock } from './text-blocks.ts';

/** The part of an object that came so far. */
interface Chunks {
  /** The Item without its Data. */
  readonly item: PlainItem;
  /** The size that the device announced, in bytes. */
  readonly size?: number | undefined;
  readonly chunks: readonly string[];
  /** The chunks are base64 of the bytes that a WBXML device sent; absent: they are text. */
  readonly opaque?: true;
  /** The bytes that came so far, as carried. */
  readonly received: number;
  /** Chunks that may have had a NUL at their end, which was dropped. */
  readonly droppedNuls?: number;
}

/** An object in the Results of one Get. */
export interface IncomingResults extends Chunks {
  readonly kind: 'results';
  /** MsgID and CmdID of the Get as we sent it. */
  readonly msgRef: number;
  readonly cmdRef: string;
}

/** An object in an Alert. */
export interface IncomingAlert extends Chunks {
  readonly kind: 'alert';
  readonly code: number;
  readonly correlator?: string | undefined;
  /** The Items of the same Alert that came whole before the object; they take effect with it. */
  readonly before: readonly PlainItem[];
}

export type IncomingObject = IncomingResults | IncomingAlert;

/** Begins an object in Results; `defaults` is the Meta of the Results command. */
export function beginResults(
  get: { readonly msgId: number; readonly cmdId: string },
  item: Item,
  defaults: Meta | undefined,
): IncomingResults {
  const empty = emptyObject(item, defaults);
  return addChunk({ ...empty, kind: 'results', msgRef: get.msgId, cmdRef: get.cmdId }, item);
}

/** Begins an object in an Alert with that code; `before` are the whole Items in front of it. */
export function beginAlert(
  { correlator }: AlertCommand,
  code: number,
  item: Item,
  before: readonly PlainItem[],
): IncomingAlert {
  return addChunk({ ...emptyObject(item, undefined), kind: 'alert', code, correlator, before }, item);
}

/** Appends the Data of one more Item. */
export function addChunk<T extends IncomingObject>(object: T, item: Item): T {
  const { data } = item;
  if (!(data instanceof Uint8Array) && object.opaque === undefined) {
    const text = plainText(data);
    return { ...object, chunks: appendBlock(object.chunks, text), received: object.received + Buffer.byteLength(text) };
  }
  const bytes = data instanceof Uint8Array ? data : Buffer.from(plainText(data));
  const earlier = object.opaque === true ? object.chunks : object.chunks.map((text) => toBase64(Buffer.from(text)));
  return { ...object, chunks: [...earlier, toBase64(bytes)], received: object.received + bytes.length, opaque: true };
}

/** The object whose last chunk may have had a NUL at its end: some devices count the end of their C strings. */
export function withDroppedNul<T extends IncomingObject>(object: T): T {
  return { ...object, droppedNuls: (object.droppedNuls ?? 0) + 1 };
}

/**
 * True when an Item goes on with the object: it names the same node, or none. Devices should repeat the names (DM-1.3
 * §8).
 */
export function continues(object: IncomingObject, item: Item): boolean {
  return isSame(object.item.source, item.source?.locUri) && isSame(object.item.target, item.target?.locUri);
}

/** The whole Item, or undefined when its size differs from the size that was announced. */
export function completeObject(object: IncomingObject): PlainItem | undefined {
  const { size: _, ...meta } = object.item.meta ?? {};
  const item: PlainItem = object.item.meta === undefined ? object.item : { ...object.item, meta };
  if (object.opaque === true) {
    const bytes = Buffer.concat(object.chunks.map((chunk) => Buffer.from(chunk, 'base64')));
    const whole = textOfBytes(bytes, item.meta);
    const sizes = [bytes.length, withoutTrailingNul(bytes).length, decodedSize(whole.data, item)];
    const isRight = sizes.some((size) => hasSize(object, size));
    return isRight ? { ...item, ...whole } : undefined;
  }
  const data = object.chunks.join('');
  const isRight = hasSize(object, object.received) || hasSize(object, decodedSize(data, item));
  return isRight ? { ...item, ...textOfText(data, item.meta) } : undefined;
}

/** The Item is read without its Data, because the beginning of an object does not show the form of the whole. */
function emptyObject(item: Item, defaults: Meta | undefined): Chunks {
  const { data: _, ...bare } = item;
  const named = toPlainItem(bare, defaults);
  return { item: named, size: named.meta?.size, chunks: [], received: 0 };
}

function plainText(data: ItemData | undefined): string {
  return data === undefined ? '' : (toPlainItem({ data }).data ?? '');
}

function isSame(known: string | undefined, named: string | undefined): boolean {
  return known === undefined || named === undefined || known === named;
}

/** Any size is right when the device announced none. A dropped NUL may be counted. */
function hasSize({ size: announced, droppedNuls = 0 }: Chunks, actual: number | undefined): boolean {
  if (announced === undefined) return true;
  return actual !== undefined && announced >= actual && announced <= actual + droppedNuls;
}

function decodedSize(data: string, item: PlainItem): number | undefined {
  const format = item.meta?.format?.toLowerCase();
  if (format !== 'b64' && format !== 'bin') return undefined;
  return isBase64(data) ? Buffer.from(data, 'base64').length : undefined;
}
