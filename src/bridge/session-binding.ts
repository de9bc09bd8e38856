/**
 * Decides whether a message belongs to a session without credentials of its own (ADR 24).
 *
 * The token in RespURI proves that: only the device has it. Where `binding` is `address`, the address from which the device
 * opened the session proves it, too; that is for clients which neither use RespURI nor authenticate each message.
 */
import { timingSafeEqual } from 'node:crypto';
import { devInfoValue } from '../device/dev-info.ts';
import type { DeviceRecord } from '../device/record.ts';
import { type DeviceProfile, profileOf } from '../mapping/device-profile.ts';
import type { DeviceRequest } from './device-request.ts';
import type { BridgeOptions } from './options.ts';
import type { DmSession } from './session.ts';

/** True when the request belongs to the session of the device with this record. */
export function isBoundTo(
  options: BridgeOptions,
  request: DeviceRequest,
  session: DmSession,
  record: DeviceRecord,
): boolean {
  if (hasToken(request, session)) return true;
  if (session.openedFrom !== request.remoteAddress) return false;
  return bindingOf(options, record, request.headers['user-agent']) === 'address';
}

/** True when the request came to the session's RespURI. */
export function hasToken(request: DeviceRequest, session: Pick<DmSession, 'token'>): boolean {
  const known = comparisons.get(request);
  if (known?.expected === session.token) return known.isEqual;
  const [given, expected] = [Buffer.from(request.token ?? ''), Buffer.from(session.token)];
  const isEqual = given.length === expected.length && timingSafeEqual(given, expected);
  comparisons.set(request, { expected: session.token, isEqual });
  return isEqual;
}

/** The last comparison for a request, because several steps ask for the same one. */
const comparisons = new WeakMap<DeviceRequest, { readonly expected: string; readonly isEqual: boolean }>();

/** The profile of a device by what its record knows of it. */
export function profileFor(
  { profiles }: BridgeOptions,
  { values, devInfo = {} }: DeviceRecord,
  userAgent: string | undefined,
): DeviceProfile {
  const { manufacturer, model } = values;
  return profileOf(profiles, { manufacturer, model, dmV: devInfoValue(devInfo, 'DmV'), userAgent });
}

/** The device's own column counts most, then its profile, then the configuration. */
function bindingOf(options: BridgeOptions, record: DeviceRecord, userAgent: string | undefined): string {
  const own = record.values.binding ?? '';
  return own === '' ? (profileFor(options, record, userAgent).binding ?? options.south.binding) : own;
}
