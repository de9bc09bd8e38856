/**
 * The record of one device: everything that the bridge keeps of it from session to session, as plain values that survive
 * JSON. The member names are those of stored records; a change needs a migration of the store.
 */
import type { MoCache } from '../cache/mo-cache.ts';
import type { DeviceCredentials, ServerCredentials } from './credentials.ts';
import type { DevId } from './dev-id.ts';
import type { ManagedDevice } from './managed-device.ts';

export interface DeviceRecord extends ManagedDevice {
  readonly credentials: DeviceCredentials;
  /** Base64: the nonce that the device's next digest uses; absent: none issued yet. */
  readonly clientNonce?: string;
  /** Base64: the nonce last accepted, never accepted again. */
  readonly usedNonce?: string;
  /** The number of accepted requests with HTTP Digest: a request that does not count above it is a replay. */
  readonly httpCount?: number;
  readonly server?: ServerCredentials;
  /** Base64: the nonce that the device gave for the bridge's credentials. */
  readonly serverNonce?: string;
  /** Meta/Type of the Chal with which the device last asked for the bridge's credentials; it gets them unasked from then on. */
  readonly serverCredType?: string;
  readonly notificationSecret?: string;
  /** The last answer that acknowledged alerts and gave a nonce, until it is shown to have arrived (ADR 23). */
  readonly unseenAnswer?: UnseenAnswer;
  /** Sessionless reports of the last minute, so that a repeated one gets its answer again. */
  readonly reports?: readonly AnsweredReport[];
  /** The bookkeeping of the MO cache; the cached trees are rows of their own. */
  readonly cache?: MoCache;
  /** The next `seq` of the outbox. */
  readonly nextSeq: number;
  /** Milliseconds since 1970. */
  readonly firstSeen?: number;
  /** Milliseconds since 1970: the last accepted message, or one that came less than a minute before it. */
  readonly lastSeen?: number;
}

/** An answer that the device may not have seen. A device that comes with one of `nonces` has not. */
export interface UnseenAnswer {
  /** Base64: the nonce that the answer gave. */
  readonly nextNonce: string;
  /** Base64: nonces that the device used before, the latest first; at most three. */
  readonly nonces: readonly string[];
  /** Fingerprints of the alerts that it acknowledged; at most 10 000 of 16 characters. */
  readonly alerts: readonly string[];
}

/** A sessionless report that was accepted, and its answer. */
export interface AnsweredReport {
  /** Base64 SHA-256 of body and `x-syncml-hmac`. */
  readonly requestHash: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Base64. */
  readonly body: string;
  /** True when the bytes of the report contain a right Cred or MAC. */
  readonly isProven?: true;
}

/** The record of a device of which the bridge has learnt nothing yet. */
export function newDeviceRecord(devId: DevId, credentials: DeviceCredentials): DeviceRecord {
  return { devId, credentials, values: {}, facts: {}, miids: {}, pendingExecs: [], accountValues: {}, nextSeq: 1 };
}
