/** The stored forms of passwords. All of them are as good as the password: they are never shown or logged. */

/** Digests of the device's password; the clear text is never kept. */
export interface DeviceCredentials {
  readonly user: string;
  /** B64(MD5(user ":" password)), for md5 and HMAC-MD5. */
  readonly md5: string;
  /** B64(SHA-256(user ":" password)). */
  readonly sha256: string;
  /** B64(SHA-256("basic" ":" user ":" password)): the form with which Basic is compared. */
  readonly basic: string;
  /** HA1 of HTTP Digest in the realm `dmbridge`: hex MD5 and hex SHA-256 of user ":" realm ":" password. */
  readonly ha1Md5?: string;
  readonly ha1Sha256?: string;
  /** Schemes accepted for this device; absent: those of the configuration. */
  readonly accept?: readonly string[];
}

/** The bridge's own credentials toward the device; the store adapter encrypts them at rest. */
export interface ServerCredentials {
  readonly user: string;
  readonly password: string;
}

/** The bytes of a secret in its stored form: text, or `base64:` and base64. */
export function secretBytes(text: string): Buffer {
  return text.startsWith('base64:') ? Buffer.from(text.slice('base64:'.length), 'base64') : Buffer.from(text, 'utf8');
}
