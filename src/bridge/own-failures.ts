/**
 * Remembers messages that this bridge has not answered for a reason of its own: it had no room, the store failed, or it has a
 * fault. A session that ends after that says nothing about its device, which may have given up because of it.
 *
 * The memory is that of this process, at most 10 000 devices, those whose message failed longest ago first out. Of a time
 * before its start, or before it forgot devices, the process does not know what it left unanswered.
 */
import { BoundedMap } from '../bounded-map.ts';
import { type DevId, deviceKey } from '../device/dev-id.ts';
import type { DeviceCell } from './device-cell.ts';
import type { OpenSessions } from './open-sessions.ts';
import type { Clock } from './ports.ts';

/** The place of a message in the conversation with its device. */
interface MessagePlace {
  readonly sessionId: string;
  readonly msgId: number;
}

const MAX_DEVICES = 10_000;

export class OwnFailures {
  readonly #clock: Clock;
  readonly #sessions: OpenSessions;
  readonly #byDevice: BoundedMap<MessagePlace>;
  /** Of the monotonic clock. */
  #isKnownSince: number;

  constructor(clock: Clock, sessions: OpenSessions, capacity = MAX_DEVICES) {
    this.#clock = clock;
    this.#sessions = sessions;
    this.#byDevice = new BoundedMap(capacity);
    this.#isKnownSince = clock.monotonic();
  }

  /** The bridge did not answer the message. */
  record(devId: DevId, { sessionId, msgId }: MessagePlace): void {
    const hasDropped = this.#byDevice.set(deviceKey(devId), { sessionId, msgId });
    if (hasDropped) this.#isKnownSince = this.#clock.monotonic();
  }

  /** The bridge answered the message: it came again, or the device begins anew. */
  answered(devId: DevId, { sessionId, msgId }: MessagePlace): void {
    if (this.#byDevice.size === 0) return;
    const key = deviceKey(devId);
    const failed = this.#byDevice.get(key);
    const isLater = failed?.sessionId === sessionId && msgId > failed.msgId;
    if (failed !== undefined && !isLater) this.#byDevice.delete(key);
  }

  /** True when the device of this open session may have broken off because the bridge did not answer. */
  mayHaveInterrupted(cell: DeviceCell): boolean {
    const { session, record } = cell;
    if (session === undefined) return false;
    if (this.#byDevice.get(deviceKey(record.devId))?.sessionId === session.south.sessionId) return true;
    return this.#sessions.silentFor(cell) > this.#clock.monotonic() - this.#isKnownSince;
  }
}
