/**
 * Waits for WAP Pushes at a UDP port and starts the session that a notification asks for.
 *
 * @see DM-NOTI 1.3 §6.4.8 (one session for equal SessionIDs), §7.1
 */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { ALERT } from '../../syncml/alert-codes.ts';
import type { SimulatedDevice } from './device.ts';
import { PushFault, readNotification, readWapPush } from './notification.ts';
import { runSession } from './session.ts';
import type { DeviceWorld, SessionOutcome } from './world.ts';

export interface PushListener {
  readonly port: number;
  /** The outcome of the next session that a notification starts; a push that is none of the device's server has failed. */
  nextSession(): Promise<SessionOutcome>;
  close(): Promise<void>;
}

/** Opens the port; 0 lets the system choose. */
export async function listenForPushes(
  device: SimulatedDevice,
  world: DeviceWorld,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<PushListener> {
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
  const receiver = new PushReceiver(device, world);
  socket.on('message', (datagram) => receiver.receive(datagram));
  socket.bind(port, host);
  await once(socket, 'listening');
  return {
    port: socket.address().port,
    nextSession: () => receiver.nextSession(),
    async close() {
      socket.close();
      await receiver.drained();
    },
  };
}

class PushReceiver {
  private readonly device: SimulatedDevice;
  private readonly world: DeviceWorld;
  /** SessionIDs that have had their session. */
  private readonly answered = new Set<string>();
  private readonly waiting: ((outcome: SessionOutcome) => void)[] = [];
  private readonly ended: SessionOutcome[] = [];
  /** Sessions run one after the other. */
  private running: Promise<void> = Promise.resolve();

  constructor(device: SimulatedDevice, world: DeviceWorld) {
    this.device = device;
    this.world = world;
  }

  /** A datagram that is no notification of the device's server is ignored, and the fault is reported. */
  receive(datagram: Buffer): void {
    const { devId } = this.device;
    try {
      const { sessionId, format } = readNotification(readWapPush(datagram), this.credentials());
      this.world.onEvent?.({ type: 'notified', devId, sessionId, format });
      if (this.answered.has(sessionId)) return;
      this.answered.add(sessionId);
      this.running = this.running.then(() => this.run(sessionId));
    } catch (error) {
      if (!(error instanceof PushFault)) throw error;
      this.device.faults.push(`push: ${error.message}`);
      this.world.onEvent?.({ type: 'fault', devId, text: `push: ${error.message}` });
      this.settle({ end: 'failed', reason: `push: ${error.message}`, messages: 0, faults: [error.message] });
    }
  }

  nextSession(): Promise<SessionOutcome> {
    const done = this.ended.shift();
    if (done !== undefined) return Promise.resolve(done);
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  drained(): Promise<void> {
    return this.running;
  }

  private credentials() {
    const { serverAccount, serverNonce } = this.device;
    if (serverAccount === undefined) throw new PushFault('the device has no account of its server');
    return { server: serverAccount, nonce: Buffer.from(serverNonce, 'base64') };
  }

  private async run(sessionId: string): Promise<void> {
    const options = { initiation: ALERT.serverInitiatedManagement, sessionId } as const;
    this.settle(await runSession(this.device, this.world, options));
  }

  private settle(outcome: SessionOutcome): void {
    const next = this.waiting.shift();
    if (next === undefined) this.ended.push(outcome);
    else next(outcome);
  }
}
