/**
 * Reads the notification in a WAP Push, as a device does: the WSP headers, then the format of DM 1.2 or of DM 1.3.
 *
 * @see DM-NOTI 1.3 §6, §7.1; Package #0 of DM 1.2
 */
import { createHash } from 'node:crypto';
import type { Account } from './credentials.ts';

/** A push that is no notification for this device; `message` says why. */
export class PushFault extends Error {}

export interface DeviceNotification {
  readonly format: '1.2' | '1.3';
  /** As the device writes it in SyncHdr. */
  readonly sessionId: string;
  readonly serverId: string;
  readonly uiMode: number;
  /** 0: the user asked for the session; 1: the server. */
  readonly initiator: number;
  /** Of 1.2: ten times the version. */
  readonly version?: number;
  /** The members below are those of 1.3. */
  readonly transport?: number;
  /** Minutes. */
  readonly timeout?: number;
  readonly timestamp?: number;
  readonly options?: readonly NotificationOption[];
}

export interface NotificationOption {
  readonly number: number;
  readonly value: Buffer;
}

export interface WapPush {
  readonly transaction: number;
  readonly format: '1.2' | '1.3';
  readonly message: Buffer;
}

/** The credentials with which a device proves a notification. */
export interface PushCredentials {
  readonly server: Account;
  /** Of the server; '' when the device has given none. */
  readonly nonce: Buffer;
  /** NOTICRED; absent: the server's password. */
  readonly secret?: Buffer | undefined;
}

/**
 * Reads a WSP Push PDU for the OMA DM client.
 * @throws PushFault
 */
export function readWapPush(pdu: Buffer): WapPush {
  if (pdu.length < 3 || pdu[1] !== 0x06) throw new PushFault('no WSP Push');
  const length = pdu[2] ?? 0;
  const headers = pdu.subarray(3, 3 + length);
  if (length > 45 || headers.length < length) throw new PushFault('the headers are too long');
  const format = headers[0] === 0xc4 ? '1.2' : '1.3';
  if (headers[0] !== 0xc4 && headers[0] !== 0xd8) throw new PushFault('not the content type of a notification');
  if (!headers.subarray(1).includes(Buffer.of(0xaf, 0x87))) throw new PushFault('not for the OMA DM client');
  return { transaction: pdu[0] ?? 0, format, message: pdu.subarray(3 + length) };
}

/**
 * Reads a notification and checks its digest.
 * @throws PushFault
 */
export function readNotification({ format, message }: WapPush, credentials: PushCredentials): DeviceNotification {
  return format === '1.2' ? readMessage12(message, credentials) : readMessage13(message, credentials);
}

function readMessage12(message: Buffer, { server, nonce }: PushCredentials): DeviceNotification {
  if (message.length < 24) throw new PushFault('the message is too short');
  const trigger = message.subarray(16);
  const end = 8 + trigger.readUInt8(7);
  if (end > trigger.length) throw new PushFault('the Server-ID ends behind the message');
  const serverId = trigger.toString('utf8', 8, end);
  // Four zero bytes are the nonce of a server that has lost the right one.
  const nonces = [nonce, Buffer.alloc(4)];
  const right = nonces.map((each) => digest12(`${serverId}:${server.password}`, each, trigger));
  if (!right.some((digest) => digest.equals(message.subarray(0, 16)))) throw new PushFault('the digest is wrong');
  const head = trigger.readUInt16BE();
  return {
    format: '1.2',
    version: head >> 6,
    uiMode: (head >> 4) & 3,
    initiator: (head >> 3) & 1,
    sessionId: sessionIdText(trigger.readUInt16BE(5)),
    serverId,
  };
}

function readMessage13(message: Buffer, { server, secret }: PushCredentials): DeviceNotification {
  if (message.length < 12 + 32) throw new PushFault('the message is too short');
  const header = message.subarray(0, 12);
  const body = message.subarray(12, -32);
  const first = header.readUInt8();
  if (first >> 4 !== 1) throw new PushFault('VER is not 1');
  const options = readOptions(body, (first >> 1) & 7);
  const key = secret ?? Buffer.from(server.password);
  const right = createHash('sha256').update(key).update(':').update(header).update(':').update(body).digest();
  if (!right.equals(message.subarray(-32))) throw new PushFault('the digest is wrong');
  const modes = header.readUInt8(1);
  const serverId = options.find(({ number }) => number === 1);
  if (serverId === undefined || !options.some(({ number }) => number === 3)) {
    throw new PushFault('Server-ID or Requested-MO is missing');
  }
  return {
    format: '1.3',
    uiMode: modes >> 6,
    transport: (modes >> 3) & 7,
    initiator: first & 1,
    timeout: header.readUInt16BE(4),
    sessionId: sessionIdText(header.readUInt16BE(6)),
    timestamp: header.readUInt32BE(8),
    serverId: serverId.value.toString('utf8'),
    options,
  };
}

function readOptions(body: Buffer, count: number): readonly NotificationOption[] {
  const options: NotificationOption[] = [];
  let at = 0;
  while (at + 2 <= body.length) {
    const head = body.readUInt16BE(at);
    const end = at + 2 + (head & 0xfff);
    if (end > body.length) throw new PushFault('an option ends behind the message');
    if (head >> 12 < (options.at(-1)?.number ?? 1)) throw new PushFault('the options are not in order');
    options.push({ number: head >> 12, value: body.subarray(at + 2, end) });
    at = end;
  }
  if (at !== body.length || options.length !== count) throw new PushFault('OPC is not the number of options');
  return options;
}

function digest12(credentials: string, nonce: Buffer, trigger: Buffer): Buffer {
  const base64 = (bytes: Buffer | string) => createHash('md5').update(bytes).digest('base64');
  return createHash('md5')
    .update(`${base64(credentials)}:`)
    .update(nonce)
    .update(`:${base64(trigger)}`)
    .digest();
}

function sessionIdText(number: number): string {
  if (number === 0) throw new PushFault('the SessionID is 0');
  return number.toString(16).toUpperCase();
}
