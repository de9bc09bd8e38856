/**
 * The devices with work under way in this process: their cells, and the northbound sessions that are waiting for
 * somebody. A device whose request was answered before the backend was goes on here.
 */

import type { NorthInput } from '../translate/north-step.ts';
import { DeviceCell } from './device-cell.ts';
import { DeviceQueue } from './device-queue.ts';
import { type NorthRun, runNorth } from './north-runner.ts';
import type { Clock, Journal, Store } from './ports.ts';
import { deviceKey } from './state.ts';

interface LiveDevice {
  readonly cell: DeviceCell;
  /** By the id of the northbound session; several inputs may be under way for one. */
  readonly running: Map<Promise<void>, string>;
}

export class LiveDevices {
  readonly #store: Store;
  readonly #journal: Journal;
  readonly #queue = new DeviceQueue();
  readonly #live = new Map<string, LiveDevice>();
  readonly #work = new Set<Promise<unknown>>();

  constructor(store: Store, journal: Journal) {
    this.#store = store;
    this.#journal = journal;
  }

  /** Runs `work` with the device's cell, after everything that came before for this device; undefined: not registered. */
  async withCell<T>(devId: string, work: (cell: DeviceCell | undefined) => Promise<T>): Promise<T> {
    const key = deviceKey(devId);
    const result = this.#queue.run(key, async () => {
      const cell = await this.#cellOf(key, devId);
      try {
        return await work(cell);
      } catch (error) {
        // What was not stored must not be believed by the next message.
        this.#live.delete(key);
        throw error;
      } finally {
        this.#release(key);
      }
    });
    return await this.#track(result);
  }

  /** Starts a northbound run; when it ends, what it changed is stored in its turn. */
  start(run: NorthRun, inputs: readonly NorthInput[]): void {
    const key = deviceKey(run.cell.record.devId);
    const live = this.#live.get(key) ?? { cell: run.cell, running: new Map() };
    this.#live.set(key, live);
    const running = Promise.all(inputs.map((input) => runNorth(run, input))).then(() => undefined);
    live.running.set(running, run.id);
    const stored = running
      .finally(() => live.running.delete(running))
      .then(() => this.#queue.run(key, () => run.cell.commit()))
      .catch((error: unknown) => this.#failed(key, run, error))
      .finally(() => this.#release(key));
    void this.#track(stored);
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

  async #cellOf(key: string, devId: string): Promise<DeviceCell | undefined> {
    const live = this.#live.get(key);
    if (live !== undefined) return live.cell;
    const state = await this.#store.load(devId);
    if (state === undefined) return undefined;
    const cell = new DeviceCell(this.#store, state);
    this.#live.set(key, { cell, running: new Map() });
    return cell;
  }

  #release(key: string): void {
    if (this.#live.get(key)?.running.size === 0) this.#live.delete(key);
  }

  #failed(key: string, run: NorthRun, error: unknown): void {
    this.#live.delete(key);
    const reason = error instanceof Error ? error.message : 'unknown';
    this.#journal.log('error', 'north session failed', {
      device: run.cell.record.devId,
      session: run.sessionName,
      reason,
    });
  }

  #track<T>(work: Promise<T>): Promise<T> {
    const tracked = work.finally(() => this.#work.delete(tracked));
    tracked.catch(() => undefined);
    this.#work.add(tracked);
    return tracked;
  }
}
