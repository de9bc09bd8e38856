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
import { type Content, type Element, isElement } from '../wbxml/element.ts';
import type { GrowingTree, InParts } from '../wbxml/growing-tree.ts';
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
  return parseRest(root, new CommandsSoFar(), encoding);
}

/**
 * Parses a SyncML document while its tree is read in parts, and yields between them. The elements of a command leave the tree when
 * the command was parsed: the trees of all commands of a long message together would be ten times as large as the message.
 * @throws DecodeError like {@link parseMessage}, and those of the reader
 */
export function* parseMessageInParts<T>(
  tree: InParts<T>,
  resultOf: (document: T) => { readonly root: Element; readonly encoding?: MessageEncoding },
): Generator<void, ParsedMessage, void> {
  const soFar = new CommandsSoFar();
  for (let next = tree.next(); ; next = tree.next()) {
    if (next.done === true) {
      const { root, encoding } = resultOf(next.value);
      return parseRest(root, soFar, encoding);
    }
    soFar.take(next.value);
    yield;
  }
}

/** Parses what is left of a document whose first commands were parsed before. */
function parseRest(root: Element, soFar: CommandsSoFar, encoding: MessageEncoding | undefined): ParsedMessage {
  const tolerated: Tolerated = new Set();
  if (root.name !== 'SyncML') throw new DecodeError('ERR_SYNCML_SHAPE', 'the root element is not SyncML');
  checkNamespace(root.namespace, tolerated);
  const headerElement = childNamed(root, 'SyncHdr');
  const bodyElement = childNamed(root, 'SyncBody');
  const header = parseHeader(headerElement, tolerated, encoding);
  const { commands, final } = soFar.finish(bodyElement, tolerated);
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

/**
 * The greatest number of commands in a message, members included. A command that means something takes five elements, of which a
 * document may have 100 000.
 */
const MAX_COMMANDS = 20_000;

/** The commands of SyncBody, of which the first ones may be parsed before the last ones are read. */
class CommandsSoFar {
  readonly #commands: Command[] = [];
  #final = false;
  #left = MAX_COMMANDS;
  readonly #tolerated: Tolerated = new Set();
  /** The SyncBody whose elements were taken. */
  #body: Element | undefined;
  /** A fault of the message is found after every fault of the document, and after those of the header. */
  #fault: DecodeError | undefined;

  /** Takes the whole commands of SyncBody from the tree. */
  take(tree: GrowingTree): void {
    const root = tree.openElement(1);
    const body = tree.openElement(2);
    if (root === undefined || body?.name !== 'SyncBody' || this.#fault !== undefined) return;
    this.#body ??= childNamed(root, 'SyncBody');
    if (body !== this.#body) return;
    try {
      this.#parse(body.content.splice(0, body.content.length - 1), this.#tolerated);
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      this.#fault = error;
    }
  }

  /** Parses the rest of SyncBody. */
  finish(body: Element, tolerated: Tolerated): Pick<SyncmlMessage, 'commands' | 'final'> {
    if (this.#fault !== undefined) throw this.#fault;
    for (const tolerance of this.#tolerated) tolerated.add(tolerance);
    this.#parse(body.content, tolerated);
    return { commands: this.#commands, final: this.#final };
  }

  #parse(content: readonly Content[], tolerated: Tolerated): void {
    for (const child of content) {
      if (!isElement(child)) continue;
      if (child.name === 'Final') this.#final = true;
      else this.#add(parseCommand(child, tolerated));
    }
  }

  #add(command: Command): void {
    this.#left -= countCommands(command);
    if (this.#left < 0) throw new DecodeError('ERR_SYNCML_SHAPE', `more than ${MAX_COMMANDS} commands`);
    this.#commands.push(command);
  }
}

/** The number of commands that a command is, with its members. */
function countCommands(command: Command): number {
  if (!('members' in command)) return 1;
  return command.members.reduce((sum, member) => sum + countCommands(member), 1);
}
