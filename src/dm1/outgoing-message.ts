/**
 * Writes our messages: SyncHdr, the Statuses that are due, then commands, with CmdIDs counted from 1.
 *
 * Everything that leaves the engine passes `compose`, be it measured or sent, so what was measured is what is sent.
 *
 * @see DM-1.3 §6.4, §6.6 (content of Package#2 and #4); DMREPPRO for the order within SyncBody
 */
import { ALERT, alertData } from '../syncml/alert-codes.ts';
import type { Command, Cred, Meta, StatusCommand, SyncHdr, SyncmlMessage } from '../syncml/message.ts';
import type { PlainItem } from './plain-item.ts';
import { fromPlainItem } from './plain-item.ts';
import type { EngineCommand, OutstandingCommand, ServerCommand } from './server-command.ts';
import type { Dm1Session, Dm1Version, DueStatus } from './session-model.ts';

/** How we authenticate to the device in one message, if at all (DM-1.3 §9.3). */
export interface Credentials {
  readonly cred?: Cred;
  readonly locName?: string;
  /** The HTTP header over the whole message is our credentials; there is no Cred then. */
  readonly mac?: true;
}

/** A chunk of a large object: the command whose only Item carries it. */
export interface Chunk {
  readonly command: ServerCommand;
  readonly moreData: boolean;
}

/** What goes into one message after the Statuses. */
export interface Content {
  readonly commands?: readonly ServerCommand[];
  /** The commands stand in a Sequence. */
  readonly inSequence?: boolean;
  readonly chunk?: Chunk;
  /** 1222 or 1223; 1225 goes of itself when the session says that it is due. */
  readonly alert?: typeof ALERT.nextMessage | typeof ALERT.sessionAbort;
  /** The Get that keeps a session going while the backend is slow. */
  readonly holdGet?: boolean;
  readonly final: boolean;
}

/** A message with what has to be remembered of it. */
export interface Composed {
  readonly message: SyncmlMessage;
  readonly outstanding: readonly OutstandingCommand[];
  readonly engineCommands: readonly EngineCommand[];
}

interface Placed {
  readonly wire: Command;
  readonly outstanding: OutstandingCommand;
}

/** The representation version that goes with a protocol version (DM-1.3 §6.4; DM/1.1 used 1.1). */
function verDtdOf(version: Dm1Version): string {
  return version === '1.1' ? '1.1' : '1.2';
}

/** Builds our next message; `statuses` come first, in their order. */
export function compose(
  session: Dm1Session,
  credentials: Credentials,
  statuses: readonly DueStatus[],
  content: Content,
): Composed {
  const nextCmdId = numbering();
  const commands: Command[] = statuses.map((due) => toStatus(due, nextCmdId()));
  const engineCommands: EngineCommand[] = [];
  const addOwn = (cmd: EngineCommand['cmd'], wire: Command): void => {
    commands.push(wire);
    engineCommands.push({ cmd, msgId: session.nextMsgId, cmdId: wire.cmdId });
  };
  if (session.noEndOfData !== undefined) {
    const named = Object.keys(session.noEndOfData).length > 0 ? [session.noEndOfData] : [];
    addOwn('Alert', sessionAlert(ALERT.noEndOfData, nextCmdId(), named));
  }
  if (content.alert !== undefined) addOwn('Alert', sessionAlert(content.alert, nextCmdId(), []));
  if (content.holdGet === true) addOwn('Get', holdGet(nextCmdId()));
  const outstanding = placeCommands(session, content, nextCmdId, commands, addOwn);
  return {
    message: { header: header(session, credentials), commands, final: content.final },
    outstanding,
    engineCommands,
  };
}

/** A Status element; TargetRef and SourceRef only where they tell something. */
export function toStatus(due: DueStatus, cmdId: string): StatusCommand {
  return {
    name: 'Status',
    cmdId,
    msgRef: due.msgRef,
    cmdRef: due.cmdRef,
    cmd: due.cmd,
    targetRefs: due.targetRefs,
    sourceRefs: due.sourceRefs,
    ...(due.chal === undefined ? {} : { chal: due.chal }),
    data: due.code,
    items: [],
  };
}

