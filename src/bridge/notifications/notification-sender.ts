/**
 * Sends the notifications that are due, and ends those whose time is over.
 *
 * The device's turn is not held while a notification is on its way, because its session may begin at once. After a crash
 * between a sending and its commit the notification is sent again with the same SessionID, which a device answers once
 * (DM-NOTI 1.3 §6.4.8).
 */
import { hash } from 'node:crypto';
import { type DevId, deviceKey } from '../../device/dev-id.ts';
import type { LogFacts } from '../../log-events.ts';
import type { Mutable } from '../../mutable.ts';
import { composeMessage } from '../../notification/device-message.ts';
import { expired, isPending, type Notification } from '../../notification/notification.ts';
import type { NotificationFormat } from '../../notification/notification-message.ts';
import { afterSending, type Route, routesFor, type SendingOutcome } from '../../notification/sending.ts';
import { formatSessionId } from '../../notification/session-number.ts';
import type { DeviceCell } from '../device-cell.ts';
import type { OpenSessions } from '../open-sessions.ts';
import type { BridgeOptions } from '../options.ts';
import type { DueNotification, Push } from '../ports.ts';
import type { WorkParts } from '../turn.ts';
import { Walk } from '../walk.ts';
import { notificationFacts } from './notification-facts.ts';
import { Slots } from './slots.ts';

/** Notifications that are on their way at the same time. */
const SENT_AT_ONCE = 50;
/** Notifications that are being sent, or wait for their device's turn. */
const MAX_UNDER_WAY = 1_000;

/** A sending that is prepared. */
interface PreparedSending {
  readonly route: Route;
  readonly push: Push;
}

export class NotificationSender {
  readonly #options: BridgeOptions;
  readonly #parts: WorkParts;
  readonly #sessions: OpenSessions;
  readonly #due = new Walk<DueNotification>();
  readonly #slots = new Slots(SENT_AT_ONCE);
  /** By device and seq. */
  readonly #underWay = new Map<string, Promise<void>>();

  constructor(parts: WorkParts, sessions: OpenSessions) {
    this.#options = parts.options;
    this.#parts = parts;
    this.#sessions = sessions;
  }

  /** Begins to send what is due; does not wait for it. */
  async run(): Promise<void> {
    const { store, clock, south } = this.#options;
    const now = clock.now();
    await this.#due.walk(
      (after, limit) => store.dueNotifications({ now, after, limit }),
      async (due) => {
        if (this.#sessions.isActive(due.devId, south.sessionTimeout)) return false;
        return this.begin(due);
      },
    );
  }

