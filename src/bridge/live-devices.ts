/**
 * The devices with work under way in this process: their cells, and the northbound sessions that are waiting for
 * somebody. A device whose request was answered before the backend was goes on here.
 */

import { deviceKey } from '../device/dev-id.ts';
import type { Journal } from '../log-events.ts';
import type { NorthInput } from '../north/step.ts';
import { DeviceCell } from './device-cell.ts';
import { DeviceQueue } from './device-queue.ts';
import { type NorthRun, runNorth } from './north-runner.ts';
import type { Clock, Store } from './ports.ts';

interface LiveDevice {
  readonly cell: DeviceCell;
  /** By the id of the northbound session; several inputs may be under way for one. */
  readonly running: Map<Promise<void>, string>;
  /** Runs whose changes are not stored yet; until they are, the cell is the truth. */
  unstored: number;
}

export class LiveDevices {
  readonly #store: Store;
  readonly #journal: Journal;
  readonly #queue = new DeviceQueue();
  readonly #live = new Map<string, LiveDevice>();
  readonly #work = new Set<Promise<void>>();

  constructor(store: Store, journal: Journal) {
    this.#store = store;
    this.#journal = journal;
  }

  /** Runs `work` with the device's cell, after everything that came before for this device; undefined: not registered. */
  withCell<T>(devId: string, work: (cell: DeviceCell | undefined) => Promise<T>): Promise<T> {
    const key = deviceKey(devId);
    const result = this.#queue.run(key, async () => {
      const live = await this.#open(key, devId);
      try {
        return await work(live?.cell);
      } catch (error) {
        // What was not stored must not be believed by the next message.
        this.#forget(key, live);
        throw error;
      } finally {
        this.#release(key, live);
      }
    });
    this.#track(result);
    return result;
  }

  /** Starts a northbound run; when it ends, what it changed is stored in its turn. */
  start(run: NorthRun, inputs: readonly NorthInput[]): void {
    const key = deviceKey(run.cell.record.devId);
    const live = this.#liveOf(key, run.cell);
    const running = Promise.all(inputs.map((input) => runNorth(run, input))).then(() => undefined);
    live.running.set(running, run.id);
    live.unstored += 1;
    this.#track(this.#storeAfter(running, key, live, run));
  }

  async #storeAfter(running: Promise<void>, key: string, live: LiveDevice, run: NorthRun): Promise<void> {
    try {
      await running.finally(() => live.running.delete(running));
      await this.#queue.run(key, () => run.cell.commit());
    } catch (error) {
      this.#failed(key, live, run, error);
    } finally {
      live.unstored -= 1;
      this.#release(key, live);
    }
  }

  /** True while somebody in this process works on the northbound session. */
  isRunning(run: NorthRun): boolean {
    return this.#runningOf(run).length > 0;
  }

  /**
   * Waits until the northbound session waits for nobody but the device, at most until `deadline` (milliseconds since
   * 1970); false: it still does.
   */
  async settled(run: NorthRun, clock: Clock, deadline: number): Promise<boolean> {
    const own = this.#runningOf(run);
    if (own.length === 0) return true;
    const timer = clock.after(Math.max(0, deadline - clock.now()));
    try {
      return await Promise.race([Promise.all(own).then(() => true), timer.done.then(() => false)]);
    } finally {
      timer.cancel();
    }
  }

  /** Resolves when nothing is under way any more. */
  async drained(): Promise<void> {
    while (this.#work.size > 0) await Promise.allSettled(this.#work);
  }

  #runningOf(run: NorthRun): readonly Promise<void>[] {
    const running = this.#live.get(deviceKey(run.cell.record.devId))?.running ?? [];
    return [...running].filter(([, id]) => id === run.id).map(([promise]) => promise);
  }

  async #open(key: string, devId: string): Promise<LiveDevice | undefined> {
    const live = this.#live.get(key);
    if (live !== undefined) return live;
    const state = await this.#store.load(devId);
    return state === undefined ? undefined : this.#liveOf(key, new DeviceCell(this.#store, state));
  }

  /** What is under way on this cell; a cell that was given up keeps to itself. */
  #liveOf(key: string, cell: DeviceCell): LiveDevice {
    const known = this.#live.get(key);
    if (known?.cell === cell) return known;
    const live: LiveDevice = { cell, running: new Map(), unstored: 0 };
    if (known === undefined) this.#live.set(key, live);
    return live;
  }

  #release(key: string, live: LiveDevice | undefined): void {
    if (live?.unstored === 0) this.#forget(key, live);
  }

  #forget(key: string, live: LiveDevice | undefined): void {
    if (live !== undefined && this.#live.get(key) === live) this.#live.delete(key);
  }

  #failed(key: string, live: LiveDevice, run: NorthRun, error: unknown): void {
    this.#forget(key, live);
    const reason = error instanceof Error ? error.message : 'unknown';
    this.#journal.log('north.failed', {
      device: run.cell.record.devId,
      session: run.sessionName,
      reason,
    });
  }

  /** Whoever started the work hears how it ended; here it only counts that it did. */
  #track(work: Promise<unknown>): void {
    const leave = (): void => void this.#work.delete(ended);
    const ended = work.then(leave, leave);
    this.#work.add(ended);
  }
}
