/**
 * The memory of one bridge of messages and sessions at the door; it is never stored. A bridge that has forgotten it decides by the
 * tables and by the sessions that are stored.
 */
import { BoundedMap } from '../bounded-map.ts';
import type { KnownDoor } from './door.ts';

const MESSAGE_MS = 60_000;
const CHALLENGE_MS = 5 * 60_000;
const SESSION_MS = 15 * 60_000;
/** Of each kind. */
const MAX_ENTRIES = 10_000;

interface Timed<T> {
  readonly value: T;
  readonly at: number;
}

/** Times are milliseconds of a clock that only goes forward. */
export class DoorMemory {
  readonly #messages = new BoundedMap<Timed<KnownDoor>>(MAX_ENTRIES);
  readonly #challenges = new BoundedMap<Timed<true>>(MAX_ENTRIES);
  readonly #sessions = new BoundedMap<Timed<KnownDoor>>(MAX_ENTRIES);

  /** The door of the first message with this hash, for a minute. */
  doorOfMessage(hash: string, now: number): KnownDoor | undefined {
    return fresh(this.#messages.get(hash), MESSAGE_MS, now);
  }

  /** Only the first copy counts. */
  noteMessage(hash: string, door: KnownDoor, now: number): void {
    if (this.doorOfMessage(hash, now) === undefined) this.#messages.set(hash, { value: door, at: now });
  }

  /** True when the bridge has challenged a message of this session in the last 5 minutes. */
  isChallenged(session: string, now: number): boolean {
    return fresh(this.#challenges.get(session), CHALLENGE_MS, now) === true;
  }

  noteChallenge(session: string, now: number): void {
    this.#challenges.set(session, { value: true, at: now });
  }

  /** The door of the latest Package#1 of this session in the last 15 minutes. */
  doorOfSession(session: string, now: number): KnownDoor | undefined {
    return fresh(this.#sessions.get(session), SESSION_MS, now);
  }

  noteSession(session: string, door: KnownDoor, now: number): void {
    this.#sessions.set(session, { value: door, at: now });
  }
}

function fresh<T>(entry: Timed<T> | undefined, age: number, now: number): T | undefined {
  return entry !== undefined && now - entry.at < age ? entry.value : undefined;
}
