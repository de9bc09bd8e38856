/**
 * The part of a device's record that DM 2.0 sessions read and change: all but credentials and bookkeeping.
 */
import type { ClientUriText } from '../dm2/client-uri.ts';
import type { ServerUri } from '../dm2/server-uri.ts';
import type { LocUri } from '../mo/loc-uri.ts';
import type { Miid } from '../mo/miid.ts';
import type { Moid } from '../mo/moid.ts';
import type { DefaultEntries } from './default-entry.ts';
import type { DevId } from './dev-id.ts';
import type { DeviceFacts } from './facts.ts';
import type { Subscriptions } from './subscription.ts';

/** The MIIDs of a device's MO instances: MOID → MIID → LocURI of the instance's root. A MIID once given never changes. */
export type MiidTable = Readonly<Record<Moid, Readonly<Record<Miid, LocUri>>>>;

/** After this time the bridge forgets the Correlator of an Exec: 30 days. */
export const PENDING_EXEC_MS = 30 * 24 * 3600 * 1000;

/** An EXEC whose final status the device will send as a Generic Alert. */
export interface PendingExec {
  readonly correlator: string;
  /** Of the node that was executed. */
  readonly clientUri: ClientUriText;
  readonly locUri: LocUri;
  /** Present when the report goes to a session of its own (DM-2.0 §5.3.5). */
  readonly serverUri?: ServerUri;
  readonly account: string;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
}

/** The delivery of a device's alerts to one account while it does not go as usual. */
export interface AlertDelivery {
  /** The number of Package#1s in a row that carried alerts and were refused; 0: a held alert was tried again. */
  readonly refusals: number;
  /** Present during the search for refused alerts: the greatest number of alerts in a Package#1. */
  readonly size?: number;
}

export interface ManagedDevice {
  /** As registered. */
  readonly devId: DevId;
  /** Registry columns and values of DevInfo: `model`, `manufacturer`, `mcc`, `mnc`, `spName`… */
  readonly values: Readonly<Record<string, string>>;
  /** The values of parameters in ServerURIs that the device itself has told last, by parameter. */
  readonly toldValues?: Readonly<Record<string, string>>;
  /** DevInfo leaves of the last authenticated Package#1, by LocURI as the device wrote it. */
  readonly devInfo?: Readonly<Record<string, string>>;
  /** The Format that the device gave those leaves of `devInfo` that are not chr. */
  readonly devInfoFormats?: Readonly<Record<string, string>>;
  readonly facts: DeviceFacts;
  readonly miids: MiidTable;
  /** At most 200, the latest last; those that have expired go when another one comes. */
  readonly pendingExecs: readonly PendingExec[];
  /** Values of the DM Account MO that HGET changed for this device: account → path under the root → value. */
  readonly accountValues: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Names that the backend gave to nodes of the DAC MO where the bridge would have chosen others (`rights/names.ts`). */
  readonly rightsNames?: Readonly<Record<string, string>>;
  /** The resources that backends have left for MOs which the device may not have; absent: none. */
  readonly defaults?: DefaultEntries;
  /** The changes that backends want to hear of; absent: none. */
  readonly subscriptions?: Subscriptions;
  /** By account; an account whose alerts go as usual has no entry. */
  readonly alertDelivery?: Readonly<Record<string, AlertDelivery>> | undefined;
}
