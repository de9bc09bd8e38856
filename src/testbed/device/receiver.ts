/**
 * What a device does with one message of the server: check it, take its Statuses, run its commands.
 *
 * @see DM-1.3 §6.5, §7, §8, §9
 */
import { checkServerMessage, headerStatus, isChallenge } from './check-server-message.ts';
import { type Execution, execute } from './command-runner.ts';
import type { Composition, Queued } from './compose-message.ts';
import type { SimulatedDevice } from './device.ts';
import type { PendingAlert } from './exec-handler.ts';
import { type IncomingObject, takeChunk } from './incoming-object.ts';
import type { WireCommand, WireMessage, WireMeta } from './message.ts';
import { alert, genericAlert } from './package-one.ts';
import type { SessionSecurity } from './session-security.ts';
import type { SessionOutcome } from './world.ts';

export interface Ending {
  readonly end: SessionOutcome['end'];
  readonly reason?: string;
}

export interface Received {
  readonly replies: readonly Queued[];
  /** The server refused the credentials: what was sent goes out again. */
  readonly again: boolean;
  readonly ending?: Ending;
}

const NOTHING: Received = { replies: [], again: false };

export class Receiver {
  serverMaxMsgSize = Number.POSITIVE_INFINITY;
  /** The last message refused the credentials. */
  challenged = false;
  private readonly device: SimulatedDevice;
  private readonly security: SessionSecurity;
  private readonly fault: (text: string) => void;
  /** `MsgID/CmdID` → name, of the device's commands without Status. */
  private readonly unanswered = new Map<string, string>();
  private readonly alertIds = new Map<string, number>();
  private urgent: readonly WireCommand[] = [];
  private object: IncomingObject | undefined;
  private serverFinal = true;
  private lastServerMsgId = 0;
  /** `MsgID/CmdID` of a chunk whose 213 is due. */
  private chunkSent: string | undefined;

  constructor(device: SimulatedDevice, security: SessionSecurity, fault: (text: string) => void) {
    this.device = device;
    this.security = security;
    this.fault = fault;
  }

  /** True while a large object of the server is under way. */
  serverPackageOpen(): boolean {
    return this.object !== undefined && !this.serverFinal;
  }

  /** Statuses that lead the next message. */
  takeUrgent(): readonly WireCommand[] {
    const { urgent } = this;
    this.urgent = [];
    return urgent;
  }

  receive(message: WireMessage, sent: Composition, bytes: number): Received {
    this.noteSent(sent);
    for (const text of checkServerMessage(message, {
      profile: this.device.profile,
      sent: sent.message.header,
      closed: sent.message.final,
      lastServerMsgId: this.lastServerMsgId,
      objectOpen: this.object !== undefined,
      unanswered: this.unanswered,
      bytes,
    })) {
      this.fault(text);
    }
    this.lastServerMsgId = Number(message.header.msgId);
    this.serverMaxMsgSize = message.header.meta?.maxMsgSize ?? this.serverMaxMsgSize;
    this.challenged = isChallenge(message);
    if (this.challenged) return this.refused(message);
    return this.takeStatuses(message) ?? this.runCommands(message);
  }

  private noteSent(sent: Composition): void {
    const { msgId } = sent.message.header;
    this.chunkSent = undefined;
    for (const command of sent.message.commands) {
      if (command.name === 'Status') continue;
      const key = `${msgId}/${command.cmdId}`;
      this.unanswered.set(key, command.name);
      if (command.items.some((item) => item.moreData)) this.chunkSent = key;
    }
    for (const { command, alertId } of sent.sent) {
      if (alertId !== undefined && !command.items.some((item) => item.moreData)) {
        this.alertIds.set(`${msgId}/${command.cmdId}`, alertId);
      }
    }
  }

  private refused(message: WireMessage): Received {
    this.unanswered.clear();
    this.alertIds.clear();
    const reason = this.security.refused(headerStatus(message)?.chal);
    if (reason !== undefined) return { ...NOTHING, ending: { end: 'unauthorised', reason } };
    this.urgent = [this.status(message, '0', 'SyncHdr', 200)];
    return { ...NOTHING, again: true };
  }

