/**
 * The connections of one account, and the requests that wait for one.
 *
 * At most `size` requests are under way, and 4 times as many wait. A request that goes on with work under way is never turned
 * away, because what the message before it did is done: when the room is full, the request that may still be turned away and
 * came last makes room for it. The requests that cannot be turned away are at most one for each device with a session.
 */

/** The number of waiting requests for each connection. */
const WAITING_PER_CONNECTION = 4;

/** `first`: nothing was done yet for the message, so that it may be turned away. `background`: the others go first. */
export type Urgency = 'goingOn' | 'first' | 'background';

/** Those that come earlier in this list get a connection first. */
const URGENCIES: readonly Urgency[] = ['goingOn', 'first', 'background'];

export interface WaitingRequest {
  /** May change from `first` to `goingOn` while it waits. */
  readonly urgency: Urgency;
  /** It has a connection now. */
  admit(): void;
  /** Another request needs its place. */
  turnAway(): void;
}

export class WaitingRoom {
  readonly size: number;
  #underWay = 0;
  readonly #waiting = new Set<WaitingRequest>();

  constructor(size: number) {
    this.size = size;
  }

  /** True when a request would get a connection at once. */
  get isFree(): boolean {
    return this.#underWay < this.size && this.#waiting.size === 0;
  }

  get underWay(): number {
    return this.#underWay;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /** Gives a request a connection, if one is free; false when there is none. */
  enterAtOnce(): boolean {
    if (this.#underWay >= this.size) return false;
    this.#underWay += 1;
    return true;
  }

  /** Gives the request a connection now or later, or turns it or another one away. */
  enter(request: WaitingRequest): void {
    if (this.enterAtOnce()) {
      request.admit();
      return;
    }
    this.#waiting.add(request);
    if (this.#waiting.size <= WAITING_PER_CONNECTION * this.size) return;
    const last = [...this.#waiting].findLast(({ urgency }) => urgency === 'first');
    if (last === undefined) return;
    this.#waiting.delete(last);
    last.turnAway();
  }

  /** The request waits no longer. */
  leave(request: WaitingRequest): void {
    this.#waiting.delete(request);
  }

  /** A connection is free again. */
  release(): void {
    const next = this.#next();
    if (next === undefined) {
      this.#underWay -= 1;
      return;
    }
    this.#waiting.delete(next);
    next.admit();
  }

  #next(): WaitingRequest | undefined {
    for (const urgency of URGENCIES) {
      for (const request of this.#waiting) if (request.urgency === urgency) return request;
    }
    return undefined;
  }
}
