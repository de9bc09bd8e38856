/** The values from which the decision about a device's credentials is made: the same input, the same decision. */
import type { DeviceRecord } from '../device/record.ts';
import type { AuthScheme } from '../dm1/auth-scheme.ts';
import type { Verdict } from '../dm1/session-model.ts';
import type { SyncHdr } from '../syncml/message.ts';
import type { CertificateRule, ClientCertificate } from './certificate-rule.ts';

/** The credentials that a request carries around its message: HTTP headers, the exact bytes, the TLS connection. */
export interface RequestCredentials {
  /** The whole entity, as sent. */
  readonly body: Uint8Array;
  /** `x-syncml-hmac`. */
  readonly mac?: string | undefined;
  /** `Authorization`. */
  readonly authorization?: string | undefined;
  /** Path and query of the request as each side of a proxy may see them; the device's is one of them. */
  readonly targets: readonly string[];
  /** Verified against `south.tls.clientCa`. */
  readonly certificate?: ClientCertificate | undefined;
}

/** The open session that a message names by its device and SessionID. */
export interface NamedSession {
  /** The user as whom it is authenticated. */
  readonly user: string;
  /** The scheme that opened it; absent: none did (laboratory). */
  readonly scheme?: AuthScheme | undefined;
  /**
   * True when the message belongs to it without credentials: it came to RespURI, whose token only the device knows, or from
   * the address to which the session is bound.
   */
  readonly isBound: boolean;
}

/**
 * The Status for SyncHdr of an accepted message: 212 accepts its sender for the rest of the session, 200 for this message
 * only (DM-1.3 §9.1). A scheme that proves one message only has 200 in any case.
 */
export interface AcceptedStatuses {
  readonly withCred: Verdict['status'];
  readonly withoutCred: Verdict['status'];
}

export interface AuthInput {
  readonly header: Pick<SyncHdr, 'source' | 'cred'>;
  /** Absent: only the message counts. */
  readonly request?: RequestCredentials | undefined;
  /** The record of the device that Source/LocURI names; undefined: it is not registered. */
  readonly record: DeviceRecord | undefined;
  /** Absent: the message names no open session. */
  readonly session?: NamedSession | undefined;
  readonly statuses: AcceptedStatuses;
  /** True for the very bytes of an earlier message: the nonce that they used up does not count against them. */
  readonly isRepetition?: boolean | undefined;
  /** Schemes of the configuration, the preferred one first; a device's own list replaces it. */
  readonly accept: readonly string[];
  readonly nonceKey: Uint8Array;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Makes 16 random bytes: the next nonce in case a digest is accepted. */
  readonly freshNonce: () => Uint8Array;
  /** Type name of the SHA-256 digest, when not the usual one. */
  readonly sha256Type?: string | undefined;
  /** The rule that leads from a client certificate to its device; absent: its common name is the DevID. */
  readonly certificateRule?: CertificateRule | undefined;
}
