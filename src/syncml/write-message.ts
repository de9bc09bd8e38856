/**
 * A typed message as a run of elements in the order of the DTD, told to a sink.
 *
 * The one place that knows that order. What becomes of the elements, XML text or a tree, is the sink's affair, so the
 * forms cannot differ.
 *
 * @see DMREPPRO "Element type definitions"; MetInf for the children of Meta
 */
import { assertNever } from '../errors.ts';
import type {
  AlertCommand,
  Command,
  Cred,
  Item,
  ItemData,
  Location,
  Meta,
  ResultsCommand,
  StatusCommand,
  SyncHdr,
  SyncmlMessage,
} from './message.ts';

/** Takes the elements of a message one by one. */
export interface MessageSink {
  /** Starts an element that holds elements. */
  open(name: string): void;
  /** Ends the element started last. */
  close(name: string): void;
  /** A whole element that holds text. */
  leaf(name: string, text: string): void;
  /** A whole element in the MetInf namespace that holds text. */
  metInf(name: string, text: string): void;
  /** The Data of an Item, and the media type that its Meta gives it. */
  data(data: ItemData, type: string | undefined): void;
  /** Format of an Item whose Data are bytes, if the form of the message decides it. */
  readonly formatOfBytes: string | undefined;
}

/** Tells a message to a sink, SyncHdr first; the SyncML element itself is the sink's. */
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
  writeLocation('Target', header.target, sink);
  writeLocation('Source', header.source, sink);
  if (header.respUri !== undefined) sink.leaf('RespURI', header.respUri);
  if (header.cred !== undefined) writeCred(header.cred, sink);
  if (header.meta !== undefined) writeMeta(header.meta, sink);
  sink.close('SyncHdr');
}

function writeLocation(name: 'Target' | 'Source', { locUri, locName }: Location, sink: MessageSink): void {
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
  const element = command.name === 'Unknown' ? command.element : command.name;
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
    if (item.target !== undefined) writeLocation('Target', item.target, sink);
    if (item.source !== undefined) writeLocation('Source', item.source, sink);
    const meta = metaAsCarried(item, sink.formatOfBytes);
    if (meta !== undefined) writeMeta(meta, sink);
    if (item.data !== undefined) sink.data(item.data, meta?.type);
    if (item.moreData === true) sink.leaf('MoreData', '');
    sink.close('Item');
  }
}

/** Bytes that XML can only carry as base64 must be called `b64`, whatever the node's own format (DMREPPRO, Format). */
function metaAsCarried({ meta, data }: Item, formatOfBytes: string | undefined): Meta | undefined {
  return formatOfBytes !== undefined && data instanceof Uint8Array ? { ...meta, format: formatOfBytes } : meta;
}
