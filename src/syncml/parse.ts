/**
 * Parses a tree, from XML or WBXML, into a typed message.
 *
 * Elements may come in any order, and some deviations of real devices are accepted: they leave out namespaces, CmdIDs
 * and wrappers. Each accepted deviation is reported, see `tolerances.ts`. A header that lacks an element that a response
 * needs is an error. The error carries the other elements, because the caller may still be able to send Status 400.
 *
 * @see DMREPPRO "Element type definitions", DM-1.3 §6.3 to §6.6
 */
import { DecodeError, type ErrorPlace } from '../errors.ts';
import type { Mutable } from '../mutable.ts';
import { type Element, isElement } from '../wbxml/element.ts';
import type { Command, SyncHdr, SyncmlMessage } from './message.ts';
import { isSyncmlNamespace } from './namespaces.ts';
import { parseCommand } from './parse-command.ts';
import {
  type Draft,
  parseAddress,
  parseCred,
  parseDecimal,
  parseMeta,
  type Tolerated,
  trimmedText,
} from './parse-values.ts';
import type { MessageEncoding } from './serialize-wbxml.ts';
import type { Tolerance } from './tolerances.ts';

/** A message and the deviations that were accepted in it. */
export interface ParsedMessage {
  readonly message: SyncmlMessage;
  readonly tolerated: readonly Tolerance[];
  /** Present for a WBXML message; the response has the same encoding. */
  readonly encoding?: MessageEncoding;
}

/** The elements that an incomplete header has. */
export type PartialHeader = Readonly<Partial<SyncHdr>>;

/** SyncHdr lacks SessionID, Source or Target, or has no MsgID of 1 or more. */
export class IncompleteHeaderError extends DecodeError {
  /** The elements that were there. With SessionID, Source and Target, Status 400 can be sent. */
  readonly partial: PartialHeader;
  /** Present for a WBXML message; the response has the same encoding. */
  readonly encoding: MessageEncoding | undefined;

  constructor(message: string, partial: PartialHeader, encoding?: MessageEncoding) {
    const place: Mutable<ErrorPlace> = {};
    if (partial.source !== undefined) place.device = partial.source.locUri;
    if (partial.sessionId !== undefined) place.session = partial.sessionId;
    if (partial.msgId !== undefined) place.msgId = partial.msgId;
    super('ERR_SYNCML_HEADER', message, { place });
    this.partial = partial;
    this.encoding = encoding;
  }
}

/**
 * Parses a SyncML document; `encoding` is that of a WBXML document and is passed through.
 * @throws DecodeError ERR_SYNCML_SHAPE when it is not a SyncML message, {@link IncompleteHeaderError} ERR_SYNCML_HEADER
 */
export function parseMessage(root: Element, encoding?: MessageEncoding): ParsedMessage {
  const tolerated: Tolerated = new Set();
  if (root.name !== 'SyncML') throw new DecodeError('ERR_SYNCML_SHAPE', 'the root element is not SyncML');
  checkNamespace(root.namespace, tolerated);
  const headerElement = childNamed(root, 'SyncHdr');
  const bodyElement = childNamed(root, 'SyncBody');
  const header = parseHeader(headerElement, tolerated, encoding);
  const { commands, final } = parseBody(bodyElement, tolerated);
  const parsed: Mutable<ParsedMessage> = { message: { header, commands, final }, tolerated: [...tolerated] };
  if (encoding !== undefined) parsed.encoding = encoding;
  return parsed;
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
  return completeHeader(header, encoding);
}

/**
 * Checks the elements of SyncHdr and returns them.
 * @throws IncompleteHeaderError
 */
export function completeHeader(header: Draft<SyncHdr>, encoding?: MessageEncoding): SyncHdr {
  const { verDtd = '', verProto = '', sessionId, msgId, target, source } = header;
  // A missing version is no error here: the session sends Status 505 or 513 for it.
  const incomplete = (missing: string) => new IncompleteHeaderError(`SyncHdr without ${missing}`, header, encoding);
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
    case 'Target': {
      const target = parseAddress(child, tolerated);
      if (target.locUri !== '') header.target = target;
      break;
    }
    case 'Source': {
      const source = parseAddress(child, tolerated);
      if (source.locUri !== '') header.source = source;
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

function parseBody(element: Element, tolerated: Tolerated): Pick<SyncmlMessage, 'commands' | 'final'> {
  const commands: Command[] = [];
  let final = false;
  for (const child of element.content) {
    if (!isElement(child)) continue;
    if (child.name === 'Final') final = true;
    else commands.push(parseCommand(child, tolerated));
  }
  return { commands, final };
}
