/**
 * The commands of SyncBody, and those inside Atomic and Sequence.
 *
 * One pass collects whatever children a command has; what the command's record takes of it is decided after. So one
 * reader serves all commands, and an element in the wrong command is ignored instead of refused.
 *
 * @see DMREPPRO "Protocol management elements", "Protocol command elements"
 */
import { type Element, isElement } from '../wbxml/element.ts';
import type { Chal, Command, Item, Meta } from './message.ts';
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

/** Everything that the DTD puts into some command. */
interface Parts {
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

/** Reads one child of SyncBody, Atomic or Sequence other than Final. */
export function parseCommand(element: Element, tolerated: Tolerated): Command {
  const parts: Parts = { cmdId: '', cmd: '', data: '', items: [], targetRefs: [], sourceRefs: [], members: [] };
  const isContainer = element.name === 'Atomic' || element.name === 'Sequence';
  for (const child of element.content) {
    if (!isElement(child) || readPart(child, parts, tolerated)) continue;
    if (isContainer && !UNUSED.has(child.name)) parts.members.push(parseCommand(child, tolerated));
    else tolerated.add('unusedElement');
  }
  if (parts.cmdId === '') tolerated.add('cmdIdMissing');
  return toCommand(element.name, parts, tolerated);
}

/** Elements of the DTD that stand beside a container's members and that DM does not use. */
const UNUSED: ReadonlySet<string> = new Set(['NoResp', 'Cred', 'Lang', 'Archive', 'SftDel']);

/** Takes one child; false when no command of DM has it. */
function readPart(child: Element, parts: Parts, tolerated: Tolerated): boolean {
  switch (child.name) {
    case 'CmdID':
      parts.cmdId = trimmedText(child);
      return true;
    case 'MsgRef':
      parts.msgRef = trimmedText(child);
      return true;
    case 'CmdRef':
      parts.cmdRef = trimmedText(child);
      return true;
    case 'Cmd':
      parts.cmd = trimmedText(child);
      return true;
    case 'TargetRef':
      parts.targetRefs.push(referenceText(child));
      return true;
    case 'SourceRef':
      parts.sourceRefs.push(referenceText(child));
      return true;
    case 'Item':
      parts.items.push(parseItem(child, tolerated));
      return true;
    case 'Data':
      parts.data = trimmedText(child);
      return true;
    case 'Meta':
      parts.meta = parseMeta(child, tolerated);
      return true;
    case 'Chal':
      parts.chal = parseChal(child, tolerated);
      return true;
    case 'Correlator':
      parts.correlator = exactText(child);
      return true;
    default:
      return false;
  }
}

/** The URI in TargetRef or SourceRef, which some devices wrap in LocURI as in Target and Source. */
function referenceText(element: Element): string {
  const wrapped = element.content.find((child) => isElement(child) && child.name === 'LocURI');
  return trimmedText(wrapped !== undefined && isElement(wrapped) ? wrapped : element);
}

function toCommand(name: string, parts: Parts, tolerated: Tolerated): Command {
  const { cmdId, items } = parts;
  switch (name) {
    case 'Status':
      return toStatus(parts, tolerated);
    case 'Results':
      return toResults(parts, tolerated);
    case 'Alert': {
      const { data, correlator } = parts;
      return { name, cmdId, data, ...(correlator === undefined ? {} : { correlator }), items };
    }
    case 'Exec': {
      const { correlator } = parts;
      return { name, cmdId, ...metaOf(parts), ...(correlator === undefined ? {} : { correlator }), items };
    }
    case 'Add':
    case 'Copy':
    case 'Delete':
    case 'Get':
    case 'Replace':
      return { name, cmdId, ...metaOf(parts), items };
    case 'Atomic':
    case 'Sequence':
      return { name, cmdId, ...metaOf(parts), members: parts.members };
    default:
      return { name: 'Unknown', cmdId, element: detach(name) };
  }
}

function metaOf({ meta }: Parts): { readonly meta?: Meta } {
  return meta === undefined ? {} : { meta };
}

function toStatus(parts: Parts, tolerated: Tolerated): Command {
  const { cmdId, targetRefs, sourceRefs, chal, items } = parts;
  const cmdRef = cmdRefOf(parts, tolerated);
  const cmd = parts.cmd === '' && cmdRef === '0' ? 'SyncHdr' : parts.cmd;
  const data = parseDecimal(parts.data);
  if (data === undefined) tolerated.add('badNumber');
  return {
    name: 'Status',
    cmdId,
    msgRef: msgRefOf(parts, tolerated),
    cmdRef,
    cmd,
    targetRefs,
    sourceRefs,
    ...(chal === undefined ? {} : { chal }),
    data: data ?? Number.NaN,
    items,
  };
}

function toResults(parts: Parts, tolerated: Tolerated): Command {
  const [targetRef] = parts.targetRefs;
  const [sourceRef] = parts.sourceRefs;
  return {
    name: 'Results',
    cmdId: parts.cmdId,
    // DMREPPRO lets Results leave MsgRef out when it is 1, so that is nothing to report.
    msgRef: parts.msgRef === undefined ? 1 : msgRefOf(parts, tolerated),
    cmdRef: cmdRefOf(parts, tolerated),
    ...metaOf(parts),
    ...(targetRef === undefined ? {} : { targetRef }),
    ...(sourceRef === undefined ? {} : { sourceRef }),
    items: parts.items,
  };
}

function cmdRefOf({ cmdRef, cmd }: Parts, tolerated: Tolerated): string {
  if (cmdRef !== undefined && cmdRef !== '') return cmdRef;
  tolerated.add('cmdRefMissing');
  return cmd === 'SyncHdr' ? '0' : '';
}

/** MsgRef as a number; one that is no number becomes 0, which no message has. */
function msgRefOf({ msgRef }: Parts, tolerated: Tolerated): number {
  if (msgRef === undefined || msgRef === '') {
    tolerated.add('msgRefMissing');
    return 1;
  }
  const value = parseDecimal(msgRef);
  if (value === undefined) tolerated.add('badNumber');
  return value ?? 0;
}
