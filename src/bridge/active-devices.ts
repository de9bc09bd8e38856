/**
 * The devices with work under way in this process: their cells, and the DM 2.0 sessions that wait for the backend or the
 * Data Repository. A session whose device was answered before the backend was goes on here.
 */
import { type DevId, deviceKey } from '../device/dev-id.ts';
import type { Journal } from '../log-events.ts';
import type { NorthInput } from '../north/step.ts';
import { DeviceCell } from './device-cell.ts';
import { DeviceQueue } from './device-queue.ts';
import type { NorthDriver } from './north-driver.ts';
import type { Clock, Store } from './ports.ts';

interface ActiveDevice {
  readonly cell: DeviceCell;
  /** Inputs under way, with the id of their DM 2.0 session; one session may have several. */
  readonly running: Map<Promise<void>, string>;
  /** The number of started inputs whose changes are not stored yet; until they are, the cell is newer than the store. */
  unstored: number;
}

export class ActiveDevices {
  readonly #store: Store;
  readonly #journal: Journal;
  readonly #queue = new DeviceQueue();
  readonly #active = new Map<string, ActiveDevice>();
  readonly #work = new Set<Promise<void>>();

  constructor(store: Store, journal: Journal) {
    this.#store = store;
    this.#journal = journal;
  }

  /** Runs `work` with the device's cell, after all earlier work for this device; undefined: it is not registered. */
  inTurn<T>(devId: DevId, work: (cell: DeviceCell | undefined) => Promise<T>): Promise<T> {
    const key = deviceKey(devId);
    const result = this.#queue.run(key, async () => {
      const active = await this.#load(key, devId);
      try {
        return await work(active?.cell);
      } catch (error) {
        // The next message must not rely on changes that were not stored.
        this.#forget(key, active);
        throw error;
      } finally {
        this.#release(key, active);
      }
    });
    this.#track(result);
    return result;
  }

  /** Feeds inputs to a DM 2.0 session; when it has come to rest, its changes are stored in the device's turn. */
  startNorth(driver: NorthDriver, inputs: readonly NorthInput[]): void {
    const key = deviceKey(driver.cell.record.devId);
    const active = this.#activate(key, driver.cell);
    const running = Promise.all(inputs.map((input) => driver.run(input))).then(() => undefined);
    active.running.set(running, driver.session.northId);
    active.unstored += 1;
    this.#track(this.#storeAfter(running, active, driver));
  }

  async #storeAfter(running: Promise<void>, active: ActiveDevice, driver: NorthDriver): Promise<void> {
    const key = deviceKey(driver.cell.record.devId);
    try {
      await running.finally(() => active.running.delete(running));
      await this.#queue.run(key, () => driver.cell.commit());
    } catch (error) {
      this.#forget(key, active);
      this.#logFailure(driver, error);
    } finally {
      active.unstored -= 1;
      this.#release(key, active);
    }
  }

  /** True while this process works on the DM 2.0 session. */
  isNorthRunning(driver: NorthDriver): boolean {
    return this.#runningOf(driver).length > 0;
  }

  /**
   * Waits until the DM 2.0 session can go on with nothing but the device, at most until `deadline` (of the monotonic
   * clock). Resolves with false when the deadline came first.
   */
  async waitForNorth(driver: NorthDriver, clock: Clock, deadline: number): Promise<boolean> {
    const own = this.#runningOf(driver);
    if (own.length === 0) return true;
    const timer = clock.after(Math.max(0, deadline - clock.monotonic()));
    try {
      return await Promise.race([Promise.all(own).then(() => true), timer.done.then(() => false)]);
    } finally {
      timer.cancel();
    }
  }

  /** Resolves when no work is under way. */
  async drained(): Promise<void> {
    while (this.#work.size > 0) await Promise.allSettled(this.#work);
  }

  #runningOf({ cell, session }: NorthDriver): readonly Promise<void>[] {
    const running = this.#active.get(deviceKey(cell.record.devId))?.running ?? [];
    return [...running].filter(([, id]) => id === session.northId).map(([promise]) => promise);
  }

  async #load(key: string, devId: DevId): Promise<ActiveDevice | undefined> {
    const active = this.#active.get(key);
    if (active !== undefined) return active;
    const loaded = await this.#store.load(devId);
    return loaded === undefined ? undefined : this.#activate(key, new DeviceCell(this.#store, loaded));
  }

  /** The entry of this cell. A cell that was forgotten gets an entry of its own, which later messages do not find. */
  #activate(key: string, cell: DeviceCell): ActiveDevice {
    const known = this.#active.get(key);
    if (known?.cell === cell) return known;
    const active: ActiveDevice = { cell, running: new Map(), unstored: 0 };
    if (known === undefined) this.#active.set(key, active);
    return active;
  }

  #release(key: string, active: ActiveDevice | undefined): void {
    if (active?.unstored === 0) this.#forget(key, active);
  }

  #forget(key: string, active: ActiveDevice | undefined): void {
    if (active !== undefined && this.#active.get(key) === active) this.#active.delete(key);
  }

  #logFailure({ cell, session }: NorthDriver, error: unknown): void {
    const reason = error instanceof Error ? error.message : 'unknown';
    this.#journal.log('north.failed', { device: cell.record.devId, session: session.name, reason });
  }

  /** Counts the work as under way until it ends. Its errors belong to the caller that started it. */
  #track(work: Promise<unknown>): void {
    const remove = (): void => void this.#work.delete(ended);
    const ended = work.then(remove, remove);
    this.#work.add(ended);
  }
}
