/** What a bridge is made of: its ports and the settings that are not the device's or the backend's. */

import type { CertificateRule } from '../auth/certificate-rule.ts';
import type { Journal } from '../log-events.ts';
import type { ProfileRule } from '../mapping/device-profile.ts';
import type { MoIndex } from '../mapping/mo-index.ts';
import type { BackendAccount } from '../translate/context.ts';
import type { StatusTable } from '../translate/status.ts';
import type { Backend, Clock, Random, Store } from './ports.ts';

/** All that is given must hold; nothing given matches every device. */
export interface RouteMatch {
  /** Glob over the DevId, compared without case. */
  readonly devId?: string;
  readonly devIds?: readonly string[];
  readonly manufacturer?: string;
  readonly model?: string;
  readonly firmware?: string;
  /** Share of the devices, 0 to 100, by a stable hash of the DevId. */
  readonly percent?: number;
}

/** First match wins; `bridge` names the account. */
export interface Route {
  readonly match: RouteMatch;
  readonly bridge: string;
}

export interface SouthSettings {
  /** The bridge's ServerID in the devices' DM account. */
  readonly serverId: string;
  /** Base of RespURI, without trailing slash. */
  readonly publicUrl: string;
  /** Accepted types of credentials, the preferred one first. */
  readonly acceptedAuth: readonly string[];
  readonly authRequired: boolean;
  readonly nonceKey: Uint8Array;
  readonly sha256Type?: string;
  /** How a client certificate names its device; absent: its common name is the DevID. */
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
  readonly south: SouthSettings;
  /** Base of DDF links, without trailing slash. */
  readonly northPublicUrl: string;
  readonly allowedServerUris: readonly string[];
  readonly accounts: Readonly<Record<string, BackendAccount>>;
  readonly routes: readonly Route[];
}
