/**
 * Writes our messages: SyncHdr, the Statuses that are due, then commands, with CmdIDs counted from 1.
 *
 * A message is measured and sent as `compose` returns it.
 *
 * @see DM-1.3 §6.4, §6.6 (content of Package#2 and #4); DMREPPRO for the order within SyncBody
 */
import type { Mutable } from '../mutable.ts';
import { ALERT, alertData } from '../syncml/alert-codes.ts';
import type {
  AlertCommand,
  Command,
  ContainerCommand,
  ExecCommand,
  ItemCommand,
  StatusCommand,
  SyncHdr,
  SyncmlMessage,
} from '../syncml/message.ts';
import type { Chunk } from './outgoing-object.ts';
import { fromPlainItem, type PlainItem } from './plain-item.ts';
import type { EngineCommand, OutstandingCommand, ServerCommand } from './server-command.ts';
import type { ClosedSession, Credentials, Dm1Version, DueStatus, MeasureMessage, OpenState } from './session-model.ts';

/** The session that a message is written for, and its parts that do not depend on commands. */
export interface Framing {
  readonly session: OpenState | ClosedSession;
  readonly credentials: Credentials;
  readonly measure: MeasureMessage;
  /** The Statuses of this message. */
  readonly statuses: readonly DueStatus[];
}

/** The content of one message after the Statuses. An Alert 1225 that is due is always added. */
export interface Content {
  readonly commands?: readonly ServerCommand[];
  /** The commands are put into a Sequence. */
  readonly inSequence?: boolean;
  readonly chunk?: Chunk;
  readonly alert?: typeof ALERT.nextMessage | typeof ALERT.sessionAbort;
  /** The Get that keeps a session going while the backend is slow. */
  readonly holdGet?: boolean;
  readonly final: boolean;
}

/** A message, and the commands in it that the device will answer. */
export interface Composed {
  readonly message: SyncmlMessage;
  readonly outstanding: readonly OutstandingCommand[];
  readonly engineCommands: readonly EngineCommand[];
}

/** The representation version that goes with a protocol version (DM-1.3 §6.4; DM/1.1 used 1.1). */
function verDtdOf(version: Dm1Version): string {
  return version === '1.1' ? '1.1' : '1.2';
}

/** Builds our next message; the Statuses come first, in their order. */
export function compose(framing: Framing, content: Content): Composed {
  const { session } = framing;
  const nextCmdId = numbering();
  const commands: Command[] = [];
  const outstanding: OutstandingCommand[] = [];
  const engineCommands: EngineCommand[] = [];
  const addEngineCommand = (cmd: EngineCommand['cmd'], wire: Command): void => {
    commands.push(wire);
    engineCommands.push({ cmd, msgId: session.nextMsgId, cmdId: wire.cmdId });
  };
  for (const due of framing.statuses) commands.push(toStatus(due, nextCmdId()));
  if (session.noEndOfData !== undefined) {
    const isNamed = Object.keys(session.noEndOfData).length > 0;
    addEngineCommand('Alert', sessionAlert(ALERT.noEndOfData, nextCmdId(), isNamed ? [session.noEndOfData] : []));
  }
  if (content.alert !== undefined) addEngineCommand('Alert', sessionAlert(content.alert, nextCmdId(), []));
  if (content.holdGet === true) addEngineCommand('Get', holdGet(nextCmdId()));
  const sequenceId = content.inSequence === true ? nextCmdId() : undefined;
  const wires: Command[] = sequenceId === undefined ? commands : [];
  for (const command of content.commands ?? []) {
    const sent = numberCommand(session, command, nextCmdId);
    wires.push(toWire(session.version, sent));
    outstanding.push(sent);
  }
  if (sequenceId !== undefined) {
    addEngineCommand('Sequence', { name: 'Sequence', cmdId: sequenceId, members: wires });
  }
  if (content.chunk !== undefined) {
    const sent = numberCommand(session, content.chunk.command, nextCmdId);
    const wire = toWire(session.version, sent);
    commands.push(content.chunk.moreData ? withMoreData(wire) : wire);
    outstanding.push(sent);
  }
  const header = writeHeader(session, framing.credentials);
  return { message: { header, commands, final: content.final }, outstanding, engineCommands };
}

/** Writes a Status that is due. */
export function toStatus(due: DueStatus, cmdId: string): StatusCommand {
  const status: Mutable<StatusCommand> = {
    name: 'Status',
    cmdId,
    msgRef: due.msgRef,
    cmdRef: due.cmdRef,
    cmd: due.cmd,
    targetRefs: due.targetRefs,
    sourceRefs: due.sourceRefs,
    data: due.code,
    items: [],
  };
  if (due.chal !== undefined) status.chal = due.chal;
  return status;
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

function writeHeader(session: OpenState | ClosedSession, { cred, locName }: Credentials): SyncHdr {
  const { announce } = session;
  const header: Mutable<SyncHdr> = {
    verDtd: verDtdOf(session.version),
    verProto: `DM/${session.version}`,
    sessionId: session.sessionId,
    msgId: session.nextMsgId,
    target: { locUri: session.deviceUri },
    source: locName === undefined ? { locUri: session.serverUri } : { locUri: session.serverUri, locName },
    respUri: session.respUri,
  };
  if (cred !== undefined) header.cred = cred;
  if (announce !== undefined) header.meta = announce;
  return header;
}

function holdGet(cmdId: string): Command {
  return { name: 'Get', cmdId, items: [{ target: { locUri: './DevInfo/DevId' } }] };
}

/** Gives a command its CmdID, and its members theirs, in document order. */
function numberCommand(
  session: OpenState | ClosedSession,
  command: ServerCommand,
  nextCmdId: () => string,
): OutstandingCommand {
  const sent: Mutable<OutstandingCommand> = {
    command,
    msgId: session.nextMsgId,
    cmdId: nextCmdId(),
    itemStatuses: [],
    statusItems: [],
    results: [],
  };
  if (command.members !== undefined) {
    sent.members = command.members.map((member) => numberCommand(session, member, nextCmdId));
  }
  return sent;
}

function toWire(version: Dm1Version, { command, cmdId, members = [] }: OutstandingCommand): Command {
  const { meta } = command;
  // DM/1.1 does not know Correlator (DM-1.3 §6.7.1.10 came with 1.2).
  const correlator = version === '1.1' ? undefined : command.correlator;
  switch (command.name) {
    case 'Atomic': {
      const wires = members.map((member) => toWire(version, member));
      const atomic: Mutable<ContainerCommand> = { name: 'Atomic', cmdId, members: wires };
      if (meta !== undefined) atomic.meta = meta;
      return atomic;
    }
    case 'Alert': {
      const items = command.items.map(fromPlainItem);
      const alert: Mutable<AlertCommand> = { name: 'Alert', cmdId, data: command.alertCode ?? '', items };
      if (correlator !== undefined) alert.correlator = correlator;
      return alert;
    }
    case 'Exec': {
      const exec: Mutable<ExecCommand> = { name: 'Exec', cmdId, items: command.items.map(fromPlainItem) };
      if (meta !== undefined) exec.meta = meta;
      if (correlator !== undefined) exec.correlator = correlator;
      return exec;
    }
    default: {
      const wire: Mutable<ItemCommand> = { name: command.name, cmdId, items: command.items.map(fromPlainItem) };
      if (meta !== undefined) wire.meta = meta;
      return wire;
    }
  }
}

function withMoreData(wire: Command): Command {
  if (!('items' in wire) || wire.name === 'Status' || wire.name === 'Results') return wire;
  return { ...wire, items: wire.items.map((item) => ({ ...item, moreData: true as const })) };
}
