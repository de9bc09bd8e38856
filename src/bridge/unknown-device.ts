/**
 * `south.auth.required: false`, for the laboratory: a device that is not registered gets a record without usable credentials.
 */

import type { DevId } from '../device/dev-id.ts';
import { newDeviceRecord } from '../device/record.ts';
import { DeviceCell } from './device-cell.ts';
import type { BridgeOptions } from './options.ts';

/** Registers the device, unless another bridge has just done so, and loads it. */
export async function registerUnknownDevice(options: BridgeOptions, devId: DevId): Promise<DeviceCell> {
  const { store, random, clock } = options;
  // Random forms that belong to no password: with empty ones every digest could be computed.
  const randomForm = () => Buffer.from(random.bytes(32)).toString('base64');
  const credentials = { user: devId, md5: randomForm(), sha256: randomForm(), basic: randomForm() };
  const record = { ...newDeviceRecord(devId, credentials), firstSeen: clock.now() };
  await store.upsert(devId, (current) => current ?? record);
  const loaded = await store.load(devId);
  if (loaded === undefined) throw new TypeError(`${devId} was registered and is not in the store`);
  return new DeviceCell(store, loaded);
}
