/** The facts of a notification for the log. */
import type { Mutable } from '../../mutable.ts';
import type { Notification } from '../../notification/notification.ts';
import { formatSessionId } from '../../notification/session-number.ts';

interface NotificationFacts {
  readonly device: string;
  readonly account: string;
  readonly notificationId?: number;
  readonly sessionId: string;
}

export function notificationFacts(device: string, notification: Notification): NotificationFacts {
  const { account, notificationId, sessionId } = notification;
  const facts: Mutable<NotificationFacts> = { device, account, sessionId: formatSessionId(sessionId) };
  if (notificationId !== undefined) facts.notificationId = notificationId;
  return facts;
}
