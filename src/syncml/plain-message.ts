/**
 * Reads a message in the plain form straight into records, without a tree of elements.
 *
 * Nearly all messages of devices have the plain form: a Status, Results, Alert or Replace with elements that DM uses, each with
 * either text or elements inside. `parseMessage` is the judge of every other form, and of every fault: this reader declines, and the
 * message is read again. It returns what `parseMessage` returns for the same message, with the same deviations in the same
 * order. So a child that comes twice replaces the first, here as there.
 *
 * @see DMREPPRO "Element type definitions"; MetInf for the children of Meta
 */
import { DecodeError } from '../errors.ts';
import type { Address, Chal, Command, Cred, Item, Meta, SyncHdr, SyncmlMessage } from './message.ts';
import { completeHeader, type ParsedMessage } from './parse.ts';
import { emptyChildren, toCommand } from './parse-command.ts';
import { type Draft, type NumberKey, parseDecimal, type Tolerated } from './parse-values.ts';
import { detach } from './xml-text.ts';

/** Reads the elements of one encoding, one after the other. Each method declines when it finds anything but the plain form. */
export interface PlainReader {
  /** True when the start tag that was read last is in the namespace of MetInf. It is right for the children of Meta only. */
  readonly isMetInf: boolean;
  /** Reads the next start tag inside the element `parent` and returns its name; undefined after the end tag of `parent`. */
  next(parent: string): string | undefined;
  /** Reads the text and the end tag of the element `name`, whose start tag was read last. The text may be a slice of the body. */
  text(name: string): string;
  /** Reads the Data of an Item in the same way. The value does not share memory with the body. */
  data(): string | Uint8Array;
}

/**
 * The greatest number of elements and of pieces of opaque Data in a plain message, without the root. A message with more is left to
 * the tree, so that a hostile one is not read twice.
 */
export const MAX_PLAIN_ELEMENTS = 9_999;

/** One object for all messages: its stack would say nothing, and would cost more than the message. */
const DECLINED = new DecodeError('ERR_SYNCML_SHAPE', 'not the plain form of a message');

/** Ends the reading of a message that does not have the plain form. */
export function decline(): never {
  throw DECLINED;
}

