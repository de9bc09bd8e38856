/**
 * Writes Package#0, with which the backend asks for a session with a device.
 *
 * @see DM-2.0 §5.2.1, §7.1.1
 */
import { createHash } from 'node:crypto';

export interface NotificationOptions {
  readonly serverId?: string | undefined;
  /** PREFERRED-CON-TYPE. */
  readonly connections?: readonly number[] | undefined;
  readonly notificationId?: number | undefined;
  /** Seconds since 1970; written as 8 bytes when 4 are not enough. */
  readonly timestamp?: number | undefined;
  readonly requestMos?: boolean | undefined;
}

export interface NotificationSecret {
  readonly secret: Uint8Array;
  readonly data?: Uint8Array | undefined;
}

const DIGEST = 4;

/** The bytes of a Package#0; with a secret it has a digest. */
export function writePackage0(options: NotificationOptions, credentials?: NotificationSecret): Buffer {
  const { serverId, connections, notificationId, timestamp, requestMos } = options;
  const values: [number, Buffer][] = [];
  if (serverId !== undefined) values.push([1, Buffer.from(serverId)]);
  if (connections !== undefined) values.push([2, Buffer.from(connections)]);
  if (notificationId !== undefined) values.push([3, bigEndian(notificationId, 2)]);
  if (credentials !== undefined) values.push([DIGEST, Buffer.alloc(32)]);
  if (timestamp !== undefined) values.push([5, bigEndian(timestamp, timestamp < 2 ** 32 ? 4 : 8)]);
  if (requestMos === true) values.push([6, Buffer.alloc(0)]);
  const parts = [bigEndian(0x2000 | (values.length << 7), 2)];
  let before = 0;
  let digestAt = 0;
  for (const [number, value] of values) {
    parts.push(bigEndian(((number - before) << 12) | value.length, 2), value);
    before = number;
    if (number === DIGEST) digestAt = parts.reduce((sum, { length }) => sum + length, 0) - value.length;
  }
  const message = Buffer.concat(parts);
  if (credentials === undefined) return message;
  const { secret, data = Buffer.alloc(0) } = credentials;
  createHash('sha256').update(secret).update(message).update(data).digest().copy(message, digestAt);
  return message;
}

function bigEndian(value: number, length: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes.subarray(8 - length);
}
