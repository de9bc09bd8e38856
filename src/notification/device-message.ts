/** The message that a device gets for a notification: its format, its secret, and the fields that change with each sending. */

import { secretBytes } from '../device/credentials.ts';
import type { DeviceRecord } from '../device/record.ts';
import { parseBase64 } from '../dm1/digest.ts';
import { formatMessage12, RESYNCHRONISATION_NONCE } from './message12.ts';
import { formatMessage13 } from './message13.ts';
import type { Notification } from './notification.ts';
import type { NotificationFormat } from './notification-message.ts';
import { isLastRepetition } from './sending.ts';
import type { NotificationSettings } from './settings.ts';

export interface DeviceMessage {
  readonly format: NotificationFormat;
  readonly message: Uint8Array;
}

const MS_PER_SECOND = 1_000;
const MS_PER_MINUTE = 60_000;

/** The format for a device: `auto` is that of its last session, or of its column `dmVersion`. */
function formatFor({ format }: NotificationSettings, { facts, values }: DeviceRecord): NotificationFormat {
  if (format !== 'auto') return format;
  return facts.speaksDm13 === true || values.dmVersion === '1.3' ? '1.3' : '1.2';
}

/** True when there is a secret for the format that the device gets. */
export function hasSecret(settings: NotificationSettings, record: DeviceRecord): boolean {
  return secretFor(formatFor(settings, record), record) !== undefined;
}

/** The message of the next sending, which is made anew each time; undefined without a secret. */
export function composeMessage(
  settings: NotificationSettings,
  notification: Notification,
  record: DeviceRecord,
  now: number,
): DeviceMessage | undefined {
  const format = formatFor(settings, record);
  const secret = secretFor(format, record);
  if (secret === undefined) return undefined;
  const { serverId, vendorInfo } = settings;
  const { sessionId, draft } = notification;
  const uiMode = draft?.uiMode ?? settings.uiMode;
  const isByUser = draft?.isByServer === false;
  if (format === '1.2') {
    const message = { version: settings.version12, uiMode, isByUser, sessionId, serverId, vendorInfo };
    const password = record.server?.password ?? '';
    const nonce = nonceFor(settings, notification, record, now);
    return { format, message: formatMessage12(message, { password, nonce }) };
  }
  const message = {
    ...settings,
    uiMode,
    isByUser,
    timeout: Math.max(1, Math.ceil((notification.expiresAt - now) / MS_PER_MINUTE)),
    sessionId,
    timestamp: Math.floor(now / MS_PER_SECOND),
    connectionTypes: notification.connectionTypes,
  };
  return { format, message: formatMessage13(message, { secret, isJoined: settings.joinedDigest13 }) };
}

/** SRVCRED for DM 1.2; NOTICRED, else SRVCRED, for DM 1.3 (DM-NOTI 1.3 §6.6). */
function secretFor(format: NotificationFormat, { server, notificationSecret }: DeviceRecord): Uint8Array | undefined {
  if (format === '1.3' && notificationSecret !== undefined) return secretBytes(notificationSecret);
  return server === undefined ? undefined : Buffer.from(server.password);
}

/** A device that has not answered may have another nonce than the bridge: the last repetition has the one that always works. */
function nonceFor(
  { repeatAfter }: NotificationSettings,
  notification: Notification,
  { serverNonce }: DeviceRecord,
  now: number,
): Uint8Array {
  const nonce = serverNonce === undefined ? undefined : parseBase64(serverNonce);
  if (nonce === undefined || isLastRepetition(notification, repeatAfter, now)) return RESYNCHRONISATION_NONCE;
  return nonce;
}
