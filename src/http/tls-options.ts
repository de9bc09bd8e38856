/** TLS settings of listeners and of connections to backends. */
import { constants } from 'node:crypto';
import { DEFAULT_CIPHERS, type SecureContextOptions } from 'node:tls';
import type { PreSharedKey } from './pre-shared-key.ts';

/** PEM texts, and the oldest version that is accepted. */
export interface TlsSettings {
  readonly key: string | undefined;
  readonly cert: string | undefined;
  /** The authority that signs the certificates of the other side. */
  readonly ca: string | undefined;
  readonly minVersion: 'TLSv1' | 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3';
  /** Of a listener: an OpenSSL cipher list in place of the one that `minVersion` brings. */
  readonly ciphers?: string | undefined;
}

/** The TLS settings of an account. */
export interface ClientTlsSettings extends Omit<TlsSettings, 'ciphers'> {
  /** In place of the key, the certificate and the authority: both sides have this key. */
  readonly psk?: PreSharedKey | undefined;
}

/** Node offers TLS 1.3 only when the cipher list names suites of it. */
const TLS13_SUITES = 'TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256';

/** AES in CBC mode with SHA-1: the best suites of TLS 1.0 and 1.1, by their OpenSSL names. */
const CBC_SHA_SUITES = [
  'ECDHE-ECDSA-AES128-SHA',
  'ECDHE-RSA-AES128-SHA',
  'ECDHE-ECDSA-AES256-SHA',
  'ECDHE-RSA-AES256-SHA',
  'DHE-RSA-AES128-SHA',
  'DHE-RSA-AES256-SHA',
  'AES128-SHA',
  'AES256-SHA',
] as const;

/** OpenSSL 3 speaks TLS 1.0 and 1.1 at this security level only. */
const OLD_VERSIONS_LEVEL = '@SECLEVEL=0';

/** The settings of a connection to a backend, as Node takes them. */
export function clientTlsOptions({ key, cert, ca, minVersion }: ClientTlsSettings): SecureContextOptions {
  const ciphers = isOld(minVersion) ? `${TLS13_SUITES}:DEFAULT:${OLD_VERSIONS_LEVEL}` : undefined;
  return { key, cert, ca, minVersion, ciphers };
}

/** The settings of a listener, as Node takes them. */
export function listenerTlsOptions({ key, cert, ca, minVersion, ciphers }: TlsSettings): SecureContextOptions {
  return {
    key,
    cert,
    ca,
    minVersion,
    maxVersion: 'TLSv1.3',
    ciphers: ciphers === undefined ? defaultCiphers(minVersion) : withTls13(ciphers),
    secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
  };
}

/** The suites and the security level that a low `minVersion` brings to a listener; none when its cipher list is configured. */
export function oldSuites({ minVersion, ciphers }: TlsSettings): readonly string[] {
  return isOld(minVersion) && ciphers === undefined ? [...CBC_SHA_SUITES, OLD_VERSIONS_LEVEL] : [];
}

function defaultCiphers(minVersion: TlsSettings['minVersion']): string {
  if (!isOld(minVersion)) return `${DEFAULT_CIPHERS}:!SHA1`;
  return [DEFAULT_CIPHERS, ...CBC_SHA_SUITES, OLD_VERSIONS_LEVEL].join(':');
}

function withTls13(ciphers: string): string {
  return ciphers.split(':').some((name) => name.startsWith('TLS_')) ? ciphers : `${TLS13_SUITES}:${ciphers}`;
}

function isOld(version: TlsSettings['minVersion']): boolean {
  return version === 'TLSv1' || version === 'TLSv1.1';
}
