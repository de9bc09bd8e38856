/**
 * Slows down the guessing of passwords: counts wrong credentials per device and address, and delays the answers to them.
 *
 * Right credentials always pass at once, so guessing in a device's name does not lock it out. Wrong ones that right ones of
 * the same device follow within a minute do not count, because a nonce that does not count any more cannot be told from a
 * wrong password. An address is never refused, because thousands of devices may share it; it is only reported.
 *
 * The counters are in memory only, because an unknown sender must not be able to make the bridge write. They are bounded,
 * because that sender chooses the names: at most 10 000 pairs of device and address and 10 000 addresses, those that
 * failed longest ago go first.
 */
import { hash } from 'node:crypto';
import { BoundedMap } from '../bounded-map.ts';
import { type DevId, deviceKey } from '../device/dev-id.ts';

/** The number of wrong attempts that are answered at once. */
const UNDELAYED_ATTEMPTS = 2;
const FIRST_DELAY_MS = 1_000;
/** Short enough for the time limits of clients' HTTP stacks. */
const MAX_DELAY_MS = 8_000;
const MINUTE_MS = 60_000;
/** A pair that has made so many wrong attempts within a minute has one answer waiting at most. */
const ATTEMPTS_PER_MINUTE = 20;
/** A wrong attempt counts this long. */
const REMEMBERED_MS = 10 * MINUTE_MS;
/** An address with more wrong attempts in a minute is reported. */
const REPORTED_ATTEMPTS = 200;

/** The answer to a wrong attempt. */
export interface WrongAttempt {
  /** Milliseconds by which the answer is delayed; undefined: it is not given, another one is waiting already. */
  readonly delay: number | undefined;
  /** The number of wrong attempts of the address in this minute, when it is to be reported. */
  readonly reported: number | undefined;
  /** To be called when the answer has left. */
  end(): void;
}

/** The wrong attempts of one device from one address. */
interface Pair {
  /** Times in milliseconds, the latest last; no more than count. */
  times: readonly number[];
  /** True while the answer to an attempt beyond those of a minute is delayed. */
  isLastWaiting: boolean;
}

/** The wrong attempts of one address since `start`, in milliseconds. */
interface Minute {
  readonly start: number;
  count: number;
  isReported: boolean;
}

export class GuessingGuard {
  readonly #pairs: BoundedMap<Pair>;
  readonly #addresses: BoundedMap<Minute>;

  constructor(capacity = 10_000) {
    this.#pairs = new BoundedMap(capacity);
    this.#addresses = new BoundedMap(capacity);
  }

  /** Counts wrong credentials that came at `now`, in milliseconds. */
  recordWrong(devId: DevId, address: string, now: number): WrongAttempt {
    const key = keyOf(devId, address);
    const known = this.#pairs.get(key);
    const earlier = (known?.times ?? []).filter((at) => at <= now && at > now - REMEMBERED_MS);
    const pair: Pair = {
      times: [...earlier, now].slice(-ATTEMPTS_PER_MINUTE),
      isLastWaiting: known?.isLastWaiting ?? false,
    };
    const isBeyond = earlier.filter((at) => at > now - MINUTE_MS).length >= ATTEMPTS_PER_MINUTE;
    const reported = this.#countFor(address, now);
    const isRefused = isBeyond && pair.isLastWaiting;
    if (isBeyond) pair.isLastWaiting = true;
    this.#pairs.set(key, pair);
    const end = (): void => {
      const current = this.#pairs.get(key);
      if (isBeyond && !isRefused && current !== undefined) current.isLastWaiting = false;
    };
    const delay = isBeyond ? MAX_DELAY_MS : delayOf(earlier.length + 1);
    return { delay: isRefused ? undefined : delay, reported, end };
  }

  /** Right credentials: the wrong ones of the last minute were a mistake. */
  recordRight(devId: DevId, address: string, now: number): void {
    // Nearly always empty, and the hash costs time.
    if (this.#pairs.size === 0) return;
    const key = keyOf(devId, address);
    const pair = this.#pairs.get(key);
    if (pair === undefined) return;
    const minute = this.#addresses.get(address);
    const forgiven = pair.times.filter((at) => at > now - MINUTE_MS);
    if (minute !== undefined) minute.count -= forgiven.filter((at) => at >= minute.start).length;
    pair.times = pair.times.filter((at) => at <= now - MINUTE_MS);
    if (pair.times.length === 0) this.#pairs.delete(key);
  }

  /** Returns the number of attempts once a minute, when there are too many. */
  #countFor(address: string, now: number): number | undefined {
    const known = this.#addresses.get(address);
    const isCurrent = known !== undefined && known.start <= now && now < known.start + MINUTE_MS;
    const minute = isCurrent ? known : { start: now, count: 0, isReported: false };
    minute.count += 1;
    const isDue = minute.count > REPORTED_ATTEMPTS && !minute.isReported;
    if (isDue) minute.isReported = true;
    this.#addresses.set(address, minute);
    return isDue ? minute.count : undefined;
  }
}

function delayOf(count: number): number {
  if (count <= UNDELAYED_ATTEMPTS) return 0;
  return Math.min(FIRST_DELAY_MS * 2 ** (count - UNDELAYED_ATTEMPTS - 1), MAX_DELAY_MS);
}

/** Hashed, because the name of an unknown sender can be as long as a message. */
function keyOf(devId: DevId, address: string): string {
  return hash('sha256', `${address}\0${deviceKey(devId)}`, 'base64');
}
