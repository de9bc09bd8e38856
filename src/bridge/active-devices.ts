/**
 * The devices with work under way in this process: their cells, and the DM 2.0 sessions that wait for the backend or the
 * Data Repository. A session whose device was answered before the backend was goes on here.
 */
import { type DevId, deviceKey } from '../device/dev-id.ts';
import { OverloadError } from '../errors.ts';
import type { Journal } from '../log-events.ts';
import type { NorthInput } from '../north/north-input.ts';
import { DeviceCell } from './device-cell.ts';
import { DeviceQueue } from './device-queue.ts';
import { NewSessions } from './new-sessions.ts';
import type { NorthDriver } from './north-driver.ts';
import type { BridgeOptions } from './options.ts';
import type { Clock, Store } from './ports.ts';
import { RestingCells } from './resting-cells.ts';
import { allOf, isRival, isUnderWay, RunningSessions } from './running-sessions.ts';
import { UnstoredDeliveries } from './unstored-deliveries.ts';

/** The time for which Package#1 of a new session waits for the last reply of older ones. */
const OLDER_SESSION_MS = 5_000;
/** The messages of one device that wait for the one that is handled. */
const MAX_WAITING_MESSAGES = 4;
/** The number of overtaken requests of a device that may be awaited at a time. */
const MAX_OVERTAKEN = 4;

interface ActiveDevice {
  readonly cell: DeviceCell;
  /** The number of messages and tasks that use the cell or are about to. */
  holders: number;
  /** The number of started inputs whose changes are not stored yet; until they are, the cell is newer than the store. */
  unstored: number;
}

export class ActiveDevices {
  readonly #store: Store;
  readonly #journal: Journal;
  readonly #clock: Clock;
  readonly #queue = new DeviceQueue();
  readonly #active = new Map<string, ActiveDevice>();
  readonly #running = new RunningSessions<NorthDriver>();
  /** Loads under way: whoever needs the same device meanwhile gets the same cell. */
  readonly #loading = new Map<string, Promise<ActiveDevice | undefined>>();
  readonly #work = new Set<Promise<void>>();
  readonly #resting = new RestingCells();
  /** Of cells that are in memory no longer. */
  readonly #unstoredDeliveries = new UnstoredDeliveries();
  /** The number of messages that wait or are being handled, by device; as many entries as there are requests under way. */
  readonly #messages = new Map<string, number>();
  readonly #newSessions: NewSessions;

  constructor({ store, journal, clock }: Pick<BridgeOptions, 'store' | 'journal' | 'clock'>) {
    this.#store = store;
    this.#journal = journal;
    this.#clock = clock;
    this.#newSessions = new NewSessions(clock);
  }

  /**
   * Loads the device's cell and keeps it for `work`, which may read it out of turn and change it in its turn only; undefined:
   * the device is not registered.
   */
  async hold<T>(devId: DevId, work: (cell: DeviceCell | undefined) => T): Promise<Awaited<T>> {
    const key = deviceKey(devId);
    const active = this.#active.get(key) ?? (await this.#load(key, devId));
    if (active !== undefined) active.holders += 1;
    try {
      return await work(active?.cell);
    } finally {
      if (active !== undefined) active.holders -= 1;
      this.#release(key, active);
    }
  }

