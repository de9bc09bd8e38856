import type { NorthDriver } from './north-driver.ts';

/** A driver as far as it tells sessions apart. */
interface SessionDriver {
  readonly cell: object;
  readonly session: { readonly northId: string };
}

/** An input under way, with the driver of its session. */
type Running<Driver> = readonly [Promise<void>, Driver];

const NONE: readonly never[] = [];

/**
 * The inputs under way of each device, with the driver of their DM 2.0 session; one session may have several. Those of a cell
 * that was forgotten after a failure of the store are among them.
 */
export class RunningSessions<Driver extends SessionDriver> {
  /** The oldest first. A list never changes, another one takes its place; they are short. */
  readonly #devices = new Map<string, readonly Running<Driver>[]>();

  /** Those of one device, the oldest first. */
  of(key: string): readonly Running<Driver>[] {
    return this.#devices.get(key) ?? NONE;
  }

  /** Those of the session of this driver. */
  ofSession(key: string, { cell, session }: Driver): readonly Promise<void>[] {
    const own: Promise<void>[] = [];
    for (const [running, other] of this.of(key)) {
      if (other.cell === cell && other.session.northId === session.northId) own.push(running);
    }
    return own;
  }

  /** True when the device has any. */
  hasAny(key: string): boolean {
    return this.#devices.has(key);
  }

  has(key: string, running: Promise<void>): boolean {
    return this.of(key).some(([each]) => each === running);
  }

  add(key: string, running: Promise<void>, driver: Driver): void {
    this.#devices.set(key, [...this.of(key), [running, driver]]);
  }

  remove(key: string, running: Promise<void>): void {
    const left = this.of(key).filter(([each]) => each !== running);
    if (left.length === 0) this.#devices.delete(key);
    else this.#devices.set(key, left);
  }
}

/** True when the driver is that of another session of the device, which may still send requests. */
export function isUnderWay(driver: NorthDriver, other: NorthDriver): boolean {
  return other.session.northId !== driver.session.northId && !other.isOvertaken && other.url !== '';
}

/** True when another session of the device is with the same backend, so that the backend could mix them up. */
export function isRival(driver: NorthDriver, other: NorthDriver): boolean {
  return other.session.reportId === undefined || originOf(other.url) === originOf(driver.url);
}

function originOf(url: string): string | undefined {
  return URL.parse(url)?.origin;
}

/** Resolves when all of them have; a message has one input, as a rule. */
export function allOf(running: readonly Promise<void>[]): Promise<void> {
  const [first] = running;
  return first !== undefined && running.length === 1 ? first : Promise.all(running).then(() => undefined);
}
