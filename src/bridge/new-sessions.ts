/**
 * The messages that open a session and wait for the turn of their device.
 *
 * Such a device has given up its session, and the answer to the message that is handled. A slow backend may hold it up for as
 * long as a new session waits for an older one, and no longer.
 */
import type { Clock } from './ports.ts';

interface WaitingMessage {
  /** When it began to wait for the session before it; of the monotonic clock, in milliseconds. */
  since: number;
}

/** A message that opens a session, from its arrival to the end of its turn. */
export interface OpeningMessage {
  turnCame(): void;
  /** To be called in every case. */
  ended(): void;
}

interface DeviceEntry {
  /** In the order in which they came; they are few. */
  readonly messages: WaitingMessage[];
  /** The message whose turn it is. */
  inTurn: WaitingMessage | undefined;
  /** Called when a message begins to wait. */
  readonly listeners: (() => void)[];
}

export class NewSessions {
  readonly #clock: Clock;
  /** By the key of the device; as many entries as there are requests under way. */
  readonly #devices = new Map<string, DeviceEntry>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Notes that a message waits for its turn. */
  announce(key: string): OpeningMessage {
    const entry = this.#entryOf(key);
    const message: WaitingMessage = { since: this.#clock.monotonic() };
    entry.messages.push(message);
    for (const listener of entry.listeners) listener();
    return {
      turnCame: () => {
        remove(entry.messages, message);
        entry.inTurn = message;
        // The others now wait for the session of this message.
        for (const other of entry.messages) other.since = this.#clock.monotonic();
      },
      ended: () => {
        remove(entry.messages, message);
        if (entry.inTurn === message) entry.inTurn = undefined;
        this.#removeUnused(key, entry);
      },
    };
  }

  /** Since when the message whose turn it is has waited for the session before it; now, when it opens none. */
  waitingSince(key: string): number {
    return this.#devices.get(key)?.inTurn?.since ?? this.#clock.monotonic();
  }

  /** Resolves when a message of the device has waited for `ms`, unless it is cancelled before. */
  waitedFor(key: string, ms: number): { readonly done: Promise<void>; cancel(): void } {
    const { promise, resolve } = Promise.withResolvers<void>();
    const entry = this.#entryOf(key);
    let timer: ReturnType<Clock['after']> | undefined;
    const start = (): void => {
      const [oldest] = entry.messages;
      if (oldest === undefined || timer !== undefined) return;
      const left = oldest.since + ms - this.#clock.monotonic();
      if (left <= 0) {
        resolve();
        return;
      }
      timer = this.#clock.after(left);
      void timer.done.then(resolve);
    };
    entry.listeners.push(start);
    start();
    const cancel = (): void => {
      timer?.cancel();
      remove(entry.listeners, start);
      this.#removeUnused(key, entry);
    };
    return { done: promise, cancel };
  }

  #entryOf(key: string): DeviceEntry {
    const known = this.#devices.get(key);
    if (known !== undefined) return known;
    const entry: DeviceEntry = { messages: [], inTurn: undefined, listeners: [] };
    this.#devices.set(key, entry);
    return entry;
  }

  #removeUnused(key: string, entry: DeviceEntry): void {
    const isUnused = entry.messages.length === 0 && entry.inTurn === undefined && entry.listeners.length === 0;
    if (isUnused && this.#devices.get(key) === entry) this.#devices.delete(key);
  }
}

function remove<T>(list: T[], one: T): void {
  const at = list.indexOf(one);
  if (at >= 0) list.splice(at, 1);
}
