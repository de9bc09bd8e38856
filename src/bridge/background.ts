/** What happens without a device's message: sessions that time out, reports that go to a session of their own. */
import { openNorthSession } from '../north/step.ts';
import type { DeviceCell } from './device-cell.ts';
import { leaveNorth } from './device-session.ts';
import { recordInterruption } from './interruption.ts';
import type { LiveDevices } from './live-devices.ts';
import { contextOf, northRunOf } from './north-run.ts';
import type { BridgeOptions } from './options.ts';
import type { ExecReport } from './session.ts';

/** How much is taken up in one round. */
const BATCH = 100;
/** A report that nobody took waits this long, in milliseconds; nothing connects again at once (DM-2.0 §5.6). */
const REPORT_REST = 3600_000;

export class Background {
  readonly #options: BridgeOptions;
  readonly #live: LiveDevices;

  constructor(options: BridgeOptions, live: LiveDevices) {
    this.#options = options;
    this.#live = live;
  }

  async run(): Promise<void> {
    const { store, clock, south } = this.#options;
    const now = clock.now();
    const idle = await store.idleSessions(now - south.sessionTimeout, BATCH);
    for (const devId of idle) await this.#attempt(devId, (cell) => this.#closeIdle(cell, now));
    for (const report of await store.dueReports(now, BATCH)) {
      await this.#attempt(report.devId, (cell) => this.#sendReport(cell, report));
    }
  }

  /** One device's trouble is not that of the others; it is tried again in the next round. */
  async #attempt(devId: string, work: (cell: DeviceCell | undefined) => Promise<void>): Promise<void> {
    try {
      await this.#live.withCell(devId, work);
    } catch (error) {
      this.#options.journal.log('background.failed', { device: devId, error });
    }
  }

  /** Outstanding commands become 503 toward the backend (design: ending, slowness, crashes). */
  async #closeIdle(cell: DeviceCell | undefined, now: number): Promise<void> {
    if (cell === undefined) return;
    const { session } = cell;
    // The store still lists a session of another format: the commit removes it.
    if (session === undefined) return await cell.commit();
    if (session.closedAt !== undefined) return;
    if (session.lastMessageAt > now - this.#options.south.sessionTimeout) return;
    this.#options.journal.log('session.timed_out', { device: cell.record.devId, session: session.id });
    recordInterruption(this.#options, cell, session);
    cell.session = { ...session, closedAt: now, south: { ...session.south, phase: 'closed' } };
    // A device that always begins alike would be answered out of a session that is no more.
    cell.answer = undefined;
    await cell.commit();
    leaveNorth(this.#live, this.#options, cell, session);
  }

  /** Package#1 with the alert, at the EXEC's ServerURI; commands that need the device are answered 503. */
  async #sendReport(cell: DeviceCell | undefined, report: ExecReport): Promise<void> {
    if (cell === undefined) return;
    const { random, clock } = this.#options;
    const isBusy = cell.session !== undefined && cell.session.closedAt === undefined;
    if (isBusy || contextOf(this.#options, report.account) === undefined) return;
    const id = Buffer.from(random.bytes(12)).toString('hex');
    cell.detach(openNorthSession(id, report.serverUri, report.alert));
    // It stays in the store until somebody takes it, but rests when nobody does.
    cell.removeReport(report.id);
    cell.addReport({ ...report, id, dueAt: clock.now() + REPORT_REST });
    await cell.commit();
    const run = northRunOf(this.#options, cell, { northId: id, account: report.account, version: '1.2', name: id });
    this.#live.start({ ...run, reportId: id }, [{ type: 'opened' }]);
  }
}
