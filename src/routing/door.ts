/**
 * The door of a SyncML message: a session never changes it. The first of five rules that fits counts, and nothing is stored.
 */
import type { Route, RouteFacts } from './route.ts';
import { firstRoute } from './table.ts';

/** The place of a message behind the door of the bridge. */
export interface BridgeKnowledge {
  /**
   * `answered`: the same bytes have an answer that counts. `session`: it belongs to an open session. `afterlife`: it follows a
   * session that has just ended.
   */
  readonly place: 'answered' | 'session' | 'afterlife' | undefined;
  /** True when its credentials are right. */
  readonly isRight: boolean;
}

/** `bridge`: the bridge, whichever rule led there. */
export type KnownDoor = Route | 'bridge';

export interface DoorState {
  readonly facts: RouteFacts;
  /** MsgID is 1, or an alert asks for a session. */
  readonly beginsSession: boolean;
  readonly msgId: number;
  readonly bridge: BridgeKnowledge;
  /** The door of a message with the same bytes. */
  readonly sameBytes: KnownDoor | undefined;
  /** The bridge has challenged a message of this session. */
  readonly isChallenged: boolean;
  /** The door of the latest Package#1 of this session. */
  readonly remembered: KnownDoor | undefined;
  /** The table that counts now. */
  readonly current: readonly Route[];
  /** Earlier tables, the youngest first. */
  readonly kept: readonly (readonly Route[])[];
}

export interface Door {
  /** `guessed`: by a table that counts no more, because nothing else tells where the session began. */
  readonly by: 'bytes' | 'session' | 'table' | 'challenge' | 'memory' | 'guessed';
  /** Undefined: no rule matches. */
  readonly route: KnownDoor | undefined;
}

export function doorOf(state: DoorState): Door {
  const { bridge, sameBytes, remembered, facts, current } = state;
  if (bridge.place === 'answered') return { by: 'session', route: 'bridge' };
  if (sameBytes !== undefined) return { by: 'bytes', route: sameBytes };
  if (state.msgId !== 1 && isOfBridge(state)) return { by: 'session', route: 'bridge' };
  const now = firstRoute(current, facts);
  if (state.beginsSession) return { by: 'table', route: now };
  if ((state.isChallenged || bridge.isRight) && isBridge(now)) return { by: 'challenge', route: now };
  if (remembered !== undefined) return { by: 'memory', route: remembered };
  if (isPassing(now)) return { by: 'memory', route: now };
  const guessed = state.kept.map((routes) => firstRoute(routes, facts)).find(isPassing);
  return guessed === undefined ? { by: 'session', route: 'bridge' } : { by: 'guessed', route: guessed };
}

/** A session that began at another door has ended the minute after a session of the bridge. */
function isOfBridge({ bridge: { place }, remembered }: DoorState): boolean {
  if (place === 'session') return true;
  return place === 'afterlife' && (remembered === undefined || isBridge(remembered));
}

/** True for a door that leads to the bridge. */
export function isBridge(door: KnownDoor | undefined): boolean {
  return door === 'bridge' || (door !== undefined && 'bridge' in door);
}

function isPassing(route: Route | undefined): boolean {
  return route !== undefined && 'passthrough' in route;
}
