/**
 * Addresses of nodes with a rank each, asked for the highest rank among those that overlap an address. A question costs as
 * many look-ups as the address has names, however many addresses there are.
 */
import { type LocUri, parentOf } from './loc-uri.ts';

/** The rank of nothing. */
const NONE = -1;

/** Both maps of an index without addresses; most have none. */
const NO_RANKS = new Map<LocUri, number>();

export class PlaceIndex {
  #ranks = NO_RANKS;
  /** By address: the highest rank of the addresses below it. */
  #ranksBelow = NO_RANKS;

  /** @param rank 0 or more */
  add(locUri: LocUri, rank = 0): void {
    if (this.#ranks === NO_RANKS) {
      this.#ranks = new Map();
      this.#ranksBelow = new Map();
    }
    raise(this.#ranks, locUri, rank);
    for (let above = parentOf(locUri); above !== undefined; above = parentOf(above)) {
      // The nodes above it have this rank already.
      if (!raise(this.#ranksBelow, above, rank)) return;
    }
  }

  get isEmpty(): boolean {
    return this.#ranks.size === 0;
  }

  /** The highest rank of an address that is this one or above it; -1 when there is none. */
  highestAtOrAbove(locUri: LocUri): number {
    if (this.isEmpty) return NONE;
    let highest = NONE;
    for (let at: LocUri | undefined = locUri; at !== undefined; at = parentOf(at)) {
      highest = Math.max(highest, this.#ranks.get(at) ?? NONE);
    }
    return highest;
  }

  /** The highest rank of an address that is this one, above it or below it; -1 when there is none. */
  highestOverlap(locUri: LocUri): number {
    return Math.max(this.highestAtOrAbove(locUri), this.#ranksBelow.get(locUri) ?? NONE);
  }

  /** True when there is an address below this one. */
  hasBelow(locUri: LocUri): boolean {
    return this.#ranksBelow.has(locUri);
  }

  /** True when there is an address that is this one, above it or below it. */
  overlaps(locUri: LocUri): boolean {
    return this.highestOverlap(locUri) !== NONE;
  }
}

/** False when the rank was there already. */
function raise(ranks: Map<LocUri, number>, locUri: LocUri, rank: number): boolean {
  const known = ranks.get(locUri);
  if (known !== undefined && known >= rank) return false;
  ranks.set(locUri, rank);
  return true;
}
