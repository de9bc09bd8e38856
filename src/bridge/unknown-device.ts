/**
 * `south.auth.required: false`, for the laboratory: a device that is not registered gets a record without usable credentials.
 */

import type { DevId } from '../device/dev-id.ts';
import { newDeviceRecord } from '../device/record.ts';
import { DeviceCell } from './device-cell.ts';
import type { BridgeOptions } from './options.ts';

/** The cell of a device that is not registered. Its first commit registers it, unless another bridge has just done so. */
export function unknownDevice({ store, random, clock }: BridgeOptions, devId: DevId): DeviceCell {
  // Random forms that belong to no password: with empty ones every digest could be computed.
  const randomForm = () => Buffer.from(random.bytes(32)).toString('base64');
  const credentials = { user: devId, md5: randomForm(), sha256: randomForm(), basic: randomForm() };
  const record = { ...newDeviceRecord(devId, credentials), firstSeen: clock.now() };
  return new DeviceCell(store, { state: { version: 0, record, outbox: { kept: 0, held: 0, refused: 0 } } });
}
