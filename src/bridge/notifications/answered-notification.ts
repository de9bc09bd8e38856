/** Finds the notification that a session of a device answers, when its Package#1 is complete (DM-2.0 §5.2.2). */
import { parseAccountUri } from '../../dm2/server-uri.ts';
import type { Mutable } from '../../mutable.ts';
import type { AnsweredPackage0 } from '../../north/north-session.ts';
import { answered, findAnswered } from '../../notification/notification.ts';
import { type DeviceCell, sessionIn } from '../device-cell.ts';
import type { BridgeOptions } from '../options.ts';
import { recordTolerance } from '../south-effects.ts';
import { notificationFacts } from './notification-facts.ts';

/** Marks the notification as answered; the commit before Package#1 of DM 2.0 stores it together with the session. */
export async function recordAnsweredNotification(options: BridgeOptions, cell: DeviceCell): Promise<void> {
  const { account, south, north, isServerInitiated } = sessionIn(cell);
  if (isServerInitiated !== true || north.phase !== 'waiting') return;
  const now = options.clock.now();
  const found = findAnswered(await cell.notifications(), account, south.sessionId, now);
  if (found === undefined) return;
  const { notification, tolerance } = found;
  cell.writeNotifications([answered(notification, now)]);
  const package0: Mutable<AnsweredPackage0> = { requestsMos: notification.requestsMos };
  if (notification.notificationId !== undefined) package0.id = notification.notificationId;
  const { draft } = notification;
  if (draft !== undefined) package0.draft = draft;
  const url = draft === undefined ? north.url : parseAccountUri(draft.url);
  cell.session = { ...sessionIn(cell), north: { ...north, url, notification: package0 } };
  if (tolerance !== undefined) recordTolerance(options, cell, tolerance);
  const facts = notificationFacts(cell.record.devId, notification);
  const seconds = (now - notification.acceptedAt) / 1_000;
  options.journal.log('notification.answered', { ...facts, seconds, session: sessionIn(cell).id });
}
