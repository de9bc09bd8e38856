/**
 * The sessions of a device and the values that belong to them, as plain values that survive JSON. The member names are those
 * of stored records; a change needs a migration of the store.
 */

import type { DevId } from '../device/dev-id.ts';
import type { AuthScheme } from '../dm1/auth-scheme.ts';
import type { Dm1Session } from '../dm1/session-model.ts';
import type { Dm2Alert } from '../dm2/package.ts';
import type { ServerUri } from '../dm2/server-uri.ts';
import type { NorthSession } from '../north/north-session.ts';
import type { ChangedContent } from '../workflow/effect.ts';

/** Messages that belong to a closed session, and its last answer, are recognized this long. */
export const CLOSED_SESSION_RECOGNIZED_MS = 60_000;

/** A Generic Alert that goes to an EXEC's ServerURI in a session of its own. */
export interface ExecReport {
  readonly id: string;
  readonly devId: DevId;
  readonly account: string;
  readonly serverUri: ServerUri;
  readonly alert: Dm2Alert;
  /** Milliseconds since 1970. */
  readonly dueAt: number;
}

/** A document for a Data Repository: nodes of a subscription have changed (DM-2.0 §5.3.11). */
export interface ChangeReport extends ChangedContent {
  readonly kind: 'change';
  /** The same for all reports of one subscription: the newest content replaces the one before. */
  readonly id: string;
  readonly devId: DevId;
  readonly account: string;
  /** Milliseconds since 1970. */
  readonly dueAt: number;
  /** Milliseconds since 1970: when the oldest content that did not arrive was found. */
  readonly since: number;
  /** PUTs that were not taken. */
  readonly tries: number;
}

export type Report = ExecReport | ChangeReport;

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
  /** True when the bytes of the message contain a right Cred or MAC. */
  readonly isProven?: true;
}

/** An MO that the device sent unasked (Alert 1229, DM-1.3 §6.3). */
export interface RequestedMo {
  /** The root of the MO, as the device wrote it. */
  readonly locUri: string;
  readonly tnds: string;
}

/** The use that a session has made of the MO cache. */
export interface CacheUse {
  /** Reads that a cache entry has answered. */
  readonly hits: number;
  /** Whole instances, or searches for instances, that were read from the device. */
  readonly misses: number;
  /** Bytes of the cache entries that answered reads, as they are stored; the markup of their transport is not counted. */
  readonly bytesSaved: number;
  readonly roundTripsSaved: number;
}

/**
 * The version of the stored form of `DmSession`. Increase it when the shape of `Dm1Session`, `NorthSession` or a replay log
 * changes: a session of another version is not resumed. (The first version had no number.)
 */
export const SESSION_FORMAT = 5;

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
  /** The address of the message that opened it. */
  readonly openedFrom: string;
  /** The scheme that proved the device when the session was opened; absent: none did (laboratory). */
  readonly scheme?: AuthScheme;
  readonly mediaType: string;
  /** Milliseconds since 1970. */
  readonly openedAt: number;
  readonly lastMessageAt: number;
  /** Milliseconds since 1970: when it ended. */
  readonly closedAt?: number;
  /** Hash of the message that the engine has received and that has no stored answer yet; it is not received a second time. */
  readonly unanswered?: string | undefined;
  /** Fingerprints of alerts that its Package#1 may repeat, because the device has not seen the answer to them (ADR 23). */
  readonly repeatable?: readonly string[];
  /** Its Package#1 reports all changes to the tree since the session before (Alerts 1227, 1228). */
  readonly treeStateReported?: true;
  /** Its Package#1 has Alert 1200: a notification made the device open it. */
  readonly isServerInitiated?: true;
  /** The leaves of DevInfo in its Package#1, as the device wrote their addresses, until that is complete. */
  readonly devInfo?: readonly string[];
  /** The MOs in its Package#1, until that is complete. */
  readonly requestedMos?: readonly RequestedMo[];
  readonly cacheUse?: CacheUse;
  readonly south: Dm1Session;
  readonly north: NorthSession;
}
