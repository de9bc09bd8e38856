/**
 * Package#0 of the early draft of DM 2.0: asks for a session of a device at a URL.
 *
 * ```
 * version 10 = 20 | ui-mode 2 | initiator 1 | send-devdetail 1 | send-supported-mo 1 | send-all-mo-instances 1 | reserved 16
 * URL length 8 (bytes) | URL
 * ```
 * Bits are big endian.
 *
 * @see the early draft §5.3
 */
import { DecodeError } from '../errors.ts';
import { UI_MODES, type UiMode } from './notification-message.ts';

export interface DraftPackage0 {
  readonly uiMode: UiMode;
  /** False: the user has asked for the session. */
  readonly isByServer: boolean;
  readonly sendsDevDetail: boolean;
  readonly sendsMos: boolean;
  /** With `sendsMos`: the list of MOs has their instances. */
  readonly sendsInstances: boolean;
  /** The address of the session. */
  readonly url: string;
}

const VERSION = 20;
const HEADER_BYTES = 5;

/** True for bytes that begin as a Package#0 of the early draft. A Package#0 of DM 2.0 begins with other bits. */
export function isDraftPackage0(bytes: Uint8Array): boolean {
  return bytes.length >= 2 && new DataView(bytes.buffer, bytes.byteOffset, 2).getUint16(0) >> 6 === VERSION;
}

/**
 * Reads a whole Package#0 of the early draft.
 * @throws DecodeError ERR_NOTIFICATION_FORM, with the offset in bytes
 */
export function parseDraftPackage0(bytes: Uint8Array): DraftPackage0 {
  const [, flags = 0, , , length = 0] = bytes;
  if (!isDraftPackage0(bytes) || bytes.length < HEADER_BYTES) throw formError('the message ends in its header', 0);
  if (bytes.length !== HEADER_BYTES + length) throw formError('the URL has another length', HEADER_BYTES);
  const url = readUrl(bytes.subarray(HEADER_BYTES));
  const uiMode = UI_MODES_BY_BITS[(flags >> 4) & 3];
  if (uiMode === undefined) throw formError('an unknown ui-mode', 1);
  const has = (bit: number) => ((flags >> bit) & 1) === 1;
  return { uiMode, isByServer: has(3), sendsDevDetail: has(2), sendsMos: has(1), sendsInstances: has(0), url };
}

const UI_MODES_BY_BITS = (['unspecified', 'background', 'informative', 'interaction'] as const).toSorted(
  (one, other) => UI_MODES[one] - UI_MODES[other],
);

function readUrl(bytes: Uint8Array): string {
  const text = Buffer.from(bytes).toString('latin1');
  const url = /^[!-~]+$/.test(text) ? URL.parse(text) : null;
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw formError('the URL is no http or https URL', HEADER_BYTES);
  }
  return text;
}

function formError(problem: string, offset: number): DecodeError {
  return new DecodeError('ERR_NOTIFICATION_FORM', problem, { place: { offset } });
}
