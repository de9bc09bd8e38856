/**
 * What is kept of a device, as plain values that survive JSON (design: state).
 */
import type { AuthScheme } from '../dm1/auth-scheme.ts';
import type { Dm1Session } from '../dm1/session-model.ts';
import type { Dm2Alert } from '../dm2/package.ts';
import type { NorthSession } from '../north/north-session.ts';

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

/**
 * The version of the stored form of `DmSession`. Increase it when the shape of `Dm1Session`, `NorthSession` or a replay log
 * changes: a session of another version is not resumed. (The first version had no number.)
 */
export const SESSION_FORMAT = 2;

/** One device session, south and north, as one value. */
export interface DmSession {
  /** `SESSION_FORMAT` of the program that opened it. */
  readonly format: number;
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
  readonly treeStateReported?: true;
  /** Of its Package#1; gone when that is complete. */
  readonly requestedMos?: readonly RequestedMo[];
  readonly cacheUse?: CacheUse;
  readonly south: Dm1Session;
  readonly north: NorthSession;
}