  /** Begins to send one notification if it is due; false: it is being sent already, or too many are. */
  begin({ devId, seq }: Pick<DueNotification, 'devId' | 'seq'>): boolean {
    const key = `${deviceKey(devId)}\0${seq}`;
    if (this.#parts.connections.isStopped) return false;
    if (this.#underWay.has(key) || this.#underWay.size >= MAX_UNDER_WAY) return false;
    const sending = this.#sendWhileDue(devId, seq)
      .catch((error: unknown) => this.#options.journal.log('background.failed', { device: devId, error }))
      .finally(() => this.#underWay.delete(key));
    this.#underWay.set(key, sending);
    return true;
  }

  /** Resolves when nothing is being sent. */
  async drained(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.allSettled(this.#underWay.values());
  }

  /** Goes on with the next way at once when one has refused it for good. */
  async #sendWhileDue(devId: DevId, seq: number): Promise<void> {
    const { devices, connections } = this.#parts;
    for (;;) {
      const prepared = await devices.inTurn(devId, (cell) => this.#prepare(cell, seq));
      if (prepared === undefined) return;
      const { route, push } = prepared;
      const outcome = await this.#slots.use(() => this.#options.notifications.delivery.send(route.way.name, push));
      // The next process sends it again, as after a kill.
      if (connections.isStopped) return;
      await devices.inTurn(devId, (cell) => this.#settle(cell, seq, prepared, outcome));
      if (outcome.kind !== 'refused') return;
    }
  }

  /** The next sending; undefined when there is none now. */
  async #prepare(cell: DeviceCell | undefined, seq: number): Promise<PreparedSending | undefined> {
    const notification = await findPending(cell, seq);
    if (cell === undefined || notification === undefined) return undefined;
    const { clock, journal, notifications } = this.#options;
    const { settings } = notifications;
    const now = clock.now();
    const { record } = cell;
    if (notification.expiresAt <= now) {
      cell.writeNotifications([expired(notification)]);
      await cell.commit();
      const { sendings } = notification;
      journal.log('notification.expired', { ...notificationFacts(record.devId, notification), sendings });
      return undefined;
    }
    const isInSession = cell.session !== undefined && cell.session.closedAt === undefined;
    if (isInSession || notification.dueAt === undefined || notification.dueAt > now) return undefined;
    const route = routesFor(settings.ways, record.values).find(({ way }) => !notification.refusedBy.includes(way.name));
    const message = route && composeMessage(settings, notification, record, now);
    if (route !== undefined && message !== undefined) {
      return { route, push: toPush(settings.serverId, route, notification, { devId: record.devId, ...message }) };
    }
    const reason = route === undefined ? 'the device has no way of delivery' : 'the device has no secret';
    await this.#store(cell, notification, { route, outcome: { kind: 'failed', reason } });
    return undefined;
  }

  /** A session may have answered it meanwhile. */
  async #settle(
    cell: DeviceCell | undefined,
    seq: number,
    { route, push }: PreparedSending,
    outcome: SendingOutcome,
  ): Promise<void> {
    const notification = (await cell?.notifications())?.find((each) => each.seq === seq);
    if (cell === undefined || notification === undefined) return;
    await this.#store(cell, notification, { route, outcome, format: push.format });
  }

  async #store(
    cell: DeviceCell,
    before: Notification,
    { route, outcome, format }: { route: Route | undefined; outcome: SendingOutcome; format?: NotificationFormat },
  ): Promise<void> {
    const { clock, journal, notifications } = this.#options;
    const { ways, repeatAfter } = notifications.settings;
    const sending = { way: route?.way.name ?? '', outcome, at: clock.now() };
    const after = afterSending(before, sending, routesFor(ways, cell.record.values), repeatAfter);
    cell.writeNotifications([after]);
    await cell.commit();
    const facts = notificationFacts(cell.record.devId, after);
    if (outcome.kind === 'accepted' && route !== undefined) {
      const { sendings } = after;
      const target = shownTarget(route);
      journal.log('notification.sent', {
        ...facts,
        delivery: route.way.name,
        format: format ?? '',
        sending: sendings,
        target,
      });
    } else if (outcome.kind !== 'accepted') {
      const failed: Mutable<LogFacts['notification.failed']> = {
        ...facts,
        delivery: route?.way.name,
        outcome: after.refusedBy.length > before.refusedBy.length ? 'refused' : 'failed',
        reason: outcome.reason,
      };
      if (after.dueAt !== undefined) failed.nextSending = new Date(after.dueAt).toISOString();
      journal.log('notification.failed', { ...failed, device: facts.device });
    }
  }
}

async function findPending(cell: DeviceCell | undefined, seq: number): Promise<Notification | undefined> {
  const known = (await cell?.notifications()) ?? [];
  return known.find((each) => each.seq === seq && isPending(each));
}

function toPush(
  serverId: string,
  { target }: Route,
  { sessionId, sendings, expiresAt }: Notification,
  { devId, format, message }: { devId: DevId; format: NotificationFormat; message: Uint8Array },
): Push {
  const session = formatSessionId(sessionId);
  // The gateway is not told the DevID.
  const name = hash('sha256', devId).slice(0, 12);
  return {
    target,
    format,
    message,
    sessionId: session,
    pushId: `${session}.${sendings + 1}.${name}@${serverId}`,
    deliverBefore: expiresAt,
  };
}

/** The target for the log: of a telephone number the last four digits, of a URL, whose query may hold a secret, the origin. */
function shownTarget({ way, target }: Route): string {
  if (way.type === 'pap' || way.type === 'sms') return `…${target.slice(-4)}`;
  return way.type === 'http' ? (URL.parse(target)?.origin ?? '') : target;
}
