/** The parts of a bridge: its ports, its mappings and its settings. */

import type { CertificateRule } from '../auth/certificate-rule.ts';
import type { Journal } from '../log-events.ts';
import type { ProfileRule } from '../mapping/device-profile.ts';
import type { MoIndex } from '../mapping/mo-index.ts';
import type { ToldParameters } from '../mapping/server-uri-values.ts';
import type { StatusTable } from '../mapping/status-table.ts';
import type { NotificationSettings } from '../notification/settings.ts';
import type { Route } from '../routing/route.ts';
import type { BackendAccount } from '../translate/context.ts';
import type { Backend, Clock, Delivery, Random, Store } from './ports.ts';

export interface SouthSettings {
  /** The bridge's ServerID in the devices' DM account. */
  readonly serverId: string;
  /** Base of RespURI, without trailing slash. */
  readonly publicUrl: string;
  /** Accepted types of credentials, the preferred one first. */
  readonly acceptedAuth: readonly string[];
  readonly authRequired: boolean;
  /** `address`: the address that opened a session proves, beside the token, that a message belongs to it. */
  readonly binding: 'token' | 'address';
  /** True when basic challenges of devices are answered over connections without TLS, too. */
  readonly serverBasic: boolean;
  readonly nonceKey: Uint8Array;
  readonly sha256Type?: string;
  /** The rule that leads from a client certificate to its device; absent: its common name is the DevID. */
  readonly certificate?: CertificateRule;
  /** Bytes; announced as MaxMsgSize. */
  readonly maxBodyBytes: number;
  /** Bytes; announced as MaxObjSize. */
  readonly maxObjectBytes: number;
  /** Milliseconds after which a device is put off while the backend is slow. */
  readonly answerWithin: number;
  /** Milliseconds without a message after which a session is closed. */
  readonly sessionTimeout: number;
}

/** The proof that a Package#0 comes from the backend of an account. */
export interface NotificationAccount {
  /** Absent: a Package#0 has no digest. */
  readonly secret?: Uint8Array | undefined;
  readonly data?: Uint8Array | undefined;
  /** False: a Package#0 may come without a digest although there is a secret. */
  readonly requireDigest: boolean;
}

export interface NotificationOptions {
  readonly settings: NotificationSettings;
  readonly accounts: Readonly<Record<string, NotificationAccount>>;
  readonly delivery: Delivery;
}

export interface BridgeOptions {
  readonly store: Store;
  readonly backend: Backend;
  readonly clock: Clock;
  readonly random: Random;
  readonly journal: Journal;
  readonly index: MoIndex;
  readonly statusTable: StatusTable;
  /** Device profiles, the rule that counts first. */
  readonly profiles: readonly ProfileRule[];
  /** The leaves at which devices tell the values of parameters in ServerURIs. */
  readonly toldParameters: ToldParameters;
  readonly south: SouthSettings;
  /** Base of DDF links, without trailing slash. */
  readonly northPublicUrl: string;
  /** Commands of a Package#2; a longer one ends its session. */
  readonly maxCommands: number;
  /** Alerts of one device that wait for its backend; further ones are refused. */
  readonly maxOutbox: number;
  readonly allowedServerUris: readonly string[];
  readonly accounts: Readonly<Record<string, BackendAccount>>;
  /** Requests under way at a time, by account; 128 when absent. */
  readonly maxConnections: Readonly<Record<string, number>>;
  readonly routes: readonly Route[];
  readonly notifications: NotificationOptions;
  /**
   * Milliseconds after which the nodes of a subscription are read again, on a device that does not report its changes; 0: never.
   */
  readonly subscriptionRecheck: number;
}
