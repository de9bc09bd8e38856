/**
 * DevIDs: the names of devices, in the Source of SyncHdr, in DevInfo and in the registry (DM-1.3 §6.3).
 *
 * A DevID travels to the backend in the header `OMADM-DevID` (DM-2.0 §5.2.2), which carries printable ASCII only.
 */
import { BoundedMap } from '../bounded-map.ts';
import type { SyncHdr } from '../syncml/message.ts';

/** The name of a device as it was written; `deviceKey` compares. */
export type DevId = string & { readonly __brand: 'DevId' };

/** Reads a DevID. Any text may be one, because the specification leaves its form to the device. */
export function parseDevId(text: string): DevId {
  return text as DevId;
}

/** The DevID in the header of a device's message. */
export function devIdOf({ source }: Pick<SyncHdr, 'source'>): DevId {
  return parseDevId(source.locUri);
}

const MAX_LENGTH = 255;
const PRINTABLE_ASCII = /^[ -~]*$/;

/** The form in which DevIDs are compared: without white space around them and without case. */
export function deviceKey(devId: DevId): string {
  const known = keys.get(devId);
  if (known !== undefined) return known;
  const key = devId.trim().toLowerCase();
  if (devId.length <= MAX_LENGTH) keys.set(devId, key);
  return key;
}

/** Each message needs its device's key a dozen times. A hostile message may have any DevID, so the number is bounded. */
const keys = new BoundedMap<string>(4096);

/**
 * The problem that keeps a text from being a DevID of the registry; undefined when there is none.
 * @param encodes true when DevIDs that are not printable ASCII travel to the backend percent-encoded
 */
export function devIdProblem(devId: string, encodes: boolean): string | undefined {
  if (devId === '') return 'devId is empty';
  if ([...devId].length > MAX_LENGTH) return `devId has more than ${MAX_LENGTH} characters`;
  if (/\p{Cc}/u.test(devId)) return 'devId has a control character';
  if (encodes || PRINTABLE_ASCII.test(devId)) return undefined;
  return `devId "${devId}" has characters that the header OMADM-DevID cannot carry: see north.encodeDevIds`;
}

/**
 * The DevID as the header `OMADM-DevID` carries it: printable ASCII as it is, any other one in percent-encoded UTF-8, in which
 * a percent sign is encoded, too.
 */
export function devIdHeader(devId: DevId): string {
  if (PRINTABLE_ASCII.test(devId)) return devId;
  return devId.toWellFormed().replaceAll(/[^ -$&-~]+/gu, encodeURIComponent);
}
