/** `auth.required: false`, for the laboratory: a device that nobody registered gets a record without credentials. */
import { DeviceCell } from './device-cell.ts';
import type { BridgeOptions } from './options.ts';
import type { DeviceRecord } from './state.ts';

export async function registerUnknown(options: BridgeOptions, devId: string): Promise<DeviceCell> {
  const record: DeviceRecord = {
    devId,
    // No digest has these forms: nobody can log in as this device.
    credentials: { user: devId, md5: '', sha256: '', basic: '' },
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
