/**
 * Parses the commands of SyncBody, Atomic and Sequence.
 *
 * One pass over the children fills a record of all elements that any command may hold. The function for each command
 * then takes its own elements from that record. So an element in the wrong command is ignored, not refused, and the
 * order of the children does not matter.
 *
 * @see DMREPPRO "Protocol management elements", "Protocol command elements"
 */
import type { Mutable } from '../mutable.ts';
import { type Element, isElement } from '../wbxml/element.ts';
import type {
  AlertCommand,
  Chal,
  Command,
  ContainerCommand,
  ExecCommand,
  Item,
  ItemCommand,
  Meta,
  ResultsCommand,
  StatusCommand,
} from './message.ts';
import {
  exactText,
  parseChal,
  parseDecimal,
  parseItem,
  parseMeta,
  type Tolerated,
  trimmedText,
} from './parse-values.ts';
import { detach } from './xml-text.ts';

/** The children of a command while it is read. An absent CmdID, Cmd or Data is '', because it means the same as an empty one. */
export interface Children {
  cmdId: string;
  cmd: string;
  data: string;
  cmdRef?: string;
  msgRef?: string;
  correlator?: string;
  meta?: Meta;
  chal?: Chal;
  readonly items: Item[];
  readonly targetRefs: string[];
  readonly sourceRefs: string[];
  readonly members: Command[];
}

/** Returns the record of a command of which nothing was read yet. */
export function emptyChildren(): Children {
  return { cmdId: '', cmd: '', data: '', items: [], targetRefs: [], sourceRefs: [], members: [] };
}

/**
 * Parses one child of SyncBody, Atomic or Sequence other than Final.
 * @throws DecodeError ERR_SYNCML_SHAPE for opaque bytes that are not UTF-8 where text belongs
 */
export function parseCommand(element: Element, tolerated: Tolerated): Command {
  const children = emptyChildren();
  const isContainer = element.name === 'Atomic' || element.name === 'Sequence';
  for (const child of element.content) {
    if (!isElement(child) || readChild(child, children, tolerated)) continue;
    if (isContainer && !UNUSED.has(child.name)) children.members.push(parseCommand(child, tolerated));
    else tolerated.add('unusedElement');
  }
  if (children.cmdId === '') tolerated.add('cmdIdMissing');
  return toCommand(element.name, children, tolerated);
}

/** Elements that the DTD allows in a command beside the members of a container, and that DM does not use. */
const UNUSED: ReadonlySet<string> = new Set(['NoResp', 'Cred', 'Lang', 'Archive', 'SftDel']);

/** Reads one child into the record. Returns false when no command of DM has such a child. */
function readChild(child: Element, children: Children, tolerated: Tolerated): boolean {
  switch (child.name) {
    case 'CmdID':
      children.cmdId = trimmedText(child);
      return true;
    case 'MsgRef':
      children.msgRef = trimmedText(child);
      return true;
    case 'CmdRef':
      children.cmdRef = trimmedText(child);
      return true;
    case 'Cmd':
      children.cmd = trimmedText(child);
      return true;
    case 'TargetRef':
      children.targetRefs.push(referenceText(child));
      return true;
    case 'SourceRef':
      children.sourceRefs.push(referenceText(child));
      return true;
    case 'Item':
      children.items.push(parseItem(child, tolerated));
      return true;
    case 'Data':
      children.data = trimmedText(child);
      return true;
    case 'Meta':
      children.meta = parseMeta(child, tolerated);
      return true;
    case 'Chal':
      children.chal = parseChal(child, tolerated);
      return true;
    case 'Correlator':
      children.correlator = exactText(child);
      return true;
    default:
      return false;
  }
}

/** The URI in TargetRef or SourceRef. Some devices wrap it in LocURI, as in Target and Source. */
function referenceText(element: Element): string {
  for (const child of element.content) {
    if (isElement(child) && child.name === 'LocURI') return trimmedText(child);
  }
  return trimmedText(element);
}

