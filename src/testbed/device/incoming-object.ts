/**
 * Joins the chunks of large objects that a server sends.
 *
 * @see DM-1.3 §8
 */
import { STATUS } from '../../syncml/status-codes.ts';
import type { WireCommand, WireItem } from './message.ts';

/** An incomplete object: the command of its first chunk, and the text so far. */
export interface IncomingObject {
  readonly command: WireCommand;
  readonly item: WireItem;
  readonly size: number | undefined;
  readonly text: string;
}

/** The role of a command while objects are transferred, and what the device does with it. */
export type Chunk =
  /** Not part of an object: run the command without change. */
  | { readonly type: 'none' }
  /** A chunk that is not the last: answer with 213. */
  | { readonly type: 'buffered'; readonly object: IncomingObject }
  /** The last chunk: run the command with the whole object. */
  | { readonly type: 'complete'; readonly command: WireCommand }
  /** Refused with that status; the incomplete object is discarded. */
  | { readonly type: 'refused'; readonly code: number }
  /** Another command came before the object was complete: send Alert 1225, then run the command. */
  | { readonly type: 'interrupted'; readonly object: IncomingObject };

export interface ObjectLimits {
  readonly lrgObj: boolean;
  readonly maxObjSize: number;
}

/** Takes one command; `object` is the incomplete object, and `fault` receives every violation of the rules. */
export function takeChunk(
  object: IncomingObject | undefined,
  command: WireCommand,
  limits: ObjectLimits,
  fault: (text: string) => void,
): Chunk {
  const [item] = command.items;
  if (object !== undefined && !continues(object, command)) {
    fault(`${command.name} ${command.cmdId} came before the last chunk of ${object.item.target ?? 'an object'}`);
    return { type: 'interrupted', object };
  }
  if (item === undefined || (object === undefined && item.moreData !== true)) return { type: 'none' };
  if (!limits.lrgObj) {
    fault('a chunk for a device without large object support');
    return { type: 'refused', code: STATUS.optionalFeatureNotSupported };
  }
  if (command.items.length > 1) fault('a chunk shares its command with another Item');
  return object === undefined ? firstChunk(command, item, limits, fault) : nextChunk(object, item, fault);
}

function firstChunk(command: WireCommand, item: WireItem, limits: ObjectLimits, fault: (text: string) => void): Chunk {
  const size = item.meta?.size ?? command.meta?.size;
  if (size === undefined) fault('the first chunk has no Size');
  if (size !== undefined && size > limits.maxObjSize) {
    fault(`an object of ${size} bytes, more than MaxObjSize`);
    return { type: 'refused', code: STATUS.requestedSizeTooBig };
  }
  return { type: 'buffered', object: { command, item, size, text: item.data ?? '' } };
}

function nextChunk(object: IncomingObject, item: WireItem, fault: (text: string) => void): Chunk {
  if (item.meta?.size !== undefined) fault('Size on a chunk that is not the first');
  const text = object.text + (item.data ?? '');
  if (item.moreData === true) return { type: 'buffered', object: { ...object, text } };
  if (object.size !== undefined && Buffer.byteLength(text) !== object.size) {
    fault(`the object has ${Buffer.byteLength(text)} bytes, its Size says ${object.size}`);
    return { type: 'refused', code: STATUS.sizeMismatch };
  }
  const whole: WireItem = { ...object.item, data: text, moreData: false };
  return { type: 'complete', command: { ...object.command, items: [whole] } };
}

function continues(object: IncomingObject, command: WireCommand): boolean {
  return command.name === object.command.name && command.items[0]?.target === object.item.target;
}
