/**
 * The configuration as the rest of the bridge sees it: complete, checked and frozen.
 *
 * Durations are milliseconds, files are absolute, PEM files are already read. What is optional here is what the
 * operator may leave out without a default.
 */

/** A host and a port to listen on; port 0 lets the system choose. */
export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

export type TlsVersion = 'TLSv1' | 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3';

/** PEM texts. On a listener `ca` is who signs client certificates, on an account who signs the backend's. */
export interface TlsSettings {
  readonly key: string | undefined;
  readonly cert: string | undefined;
  readonly ca: string | undefined;
  readonly minVersion: TlsVersion;
}

export interface SouthAuth {
  /** Accepted types; the first is the one that is asked for (DM-1.3 §9). */
  readonly accept: readonly string[];
  /** False lets unknown devices in: laboratory only. */
  readonly required: boolean;
  /** Absent: made at first start and kept beside the store. */
  readonly nonceKey: string | undefined;
  /** Name of the SHA-256 type in Cred and Chal. */
  readonly sha256Type: string;
  /** How a client certificate names its device. */
  readonly certificate: CertificateRule;
}

export interface CertificateRule {
  readonly from: 'subjectCN' | 'sanUri' | 'sanDns';
  /** Text with `{devId}`, or a regular expression for the whole name. */
  readonly pattern: string;
}

export interface SouthConfig {
  readonly listen: ListenAddress;
  /** Without trailing slash; empty for the whole host. */
  readonly path: string;
  /** Base of RespURI, without trailing slash; absent: the address that was bound, plus `path`. */
  readonly publicUrl: string | undefined;
  readonly serverId: string;
  readonly auth: SouthAuth;
  /** Absent: plain HTTP. */
  readonly tls: TlsSettings | undefined;
  /** Addresses and networks of balancers. */
  readonly trustProxy: readonly string[];
  readonly maxBodyBytes: number;
  readonly maxObjectBytes: number;
  readonly answerWithin: number;
  readonly sessionTimeout: number;
}

export interface NorthConfig {
  readonly listen: ListenAddress;
  /** Without trailing slash; absent: the address that was bound. */
  readonly publicUrl: string | undefined;
  /** URL prefixes that a ServerURI may have (DM-2.0 §6.2). */
  readonly allowServerUris: readonly string[];
}

export type AccountAuth =
  | { readonly type: 'none' }
  | { readonly type: 'basic' | 'digest'; readonly user: string; readonly password: string };

/** One DM Account: a backend and what the bridge is to it (DM-2.0 §12.2). */
export interface AccountConfig {
  readonly name: string;
  /** SrvURI. */
  readonly url: string;
  /** SrvID. */
  readonly serverId: string;
  /** Perm: MOIDs that the backend may see, or `*`. */
  readonly moids: readonly string[];
  readonly auth: AccountAuth;
  readonly tls: TlsSettings | undefined;
  readonly timeout: number;
  readonly statusForm: 'object' | 'number';
  readonly alwaysSendMos: boolean;
  /** Text, or `base64:` and base64; `secretBytes` reads it. */
  readonly notificationSecret: string | undefined;
  readonly notificationData: string | undefined;
  readonly requireDigest: boolean;
}

/** All that is given must hold; nothing given matches every device. */
export interface RouteMatch {
  /** Glob. */
  readonly devId?: string;
  readonly devIds?: readonly string[];
  readonly manufacturer?: string;
  readonly model?: string;
  readonly firmware?: string;
  /** Share of the devices, by a stable hash of the DevId. */
  readonly percent?: number;
}

/** First match wins. */
export interface RouteConfig {
  readonly match: RouteMatch;
  /** Name of the account. */
  readonly bridge: string;
}

export interface StoreConfig {
  /** `sqlite:` and an absolute path, or `sqlite::memory:`. */
  readonly url: string;
  /** Encrypts server secrets at rest; absent: made at first start and kept beside the store. */
  readonly key: string | undefined;
}

/** The MO cache (DM-2.0 §11). */
export interface CacheConfig {
  /** Bytes over all devices; 0 keeps nothing. */
  readonly maxBytes: number;
}

export interface AdminConfig {
  readonly listen: ListenAddress;
  readonly token: string | undefined;
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

export interface Config {
  /** The file it came from. */
  readonly file: string;
  readonly south: SouthConfig;
  readonly north: NorthConfig;
  readonly accounts: Readonly<Record<string, AccountConfig>>;
  readonly routes: readonly RouteConfig[];
  /** CSV file. */
  readonly devices: string | undefined;
  readonly store: StoreConfig;
  readonly cache: CacheConfig;
  /** Folders beside the shipped mappings. */
  readonly mappings: readonly string[];
  readonly admin: AdminConfig;
  readonly log: { readonly level: LogLevel };
}
