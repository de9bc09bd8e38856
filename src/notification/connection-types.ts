/**
 * The connection types of PREFERRED-CON-TYPE (DM-2.0 §5.2.1.2), and the Preferred-Bearer options of a DM 1.3 notification
 * that mean the same (DM-NOTI 1.3 §6.5.6).
 */

const ANY_AVAILABLE = 0;

/** The bearers of each connection type, the most wanted first. */
const BEARERS: ReadonlyMap<number, readonly number[]> = new Map([
  [ANY_AVAILABLE, [0x00]],
  // CELLULAR: 3GPP packet switched, LTE, CDMA packet data
  [0x01, [0x02, 0x03, 0x04]],
  // WLAN
  [0x02, [0x06]],
  // WIRELINE: Ethernet, DSL
  [0x03, [0x08, 0x07]],
]);

/** The connection types that count, and what is wrong with the others. */
export interface PreferredConnections {
  readonly types: readonly number[];
  readonly problems: readonly string[];
}

/** Leaves out unknown types, repetitions, and everything behind ANY_AVAILABLE, which must be the last one. */
export function readConnectionTypes(asked: readonly number[]): PreferredConnections {
  const types: number[] = [];
  const problems = new Set<string>();
  for (const type of asked) {
    if (types.at(-1) === ANY_AVAILABLE) problems.add('PREFERRED-CON-TYPE goes on behind ANY_AVAILABLE');
    else if (!BEARERS.has(type)) problems.add('PREFERRED-CON-TYPE has an unknown type');
    else if (types.includes(type)) problems.add('PREFERRED-CON-TYPE repeats a type');
    else types.push(type);
  }
  return { types, problems: [...problems] };
}

/**
 * The bearers of connection types, in the order that was asked for. While there are more than `room`, the type that has most
 * bearers left loses its last one; of several such types it is the later one.
 */
export function bearersOf(types: readonly number[], room: number): readonly number[] {
  const lists = types.map((type) => [...(BEARERS.get(type) ?? [])]);
  for (let count = lists.flat().length; count > Math.max(0, room); count -= 1) {
    const most = Math.max(...lists.map(({ length }) => length));
    lists.findLast(({ length }) => length === most)?.pop();
  }
  return lists.flat();
}
