/**
 * Receives the messages of the server: checks each, takes its Statuses and runs its commands.
 *
 * @see DM-1.3 §6.5, §7, §8, §9
 */
import { assertNever } from '../../errors.ts';
import { ALERT } from '../../syncml/alert-codes.ts';
import { STATUS } from '../../syncml/status-codes.ts';
import { checkServerMessage, headerStatus, isChallenge } from './check-server-message.ts';
import { runCommand } from './command-runner.ts';
import type { Composition, Queued } from './compose-message.ts';
import type { SimulatedDevice } from './device.ts';
import type { PendingAlert } from './exec-handler.ts';
import { type Execution, statusCommand } from './execution.ts';
import { type IncomingObject, takeChunk } from './incoming-object.ts';
import { isAlert, isStatus, type WireCommand, type WireMessage, type WireMeta } from './message.ts';
import { alert, genericAlert } from './package-one.ts';
import type { SessionSecurity } from './session-security.ts';
import type { SessionOutcome } from './world.ts';

/** The end of the session and its reason. */
export interface Ending {
  readonly end: SessionOutcome['end'];
  readonly reason?: string;
}

/** The result of one message. */
export interface Received {
  readonly replies: readonly Queued[];
  /** True when the server refused the credentials: the device sends its last message again. */
  readonly again: boolean;
  /** Present when the session ends. */
  readonly ending?: Ending;
}

const NOTHING: Received = { replies: [], again: false };

/** Room in a message for header, Statuses and the markup around an Item, in bytes. */
const MESSAGE_OVERHEAD = 2_048;

export class Receiver {
  serverMaxMsgSize = Number.POSITIVE_INFINITY;
  /** True when the last message refused the credentials. */
  challenged = false;
  private readonly device: SimulatedDevice;
  private readonly security: SessionSecurity;
  private readonly fault: (text: string) => void;
  /** The names of the device's commands that wait for a Status, by `MsgID/CmdID`. */
  private readonly unanswered = new Map<string, string>();
  /** The numbers of the Generic Alerts that were sent, by `MsgID/CmdID`. */
  private readonly alertIds = new Map<string, number>();
  private urgent: readonly WireCommand[] = [];
  private object: IncomingObject | undefined;
  private serverFinal = true;
  private lastServerMsgId = 0;
  /** `MsgID/CmdID` of a chunk that must get Status 213. */
  private sentChunk: string | undefined;

  /** @param fault receives each fault of the server */
  constructor(device: SimulatedDevice, security: SessionSecurity, fault: (text: string) => void) {
    this.device = device;
    this.security = security;
    this.fault = fault;
  }

  /** True while the server is sending a large object. */
  serverPackageOpen(): boolean {
    return this.object !== undefined && !this.serverFinal;
  }

  /** Removes and returns the Statuses that the next message must have. */
  takeUrgent(): readonly WireCommand[] {
    const { urgent } = this;
    this.urgent = [];
    return urgent;
  }

  /**
   * Takes one message of the server.
   * @param sent the last message of the device
   * @param bytes the length of the server's message
   */
  receive(message: WireMessage, sent: Composition, bytes: number): Received {
    this.rememberSent(sent);
    const faults = checkServerMessage(message, {
      profile: this.device.profile,
      sent: sent.message.header,
      closed: sent.message.final,
      lastServerMsgId: this.lastServerMsgId,
      objectOpen: this.object !== undefined,
      unanswered: this.unanswered,
      bytes,
    });
    for (const text of faults) this.fault(text);
    this.lastServerMsgId = Number(message.header.msgId);
    this.serverMaxMsgSize = message.header.meta?.maxMsgSize ?? this.serverMaxMsgSize;
    this.challenged = isChallenge(message);
    if (this.challenged) return this.takeChallenge(message);
    return this.takeStatuses(message) ?? this.runCommands(message);
  }

  private rememberSent(sent: Composition): void {
    const { msgId } = sent.message.header;
    this.sentChunk = undefined;
    for (const command of sent.message.commands.filter((each) => !isStatus(each))) {
      const key = `${msgId}/${command.cmdId}`;
      this.unanswered.set(key, command.name);
      if (isChunk(command)) this.sentChunk = key;
    }
    for (const { command, alertId } of sent.sent) {
      if (alertId !== undefined && !isChunk(command)) this.alertIds.set(`${msgId}/${command.cmdId}`, alertId);
    }
  }

  private takeChallenge(message: WireMessage): Received {
    this.unanswered.clear();
    this.alertIds.clear();
    const reason = this.security.refused(headerStatus(message)?.chal);
    if (reason !== undefined) return { ...NOTHING, ending: { end: 'unauthorised', reason } };
    this.urgent = [this.headerStatus(message, STATUS.ok)];
    return { ...NOTHING, again: true };
  }

