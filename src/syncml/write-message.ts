/**
 * Writes a typed message to a sink, element by element in the order of the DTD.
 *
 * Only this file knows that order. Each sink makes its own form of the elements: XML text, WBXML or a tree.
 *
 * @see DMREPPRO "Element type definitions"; MetInf for the children of Meta
 */
import { assertNever } from '../errors.ts';
import {
  type Address,
  type AlertCommand,
  type Command,
  type Cred,
  commandName,
  type Item,
  type ItemData,
  type Meta,
  type ResultsCommand,
  type StatusCommand,
  type SyncHdr,
  type SyncmlMessage,
} from './message.ts';

/** Receives the elements of a message one by one. */
export interface MessageSink {
  /** Starts an element with child elements, in the namespace of SyncML. */
  open(name: string): void;
  /** Ends the element that was started last. */
  close(name: string): void;
  /** Writes an element with text only, in the namespace of SyncML. */
  leaf(name: string, text: string): void;
  /** Writes an element with text only, in the namespace of MetInf. */
  metInf(name: string, text: string): void;
  /** Writes the Data of an Item; `type` is the Type in its Meta. */
  data(data: ItemData, type: string | undefined): void;
  /** The Format that an Item with bytes must have in this form of the message; `undefined` when any Format is right. */
  readonly formatOfBytes: string | undefined;
}

/** Writes SyncHdr and SyncBody. The caller writes the SyncML element around them. */
export function writeMessage(message: SyncmlMessage, sink: MessageSink): void {
  writeHeader(message.header, sink);
  sink.open('SyncBody');
  for (const command of message.commands) writeCommand(command, sink);
  if (message.final) sink.leaf('Final', '');
  sink.close('SyncBody');
}

function writeHeader(header: SyncHdr, sink: MessageSink): void {
  sink.open('SyncHdr');
  sink.leaf('VerDTD', header.verDtd);
  sink.leaf('VerProto', header.verProto);
  sink.leaf('SessionID', header.sessionId);
  sink.leaf('MsgID', String(header.msgId));
  writeAddress('Target', header.target, sink);
  writeAddress('Source', header.source, sink);
  if (header.respUri !== undefined) sink.leaf('RespURI', header.respUri);
  if (header.cred !== undefined) writeCred(header.cred, sink);
  if (header.meta !== undefined) writeMeta(header.meta, sink);
  sink.close('SyncHdr');
}

function writeAddress(name: 'Target' | 'Source', { locUri, locName }: Address, sink: MessageSink): void {
  sink.open(name);
  sink.leaf('LocURI', locUri);
  if (locName !== undefined) sink.leaf('LocName', locName);
  sink.close(name);
}

function writeCred({ meta, data }: Cred, sink: MessageSink): void {
  sink.open('Cred');
  if (meta !== undefined) writeMeta(meta, sink);
  sink.leaf('Data', data);
  sink.close('Cred');
}

function writeMeta(meta: Meta, sink: MessageSink): void {
  sink.open('Meta');
  if (meta.format !== undefined) sink.metInf('Format', meta.format);
  if (meta.type !== undefined) sink.metInf('Type', meta.type);
  if (meta.mark !== undefined) sink.metInf('Mark', meta.mark);
  if (meta.size !== undefined) sink.metInf('Size', String(meta.size));
  if (meta.nextNonce !== undefined) sink.metInf('NextNonce', meta.nextNonce);
  if (meta.maxMsgSize !== undefined) sink.metInf('MaxMsgSize', String(meta.maxMsgSize));
  if (meta.maxObjSize !== undefined) sink.metInf('MaxObjSize', String(meta.maxObjSize));
  sink.close('Meta');
}

function writeCommand(command: Command, sink: MessageSink): void {
  const element = commandName(command);
  sink.open(element);
  if (command.cmdId !== '') sink.leaf('CmdID', command.cmdId);
  switch (command.name) {
    case 'Status':
      writeStatus(command, sink);
      break;
    case 'Results':
      writeResults(command, sink);
      break;
    case 'Alert':
      writeAlert(command, sink);
      break;
    case 'Exec':
      if (command.meta !== undefined) writeMeta(command.meta, sink);
      if (command.correlator !== undefined) sink.leaf('Correlator', command.correlator);
      writeItems(command.items, sink);
      break;
    case 'Add':
    case 'Copy':
    case 'Delete':
    case 'Get':
    case 'Replace':
      if (command.meta !== undefined) writeMeta(command.meta, sink);
      writeItems(command.items, sink);
      break;
    case 'Atomic':
    case 'Sequence':
      if (command.meta !== undefined) writeMeta(command.meta, sink);
      for (const member of command.members) writeCommand(member, sink);
      break;
    case 'Unknown':
      break;
    default:
      assertNever(command);
  }
  sink.close(element);
}

function writeStatus(status: StatusCommand, sink: MessageSink): void {
  sink.leaf('MsgRef', String(status.msgRef));
  if (status.cmdRef !== '') sink.leaf('CmdRef', status.cmdRef);
  if (status.cmd !== '') sink.leaf('Cmd', status.cmd);
  for (const uri of status.targetRefs) sink.leaf('TargetRef', uri);
  for (const uri of status.sourceRefs) sink.leaf('SourceRef', uri);
  if (status.chal !== undefined) {
    sink.open('Chal');
    writeMeta(status.chal.meta, sink);
    sink.close('Chal');
  }
  if (!Number.isNaN(status.data)) sink.leaf('Data', String(status.data));
  writeItems(status.items, sink);
}

function writeResults(results: ResultsCommand, sink: MessageSink): void {
  sink.leaf('MsgRef', String(results.msgRef));
  if (results.cmdRef !== '') sink.leaf('CmdRef', results.cmdRef);
  if (results.meta !== undefined) writeMeta(results.meta, sink);
  if (results.targetRef !== undefined) sink.leaf('TargetRef', results.targetRef);
  if (results.sourceRef !== undefined) sink.leaf('SourceRef', results.sourceRef);
  writeItems(results.items, sink);
}

function writeAlert(alert: AlertCommand, sink: MessageSink): void {
  if (alert.data !== '') sink.leaf('Data', alert.data);
  if (alert.correlator !== undefined) sink.leaf('Correlator', alert.correlator);
  writeItems(alert.items, sink);
}

function writeItems(items: readonly Item[], sink: MessageSink): void {
  for (const item of items) {
    sink.open('Item');
    if (item.target !== undefined) writeAddress('Target', item.target, sink);
    if (item.source !== undefined) writeAddress('Source', item.source, sink);
    const meta = metaOf(item, sink.formatOfBytes);
    if (meta !== undefined) writeMeta(meta, sink);
    if (item.data !== undefined) sink.data(item.data, meta?.type);
    if (item.moreData === true) sink.leaf('MoreData', '');
    sink.close('Item');
  }
}

/** XML carries bytes as base64, and then Format must be `b64` whatever the format of the node (DMREPPRO "Format"). */
function metaOf({ meta, data }: Item, formatOfBytes: string | undefined): Meta | undefined {
  if (formatOfBytes === undefined || !(data instanceof Uint8Array)) return meta;
  return { ...meta, format: formatOfBytes };
}
