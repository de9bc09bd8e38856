/** TLS with a pre-shared key: how a backend and the bridge know each other without certificates (DM-2.0 §9.2.2). */
import type { ConnectionOptions, SecureContextOptions } from 'node:tls';

export interface PreSharedKey {
  /** The identity that the server looks the key up by: 1 to 128 bytes of UTF-8. */
  readonly identity: string;
  /** At least 16 bytes, in hexadecimal. */
  readonly key: string;
}

/**
 * The suites of DM-2.0 §9.2.2 in which the key alone proves who both sides are, by their OpenSSL names. The two RSA-PSK
 * suites need a certificate of the server besides.
 */
const PSK_SUITES = [
  'DHE-PSK-AES128-GCM-SHA256',
  'PSK-AES128-GCM-SHA256',
  'ECDHE-PSK-AES128-CBC-SHA256',
  'DHE-PSK-AES128-CBC-SHA256',
  'PSK-AES128-CBC-SHA256',
] as const;

/** The settings of a connection with a pre-shared key: two more than other connections have. */
export type PskConnectOptions = SecureContextOptions &
  Required<Pick<ConnectionOptions, 'pskCallback' | 'checkServerIdentity'>>;

/** The settings of a connection to a server that has the same key; a server without it gets no connection. */
export function pskConnectOptions({ identity, key }: PreSharedKey): PskConnectOptions {
  return {
    ciphers: PSK_SUITES.join(':'),
    // The suites are those of TLS 1.2; in TLS 1.3 a key would be used in another way.
    minVersion: 'TLSv1.2',
    maxVersion: 'TLSv1.2',
    pskCallback: () => ({ identity, psk: Buffer.from(key, 'hex') }),
    // No certificate has a name to compare: the key is the proof.
    checkServerIdentity: () => undefined,
  };
}
