/** The work without a device's message: sessions that time out, and reports that go to a session of their own. */

import type { DevId } from '../device/dev-id.ts';
import { openNorthSession } from '../north/step.ts';
import type { ActiveDevices } from './active-devices.ts';
import type { Claim, Connections } from './connections.ts';
import type { DeviceCell } from './device-cell.ts';
import { hasNorthWork } from './device-gone.ts';
import { NorthDriver } from './north-driver.ts';
import type { OpenSessions } from './open-sessions.ts';
import type { BridgeOptions } from './options.ts';
import type { IdleSession } from './ports.ts';
import { randomId } from './random-id.ts';
import { CLOSED_SESSION_RECOGNIZED_MS, type DmSession, type ExecReport, type Report } from './session.ts';
import { endSilentSession } from './silent-session.ts';
import { isChangeReport } from './subscriptions/change-report.ts';
import { ChangeReporter } from './subscriptions/change-reporter.ts';
import { translationContext } from './translation-context.ts';
import type { WorkParts } from './turn.ts';
import { BATCH_SIZE, Walk } from './walk.ts';

/** The number of devices whose ended sessions are removed in one transaction, which must be short. */
const EXPIRED_AT_ONCE = 100;
/** The clocks of a system run apart by less than this between two rounds. */
const CLOCK_JUMP_MS = 1_000;
/** A stored time that is later than it can be by more than this shows that the clock was set back. */
const CLOCK_SLACK_MS = 60_000;
/** The time after which a report is tried again that was not delivered; DM-2.0 §5.6 forbids to connect again at once. */
const REPORT_RETRY_MS = 3600_000;

export class Background {
  readonly #options: BridgeOptions;
  readonly #devices: ActiveDevices;
  readonly #connections: Connections;
  readonly #parts: WorkParts;
  /** The system's clock less the monotonic one, at the last round. */
  #clockOffset: number;
  /** Of the monotonic clock. */
  #removeFrom = Number.NEGATIVE_INFINITY;
  /** Of the monotonic clock: from then on, what has a time in the future has counted as long as what ends now. */
  readonly #removeAheadFrom: number;
  readonly #idle = new Walk<IdleSession>();
  readonly #due = new Walk<Report>();
  readonly #sessions: OpenSessions;
  readonly #changes: ChangeReporter;

  constructor(parts: WorkParts, sessions: OpenSessions) {
    this.#sessions = sessions;
    this.#parts = parts;
    this.#changes = new ChangeReporter(parts);
    this.#options = parts.options;
    this.#devices = parts.devices;
    this.#connections = parts.connections;
    const { clock } = parts.options;
    this.#clockOffset = clock.now() - clock.monotonic();
    this.#removeAheadFrom = clock.monotonic() + CLOSED_SESSION_RECOGNIZED_MS;
  }

  async run(): Promise<void> {
    await this.#closeSilent();
    await this.#sendReports();
    await this.#removeExpired();
  }

  /** Resolves when no report of a change is under way. */
  async drained(): Promise<void> {
    await this.#changes.drained();
  }