/** Returns what `read` returns; undefined when the message does not have the plain form, or has a fault. */
export function unlessDeclined(read: () => ParsedMessage): ParsedMessage | undefined {
  try {
    return read();
  } catch (error) {
    // Other readers find the faults in another order, so even a fault of this message is left to them.
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}

/**
 * Reads the content of SyncML, whose start tag was read.
 * @throws DecodeError of any code when the message does not have the plain form
 */
export function readPlainMessage(reader: PlainReader): ParsedMessage {
  const tolerated: Tolerated = new Set();
  if (reader.next('SyncML') !== 'SyncHdr') decline();
  const header = readHeader(reader, tolerated);
  if (reader.next('SyncML') !== 'SyncBody') decline();
  const { commands, final } = readBody(reader, tolerated);
  if (reader.next('SyncML') !== undefined) decline();
  return { message: { header, commands, final }, tolerated: [...tolerated] };
}

function readHeader(reader: PlainReader, tolerated: Tolerated): SyncHdr {
  const header: Draft<SyncHdr> = {};
  for (let name = reader.next('SyncHdr'); name !== undefined; name = reader.next('SyncHdr')) {
    switch (name) {
      case 'VerDTD':
        header.verDtd = trimmedText(reader, name);
        break;
      case 'VerProto':
        header.verProto = trimmedText(reader, name);
        break;
      case 'SessionID': {
        const sessionId = trimmedText(reader, name);
        if (sessionId !== '') header.sessionId = sessionId;
        break;
      }
      case 'MsgID': {
        const msgId = parseDecimal(trimmedText(reader, name));
        if (msgId !== undefined && msgId > 0) header.msgId = msgId;
        break;
      }
      case 'Target': {
        const target = readAddress(reader, name);
        if (target.locUri !== '') header.target = target;
        break;
      }
      case 'Source': {
        const source = readAddress(reader, name);
        if (source.locUri !== '') header.source = source;
        break;
      }
      case 'RespURI':
        header.respUri = trimmedText(reader, name);
        break;
      case 'Cred':
        header.cred = readCred(reader, tolerated);
        break;
      case 'Meta':
        header.meta = readMeta(reader, tolerated);
        break;
      default:
        decline();
    }
  }
  return completeHeader(header);
}

function readBody(reader: PlainReader, tolerated: Tolerated): Pick<SyncmlMessage, 'commands' | 'final'> {
  const commands: Command[] = [];
  let final = false;
  for (let name = reader.next('SyncBody'); name !== undefined; name = reader.next('SyncBody')) {
    switch (name) {
      case 'Status':
      case 'Results':
      case 'Alert':
      case 'Replace':
        commands.push(readCommand(reader, name, tolerated));
        break;
      case 'Final':
        reader.text(name);
        final = true;
        break;
      default:
        decline();
    }
  }
  return { commands, final };
}

function readCommand(reader: PlainReader, command: string, tolerated: Tolerated): Command {
  const children = emptyChildren();
  for (let name = reader.next(command); name !== undefined; name = reader.next(command)) {
    switch (name) {
      case 'CmdID':
        children.cmdId = trimmedText(reader, name);
        break;
      case 'MsgRef':
        children.msgRef = trimmedText(reader, name);
        break;
      case 'CmdRef':
        children.cmdRef = trimmedText(reader, name);
        break;
      case 'Cmd':
        children.cmd = trimmedText(reader, name);
        break;
      case 'TargetRef':
        children.targetRefs.push(trimmedText(reader, name));
        break;
      case 'SourceRef':
        children.sourceRefs.push(trimmedText(reader, name));
        break;
      case 'Item':
        children.items.push(readItem(reader, tolerated));
        break;
      case 'Data':
        children.data = trimmedText(reader, name);
        break;
      case 'Meta':
        children.meta = readMeta(reader, tolerated);
        break;
      case 'Chal':
        children.chal = readChal(reader, tolerated);
        break;
      case 'Correlator':
        children.correlator = detach(reader.text(name));
        break;
      default:
        decline();
    }
  }
  if (children.cmdId === '') tolerated.add('cmdIdMissing');
  return toCommand(command, children, tolerated);
}

function trimmedText(reader: PlainReader, name: string): string {
  return detach(reader.text(name).trim());
}

function readAddress(reader: PlainReader, parent: 'Target' | 'Source'): Address {
  // Text in place of LocURI is declined, so an address without LocURI is an empty one.
  let locUri = '';
  let locName: string | undefined;
  for (let name = reader.next(parent); name !== undefined; name = reader.next(parent)) {
    if (name === 'LocURI') locUri = trimmedText(reader, name);
    else if (name === 'LocName') locName = trimmedText(reader, name);
    else decline();
  }
  return locName === undefined ? { locUri } : { locUri, locName };
}

function readMeta(reader: PlainReader, tolerated: Tolerated): Meta {
  const meta: Draft<Meta> = {};
  let nextNonce: string | undefined;
  for (let name = reader.next('Meta'); name !== undefined; name = reader.next('Meta')) {
    if (!reader.isMetInf) tolerated.add('metInfNamespace');
    switch (name) {
      case 'Format':
        meta.format = trimmedText(reader, name);
        break;
      case 'Type':
        meta.type = trimmedText(reader, name);
        break;
      case 'Mark':
        meta.mark = trimmedText(reader, name);
        break;
      case 'NextNonce':
        nextNonce = trimmedText(reader, name);
        break;
      case 'Size':
        readNumber(reader, name, { meta, key: 'size', tolerated });
        break;
      case 'MaxMsgSize':
        readNumber(reader, name, { meta, key: 'maxMsgSize', tolerated });
        break;
      case 'MaxObjSize':
        readNumber(reader, name, { meta, key: 'maxObjSize', tolerated });
        break;
      default:
        decline();
    }
  }
  if (nextNonce !== undefined) meta.nextNonce = nextNonce;
  return meta;
}

interface NumberOfMeta {
  readonly meta: Draft<Meta>;
  readonly key: NumberKey;
  readonly tolerated: Tolerated;
}

function readNumber(reader: PlainReader, name: string, { meta, key, tolerated }: NumberOfMeta): void {
  const value = parseDecimal(trimmedText(reader, name));
  if (value === undefined) tolerated.add('badNumber');
  else meta[key] = value;
}

function readCred(reader: PlainReader, tolerated: Tolerated): Cred {
  let meta: Meta | undefined;
  let data = '';
  for (let name = reader.next('Cred'); name !== undefined; name = reader.next('Cred')) {
    if (name === 'Meta') meta = readMeta(reader, tolerated);
    else if (name === 'Data') data = trimmedText(reader, name);
    else decline();
  }
  return meta === undefined ? { data } : { meta, data };
}

function readChal(reader: PlainReader, tolerated: Tolerated): Chal {
  if (reader.next('Chal') !== 'Meta') decline();
  const meta = readMeta(reader, tolerated);
  if (reader.next('Chal') !== undefined) decline();
  return { meta };
}

function readItem(reader: PlainReader, tolerated: Tolerated): Item {
  const item: Draft<Item> = {};
  for (let name = reader.next('Item'); name !== undefined; name = reader.next('Item')) {
    switch (name) {
      case 'Target':
        item.target = readAddress(reader, name);
        break;
      case 'Source':
        item.source = readAddress(reader, name);
        break;
      case 'Meta':
        item.meta = readMeta(reader, tolerated);
        break;
      case 'Data':
        item.data = reader.data();
        break;
      case 'MoreData':
        reader.text(name);
        item.moreData = true;
        break;
      default:
        decline();
    }
  }
  return item;
}
