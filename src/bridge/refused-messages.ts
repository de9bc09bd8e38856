/**
 * Remembers, for each device with an open session, its last message that was refused for want of credentials (ADR 26).
 *
 * It is in memory only: a refusal stores nothing. When it is lost, the message after it still tells by its content, or by the
 * nonce of its digest, that the device begins anew.
 */
import { BoundedMap } from '../bounded-map.ts';
import { type DevId, deviceKey } from '../device/dev-id.ts';
import type { DmSession } from './session.ts';

export interface RefusedMessage {
  readonly sessionId: string;
  readonly msgId: number;
}

const MAX_DEVICES = 10_000;

export class RefusedMessages {
  readonly #byDevice = new BoundedMap<RefusedMessage>(MAX_DEVICES);

  /** Does nothing unless the message names the open session of its device. */
  record(devId: DevId, { sessionId, msgId }: RefusedMessage, session: DmSession | undefined): void {
    if (session?.south.sessionId !== sessionId || session.closedAt !== undefined) return;
    this.#byDevice.set(deviceKey(devId), { sessionId, msgId });
  }

  /** True when the message before this one, in its session, was refused. */
  isRefusedBefore(devId: DevId, { sessionId, msgId }: RefusedMessage): boolean {
    const last = this.#byDevice.get(deviceKey(devId));
    return last !== undefined && last.sessionId === sessionId && last.msgId + 1 === msgId;
  }
}
