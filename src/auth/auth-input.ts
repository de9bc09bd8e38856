/** The values from which the decision about a device's credentials is made: the same input, the same decision. */
import type { DeviceRecord } from '../device/record.ts';
import type { AuthScheme } from '../dm1/auth-scheme.ts';
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
  /** Path and query of the request line. */
  readonly target?: string | undefined;
  /** Verified against `south.tls.clientCa`. */
  readonly certificate?: ClientCertificate | undefined;
}

export interface AuthInput {
  readonly header: Pick<SyncHdr, 'source' | 'cred'>;
  /** Absent: only the message counts. */
  readonly request?: RequestCredentials | undefined;
  /** The record of the device that Source/LocURI names; undefined: it is not registered. */
  readonly record: DeviceRecord | undefined;
  /** The user as whom the session of this message is authenticated; absent: the message belongs to no session. */
  readonly sessionUser?: string | undefined;
  /** The scheme that opened that session. */
  readonly sessionScheme?: AuthScheme | undefined;
  /** True for the very bytes of an earlier message: the nonce that they used up does not count against them. */
  readonly isRepetition?: boolean | undefined;
  /** Schemes of the configuration, the preferred one first; a device's own list replaces it. */
  readonly accept: readonly string[];
  readonly nonceKey: Uint8Array;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** 16 random bytes: the next nonce in case a digest is accepted. */
  readonly freshNonce: Uint8Array;
  /** Type name of the SHA-256 digest, when not the usual one. */
  readonly sha256Type?: string | undefined;
  /** The rule that leads from a client certificate to its device; absent: its common name is the DevID. */
  readonly certificateRule?: CertificateRule | undefined;
}
