/**
 * The notification of DM 1.3 to a device (content type 0x58).
 *
 * ```
 * VER 4 = 1 | OPC 3 | I 1 | UIM 2 | TRA 3 | 0 19 | TIMEOUT 16 | SESSIONID 16 | TIMESTAMP 32
 * option: NUMBER 4 | LENGTH 12 (bytes) | VALUE
 * digest 32 bytes, which is no option and does not count in OPC
 * ```
 *
 * @see OMA-TS-DM_Notification 1.3 §6
 */
import { hash } from 'node:crypto';
import { bearersOf } from './connection-types.ts';
import { initiatorBit, UI_MODES, type UiMode } from './notification-message.ts';

/** The transport that the server wishes for the session, by its value on the wire (§6.4.5). */
export const TRANSPORTS = { unspecified: 0, http: 1, https: 2, obex: 3, wsp: 4 } as const;
export type Transport = keyof typeof TRANSPORTS;

/** The content of the options that a configuration fixes. */
export interface FixedOptions {
  /** 1 to 255 bytes of UTF-8. */
  readonly serverId: string;
  /** MO indexes of OMNA. */
  readonly targetedMos: readonly number[];
  /** MO indexes of OMNA, at least one. */
  readonly requestedMos: readonly number[];
  /** At most 4095 bytes of UTF-8. */
  readonly connectReason?: string | undefined;
  /** At most 4095 bytes of UTF-8. */
  readonly vendorInfo?: string | undefined;
}

export interface Message13 extends FixedOptions {
  readonly uiMode: UiMode;
  /** Absent: the server asks for the session. */
  readonly isByUser?: boolean;
  readonly transport: Transport;
  /** Minutes: 1 to 65535. */
  readonly timeout: number;
  /** 1 to FFFF. */
  readonly sessionId: number;
  /** Seconds since 1970. */
  readonly timestamp: number;
  /** Of DM 2.0; as many bearers as there is room for stand for them. */
  readonly connectionTypes: readonly number[];
}

export interface DigestCredentials13 {
  /** NOTICRED of the device's DM account, else SRVCRED (§6.6). */
  readonly secret: Uint8Array;
  /** True: no colon between header and options. The text of §6.6 is damaged, and can be read in this way, too. */
  readonly isJoined: boolean;
}

const VERSION = 1;
const OPTION = { serverId: 1, targetedMo: 2, requestedMo: 3, bearer: 4, connectReason: 5, vendorInfo: 6 } as const;
/** OPC has 3 bits. */
export const MAX_OPTIONS = 7;
const COLON = Buffer.from(':');

export function formatMessage13(message: Message13, { secret, isJoined }: DigestCredentials13): Uint8Array {
  const options = optionsOf(message);
  const header = formatHeader(message, options.length);
  const body = Buffer.concat(options);
  const parts = isJoined ? [secret, COLON, header, body] : [secret, COLON, header, COLON, body];
  return Buffer.concat([header, body, hash('sha256', Buffer.concat(parts), 'buffer')]);
}

/** The number of options that a configuration fixes: Server-ID, the MOs, Connect-Reason, Vendor-Info. */
export function countFixedOptions({ targetedMos, requestedMos, connectReason, vendorInfo }: FixedOptions): number {
  const texts = [connectReason, vendorInfo].filter((text) => text !== undefined);
  return 1 + targetedMos.length + requestedMos.length + texts.length;
}

function formatHeader(
  { uiMode, isByUser, transport, timeout, sessionId, timestamp }: Message13,
  count: number,
): Buffer {
  const header = Buffer.alloc(12);
  header.writeUInt8((VERSION << 4) | (count << 1) | initiatorBit(isByUser));
  header.writeUInt8((UI_MODES[uiMode] << 6) | (TRANSPORTS[transport] << 3), 1);
  header.writeUInt16BE(timeout, 4);
  header.writeUInt16BE(sessionId, 6);
  header.writeUInt32BE(timestamp >>> 0, 8);
  return header;
}

function optionsOf(message: Message13): readonly Buffer[] {
  const { serverId, targetedMos, requestedMos, connectionTypes, connectReason, vendorInfo } = message;
  const bearers = bearersOf(connectionTypes, MAX_OPTIONS - countFixedOptions(message));
  const options = [
    formatOption(OPTION.serverId, Buffer.from(serverId)),
    ...targetedMos.map((index) => formatOption(OPTION.targetedMo, formatMoIndex(index))),
    ...requestedMos.map((index) => formatOption(OPTION.requestedMo, formatMoIndex(index))),
    ...bearers.map((bearer) => formatOption(OPTION.bearer, Buffer.of(bearer))),
  ];
  if (connectReason !== undefined) options.push(formatOption(OPTION.connectReason, Buffer.from(connectReason)));
  if (vendorInfo !== undefined) options.push(formatOption(OPTION.vendorInfo, Buffer.from(vendorInfo)));
  return options;
}

function formatOption(number: number, value: Buffer): Buffer {
  const head = Buffer.alloc(2);
  head.writeUInt16BE((number << 12) | value.length);
  return Buffer.concat([head, value]);
}

/** One byte up to FF, else two (§6.3). */
function formatMoIndex(index: number): Buffer {
  return index <= 0xff ? Buffer.of(index) : Buffer.of(index >> 8, index & 0xff);
}
