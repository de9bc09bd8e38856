/**
 * One DM session of a simulated device, from Package#1 to the empty package.
 *
 * @see DM-1.3 §6 to §9
 */
import { HTTP } from '../../http-status.ts';
import { ALERT } from '../../syncml/alert-codes.ts';
import { type Composition, composeMessage, type Queued } from './compose-message.ts';
import type { SimulatedDevice } from './device.ts';
import { isStatus, type WireHeader, type WireMessage } from './message.ts';
import { alert, genericAlert, packageOne, type SessionOptions } from './package-one.ts';
import { protocolNames } from './profile.ts';
import { readMessage } from './read-message.ts';
import { type Ending, Receiver } from './receiver.ts';
import { SessionSecurity } from './session-security.ts';
import type { DeviceWorld, SessionOutcome } from './world.ts';
import { writeMessage } from './write-message.ts';
import { XmlFault } from './xml.ts';

/** More messages than any session needs. */
const MAX_MESSAGES = 2_000;

/** The wait before the first retry; each further retry waits this much longer. */
const RETRY_DELAY_MS = 250;

/** Runs one session and returns its outcome. The device keeps nonces, alerts and the changes of its tree. */
export async function runSession(
  device: SimulatedDevice,
  world: DeviceWorld,
  options: SessionOptions = {},
): Promise<SessionOutcome> {
  device.sessions += 1;
  const session = new Session(device, world, options);
  const outcome = await session.run();
  device.faults.push(...outcome.faults);
  world.onEvent?.({ type: 'ended', devId: device.devId, outcome });
  return outcome;
}

class Session {
  private readonly device: SimulatedDevice;
  private readonly world: DeviceWorld;
  private readonly options: SessionOptions;
  private readonly sessionId: string;
  private readonly security: SessionSecurity;
  private readonly receiver: Receiver;
  private readonly faults: string[] = [];
  private queue: readonly Queued[];
  private url: string;
  private msgId = 0;

  constructor(device: SimulatedDevice, world: DeviceWorld, options: SessionOptions) {
    this.device = device;
    this.world = world;
    this.options = options;
    this.sessionId = options.sessionId ?? device.sessions.toString(16).toUpperCase();
    this.url = device.server.url;
    this.security = new SessionSecurity(device, (count) => world.randomBytes(count));
    this.receiver = new Receiver(device, this.security, (text) => this.fault(text));
    this.queue = [
      ...packageOne(device, options).map((command) => ({ command })),
      ...device.pendingAlerts().map(({ id, alert: pending }) => ({
        command: genericAlert(pending, device.profile.version),
        alertId: id,
      })),
    ];
  }

  async run(): Promise<SessionOutcome> {
    while (this.msgId < MAX_MESSAGES) {
      const composition = this.compose();
      this.queue = composition.rest;
      const ending = await this.exchange(composition);
      if (ending !== undefined) return this.outcome(ending);
    }
    return this.outcome({ end: 'failed', reason: `no end after ${MAX_MESSAGES} messages` });
  }

  private compose(): Composition {
    this.msgId += 1;
    const { profile } = this.device;
    const open = this.receiver.serverPackageOpen();
    return composeMessage(
      {
        header: this.header(),
        first: this.receiver.takeUrgent(),
        last: open ? [alert(ALERT.nextMessage, [])] : [],
        limit: Math.min(profile.maxOutgoing, this.receiver.serverMaxMsgSize),
        largeObjects: profile.lrgObj,
        mayClose: !open || profile.finalAlways,
      },
      this.queue,
    );
  }

  private header(): WireHeader {
    const { device } = this;
    const { maxMsgSize, maxObjSize, lrgObj } = device.profile;
    const cred = this.security.cred();
    return {
      ...protocolNames(device.profile.version),
      sessionId: this.sessionId,
      msgId: String(this.msgId),
      target: device.server.url,
      source: device.devId,
      sourceName: cred === undefined ? undefined : device.account.user,
      cred,
      meta: this.msgId === 1 ? { maxMsgSize, maxObjSize: lrgObj ? maxObjSize : undefined } : undefined,
    };
  }

  /** Sends one message and takes the response. Returns the ending when the session ends. */
  private async exchange(composition: Composition): Promise<Ending | undefined> {
    const text = writeMessage(composition.message);
    const { devId } = this.device;
    this.world.onEvent?.({ type: 'sent', devId, url: this.url, message: composition.message, text });
    const reply = await this.post(text);
    if (typeof reply === 'string') return { end: 'failed', reason: reply };
    if (reply.body === '') {
      this.fault('an empty answer in mid-session');
      return { end: 'failed', reason: 'empty answer' };
    }
    const message = this.read(reply.body);
    if (message === undefined) return { end: 'failed', reason: 'unreadable answer' };
    this.world.onEvent?.({ type: 'received', devId, message, text: reply.body });
    if (message.header.respUri !== undefined) this.url = message.header.respUri;
    const received = this.receiver.receive(message, composition, Buffer.byteLength(reply.body));
    this.queue = received.again ? [...composition.sent, ...this.queue] : [...this.queue, ...received.replies];
    return received.ending ?? this.ending(message);
  }

  /** The body of the response, or the reason why there is none. */
  private async post(text: string): Promise<{ readonly body: string } | string> {
    const { mediaType } = this.device.profile;
    const headers = {
      'content-type': mediaType,
      accept: mediaType,
      'accept-charset': 'utf-8',
      'cache-control': 'no-store',
      'user-agent': 'dmbridge-testbed',
    };
    let failure = '';
    for (let attempt = 0; attempt <= (this.options.retries ?? 0); attempt += 1) {
      if (attempt > 0) await this.world.wait?.(RETRY_DELAY_MS * attempt);
      try {
        const reply = await this.world.post(this.url, headers, text);
        if (reply.status === HTTP.ok) return this.checkReply(reply.headers, reply.body, mediaType);
        failure = `HTTP ${reply.status}`;
        if (reply.status < HTTP.internalServerError) return failure;
      } catch (error) {
        failure = error instanceof Error ? error.message : String(error);
      }
    }
    return failure;
  }

  private checkReply(
    headers: Readonly<Record<string, string>>,
    body: string,
    mediaType: string,
  ): { readonly body: string } {
    const [type] = (headers['content-type'] ?? '').split(';');
    if (body !== '' && type?.trim().toLowerCase() !== mediaType) this.fault(`Content-Type "${type}" for ${mediaType}`);
    if (headers['content-length'] === undefined) this.fault('no Content-Length');
    return { body };
  }

  private read(text: string): WireMessage | undefined {
    try {
      return readMessage(text);
    } catch (error) {
      if (!(error instanceof XmlFault)) throw error;
      this.fault(`unreadable answer: ${error.message}`);
      return undefined;
    }
  }

  /** The server's empty package ends the session; the device does not answer it (DM-1.3 §6). */
  private ending(message: WireMessage): Ending | undefined {
    const hasCommands = message.commands.some((command) => !isStatus(command));
    if (hasCommands || this.receiver.challenged) return undefined;
    if (this.queue.length > 0) this.fault('the server ends the session while the package of the device is open');
    return { end: 'done' };
  }

  private fault(text: string): void {
    const where = `message ${this.msgId}: ${text}`;
    this.faults.push(where);
    this.world.onEvent?.({ type: 'fault', devId: this.device.devId, text: where });
  }

  private outcome(ending: Ending): SessionOutcome {
    return { ...ending, messages: this.msgId, faults: this.faults };
  }
}