  /**
   * Like `inTurn`, for a message. When it opens a session, the message that is handled meanwhile waits for the backend no longer
   * than a new session waits for an older one: its device has gone on.
   * @throws OverloadError when too many messages of the device wait
   */
  async messageInTurn<T>(
    devId: DevId,
    opensSession: boolean,
    work: (cell: DeviceCell | undefined) => Promise<T>,
  ): Promise<T> {
    const key = deviceKey(devId);
    const count = this.#messages.get(key) ?? 0;
    if (count > MAX_WAITING_MESSAGES) throw new OverloadError('ERR_OVERLOADED', 'too many messages of the device wait');
    this.#messages.set(key, count + 1);
    const opening = opensSession ? this.#newSessions.announce(key) : undefined;
    try {
      return await this.inTurn(devId, (cell) => {
        opening?.turnCame();
        return work(cell);
      });
    } finally {
      opening?.ended();
      const left = (this.#messages.get(key) ?? 1) - 1;
      if (left === 0) this.#messages.delete(key);
      else this.#messages.set(key, left);
    }
  }

  /** Runs `work` with the device's cell, after all earlier work for this device; undefined: it is not registered. */
  inTurn<T>(devId: DevId, work: (cell: DeviceCell | undefined) => Promise<T>): Promise<T> {
    const key = deviceKey(devId);
    const result = this.#queue.run(key, async () => {
      const active = this.#active.get(key) ?? (await this.#load(key, devId));
      if (active !== undefined) active.holders += 1;
      try {
        return await work(active?.cell);
      } catch (error) {
        // The next message must not rely on changes that were not stored.
        this.#forget(key, active);
        if (error instanceof OverloadError) active?.cell.discard();
        throw error;
      } finally {
        if (active !== undefined) active.holders -= 1;
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
    const running = allOf(
      inputs.map((input) => (input.type === 'opened' ? this.#open(key, driver) : driver.run(input))),
    );
    this.#running.add(key, running, driver);
    active.unstored += 1;
    this.#track(this.#storeAfter(running, active, driver));
  }

  /**
   * Opens a session once the older ones of the device have ended. DM 2.0 has no session identifier: a backend takes what an
   * older session sends late for a part of the new one. An older one that takes too long is overtaken; with another backend,
   * it goes on beside the new one.
   */
  async #open(key: string, driver: NorthDriver): Promise<void> {
    const deadline = this.#newSessions.waitingSince(key) + OLDER_SESSION_MS;
    const older = this.#running.of(key).filter(([, other]) => isUnderWay(driver, other));
    if (older.length > 0) {
      await this.#settled(
        older.map(([running]) => running),
        deadline,
      );
      // The device may have begun yet another session meanwhile.
      if (driver.cell.northState(driver.session.northId)?.north.phase !== 'waiting') return;
      for (const [running, other] of older) {
        if (!this.#running.has(key, running)) continue;
        if (isRival(driver, other)) other.overtake();
        else other.leaveDevice();
      }
    }
    for (;;) {
      const overtaken = this.#running.of(key).filter(([, other]) => other.isOvertaken && other.url !== '');
      if (overtaken.length < MAX_OVERTAKEN) break;
      await Promise.race(overtaken.map(([running]) => running));
    }
    await driver.run({ type: 'opened' });
  }

  /** Waits until all of it has ended, at most until `deadline` of the monotonic clock. */
  async #settled(running: readonly Promise<void>[], deadline: number): Promise<void> {
    const left = deadline - this.#clock.monotonic();
    if (left <= 0) return;
    const timer = this.#clock.after(left);
    try {
      await Promise.race([Promise.allSettled(running), timer.done]);
    } finally {
      timer.cancel();
    }
  }

  /** True while a DM 2.0 session of the device is under way in this process. */
  hasRunning(cell: DeviceCell): boolean {
    return this.#running.hasAny(deviceKey(cell.record.devId));
  }

  /** True when the cell has changes that are to be stored after the work that made them. */
  hasUnstored(cell: DeviceCell): boolean {
    return (this.#active.get(deviceKey(cell.record.devId))?.unstored ?? 0) > 0;
  }

  async #storeAfter(running: Promise<void>, active: ActiveDevice, driver: NorthDriver): Promise<void> {
    const key = deviceKey(driver.cell.record.devId);
    try {
      await running.finally(() => this.#running.remove(key, running));
      await this.#queue.run(key, () => driver.cell.commit());
    } catch (error) {
      this.#forget(key, active);
      // The message was turned away; that is no failure.
      if (!(error instanceof OverloadError)) this.#logFailure(driver, error);
    } finally {
      driver.end();
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
   * clock). Resolves with false when the deadline came first, or a message that opens another
   * session of the device has waited for as long as a new session waits.
   */
  async waitForNorth(driver: NorthDriver, clock: Clock, deadline: number): Promise<boolean> {
    const own = this.#runningOf(driver);
    if (own.length === 0) return true;
    const { promise, resolve, reject } = Promise.withResolvers<boolean>();
    const putOff = (): void => resolve(false);
    const timer = clock.after(Math.max(0, deadline - clock.monotonic()));
    const newer = this.#newSessions.waitedFor(deviceKey(driver.cell.record.devId), OLDER_SESSION_MS);
    allOf(own).then(() => resolve(true), reject);
    void timer.done.then(putOff);
    void newer.done.then(putOff);
    try {
      return await promise;
    } finally {
      timer.cancel();
      newer.cancel();
    }
  }

  /** Resolves when no work is under way. */
  async drained(): Promise<void> {
    while (this.#work.size > 0) await Promise.allSettled(this.#work);
  }

  #runningOf(driver: NorthDriver): readonly Promise<void>[] {
    return this.#running.ofSession(deviceKey(driver.cell.record.devId), driver);
  }

  /** For a device that is not active. */
  #load(key: string, devId: DevId): Promise<ActiveDevice | undefined> {
    const underWay = this.#loading.get(key);
    if (underWay !== undefined) return underWay;
    const loading = this.#read(key, devId);
    this.#loading.set(key, loading);
    return loading;
  }

  async #read(key: string, devId: DevId): Promise<ActiveDevice | undefined> {
    try {
      const resting = this.#resting.take(key);
      const known = resting?.stored();
      const loaded = await this.#store.load(devId, known === undefined ? {} : { known });
      if (loaded === undefined) return undefined;
      const isCurrent = resting !== undefined && loaded.state === known;
      const cell = isCurrent ? resting : new DeviceCell(this.#store, loaded);
      if (this.#unstoredDeliveries.has(key)) await this.#unstoredDeliveries.giveTo(key, cell);
      return this.#activate(key, cell);
    } finally {
      this.#loading.delete(key);
    }
  }

  /** The entry of this cell. A cell that was forgotten gets an entry of its own, which later messages do not find. */
  #activate(key: string, cell: DeviceCell): ActiveDevice {
    const known = this.#active.get(key);
    if (known?.cell === cell) return known;
    const active: ActiveDevice = { cell, holders: 0, unstored: 0 };
    if (known === undefined) this.#active.set(key, active);
    return active;
  }

  #release(key: string, active: ActiveDevice | undefined): void {
    if (active?.unstored !== 0 || active.holders > 0) return;
    const isFound = this.#active.get(key) === active;
    this.#forget(key, active);
    if (isFound && active.cell.rest()) this.#resting.keep(key, active.cell);
  }

  #forget(key: string, active: ActiveDevice | undefined): void {
    if (active === undefined) return;
    this.#unstoredDeliveries.add(key, active.cell.unstoredDeliveries);
    if (this.#active.get(key) === active) this.#active.delete(key);
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
