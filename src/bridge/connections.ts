/**
 * Decides when a request to a backend or a Data Repository may leave.
 *
 * A device has one request under way at a time, an account as many as its `maxConnections`. A message whose first request
 * would wait too long is turned away, before anything of it is stored. Every other request waits, as for a slow backend.
 */
import { type DevId, deviceKey } from '../device/dev-id.ts';
import { OverloadError } from '../errors.ts';
import type { Journal } from '../log-events.ts';
import type { Clock } from './ports.ts';
import { type Urgency, type WaitingRequest, WaitingRoom } from './waiting-room.ts';

/** The wait after which a message is turned away. It is below 1 s, so that the device has its answer within 1 s. */
const FIRST_REQUEST_MS = 900;
/** An overloaded account is logged at most so often. */
const LOG_INTERVAL_MS = 60_000;
const DEFAULT_MAX_CONNECTIONS = 128;

/** The use of one connection. */
export interface Connection {
  /** Lets other requests of the device leave, while the reply to this one is still awaited. */
  leaveDevice(): void;
  /** The request has ended. */
  close(): void;
}

/** A piece of work on one device; its requests wait for connections by the same rule. */
export interface Claim {
  /**
   * Waits for a connection; undefined: `signal` was aborted meanwhile.
   * @throws OverloadError when the message is turned away
   */
  connect(account: string, signal: AbortSignal): Promise<Connection | undefined>;
  /** True when the bridge stops: replies count no more, as after a kill (ADR 2). */
  readonly isStopped: boolean;
  /** From now on the work is not turned away: something of it is done. */
  goOn(): void;
  /** The work has ended. */
  end(): void;
}

interface ConnectionsOptions {
  readonly clock: Clock;
  readonly journal: Journal;
  /** By account. */
  readonly maxConnections: Readonly<Record<string, number>>;
}

/** The shed messages of an account since they were last logged. */
interface Shed {
  count: number;
  /** Of the monotonic clock; undefined: never. */
  loggedAt: number | undefined;
}

export class Connections {
  readonly #options: ConnectionsOptions;
  readonly #rooms = new Map<string, WaitingRoom>();
  /** Background sessions under way, by account. */
  readonly #background = new Map<string, number>();
  /** The devices with a request that waits for a connection or has one, and what begins the requests after it. */
  readonly #devices = new Map<string, (() => void)[]>();
  readonly #shed = new Map<string, Shed>();
  #isStopped = false;

  constructor(options: ConnectionsOptions) {
    this.#options = options;
  }

  get isStopped(): boolean {
    return this.#isStopped;
  }

  /** No further request leaves: those that wait do so until the process ends. */
  stop(): void {
    this.#isStopped = true;
  }

  /** The claim of a message; `canBeTurnedAway`: nothing is done for it yet, and nothing else is under way for the device. */
  forMessage(devId: DevId, canBeTurnedAway: boolean): Claim {
    return new WorkClaim(this, devId, canBeTurnedAway ? 'first' : 'goingOn', () => undefined);
  }

  /**
   * The claim of a session that no message of its device waits for; undefined: there is no room for it now. Such sessions use
   * at most half of the account's connections, and one at least.
   */
  forBackground(devId: DevId, account: string): Claim | undefined {
    if (!this.hasBackgroundRoom(account)) return undefined;
    this.#background.set(account, (this.#background.get(account) ?? 0) + 1);
    return new WorkClaim(this, devId, 'background', () => {
      this.#background.set(account, (this.#background.get(account) ?? 1) - 1);
    });
  }

  /** True when `forBackground` has a claim for the account now. */
  hasBackgroundRoom(account: string): boolean {
    const room = this.#room(account);
    return room.isFree && (this.#background.get(account) ?? 0) < Math.max(1, Math.floor(room.size / 2));
  }

  /** Waits for the requests of the device before this one; returns false when `signal` was aborted meanwhile. */
  enterDevice(devId: DevId, signal: AbortSignal): boolean | Promise<boolean> {
    if (signal.aborted) return false;
    const key = deviceKey(devId);
    const line = this.#devices.get(key);
    if (line !== undefined) return this.#standInLine(line, signal);
    this.#devices.set(key, []);
    return true;
  }

  async #standInLine(line: (() => void)[], signal: AbortSignal): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const begin = (): void => resolve(true);
    line.push(begin);
    const giveUp = (): void => {
      const at = line.indexOf(begin);
      if (at >= 0) line.splice(at, 1);
      resolve(false);
    };
    signal.addEventListener('abort', giveUp, { once: true });
    return await promise.finally(() => signal.removeEventListener('abort', giveUp));
  }

