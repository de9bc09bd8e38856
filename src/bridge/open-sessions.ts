/**
 * The open sessions that this process has answered. Their deadlines use the monotonic clock, so that a change of the system's
 * clock neither ends a session nor keeps it open.
 *
 * A session that only the store knows is measured from the first look at it: a stored time in the future counts as now.
 */
import { type DevId, deviceKey } from '../device/dev-id.ts';
import type { DeviceCell } from './device-cell.ts';
import type { Clock } from './ports.ts';
import type { DmSession } from './session.ts';

/** The number of sessions that are known; the one that was silent longest goes first. */
const MAX_SESSIONS = 100_000;
/** The number of sessions that go at a time: a map whose first entries were deleted is slow to find the first one. */
const REMOVED_AT_ONCE = 1_000;

interface KnownSession {
  readonly devId: DevId;
  readonly token: string;
  /** Milliseconds since 1970, as stored. */
  readonly lastMessageAt: number;
  /** Time of the monotonic clock. */
  readonly silentSince: number;
}

export class OpenSessions {
  readonly #clock: Clock;
  /** By device, the one whose last message is oldest first. */
  readonly #sessions = new Map<string, KnownSession>();
  readonly #devices = new Map<string, DevId>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Enters that a message of the device has just come; `session` is its session as stored. */
  enter(devId: DevId, session: DmSession | undefined): void {
    this.remove(devId);
    if (session === undefined || session.closedAt !== undefined) return;
    const { token, lastMessageAt } = session;
    this.#add({ devId, token, lastMessageAt, silentSince: this.#clock.monotonic() });
  }

  remove(devId: DevId): void {
    const key = deviceKey(devId);
    const known = this.#sessions.get(key);
    if (known === undefined) return;
    this.#sessions.delete(key);
    this.#devices.delete(known.token);
  }

  /** The device of the open session with this token. */
  deviceOf(token: string): DevId | undefined {
    return this.#devices.get(token);
  }

  /** Milliseconds since the last message of the cell's session; 0 when it has none. */
  silentFor({ session, record }: DeviceCell): number {
    if (session === undefined) return 0;
    const { token, lastMessageAt } = session;
    const now = this.#clock.monotonic();
    const known = this.#sessions.get(deviceKey(record.devId));
    if (known?.token === token && known.lastMessageAt === lastMessageAt) return now - known.silentSince;
    const silent = Math.max(0, this.#clock.now() - lastMessageAt);
    this.remove(record.devId);
    this.#add({ devId: record.devId, token, lastMessageAt, silentSince: now - silent });
    return silent;
  }

  /** The devices whose session was silent for longer than `ms`, at most `limit`. */
  silentDevices(ms: number, limit: number): readonly DevId[] {
    const found: DevId[] = [];
    for (const { devId } of this.#sessions.values()) {
      if (found.length === limit || !this.#isSilent(devId, ms)) break;
      found.push(devId);
    }
    return found;
  }

  /** True for a device whose session is known not to be silent for longer than `ms`. */
  isActive(devId: DevId, ms: number): boolean {
    return this.#sessions.has(deviceKey(devId)) && !this.#isSilent(devId, ms);
  }

  #isSilent(devId: DevId, ms: number): boolean {
    const since = this.#sessions.get(deviceKey(devId))?.silentSince ?? Number.POSITIVE_INFINITY;
    return this.#clock.monotonic() - since > ms;
  }

  #add(session: KnownSession): void {
    this.#sessions.set(deviceKey(session.devId), session);
    this.#devices.set(session.token, session.devId);
    if (this.#sessions.size <= MAX_SESSIONS) return;
    for (const { devId } of this.#sessions.values()) {
      this.remove(devId);
      if (this.#sessions.size <= MAX_SESSIONS - REMOVED_AT_ONCE) break;
    }
  }
}
