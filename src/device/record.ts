/**
 * The record of one device: all that is kept of it from session to session, as plain values that survive JSON.
 */
import type { MoCache } from '../cache/mo-cache.ts';
import type { KnownDevice } from './device-knowledge.ts';

/** What DevIDs are compared by: without case. */
export function deviceKey(devId: string): string {
  return devId.trim().toLowerCase();
}

/** Password-equivalent digests of the device's password; the clear text is never kept. */
export interface DeviceCredentials {
  readonly user: string;
  /** B64(MD5(user ":" password)), for md5 and HMAC-MD5. */
  readonly md5: string;
  /** B64(SHA-256(user ":" password)). */
  readonly sha256: string;
  /** B64(SHA-256("basic" ":" user ":" password)): what Basic is compared with. */
  readonly basic: string;
  /** HA1 of HTTP digest in the realm `dmbridge`: hex MD5 and hex SHA-256 of user ":" realm ":" password. */
  readonly ha1Md5?: string;
  readonly ha1Sha256?: string;
  /** Accepted types for this device; absent: those of the configuration. */
  readonly accept?: readonly string[];
}

/** What we use toward the device; secrets are encrypted at rest by the store adapter's key. */
export interface ServerCredentials {
  readonly user: string;
  readonly password: string;
}

export interface DeviceRecord extends KnownDevice {
  readonly credentials: DeviceCredentials;
  /** Base64: the nonce that the device's next digest uses; absent: none issued yet. */
  readonly clientNonce?: string;
  /** Base64: the nonce last accepted, never accepted again. */
  readonly usedNonce?: string;
  /** How many requests with HTTP Digest were accepted: what does not count above is a replay. */
  readonly httpCount?: number;
  readonly server?: ServerCredentials;
  /** Base64: the nonce that the device gave us for our credentials. */
  readonly serverNonce?: string;
  /** Meta/Type of the Chal with which the device last asked for our credentials; it gets them unasked from then on. */
  readonly serverCredType?: string;
  readonly notificationSecret?: string;
  /** Sessionless reports of the last day, to know one that comes again. */
  readonly reports?: readonly TakenReport[];
  /** Which copies of its tree there are, and what they are worth; the copies are rows of their own. */
  readonly cache?: MoCache;
  /** The next `seq` of the outbox. */
  readonly nextSeq: number;
  /** Milliseconds since 1970. */
  readonly firstSeen?: number;
  readonly lastSeen?: number;
}

/** A sessionless report that was taken, and how it was answered. */
export interface TakenReport {
  /** Base64 SHA-256 of body and `x-syncml-hmac`. */
  readonly requestHash: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Base64. */
  readonly body: string;
}
