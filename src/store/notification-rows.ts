/** The notification rows of the SQLite store: one row for each notification, found by the time at which it is due. */
import type { DeviceChange, DueNotification, DueNotificationPage } from '../bridge/ports.ts';
import { deviceKey, parseDevId } from '../device/dev-id.ts';
import type { Notification } from '../notification/notification.ts';
import { numberOf, textOf } from './sqlite-rows.ts';
import type { Statements } from './sqlite-statements.ts';

export class NotificationRows {
  readonly #sql: Statements;

  constructor(sql: Statements) {
    this.#sql = sql;
  }

  /** Reads the rows of the device with this row id. */
  read(device: number): readonly Notification[] {
    return this.#sql.notifications.all(device).map((row): Notification => JSON.parse(textOf(row, 'body')));
  }

  /** The number of rows with a time: those that are pending. */
  countPending(): number {
    return numberOf(this.#sql.countPendingNotifications.get() ?? {}, 'count');
  }

  due({ now, after, limit }: DueNotificationPage): readonly DueNotification[] {
    const from = after?.dueAt ?? Number.MIN_SAFE_INTEGER;
    const key = after === undefined ? '' : deviceKey(after.devId);
    return this.#sql.dueNotifications.all(from, now, from, key, after?.seq ?? 0, limit).map((row) => ({
      devId: parseDevId(textOf(row, 'dev_id')),
      seq: numberOf(row, 'seq'),
      dueAt: numberOf(row, 'due_at'),
    }));
  }

  apply(device: number, { notificationsRemoved = [], notificationsWritten = [] }: DeviceChange): void {
    for (const seq of notificationsRemoved) this.#sql.removeNotification.run(device, seq);
    for (const notification of notificationsWritten) {
      const { seq, dueAt = null } = notification;
      this.#sql.writeNotification.run(device, seq, dueAt, JSON.stringify(notification));
    }
  }
}
