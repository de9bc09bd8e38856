/** The tables that count and the memory of one bridge: chooses the door of each SyncML message. */
import { type DevId, deviceKey } from '../device/dev-id.ts';
import type { SyncHdr, SyncmlMessage } from '../syncml/message.ts';
import { type BridgeKnowledge, type Door, doorOf, isBridge } from './door.ts';
import { DoorMemory } from './door-memory.ts';
import { beginsSession } from './peek.ts';
import { hasOtherDoors, type Route, type RouteFacts } from './route.ts';
import { certainRoute } from './table.ts';

/** Earlier tables are kept for this time at least. */
const MIN_KEPT_MS = 15 * 60_000;

/** A message at the door. Times are milliseconds of a clock that only goes forward. */
export interface MessageAtDoor {
  readonly message: SyncmlMessage;
  readonly devId: DevId;
  /** The same for copies only. */
  readonly hash: string;
  readonly facts: RouteFacts;
  readonly at: number;
}

export class DoorKeeper {
  readonly #keptFor: number;
  readonly #memory = new DoorMemory();
  #current: readonly Route[] = [];
  /** The youngest first. */
  #kept: { readonly routes: readonly Route[]; readonly until: number }[] = [];

  /** @param sessionTimeout milliseconds after which a session ends that hears nothing */
  constructor(sessionTimeout: number) {
    this.#keptFor = Math.max(sessionTimeout, MIN_KEPT_MS);
  }

  /** Uses this table from now on. */
  use(routes: readonly Route[], at: number): void {
    if (routes === this.#current) return;
    this.#kept = this.#kept.filter(({ until }) => until > at);
    if (this.#current.length > 0) this.#kept.unshift({ routes: this.#current, until: at + this.#keptFor });
    this.#current = routes;
  }

  /** True while some message may not be for the bridge. */
  hasOtherDoors(at: number): boolean {
    return hasOtherDoors(this.#current) || this.#tables(at).some(hasOtherDoors);
  }

  /** Chooses the door and remembers it. */
  choose(arrived: MessageAtDoor, bridge: BridgeKnowledge): Door {
    const { message, hash, facts, at } = arrived;
    const session = sessionKey(arrived.devId, message.header);
    const door = doorOf({
      facts,
      beginsSession: beginsSession(message),
      msgId: message.header.msgId,
      bridge,
      sameBytes: this.#memory.doorOfMessage(hash, at),
      isChallenged: this.#memory.isChallenged(session, at),
      remembered: this.#memory.doorOfSession(session, at),
      current: this.#current,
      kept: this.#tables(at),
    });
    if (door.route === undefined) return door;
    this.#memory.noteMessage(hash, door.route, at);
    if (door.by === 'table') this.#memory.noteSession(session, door.route, at);
    return door;
  }

  /** The bridge challenges this message. */
  noteChallenge({ devId, message, at }: MessageAtDoor): void {
    this.#memory.noteChallenge(sessionKey(devId, message.header), at);
  }

  /**
   * The rule that passes a message through while the registry cannot be asked: where its session is known to be, or where each
   * table leads its device whatever the registry knows.
   */
  passingWithoutRegistry({ message, devId, facts, at }: MessageAtDoor): Route | undefined {
    const remembered = this.#memory.doorOfSession(sessionKey(devId, message.header), at);
    if (remembered !== undefined) return isBridge(remembered) || remembered === 'bridge' ? undefined : remembered;
    const routes = [this.#current, ...this.#tables(at)].map((table) => certainRoute(table, facts));
    const passing = routes.every((route) => route !== undefined && 'passthrough' in route);
    return passing ? routes[0] : undefined;
  }

  #tables(at: number): readonly (readonly Route[])[] {
    return this.#kept.filter(({ until }) => until > at).map(({ routes }) => routes);
  }
}

function sessionKey(devId: DevId, { sessionId }: SyncHdr): string {
  return `${deviceKey(devId)}\0${sessionId}`;
}
