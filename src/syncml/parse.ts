/**
 * A tree, from XML or WBXML, to a typed message.
 *
 * Reading is order-free and forgiving in form: devices in the field leave out namespaces, CmdIDs and wrappers. What was
 * forgiven is reported, see `tolerances.ts`. A header that lacks what an answer needs is an error that carries the rest,
 * because the caller may still be able to answer with Status 400.
 *
 * @see DMREPPRO "Element type definitions", DM-1.3 §6.3 to §6.6
 */
import { DecodeError, type ErrorPlace } from '../errors.ts';
import { type Element, isElement } from '../wbxml/element.ts';
import type { Command, SyncHdr, SyncmlMessage } from './message.ts';
import { isSyncmlNamespace } from './namespaces.ts';
import { parseCommand } from './parse-command.ts';
import {
  type Draft,
  parseCred,
  parseDecimal,
  parseLocation,
  parseMeta,
  type Tolerated,
  trimmedText,
} from './parse-values.ts';
import type { MessageEncoding } from './serialize-wbxml.ts';
import type { Tolerance } from './tolerances.ts';

/** A message, and what had to be tolerated to read it. */
export interface ParsedMessage {
  readonly message: SyncmlMessage;
  readonly tolerated: readonly Tolerance[];
  /** Of a WBXML message; the answer is encoded alike. */
  readonly encoding?: MessageEncoding;
}

/** What could be read of a header that is not complete. */
export type PartialHeader = Readonly<Draft<SyncHdr>>;

/** SyncHdr lacks MsgID, SessionID, Source or Target, or has a MsgID that is none. */
export class IncompleteHeaderError extends DecodeError {
  /** The parts that were there; with SessionID, Source and Target, Status 400 can be sent. */
  readonly partial: PartialHeader;
  /** Of a WBXML message; the answer is encoded alike. */
  readonly encoding: MessageEncoding | undefined;

  constructor(message: string, partial: PartialHeader, encoding?: MessageEncoding) {
    const place: { -readonly [K in keyof ErrorPlace]: ErrorPlace[K] } = {};
    if (partial.source !== undefined) place.device = partial.source.locUri;
    if (partial.sessionId !== undefined) place.session = partial.sessionId;
    if (partial.msgId !== undefined) place.msgId = partial.msgId;
    super('ERR_SYNCML_HEADER', message, { place });
    this.partial = partial;
    this.encoding = encoding;
  }
}

/** Reads a SyncML document; `encoding` is how it came, if as WBXML. */
export function parseMessage(root: Element, encoding?: MessageEncoding): ParsedMessage {
  const tolerated: Tolerated = new Set();
  if (root.name !== 'SyncML') throw new DecodeError('ERR_SYNCML_SHAPE', 'the root element is not SyncML');
  checkNamespace(root.namespace, tolerated);
  const header = childNamed(root, 'SyncHdr');
  const body = childNamed(root, 'SyncBody');
  const message = { header: parseHeader(header, tolerated, encoding), ...parseBody(body, tolerated) };
  return { message, tolerated: [...tolerated], ...(encoding === undefined ? {} : { encoding }) };
}

function checkNamespace(namespace: string, tolerated: Tolerated): void {
  if (namespace === 'SYNCML:SYNCML1.2' || namespace === 'SYNCML:SYNCML1.1') return;
  if (namespace !== '' && !isSyncmlNamespace(namespace)) {
    throw new DecodeError('ERR_SYNCML_SHAPE', 'the root element is SyncML of another namespace');
  }
  tolerated.add('rootNamespace');
}

function childNamed(root: Element, name: string): Element {
  for (const child of root.content) if (isElement(child) && child.name === name) return child;
  throw new DecodeError('ERR_SYNCML_SHAPE', `SyncML without ${name}`);
}

function parseHeader(element: Element, tolerated: Tolerated, encoding?: MessageEncoding): SyncHdr {
  const header: Draft<SyncHdr> = {};
  for (const child of element.content) if (isElement(child)) readHeaderChild(child, header, tolerated);
  const { verDtd = '', verProto = '', sessionId, msgId, target, source } = header;
  // Without a version the session layer answers 505 or 513; without the others there is nothing to answer to.
  const incomplete = (lack: string) => new IncompleteHeaderError(`SyncHdr without ${lack}`, header, encoding);
  if (sessionId === undefined) throw incomplete('SessionID');
  if (target === undefined) throw incomplete('Target');
  if (source === undefined) throw incomplete('Source');
  if (msgId === undefined) throw incomplete('a MsgID of 1 or more');
  return { ...header, verDtd, verProto, sessionId, msgId, target, source };
}

function readHeaderChild(child: Element, header: Draft<SyncHdr>, tolerated: Tolerated): void {
  switch (child.name) {
    case 'VerDTD':
      header.verDtd = trimmedText(child);
      break;
    case 'VerProto':
      header.verProto = trimmedText(child);
      break;
    case 'SessionID': {
      const sessionId = trimmedText(child);
      if (sessionId !== '') header.sessionId = sessionId;
      break;
    }
    case 'MsgID': {
      const msgId = parseDecimal(trimmedText(child));
      if (msgId !== undefined && msgId > 0) header.msgId = msgId;
      break;
    }
    case 'Target':
    case 'Source': {
      const location = parseLocation(child, tolerated);
      if (location.locUri !== '') header[child.name === 'Target' ? 'target' : 'source'] = location;
      break;
    }
    case 'RespURI':
      header.respUri = trimmedText(child);
      break;
    case 'Cred':
      header.cred = parseCred(child, tolerated);
      break;
    case 'Meta':
      header.meta = parseMeta(child, tolerated);
      break;
    default:
      tolerated.add('unusedElement');
  }
}

function parseBody(element: Element, tolerated: Tolerated): { commands: readonly Command[]; final: boolean } {
  const commands: Command[] = [];
  let final = false;
  for (const child of element.content) {
    if (!isElement(child)) continue;
    if (child.name === 'Final') final = true;
    else commands.push(parseCommand(child, tolerated));
  }
  return { commands, final };
}