  private takeStatuses(message: WireMessage): Received | undefined {
    const header = headerStatus(message);
    if (header?.data === '200' || header?.data === '212') this.security.accepted(header);
    else if (header !== undefined) {
      return { ...NOTHING, ending: { end: 'failed', reason: `Status ${header.data} for SyncHdr` } };
    }
    for (const status of message.commands.filter(({ name }) => name === 'Status')) {
      const key = `${status.msgRef}/${status.cmdRef}`;
      if (key === this.chunkSent) {
        if (status.data === '213') this.chunkSent = undefined;
        else this.fault(`Status ${status.data} for a chunk`);
      }
      this.unanswered.delete(key);
      const alertId = this.alertIds.get(key);
      if (alertId !== undefined) this.device.settle(alertId);
    }
    if (this.chunkSent !== undefined) this.fault('no Status 213 for a chunk');
    for (const [key, name] of this.unanswered) if (name === 'Results') this.unanswered.delete(key);
    return undefined;
  }

  private runCommands(message: WireMessage): Received {
    this.serverFinal = message.final;
    const commands = message.commands.filter(({ name }) => name !== 'Status');
    const codes = commands.filter(({ name }) => name === 'Alert').map(({ data }) => data);
    if (codes.includes('1223')) return { ...NOTHING, ending: { end: 'aborted', reason: 'the server aborted' } };
    if (commands.length === 0) return NOTHING;
    const fatal = commands.some(({ name }) => name === 'Sequence') && this.device.profile.sequence === 'fatal';
    if (fatal) return { ...NOTHING, ending: { end: 'crashed', reason: 'the device died of a Sequence' } };
    const verdict = this.security.judge(message.header);
    this.urgent = [this.status(message, '0', 'SyncHdr', verdict.code, verdict.chal)];
    if (verdict.code === 401 || verdict.code === 407)
      return { ...NOTHING, replies: this.refuseAll(message, verdict.code) };
    const raised: PendingAlert[] = [];
    const run = this.execution(message, raised);
    const replies = commands.flatMap((command) => this.runCommand(run, message, command));
    return { ...NOTHING, replies: [...replies.map((command) => ({ command })), ...this.raise(raised)] };
  }

  private runCommand(run: Execution, message: WireMessage, command: WireCommand): readonly WireCommand[] {
    if (command.name === 'Alert' && ['1222', '1225'].includes(command.data ?? '')) {
      this.urgent = [...this.urgent, this.status(message, command.cmdId, 'Alert', 200)];
      return [];
    }
    const chunk = takeChunk(this.object, command, this.device.profile, this.fault);
    this.object = chunk.type === 'buffered' ? chunk.object : undefined;
    switch (chunk.type) {
      case 'buffered':
        return [this.status(message, command.cmdId, command.name, 213)];
      case 'refused':
        return [this.status(message, command.cmdId, command.name, chunk.code)];
      case 'interrupted': {
        const broken = alert('1225', [{ target: chunk.object.item.target }]);
        return [broken, ...execute(run, command).map((reply) => reply.command)];
      }
      case 'complete':
        return execute(run, { ...chunk.command, cmdId: command.cmdId }).map((reply) => reply.command);
      default:
        return execute(run, command).map((reply) => reply.command);
    }
  }

  private execution(message: WireMessage, raised: PendingAlert[]): Execution {
    const { tree, profile, server, user, handlers } = this.device;
    const limit = Math.min(profile.maxOutgoing, this.serverMaxMsgSize);
    // Room for header, Statuses and the markup around the Item.
    const maxItem = profile.lrgObj ? Number.POSITIVE_INFINITY : limit - 2_048;
    const msgRef = message.header.msgId;
    return { tree, profile, server: server.id, user, handlers, msgRef, maxItem, raised, stopped: false };
  }

  /** Alerts of this session go out now, the others with the next Package#1. */
  private raise(raised: readonly PendingAlert[]): readonly Queued[] {
    return raised.flatMap((pending) => {
      const alertId = this.device.raise(pending);
      if (pending.when !== 'thisSession') return [];
      return [{ command: genericAlert(pending, this.device.profile.version), alertId }];
    });
  }

  private refuseAll(message: WireMessage, code: number): readonly Queued[] {
    const all = (commands: readonly WireCommand[]): WireCommand[] =>
      commands.flatMap((command) => [this.status(message, command.cmdId, command.name, code), ...all(command.members)]);
    return all(message.commands.filter(({ name }) => name !== 'Status')).map((command) => ({ command }));
  }

  private status(message: WireMessage, cmdRef: string, cmd: string, code: number, chal?: WireMeta): WireCommand {
    const { msgId } = message.header;
    return { name: 'Status', cmdId: '', msgRef: msgId, cmdRef, cmd, chal, data: String(code), items: [], members: [] };
  }
}
