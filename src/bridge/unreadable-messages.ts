/**
 * Ends a session whose device sent a message that cannot be read and then nothing more: its backend would wait for the session's
 * time-out. Only the session's token tells whose message it is.
 */
import type { DevId } from '../device/dev-id.ts';
import type { ActiveDevices } from './active-devices.ts';
import type { DeviceCell } from './device-cell.ts';
import type { OpenSessions } from './open-sessions.ts';
import type { BridgeOptions } from './options.ts';
import type { DmSession } from './session.ts';
import { endSilentSession } from './silent-session.ts';
import type { WorkParts } from './turn.ts';

/** The form of a token; no other text is looked for in the store. */
const TOKEN = /^[\w-]{22}$/u;
/** The time in which a readable message must follow. */
const READABLE_WITHIN_MS = 3_000;

export class UnreadableMessages {
  readonly #options: BridgeOptions;
  readonly #devices: ActiveDevices;
  readonly #parts: WorkParts;
  readonly #sessions: OpenSessions;
  /** Cancels the timer of a session that waits for a readable message, by its token. */
  readonly #waiting = new Map<string, () => void>();

  constructor(parts: WorkParts, sessions: OpenSessions) {
    this.#sessions = sessions;
    this.#options = parts.options;
    this.#devices = parts.devices;
    this.#parts = parts;
  }

  /** Enters that a message of the device was read; `session` is its session as stored. */
  readableReceived(devId: DevId, session: DmSession | undefined): void {
    const token = session?.token ?? '';
    this.#waiting.get(token)?.();
    this.#waiting.delete(token);
    this.#sessions.enter(devId, session);
  }

  /** Enters that a message with this token cannot be read. The time counts from the end of the work that is under way. */
  unreadableReceived(token: string | undefined): void {
    if (token === undefined || !TOKEN.test(token)) return;
    const devId = this.#sessions.deviceOf(token);
    if (devId === undefined) void this.#findDevice(token);
    else this.#inTurn(devId, (cell) => this.#await(token, cell));
  }

  /** Another process has answered the session, or it began before a restart. */
  async #findDevice(token: string): Promise<void> {
    try {
      const devId = await this.#options.store.deviceOfToken(token);
      if (devId !== undefined) this.#inTurn(devId, (cell) => this.#await(token, cell));
    } catch (error) {
      this.#options.journal.log('background.failed', { error });
    }
  }

  async #await(token: string, cell: DeviceCell): Promise<void> {
    if (!isOpen(cell, token) || this.#waiting.has(token)) return;
    const { devId } = cell.record;
    const timer = this.#options.clock.after(READABLE_WITHIN_MS);
    this.#waiting.set(token, timer.cancel);
    void timer.done.then(() => this.#inTurn(devId, (later) => this.#end(token, later)));
  }

  async #end(token: string, cell: DeviceCell): Promise<void> {
    if (!this.#waiting.delete(token)) return;
    const { session } = cell;
    if (session === undefined || !isOpen(cell, token)) return;
    this.#options.journal.log('session.unreadable', { device: cell.record.devId, session: session.id });
    const claim = this.#parts.connections.forMessage(cell.record.devId, false);
    const work = { ...this.#parts, cell, claim };
    await endSilentSession(work, session, this.#options.clock.now());
  }

  #inTurn(devId: DevId, work: (cell: DeviceCell) => Promise<void>): void {
    const done = this.#devices.inTurn(devId, async (cell) => {
      if (cell !== undefined) await work(cell);
    });
    void done.catch((error) => this.#options.journal.log('background.failed', { device: devId, error }));
  }
}

function isOpen({ session }: DeviceCell, token: string): boolean {
  return session?.token === token && session.closedAt === undefined;
}
