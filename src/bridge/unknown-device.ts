/** `auth.required: false`, for the laboratory: a device that nobody registered gets a record without credentials. */

import type { DeviceRecord } from '../device/record.ts';
import { DeviceCell } from './device-cell.ts';
import type { BridgeOptions } from './options.ts';

export async function registerUnknown(options: BridgeOptions, devId: string): Promise<DeviceCell> {
  // Forms of no password that anybody knows: with empty ones every digest could be computed.
  const nobodys = () => Buffer.from(options.random.bytes(32)).toString('base64');
  const record: DeviceRecord = {
    devId,
    credentials: { user: devId, md5: nobodys(), sha256: nobodys(), basic: nobodys() },
    values: {},
    facts: {},
    miids: {},
    pendingExecs: [],
    accountValues: {},
    nextSeq: 1,
    firstSeen: options.clock.now(),
  };
  await options.store.upsert(devId, (current) => current ?? record);
  const state = await options.store.load(devId);
  if (state === undefined) throw new TypeError(`${devId} was registered and is not there`);
  return new DeviceCell(options.store, state);
}