  /** Takes the Statuses of a message. Returns a result only when the session ends. */
  private takeStatuses(message: WireMessage): Received | undefined {
    const header = headerStatus(message);
    if (header !== undefined && !isAccepted(header)) {
      return { ...NOTHING, ending: { end: 'failed', reason: `Status ${header.data} for SyncHdr` } };
    }
    if (header !== undefined) this.security.accepted(header);
    for (const status of message.commands.filter(isStatus)) this.takeStatus(status);
    if (this.sentChunk !== undefined) this.fault('no Status 213 for a chunk');
    for (const [key, name] of this.unanswered) if (name === 'Results') this.unanswered.delete(key);
    return undefined;
  }

  private takeStatus(status: WireCommand): void {
    const key = `${status.msgRef}/${status.cmdRef}`;
    if (key === this.sentChunk) {
      if (status.data === String(STATUS.chunkedItemAccepted)) this.sentChunk = undefined;
      else this.fault(`Status ${status.data} for a chunk`);
    }
    this.unanswered.delete(key);
    const alertId = this.alertIds.get(key);
    if (alertId !== undefined) this.device.settle(alertId);
  }

  private runCommands(message: WireMessage): Received {
    this.serverFinal = message.final;
    const commands = message.commands.filter((command) => !isStatus(command));
    if (commands.some((command) => isAlert(command, ALERT.sessionAbort))) {
      return { ...NOTHING, ending: { end: 'aborted', reason: 'the server aborted the session' } };
    }
    if (commands.length === 0) return NOTHING;
    if (this.device.profile.sequence === 'fatal' && commands.some(({ name }) => name === 'Sequence')) {
      return { ...NOTHING, ending: { end: 'crashed', reason: 'the device crashed at a Sequence' } };
    }
    const { code, chal } = this.security.checkServer(message.header);
    this.urgent = [this.headerStatus(message, code, chal)];
    if (code === STATUS.invalidCredentials || code === STATUS.missingCredentials) {
      return { ...NOTHING, replies: this.refuse(message, commands, code).map((command) => ({ command })) };
    }
    const raised: PendingAlert[] = [];
    const run = this.execution(message, raised);
    const replies = commands.flatMap((command) => this.runCommand(run, message, command));
    return { ...NOTHING, replies: [...replies.map((command) => ({ command })), ...this.raise(raised)] };
  }

  private runCommand(run: Execution, message: WireMessage, command: WireCommand): readonly WireCommand[] {
    if (isAlert(command, ALERT.nextMessage) || isAlert(command, ALERT.noEndOfData)) {
      this.urgent = [...this.urgent, this.statusFor(message, command, STATUS.ok)];
      return [];
    }
    const chunk = takeChunk(this.object, command, this.device.profile, this.fault);
    this.object = chunk.type === 'buffered' ? chunk.object : undefined;
    const repliesTo = (each: WireCommand) => runCommand(run, each).map((reply) => reply.command);
    switch (chunk.type) {
      case 'none':
        return repliesTo(command);
      case 'buffered':
        return [this.statusFor(message, command, STATUS.chunkedItemAccepted)];
      case 'complete':
        return repliesTo({ ...chunk.command, cmdId: command.cmdId });
      case 'refused':
        return [this.statusFor(message, command, chunk.code)];
      case 'interrupted':
        return [alert(ALERT.noEndOfData, [{ target: chunk.object.item.target }]), ...repliesTo(command)];
      default:
        return assertNever(chunk);
    }
  }

  private execution(message: WireMessage, raised: PendingAlert[]): Execution {
    const { tree, profile, server, user, handlers } = this.device;
    const limit = Math.min(profile.maxOutgoing, this.serverMaxMsgSize);
    const maxItem = profile.lrgObj ? Number.POSITIVE_INFINITY : limit - MESSAGE_OVERHEAD;
    const msgRef = message.header.msgId;
    return { tree, profile, server: server.id, user, handlers, msgRef, maxItem, raised, stopped: false };
  }

  /** Stores the alerts. Those for this session are returned, the others are sent with the next Package#1. */
  private raise(raised: readonly PendingAlert[]): readonly Queued[] {
    return raised.flatMap((pending) => {
      const alertId = this.device.raise(pending);
      if (pending.when !== 'thisSession') return [];
      return [{ command: genericAlert(pending, this.device.profile.version), alertId }];
    });
  }

  /** The same Status for all commands and their members. */
  private refuse(message: WireMessage, commands: readonly WireCommand[], code: number): WireCommand[] {
    return commands.flatMap((command) => [
      this.statusFor(message, command, code),
      ...this.refuse(message, command.members, code),
    ]);
  }

  private statusFor(message: WireMessage, command: WireCommand, code: number): WireCommand {
    return statusCommand({ msgRef: message.header.msgId, cmdRef: command.cmdId, cmd: command.name, code });
  }

  private headerStatus(message: WireMessage, code: number, chal?: WireMeta): WireCommand {
    return statusCommand({ msgRef: message.header.msgId, cmdRef: '0', cmd: 'SyncHdr', code, chal });
  }
}

function isChunk(command: WireCommand): boolean {
  return command.items.some((item) => item.moreData);
}

/** True for 200 and 212. */
function isAccepted({ data }: WireCommand): boolean {
  return data === String(STATUS.ok) || data === String(STATUS.authenticationAccepted);
}
