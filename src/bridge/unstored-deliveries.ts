/**
 * Remembers alerts and reports that a backend has taken and that the store still has, because it failed afterwards. They are not
 * sent again.
 *
 * The memory is that of this process, at most 100 000 alerts and reports, those of the device that failed longest ago first out.
 */

/** The alerts and reports of one device that backends have taken. */
export interface Deliveries {
  /** `seq` of alerts. */
  readonly alerts: readonly number[];
  /** Ids of reports. */
  readonly reports: readonly string[];
}

export const NO_DELIVERIES: Deliveries = { alerts: [], reports: [] };

/** The deliveries without those that the store has been told of. */
export function withoutStoredDeliveries({ alerts, reports }: Deliveries, stored: Deliveries): Deliveries {
  if (alerts.length + reports.length === 0) return NO_DELIVERIES;
  const known = new Set<number | string>([...stored.alerts, ...stored.reports]);
  return { alerts: alerts.filter((seq) => !known.has(seq)), reports: reports.filter((id) => !known.has(id)) };
}

const MAX_DELIVERIES = 100_000;

export class UnstoredDeliveries {
  readonly #capacity: number;
  /** The latest last. */
  readonly #byDevice = new Map<string, Deliveries>();
  #count = 0;

  constructor(capacity = MAX_DELIVERIES) {
    this.#capacity = capacity;
  }

  /** The store has not been told of these deliveries of a device. */
  add(key: string, { alerts, reports }: Deliveries): void {
    if (alerts.length === 0 && reports.length === 0) return;
    const known = this.of(key);
    this.remove(key);
    const all: Deliveries = {
      alerts: [...new Set([...known.alerts, ...alerts])],
      reports: [...new Set([...known.reports, ...reports])],
    };
    this.#byDevice.set(key, all);
    this.#count += countOf(all);
    for (const oldest of this.#byDevice.keys()) {
      if (this.#count <= this.#capacity) break;
      this.remove(oldest);
    }
  }

  has(key: string): boolean {
    return this.#byDevice.has(key);
  }

  of(key: string): Deliveries {
    return this.#byDevice.get(key) ?? NO_DELIVERIES;
  }

  /** Gives the deliveries of a device to its cell, which remembers them from now on. */
  async giveTo(key: string, cell: { applyDeliveries(deliveries: Deliveries): Promise<void> }): Promise<void> {
    await cell.applyDeliveries(this.of(key));
    this.remove(key);
  }

  remove(key: string): void {
    this.#count -= countOf(this.of(key));
    this.#byDevice.delete(key);
  }
}

function countOf({ alerts, reports }: Deliveries): number {
  return alerts.length + reports.length;
}
