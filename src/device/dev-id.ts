/** DevIDs: the names of devices, in the Source of SyncHdr, in DevInfo and in the registry (DM-1.3 §6.3). */
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

/** The form in which DevIDs are compared: without white space around them and without case. */
export function deviceKey(devId: DevId): string {
  return devId.trim().toLowerCase();
}
