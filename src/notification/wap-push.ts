/**
 * Connectionless WAP Push: the WSP PDU that carries a notification over UDP, and the short messages that carry it to a phone.
 *
 * @see OMA-TS-DM_Notification 1.3 §7.1; WAP-230-WSP §8.2.4.1 (Push PDU); WAP-259-WDP (ports in short messages);
 *   3GPP TS 23.040 §9.2.3.24 (concatenated short messages)
 */
import { NOTIFICATION_TYPES, type NotificationFormat } from './notification-message.ts';

const PDU_PUSH = 0x06;
/** X-Wap-Application-Id, with its high bit, and `x-wap-application:syncml.dm`. */
const APPLICATION_ID = [0xaf, 0x87] as const;
/** Information element "application port addressing": to port 2948 (WAP Push), from port 9200. */
const PORTS = [0x05, 0x04, 0x0b, 0x84, 0x23, 0xf0] as const;
/** Information element "concatenated short messages", and the length of its value. */
const CONCATENATION = [0x00, 0x03] as const;
/** A short message has 140 bytes; the user data header with the ports takes 7. */
const SINGLE_BYTES = 133;
/** Beside the header with ports and numbers. */
const SEGMENT_BYTES = 128;

/** The WSP PDU. `transaction` is any byte; receivers do not compare it. */
export function formatPush(format: NotificationFormat, transaction: number, message: Uint8Array): Uint8Array {
  const headers = [NOTIFICATION_TYPES[format].wsp, ...APPLICATION_ID];
  return Buffer.concat([Buffer.of(transaction & 0xff, PDU_PUSH, headers.length, ...headers), message]);
}

/** One short message: its user data header, and the data behind that. */
export interface ShortMessage {
  readonly header: Uint8Array;
  readonly data: Uint8Array;
}

/** Cuts a PDU into short messages. `reference` is a byte that all segments of one PDU have in common. */
export function toShortMessages(pdu: Uint8Array, reference: number): readonly ShortMessage[] {
  if (pdu.length <= SINGLE_BYTES) return [{ header: userDataHeader(PORTS), data: pdu }];
  const total = Math.ceil(pdu.length / SEGMENT_BYTES);
  return Array.from({ length: total }, (_, at) => ({
    header: userDataHeader([...PORTS, ...CONCATENATION, reference & 0xff, total, at + 1]),
    data: pdu.subarray(at * SEGMENT_BYTES, (at + 1) * SEGMENT_BYTES),
  }));
}

function userDataHeader(elements: readonly number[]): Uint8Array {
  return Buffer.of(elements.length, ...elements);
}