/** Makes the command of an element of that name. */
export function toCommand(name: string, children: Children, tolerated: Tolerated): Command {
  switch (name) {
    case 'Status':
      return toStatus(children, tolerated);
    case 'Results':
      return toResults(children, tolerated);
    case 'Alert':
      return toAlert(children);
    case 'Exec':
      return toExec(children);
    case 'Add':
    case 'Copy':
    case 'Delete':
    case 'Get':
    case 'Replace': {
      const command: Mutable<ItemCommand> = { name, cmdId: children.cmdId, items: children.items };
      if (children.meta !== undefined) command.meta = children.meta;
      return command;
    }
    case 'Atomic':
    case 'Sequence': {
      const command: Mutable<ContainerCommand> = { name, cmdId: children.cmdId, members: children.members };
      if (children.meta !== undefined) command.meta = children.meta;
      return command;
    }
    default:
      return { name: 'Unknown', cmdId: children.cmdId, element: detach(name) };
  }
}

function toAlert({ cmdId, data, correlator, items }: Children): AlertCommand {
  const alert: Mutable<AlertCommand> = { name: 'Alert', cmdId, data, items };
  if (correlator !== undefined) alert.correlator = correlator;
  return alert;
}

function toExec({ cmdId, meta, correlator, items }: Children): ExecCommand {
  const exec: Mutable<ExecCommand> = { name: 'Exec', cmdId, items };
  if (meta !== undefined) exec.meta = meta;
  if (correlator !== undefined) exec.correlator = correlator;
  return exec;
}

function toStatus(children: Children, tolerated: Tolerated): StatusCommand {
  const { cmdId, targetRefs, sourceRefs, chal, items } = children;
  const cmdRef = cmdRefOf(children, tolerated);
  const code = parseDecimal(children.data);
  if (code === undefined) tolerated.add('badNumber');
  const status: Mutable<StatusCommand> = {
    name: 'Status',
    cmdId,
    msgRef: msgRefOf(children, tolerated),
    cmdRef,
    cmd: children.cmd === '' && cmdRef === '0' ? 'SyncHdr' : children.cmd,
    targetRefs,
    sourceRefs,
    data: code ?? Number.NaN,
    items,
  };
  if (chal !== undefined) status.chal = chal;
  return status;
}

function toResults(children: Children, tolerated: Tolerated): ResultsCommand {
  const { cmdId, meta, items } = children;
  const [targetRef] = children.targetRefs;
  const [sourceRef] = children.sourceRefs;
  const results: Mutable<ResultsCommand> = {
    name: 'Results',
    cmdId,
    // DMREPPRO "Results": MsgRef may be absent when it is 1, so its absence is not reported.
    msgRef: children.msgRef === undefined ? 1 : msgRefOf(children, tolerated),
    cmdRef: cmdRefOf(children, tolerated),
    items,
  };
  if (meta !== undefined) results.meta = meta;
  if (targetRef !== undefined) results.targetRef = targetRef;
  if (sourceRef !== undefined) results.sourceRef = sourceRef;
  return results;
}

/** CmdRef; when it is absent, '0' for SyncHdr and '' for any other command. */
function cmdRefOf({ cmdRef, cmd }: Children, tolerated: Tolerated): string {
  if (cmdRef !== undefined && cmdRef !== '') return cmdRef;
  tolerated.add('cmdRefMissing');
  return cmd === 'SyncHdr' ? '0' : '';
}

/** MsgRef as a number; 1 when it is absent, and 0, which no message has, when it is not a number. */
function msgRefOf({ msgRef }: Children, tolerated: Tolerated): number {
  if (msgRef === undefined || msgRef === '') {
    tolerated.add('msgRefMissing');
    return 1;
  }
  const value = parseDecimal(msgRef);
  if (value === undefined) tolerated.add('badNumber');
  return value ?? 0;
}
