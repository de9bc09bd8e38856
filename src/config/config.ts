/**
 * The configuration as the rest of the bridge sees it: complete, checked and frozen.
 *
 * Durations are milliseconds, paths are absolute, PEM files are already read. A member that may be undefined has no
 * default.
 */
import type { CertificateRule } from '../auth/certificate-rule.ts';
import type { Transport } from '../notification/message13.ts';
import type { UiMode } from '../notification/notification-message.ts';
import type { SmsTemplate } from '../notification/sms-template.ts';
import type { Route } from '../routing/route.ts';

/** A host and a port to listen on; port 0 lets the system choose. */
export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

export type TlsVersion = 'TLSv1' | 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3';

/** PEM texts. On a listener `ca` signs the clients' certificates; on an account it signs the backend's. */
export interface TlsSettings {
  readonly key: string | undefined;
  readonly cert: string | undefined;
  readonly ca: string | undefined;
  readonly minVersion: TlsVersion;
  /** OpenSSL cipher list of a listener; undefined: the list that `minVersion` brings. */
  readonly ciphers?: string | undefined;
}

/** The TLS settings of connections to another server. */
export type ClientTls = Omit<TlsSettings, 'ciphers'>;

/** The TLS settings of an account. */
export interface AccountTls extends ClientTls {
  /** In place of `key`, `cert` and `ca`: a key that the backend has, too, in hexadecimal (DM-2.0 §9.2.2). */
  readonly psk?: { readonly identity: string; readonly key: string } | undefined;
}

export interface SouthAuth {
  /** Accepted types; a challenge asks for the first (DM-1.3 §9). */
  readonly accept: readonly string[];
  /** False admits unknown devices: laboratory only. */
  readonly required: boolean;
  /** Undefined: generated at the first start and stored beside the store. */
  readonly nonceKey: string | undefined;
  /** Name of the SHA-256 type in Cred and Chal. */
  readonly sha256Type: string;
  /** The rule that finds the DevID in a client certificate. */
  readonly certificate: CertificateRule;
  /** `address`: messages without token and credentials belong to a session that was opened from their address. */
  readonly binding: 'token' | 'address';
  /** True: the server password goes to devices over connections without TLS, too. */
  readonly serverBasic: boolean;
}

export interface SouthConfig {
  readonly listen: ListenAddress;
  /** Without trailing slash; empty for the whole host. */
  readonly path: string;
  /** Base of RespURI, without trailing slash; undefined: the bound address, plus `path`. */
  readonly publicUrl: string | undefined;
  readonly serverId: string;
  readonly auth: SouthAuth;
  /** Undefined: plain HTTP. */
  readonly tls: TlsSettings | undefined;
  /** Addresses and networks of balancers. */
  readonly trustProxy: readonly string[];
  readonly maxBodyBytes: number;
  readonly maxObjectBytes: number;
  /** Bytes held of the bodies of all unauthenticated requests. */
  readonly maxBufferedBytes: number;
  readonly headerTimeout: number;
  /** The time without a byte of a body. */
  readonly bodyTimeout: number;
  readonly answerWithin: number;
  readonly sessionTimeout: number;
}

/** The proof that a request comes from a backend. `none`: the listener is on loopback. */
export type NorthAuth =
  | { readonly type: 'none' | 'mtls' }
  | { readonly type: 'basic'; readonly user: string; readonly password: string };

export interface NorthConfig {
  readonly listen: ListenAddress;
  /** Undefined: plain HTTP. */
  readonly tls: TlsSettings | undefined;
  readonly auth: NorthAuth;
  /** The greatest distance of the TIMESTAMP of a Package#0 from the present. */
  readonly notificationMaxAge: number;
  /** Without trailing slash; undefined: the bound address. */
  readonly publicUrl: string | undefined;
  /** URL prefixes that a ServerURI may have (DM-2.0 §6.2). */
  readonly allowServerUris: readonly string[];
  /** Commands of a Package#2. */
  readonly maxCommands: number;
  /** Bytes of a Package#2, with its content codings undone. */
  readonly maxPackageBytes: number;
  /** True: DevIDs that are not printable ASCII are accepted, and percent-encoded in `OMADM-DevID`. */
  readonly encodeDevIds: boolean;
}

export type AccountAuth =
  | { readonly type: 'none' }
  | { readonly type: 'basic' | 'digest'; readonly user: string; readonly password: string };

