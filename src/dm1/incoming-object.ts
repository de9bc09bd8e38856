/**
 * Large objects that a device sends: chunks of Results or of an Alert, gathered until the last one.
 *
 * Nothing takes effect before the size has been checked. A device may count Size on the form carried or on the decoded one,
 * so both are accepted. Chunks of opaque bytes are kept as base64 each and joined as bytes, for a cut may go through a character.
 *
 * @see DM-1.3 §8 "Large Object Handling"
 */
import type { AlertCommand, Item, ItemData, ResultsCommand } from '../syncml/message.ts';
import { toBase64 } from '../syncml/xml-writer.ts';
import type { PlainItem } from './plain-item.ts';
import { isBase64, textOfBytes, textOfText, toPlainItem } from './plain-item.ts';
import type { IncomingObject } from './session-model.ts';
import { appendBlock } from './text-blocks.ts';

/** Begins an object; `before` are the whole Items in front of it in the same command. */
export function beginObject(
  command: AlertCommand | ResultsCommand,
  item: Item,
  before: readonly PlainItem[],
  code?: number,
): IncomingObject {
  // Without its Data, for a piece of it does not tell what the whole is.
  const { data: _, ...bare } = item;
  const named = toPlainItem(bare, command.name === 'Results' ? command.meta : undefined);
  const reference = command.name === 'Results' ? command : { msgRef: 0, cmdRef: command.cmdId };
  const empty: IncomingObject = {
    kind: command.name === 'Results' ? 'results' : 'alert',
    cmdRef: reference.cmdRef,
    msgRef: reference.msgRef,
    ...(code === undefined ? {} : { code }),
    ...(command.name === 'Alert' && command.correlator !== undefined ? { correlator: command.correlator } : {}),
    item: named,
    ...(named.meta?.size === undefined ? {} : { size: named.meta.size }),
    chunks: [],
    received: 0,
    before,
  };
  return addChunk(empty, item);
}

/** Appends the Data of one more Item. */
export function addChunk(object: IncomingObject, item: Item): IncomingObject {
  const { data } = item;
  if (!(data instanceof Uint8Array) && object.opaque === undefined) {
    const text = plainText(data);
    return { ...object, chunks: appendBlock(object.chunks, text), received: object.received + Buffer.byteLength(text) };
  }
  const bytes = data instanceof Uint8Array ? data : Buffer.from(plainText(data));
  const earlier = object.opaque === true ? object.chunks : object.chunks.map((text) => toBase64(Buffer.from(text)));
  return { ...object, chunks: [...earlier, toBase64(bytes)], received: object.received + bytes.length, opaque: true };
}

/** Whether an Item goes on with the object: of the same place, or of none. Item information is repeated as a rule (§8). */
export function continues(object: IncomingObject, kind: IncomingObject['kind'], item: Item | undefined): item is Item {
  if (item === undefined || object.kind !== kind) return false;
  return isSame(object.item.source, item.source?.locUri) && isSame(object.item.target, item.target?.locUri);
}

/** The whole Item, or undefined when it has not the size that was announced. */
export function completeObject(object: IncomingObject): PlainItem | undefined {
  const { size: _, ...meta } = object.item.meta ?? {};
  const item: PlainItem = object.item.meta === undefined ? object.item : { ...object.item, meta };
  if (object.opaque === true) {
    const bytes = Buffer.concat(object.chunks.map((chunk) => Buffer.from(chunk, 'base64')));
    const whole = textOfBytes(bytes, item.meta);
    const isRight = hasSize(object.size, bytes.length) || hasSize(object.size, decodedSize(whole.data, item));
    return isRight ? { ...item, ...whole } : undefined;
  }
  const data = object.chunks.join('');
  return hasSize(object.size, object.received) || hasSize(object.size, decodedSize(data, item))
    ? { ...item, ...textOfText(data, item.meta) }
    : undefined;
}

function plainText(data: ItemData | undefined): string {
  return data === undefined ? '' : (toPlainItem({ data }).data ?? '');
}

function isSame(known: string | undefined, named: string | undefined): boolean {
  return known === undefined || named === undefined || known === named;
}

/** A device that left Size out has nothing to be held to. */
function hasSize(announced: number | undefined, actual: number | undefined): boolean {
  return announced === undefined || announced === actual;
}

function decodedSize(data: string, item: PlainItem): number | undefined {
  const format = item.meta?.format?.toLowerCase();
  if (format !== 'b64' && format !== 'bin') return undefined;
  return isBase64(data) ? Buffer.from(data, 'base64').length : undefined;
}
