/** TLS settings of listeners and of connections to backends. */
import type { SecureContextOptions } from 'node:tls';

/** PEM texts, and the oldest version that is accepted. */
export interface TlsSettings {
  readonly key: string | undefined;
  readonly cert: string | undefined;
  /** The authority that signs the certificates of the other side. */
  readonly ca: string | undefined;
  readonly minVersion: 'TLSv1' | 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3';
}

/** The settings as Node takes them. */
export function secureContextOptions({ key, cert, ca, minVersion }: TlsSettings): SecureContextOptions {
  const isOld = minVersion === 'TLSv1' || minVersion === 'TLSv1.1';
  // OpenSSL 3 speaks TLS 1.0 and 1.1 at this security level only.
  return { key, cert, ca, minVersion, ciphers: isOld ? 'DEFAULT@SECLEVEL=0' : undefined };
}