  /** Lets the next request of the device begin. */
  leaveDevice(devId: DevId): void {
    const key = deviceKey(devId);
    const next = this.#devices.get(key)?.shift();
    if (next === undefined) this.#devices.delete(key);
    else next();
  }

  /**
   * Waits for a connection of the account; returns false when `signal` was aborted meanwhile.
   * @throws OverloadError
   */
  enterAccount(account: string, work: { readonly urgency: Urgency }, signal: AbortSignal): boolean | Promise<boolean> {
    if (signal.aborted) return false;
    const room = this.#room(account);
    return room.enterAtOnce() || this.#waitForAccount(account, work, signal);
  }

  async #waitForAccount(account: string, work: { readonly urgency: Urgency }, signal: AbortSignal): Promise<boolean> {
    const room = this.#room(account);
    const { promise, resolve, reject } = Promise.withResolvers<boolean>();
    let isWaiting = true;
    const stopWaiting = (end: () => void) => (): void => {
      if (!isWaiting) return;
      isWaiting = false;
      room.leave(request);
      end();
    };
    const turnAway = stopWaiting(() => reject(this.#overloaded(account)));
    const request: WaitingRequest = {
      get urgency() {
        return work.urgency;
      },
      admit: stopWaiting(() => resolve(true)),
      turnAway,
    };
    const giveUp = stopWaiting(() => resolve(false));
    room.enter(request);
    if (!isWaiting) return await promise;
    signal.addEventListener('abort', giveUp, { once: true });
    const timer = this.#options.clock.after(FIRST_REQUEST_MS);
    void timer.done.then(() => {
      if (work.urgency === 'first') turnAway();
    });
    try {
      return await promise;
    } finally {
      timer.cancel();
      signal.removeEventListener('abort', giveUp);
    }
  }

  leaveAccount(account: string): void {
    this.#room(account).release();
  }

  #room(account: string): WaitingRoom {
    const known = this.#rooms.get(account);
    if (known !== undefined) return known;
    const room = new WaitingRoom(this.#options.maxConnections[account] ?? DEFAULT_MAX_CONNECTIONS);
    this.#rooms.set(account, room);
    return room;
  }

  #overloaded(account: string): OverloadError {
    const { clock, journal } = this.#options;
    const now = clock.monotonic();
    const shed = this.#shed.get(account) ?? { count: 0, loggedAt: undefined };
    this.#shed.set(account, shed);
    shed.count += 1;
    if (shed.loggedAt === undefined || now - shed.loggedAt >= LOG_INTERVAL_MS) {
      const { underWay, waiting } = this.#room(account);
      journal.log('account.overloaded', { account, refused: shed.count, underWay, waiting });
      shed.count = 0;
      shed.loggedAt = now;
    }
    return new OverloadError('ERR_OVERLOADED', `no connection of account "${account}" is free`);
  }
}

class WorkClaim implements Claim {
  readonly #connections: Connections;
  readonly #devId: DevId;
  #urgency: Urgency;
  #isTurnedAway = false;
  #onEnd: () => void;

  constructor(connections: Connections, devId: DevId, urgency: Urgency, onEnd: () => void) {
    this.#connections = connections;
    this.#devId = devId;
    this.#urgency = urgency;
    this.#onEnd = onEnd;
  }

  get urgency(): Urgency {
    return this.#urgency;
  }

  get isStopped(): boolean {
    return this.#connections.isStopped;
  }

  async connect(account: string, signal: AbortSignal): Promise<Connection | undefined> {
    if (this.isStopped) return await new Promise<never>(() => {});
    const isInLine = this.#connections.enterDevice(this.#devId, signal);
    if (isInLine !== true && !(await isInLine)) return undefined;
    let isInDevice = true;
    const leaveDevice = (): void => {
      if (isInDevice) this.#connections.leaveDevice(this.#devId);
      isInDevice = false;
    };
    let isAdmitted = false;
    try {
      // One request of the message has been turned away, so that all of it is.
      if (this.#isTurnedAway) throw new OverloadError('ERR_OVERLOADED', 'the message was turned away');
      const admission = this.#connections.enterAccount(account, this, signal);
      isAdmitted = typeof admission === 'boolean' ? admission : await admission;
    } catch (error) {
      this.#isTurnedAway = true;
      throw error;
    } finally {
      if (!isAdmitted) leaveDevice();
    }
    if (!isAdmitted) return undefined;
    this.goOn();
    const close = (): void => {
      leaveDevice();
      this.#connections.leaveAccount(account);
    };
    return { leaveDevice, close };
  }

  goOn(): void {
    if (this.#urgency === 'first') this.#urgency = 'goingOn';
  }

  end(): void {
    this.#onEnd();
    this.#onEnd = () => undefined;
  }
}
