/**
 * The cells of open sessions that wait for their devices, bounded by the bytes of their messages.
 *
 * A cell that is still current spares a message the reading of its session, and its workflows go on instead of running again
 * from their start. The store is asked for each message whether the cell is current, so there is nothing to invalidate.
 */
import type { DeviceCell } from './device-cell.ts';

/** The sum of the weights of all cells. In memory they take about five times as much: some 170 MB for the most cells, 4 096. */
const MAX_WEIGHT = 32 * 1024 * 1024;
/** The least weight of a cell: so many bytes it takes without any message. */
const LEAST_WEIGHT = 8 * 1024;

interface RestingCell {
  readonly cell: DeviceCell;
  readonly weight: number;
}

export class RestingCells {
  /** By device; the one that has rested longest is the first. */
  readonly #cells = new Map<string, RestingCell>();
  #weight = 0;

  /** Keeps a cell that is at rest; the longest resting ones make room for it. */
  keep(key: string, cell: DeviceCell): void {
    this.take(key);
    const weight = Math.max(LEAST_WEIGHT, cell.messageBytes);
    if (weight > MAX_WEIGHT) return;
    this.#cells.set(key, { cell, weight });
    this.#weight += weight;
    for (const oldest of this.#cells.keys()) {
      if (this.#weight <= MAX_WEIGHT) break;
      this.take(oldest);
    }
  }

  /** Takes a cell out. */
  take(key: string): DeviceCell | undefined {
    const found = this.#cells.get(key);
    if (found === undefined) return undefined;
    this.#cells.delete(key);
    this.#weight -= found.weight;
    return found.cell;
  }
}