/** One DM Account: a backend, and the identity of the bridge towards it (DM-2.0 §12.2). */
export interface AccountConfig {
  readonly name: string;
  /** SrvURI. */
  readonly url: string;
  /** SrvID. */
  readonly serverId: string;
  /** Perm: MOIDs that the backend may see, or `*`. */
  readonly moids: readonly string[];
  readonly auth: AccountAuth;
  readonly tls: AccountTls | undefined;
  readonly timeout: number;
  /** Requests under way at a time. */
  readonly maxConnections: number;
  readonly statusForm: 'object' | 'number';
  readonly dialect: 'dm20' | 'dm20-draft';
  readonly alwaysSendMos: boolean;
  /** True when Package#3 says why a command failed. */
  readonly reasons: boolean;
  /** Text, or `base64:` and base64; `secretBytes` reads it. */
  readonly notificationSecret: string | undefined;
  readonly notificationData: string | undefined;
  readonly requireDigest: boolean;
}

/** The HTTP side of a way of delivery. */
export interface HttpSettings {
  readonly timeout: number;
  readonly tls: ClientTls | undefined;
  /** Sent as Basic. */
  readonly credentials: { readonly user: string; readonly password: string } | undefined;
}

/** One way of delivery. */
export type DeliveryConfig =
  | { readonly name: string; readonly type: 'wap' }
  | { readonly name: string; readonly type: 'http'; readonly http: HttpSettings }
  | {
      readonly name: string;
      readonly type: 'pap';
      readonly http: HttpSettings;
      readonly url: string;
      /** With `{msisdn}`. */
      readonly address: string;
    }
  | {
      readonly name: string;
      readonly type: 'sms';
      readonly http: HttpSettings;
      readonly url: string;
      readonly method: 'GET' | 'POST' | 'PUT';
      readonly headers: Readonly<Record<string, string>>;
      readonly template: SmsTemplate;
      /** A regular expression that the body of a good answer matches. */
      readonly accepted: string | undefined;
    };

/** Notifications to devices. */
export interface NotificationsConfig {
  readonly format: 'auto' | '1.2' | '1.3';
  readonly serverId: string;
  readonly uiMode: UiMode;
  readonly transport: Transport;
  /** MOIDs, or MO indexes. */
  readonly requestedMos: readonly (string | number)[];
  readonly targetedMos: readonly (string | number)[];
  readonly connectReason: string | undefined;
  readonly vendorInfo: string | undefined;
  readonly validFor: number;
  /** After the first sending, in rising order. */
  readonly repeatAfter: readonly number[];
  /** Ten times the version of a message of DM 1.2. */
  readonly version12: number;
  readonly joinedDigest13: boolean;
  /** The preferred one first. */
  readonly deliver: readonly DeliveryConfig[];
}

export interface StoreConfig {
  /** `sqlite:` and an absolute path, or `sqlite::memory:`. */
  readonly url: string;
  /** Encrypts server secrets at rest; undefined: generated at the first start and stored beside the store. */
  readonly key: string | undefined;
}

/** The MO cache (DM-2.0 §11). */
export interface CacheConfig {
  /** Bytes over all devices; 0 disables the cache. */
  readonly maxBytes: number;
}

export interface SubscriptionsConfig {
  /** Milliseconds; 0: never. */
  readonly recheck: number;
}

export interface OutboxConfig {
  /** Alerts of one device that wait for its backend; further ones are refused. */
  readonly maxPerDevice: number;
}

export interface AdminConfig {
  readonly listen: ListenAddress;
  readonly token: string | undefined;
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

export interface Config {
  /** The file that the configuration came from. */
  readonly file: string;
  readonly south: SouthConfig;
  readonly north: NorthConfig;
  readonly accounts: Readonly<Record<string, AccountConfig>>;
  readonly notifications: NotificationsConfig;
  readonly routes: readonly Route[];
  /** The CSV file of device credentials that is imported at start. */
  readonly devices: string | undefined;
  readonly store: StoreConfig;
  readonly cache: CacheConfig;
  readonly outbox: OutboxConfig;
  readonly subscriptions: SubscriptionsConfig;
  /** Folders of mappings in addition to the shipped ones. */
  readonly mappings: readonly string[];
  readonly admin: AdminConfig;
  readonly log: { readonly level: LogLevel };
}