/** A source of CmdIDs: unique in the message, counted from 1 (DMREPPRO "CmdID"). */
export function numbering(): () => string {
  let last = 0;
  return () => {
    last += 1;
    return String(last);
  };
}

/** An Alert about the session itself. */
function sessionAlert(
  code: typeof ALERT.nextMessage | typeof ALERT.sessionAbort | typeof ALERT.noEndOfData,
  cmdId: string,
  items: readonly PlainItem[],
): Command {
  return { name: 'Alert', cmdId, data: alertData(code), items: items.map(fromPlainItem) };
}

function header(session: Dm1Session, credentials: Credentials): SyncHdr {
  const { cred, locName } = credentials;
  return {
    verDtd: verDtdOf(session.version),
    verProto: `DM/${session.version}`,
    sessionId: session.sessionId,
    msgId: session.nextMsgId,
    target: { locUri: session.deviceUri },
    source: { locUri: session.serverUri, ...(locName === undefined ? {} : { locName }) },
    respUri: session.respUri,
    ...(cred === undefined ? {} : { cred }),
    ...(session.announce === undefined ? {} : { meta: session.announce }),
  };
}

function holdGet(cmdId: string): Command {
  return { name: 'Get', cmdId, items: [{ target: { locUri: './DevInfo/DevId' } }] };
}

function placeCommands(
  session: Dm1Session,
  content: Content,
  nextCmdId: () => string,
  commands: Command[],
  addOwn: (cmd: EngineCommand['cmd'], wire: Command) => void,
): readonly OutstandingCommand[] {
  const sequenceId = content.inSequence === true ? nextCmdId() : undefined;
  const placed = (content.commands ?? []).map((command) => place(session, command, nextCmdId));
  const wires = placed.map(({ wire }) => wire);
  if (sequenceId === undefined) commands.push(...wires);
  else addOwn('Sequence', { name: 'Sequence', cmdId: sequenceId, members: wires });
  const outstanding = placed.map((each) => each.outstanding);
  if (content.chunk === undefined) return outstanding;
  const chunk = place(session, content.chunk.command, nextCmdId);
  commands.push(content.chunk.moreData ? withMoreData(chunk.wire) : chunk.wire);
  return [...outstanding, chunk.outstanding];
}

/** Gives a command its CmdID, and its members theirs, in document order. */
function place(session: Dm1Session, command: ServerCommand, nextCmdId: () => string): Placed {
  const cmdId = nextCmdId();
  const members = command.members?.map((member) => place(session, member, nextCmdId));
  return {
    wire: toWire(session.version, command, cmdId, members?.map((member) => member.wire) ?? []),
    outstanding: {
      command,
      msgId: session.nextMsgId,
      cmdId,
      itemStatuses: [],
      statusItems: [],
      results: [],
      ...(members === undefined ? {} : { members: members.map((member) => member.outstanding) }),
    },
  };
}

function toWire(version: Dm1Version, command: ServerCommand, cmdId: string, members: readonly Command[]): Command {
  const meta: { meta?: Meta } = command.meta === undefined ? {} : { meta: command.meta };
  const items = command.items.map(fromPlainItem);
  switch (command.name) {
    case 'Atomic':
      return { name: 'Atomic', cmdId, ...meta, members };
    case 'Alert':
      return { name: 'Alert', cmdId, data: command.alertCode ?? '', ...correlator(version, command), items };
    case 'Exec':
      return { name: 'Exec', cmdId, ...meta, ...correlator(version, command), items };
    default:
      return { name: command.name, cmdId, ...meta, items };
  }
}

/** DM/1.1 does not know the element (DM-1.3 §6.7.1.10 came with 1.2). */
function correlator(version: Dm1Version, command: ServerCommand): { correlator?: string } {
  return version === '1.1' || command.correlator === undefined ? {} : { correlator: command.correlator };
}

function withMoreData(wire: Command): Command {
  if (!('items' in wire) || wire.name === 'Status' || wire.name === 'Results') return wire;
  return { ...wire, items: wire.items.map((item) => ({ ...item, moreData: true as const })) };
}
