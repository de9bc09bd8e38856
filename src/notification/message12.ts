/**
 * The notification of DM 1.2 to a device (Package #0 of OMA DM 1.2, content type 0x44).
 *
 * ```
 * digest 16 bytes | version 10 bits | ui-mode 2 | initiator 1 | 0 27 | session 16 | length 8 | Server-ID | vendor body
 * ```
 * digest = MD5(B64(MD5(server ":" password)) ":" nonce ":" B64(MD5(all behind the digest)))
 */
import { hash } from 'node:crypto';
import { bodyDigest, macDigest } from '../dm1/digest.ts';
import { initiatorBit, UI_MODES, type UiMode } from './notification-message.ts';

export interface Message12 {
  /** Ten times the version: 10, 11 or 12. */
  readonly version: number;
  readonly uiMode: UiMode;
  /** Absent: the server asks for the session. */
  readonly isByUser?: boolean;
  /** 1 to FFFF. */
  readonly sessionId: number;
  /** At most 255 bytes of UTF-8. */
  readonly serverId: string;
  readonly vendorInfo?: string | undefined;
}

/** The credentials that the digest is made of. */
export interface DigestCredentials12 {
  /** SRVCRED of the device's DM account. */
  readonly password: string;
  /** As the device gave it, without base64. */
  readonly nonce: Uint8Array;
}

/** The nonce when none is known: the device takes a digest with it, too, and challenges the session. */
export const RESYNCHRONISATION_NONCE: Uint8Array = new Uint8Array(4);

export function formatMessage12(message: Message12, { password, nonce }: DigestCredentials12): Uint8Array {
  const trigger = formatTrigger(message);
  const a = hash('md5', `${message.serverId}:${password}`, 'base64');
  const digest = macDigest('md5', a, nonce, bodyDigest('md5', trigger));
  return Buffer.concat([Buffer.from(digest, 'base64'), trigger]);
}

function formatTrigger({ version, uiMode, isByUser, sessionId, serverId, vendorInfo = '' }: Message12): Uint8Array {
  const id = Buffer.from(serverId);
  const head = Buffer.alloc(8);
  head.writeUInt16BE((version << 6) | (UI_MODES[uiMode] << 4) | (initiatorBit(isByUser) << 3));
  head.writeUInt16BE(sessionId, 5);
  head.writeUInt8(id.length, 7);
  return Buffer.concat([head, id, Buffer.from(vendorInfo)]);
}
