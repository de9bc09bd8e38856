/**
 * What is kept of a device, as plain values that survive JSON (design: state).
 */
import type { MoCache } from '../cache/mo-cache.ts';
import type { Dm1Session } from '../dm1/session-model.ts';
import type { Dm2Alert } from '../dm2/package.ts';
import type { DeviceKnowledge } from '../translate/device-knowledge.ts';
import type { NorthSession } from '../translate/north-session.ts';
import type { AuthScheme } from './auth-scheme.ts';

export type { OutboxItem } from '../translate/device-knowledge.ts';

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

export interface DeviceRecord extends DeviceKnowledge {
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

/** A Generic Alert that goes to an EXEC's ServerURI in a session of its own. */
export interface ExecReport {
  readonly id: string;
  readonly devId: string;
  readonly account: string;
  readonly serverUri: string;
  readonly alert: Dm2Alert;
  readonly dueAt: number;
}

/** The answer to the last message, for retransmissions. */
export interface StoredAnswer {
  readonly sessionId: string;
  readonly msgId: number;
  /** Base64 SHA-256 of body and `x-syncml-hmac`. */
  readonly requestHash: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Base64. */
  readonly body: string;
  /** Milliseconds since 1970 after which it no longer counts; absent while the session is open. */
  readonly expiresAt?: number;
}

/** An MO that the device sent unasked (Alert 1229, DM-1.3 §6.3). */
export interface RequestedMo {
  /** Of its root. */
  readonly locUri: string;
  readonly tnds: string;
}

/** What the copies of the cache have done for a session. */
export interface CacheUse {
  /** Reads answered by a copy. */
  readonly hits: number;
  /** Whole instances, or searches for instances, that had to be read. */
  readonly misses: number;
  /** Bytes of data that needed not come over the air, as the copies are kept; markup is not counted. */
  readonly bytesSaved: number;
  readonly roundTripsSaved: number;
}

/** One device session, south and north, as one value. */
export interface DmSession {
  /** For logs, traces and the API. */
  readonly id: string;
  readonly account: string;
  /** 22 base64url characters in RespURI. */
  readonly token: string;
  readonly tokenUsed: boolean;
  /** What proved the device when the session was opened; absent: nothing did (laboratory). */
  readonly scheme?: AuthScheme;
  readonly mediaType: string;
  readonly openedAt: number;
  readonly lastMessageAt: number;
  /** Set when it ended; a message that holds only Statuses is then answered empty for 60 s. */
  readonly closedAt?: number;
  /** Hash of the message that the engine has taken and that has no stored answer yet: sent again, it is not taken again. */
  readonly unanswered?: string;
  /** Fingerprints of the alerts that the last answer acknowledges; gone with the next message, which shows that it arrived. */
  readonly acknowledged?: readonly string[];
  /** Those of the session before whose acknowledgement the device may not have seen: this Package#1 may repeat them. */
  readonly repeatable?: readonly string[];
  /** Its Package#1 tells of all changes to the tree since the session before (Alerts 1227, 1228). */
  readonly treeTold?: true;
  /** Of its Package#1; gone when that is complete. */
  readonly requestedMos?: readonly RequestedMo[];
  readonly cacheUse?: CacheUse;
  readonly south: Dm1Session;
  readonly north: NorthSession;
}
