/**
 * Package#0 of DM 2.0: the DM Notification with which a backend asks for a session with a device.
 *
 * ```
 * VER 4 = 2 | OC 5 = number of options | RESERVED 7
 * option: DELTA 4 (its number less that of the option before) | LENGTH 12 (bytes) | VALUE
 * ```
 * Bits are big endian. Options whose number is not known are skipped, but they count in OC and in the digest.
 *
 * @see OMA-TS-DM_Protocol 2.0 §5.2.1, §7.1.1
 */
import { hash, timingSafeEqual } from 'node:crypto';
import { DecodeError } from '../errors.ts';
import type { Mutable } from '../mutable.ts';
import type { DraftPackage0 } from './draft-package0.ts';

export interface Package0 {
  /** SrvID; absent: the receiver knows it. */
  readonly serverId?: string;
  /** PREFERRED-CON-TYPE as sent, the most wanted first. */
  readonly preferredConnections?: readonly number[];
  /** 0 to 65535. */
  readonly notificationId?: number;
  readonly digest?: Digest;
  /** Seconds since 1970. */
  readonly timestamp?: number;
  /** True when Package#1 is to have MOS. */
  readonly requestsMos: boolean;
  /** Present when it has the form of the early draft. */
  readonly draft?: DraftPackage0;
}

/** SHA256-DIGEST, and its place in the message. */
export interface Digest {
  readonly value: Uint8Array;
  /** Offset of the first byte. */
  readonly at: number;
}

/** Credentials of the account for notifications: `Auth/Noti/Secret` and `Auth/Noti/Data` (DM-2.0 §12.2). */
export interface NotificationCredentials {
  readonly secret: Uint8Array;
  /** Empty when there is none. */
  readonly data: Uint8Array;
}

const VERSION = 2;
const HEADER_BYTES = 2;
const OPTION_HEADER_BYTES = 2;
const DIGEST_BYTES = 32;

const OPTION = {
  serverId: 1,
  preferredConnections: 2,
  notificationId: 3,
  digest: 4,
  timestamp: 5,
  requestMos: 6,
} as const;

/** The lengths that the value of a known option may have, in bytes. */
const LENGTHS: ReadonlyMap<number, { readonly isAllowed: (length: number) => boolean; readonly rule: string }> =
  new Map([
    [OPTION.serverId, { isAllowed: (length: number) => length >= 1 && length <= 255, rule: '1 to 255 bytes' }],
    [OPTION.preferredConnections, { isAllowed: (length: number) => length >= 1, rule: 'at least 1 byte' }],
    [OPTION.notificationId, { isAllowed: (length: number) => length === 2, rule: '2 bytes' }],
    [OPTION.digest, { isAllowed: (length: number) => length === DIGEST_BYTES, rule: '32 bytes' }],
    [OPTION.timestamp, { isAllowed: (length: number) => length === 4 || length === 8, rule: '4 or 8 bytes' }],
    [OPTION.requestMos, { isAllowed: (length: number) => length === 0, rule: 'no value' }],
  ]);

/**
 * Reads a whole Package#0.
 * @throws DecodeError ERR_NOTIFICATION_FORM, with the offset in bytes
 */
export function parsePackage0(bytes: Uint8Array): Package0 {
  if (bytes.length < HEADER_BYTES) throw formError('the message ends in its header', 0);
  const header = (byteAt(bytes, 0) << 8) | byteAt(bytes, 1);
  const version = header >> 12;
  if (version !== VERSION) throw formError(`VER is ${version}, not ${VERSION}`, 0);
  const count = (header >> 7) & 0x1f;
  const found: Mutable<Package0> = { requestsMos: false };
  let at = HEADER_BYTES;
  let number = 0;
  for (let index = 0; index < count; index += 1) {
    if (at + OPTION_HEADER_BYTES > bytes.length) throw formError(`OC is ${count}, but there are ${index} options`, at);
    const first = byteAt(bytes, at);
    const length = ((first & 0x0f) << 8) | byteAt(bytes, at + 1);
    if (first >> 4 === 0) throw formError('DELTA is 0', at);
    number += first >> 4;
    const start = at + OPTION_HEADER_BYTES;
    if (start + length > bytes.length) throw formError(`option ${number} ends behind the message`, at);
    readOption(found, number, { value: bytes.subarray(start, start + length), at: start });
    at = start + length;
  }
  if (at < bytes.length) throw formError('there are bytes behind the last option', at);
  return found;
}

function readOption(found: Mutable<Package0>, number: number, { value, at }: Digest): void {
  const lengths = LENGTHS.get(number);
  if (lengths === undefined) return;
  if (!lengths.isAllowed(value.length)) throw formError(`option ${number} must have ${lengths.rule}`, at);
  switch (number) {
    case OPTION.serverId:
      found.serverId = readText(value, at);
      return;
    case OPTION.preferredConnections:
      found.preferredConnections = [...value];
      return;
    case OPTION.notificationId:
      found.notificationId = unsigned(value);
      return;
    case OPTION.digest:
      found.digest = { value, at };
      return;
    case OPTION.timestamp:
      found.timestamp = unsigned(value);
      return;
    case OPTION.requestMos:
      found.requestsMos = true;
      return;
  }
}

/**
 * True when the digest of the message is that of the credentials. The input of the hash is secret, message and data, with
 * nothing between them; the digest in the message counts as 32 zero bytes (DM-2.0 §5.2.1.2). The time of the comparison
 * does not depend on the place of a difference.
 */
export function isDigestRight(
  message: Uint8Array,
  { value, at }: Digest,
  credentials: NotificationCredentials,
): boolean {
  const zeroed = new Uint8Array(message);
  zeroed.fill(0, at, at + DIGEST_BYTES);
  const right = hash('sha256', Buffer.concat([credentials.secret, zeroed, credentials.data]), 'buffer');
  return timingSafeEqual(right, value);
}

/** The text of UTF-8 bytes. */
function readText(value: Uint8Array, at: number): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(value);
  } catch {
    throw formError('SERVER-ID is not UTF-8', at);
  }
}

/** A number of up to 8 bytes; above 2^53 it is not exact, and far from every time. */
function unsigned(value: Uint8Array): number {
  return value.reduce((sum, byte) => sum * 0x100 + byte, 0);
}

function byteAt(bytes: Uint8Array, at: number): number {
  return bytes[at] ?? 0;
}

function formError(message: string, offset: number): DecodeError {
  return new DecodeError('ERR_NOTIFICATION_FORM', `Package#0: ${message}`, { place: { offset } });
}