  /** After a jump of the system's clock, sessions that have just ended count as long as ever before they are removed. */
  async #removeExpired(): Promise<void> {
    const { store, clock } = this.#options;
    const [now, monotonic] = [clock.now(), clock.monotonic()];
    if (Math.abs(now - monotonic - this.#clockOffset) > CLOCK_JUMP_MS)
      this.#removeFrom = monotonic + CLOSED_SESSION_RECOGNIZED_MS;
    this.#clockOffset = now - monotonic;
    if (monotonic < this.#removeFrom) return;
    const latest = now + CLOSED_SESSION_RECOGNIZED_MS + CLOCK_SLACK_MS;
    const ahead = monotonic < this.#removeAheadFrom ? undefined : latest;
    while ((await store.removeExpired(now, EXPIRED_AT_ONCE, ahead)) === EXPIRED_AT_ONCE) await clock.nextTurn();
  }

  async #closeSilent(): Promise<void> {
    const { store, clock, south } = this.#options;
    const now = clock.now();
    const { sessionTimeout } = south;
    const close = (devId: DevId) => this.#attempt(devId, (cell) => this.#closeIdle(cell, now));
    const known = new Set(this.#sessions.silentDevices(sessionTimeout, BATCH_SIZE));
    for (const devId of known) await close(devId);
    const before = now - sessionTimeout;
    await this.#idle.walk(
      (after, limit) => store.idleSessions({ before, now, after, limit }),
      async ({ devId }) => {
        if (known.has(devId) || this.#sessions.isActive(devId, sessionTimeout)) return false;
        await close(devId);
        return true;
      },
    );
  }

  async #sendReports(): Promise<void> {
    const { store, clock } = this.#options;
    const now = clock.now();
    await this.#due.walk(
      (after, limit) => store.dueReports({ now, ahead: now + REPORT_RETRY_MS + CLOCK_SLACK_MS, after, limit }),
      async (report) => {
        if (isChangeReport(report)) return this.#changes.begin(report);
        if (!this.#connections.hasBackgroundRoom(report.account)) return false;
        await this.#attempt(report.devId, (cell) => this.#sendReport(cell, report));
        return true;
      },
    );
  }

  /** A failure for one device does not stop the others; the next round tries it again. */
  async #attempt(devId: DevId, work: (cell: DeviceCell | undefined) => Promise<void>): Promise<void> {
    if (this.#connections.isStopped) return;
    try {
      await this.#devices.inTurn(devId, work);
    } catch (error) {
      this.#options.journal.log('background.failed', { device: devId, error });
    }
  }

  /** Closes a session without messages; the backend gets the statuses of an unavailable device. */
  async #closeIdle(cell: DeviceCell | undefined, now: number): Promise<void> {
    if (cell === undefined) return;
    const { session } = cell;
    // The store still lists a session of another format: the commit removes it.
    if (session === undefined) return await cell.commit();
    if (session.closedAt !== undefined) return;
    if (this.#sessions.silentFor(cell) <= this.#options.south.sessionTimeout) return;
    const claim = this.#claimFor(session, cell);
    if (claim === undefined) return;
    this.#options.journal.log('session.timed_out', { device: cell.record.devId, session: session.id });
    await endingOnFailure(claim, () => endSilentSession({ ...this.#parts, cell, claim }, session, now));
    this.#sessions.remove(cell.record.devId);
  }

  /** Undefined: the backend is to hear of the session's end, and there is no connection for that now. */
  #claimFor(session: DmSession, { record }: DeviceCell): Claim | undefined {
    if (!hasNorthWork(session)) return this.#connections.forMessage(record.devId, false);
    return this.#connections.forBackground(record.devId, session.account);
  }

  /** Posts Package#1 with the alert to the EXEC's ServerURI; commands that need the device get 503. */
  async #sendReport(cell: DeviceCell | undefined, report: ExecReport): Promise<void> {
    if (cell === undefined) return;
    const { random, clock } = this.#options;
    const isOpen = cell.session !== undefined && cell.session.closedAt === undefined;
    if (cell.unstoredDeliveries.reports.includes(report.id)) return await cell.commit();
    const isBusy = isOpen || this.#devices.hasRunning(cell);
    if (isBusy || translationContext(this.#options, report.account) === undefined) return;
    const claim = this.#connections.forBackground(report.devId, report.account);
    if (claim === undefined) return;
    const id = randomId(random, 12);
    await endingOnFailure(claim, async () => {
      cell.detach(openNorthSession(id, report.serverUri, report.alert));
      // The store keeps the report until it is delivered, under the new name and with a later date.
      cell.removeReport(report.id);
      cell.addReport({ ...report, id, dueAt: clock.now() + REPORT_RETRY_MS });
      await cell.commit();
    });
    const session = {
      northId: id,
      account: report.account,
      version: '1.2',
      isWbxml: false,
      name: id,
      reportId: id,
    } as const;
    this.#devices.startNorth(new NorthDriver({ options: this.#options, cell, claim }, session), [{ type: 'opened' }]);
  }
}

async function endingOnFailure(claim: Claim, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    claim.end();
    throw error;
  }
}
