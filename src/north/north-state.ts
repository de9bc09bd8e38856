/** The state of a DM 2.0 client session together with its device, and what a step of it takes and gives. */

import type { ManagedDevice } from '../device/managed-device.ts';
import type { OutboxItem } from '../device/outbox-item.ts';
import type { CommandOutcome, ServerCommand } from '../dm1/server-command.ts';
import type { Dm1Version } from '../dm1/session-model.ts';
import type { Dm2Alert } from '../dm2/package.ts';
import type { RepositoryRequest } from '../dm2/repository.ts';
import type { ServerUri } from '../dm2/server-uri.ts';
import type { LogEntry } from '../log-events.ts';
import type { LocUri } from '../mo/loc-uri.ts';
import type { TreeChange } from '../mo/tree-change.ts';
import { STATUS } from '../syncml/status-codes.ts';
import type { TranslationContext } from '../translate/context.ts';
import type { CacheEntry } from '../workflow/cache-entry.ts';
import type { ChangedContent } from '../workflow/effect.ts';
import type { CacheEntryRequest } from '../workflow/request.ts';
import type { NorthSession } from './north-session.ts';

/** The session, in some phases of it only, and the device as the session knows it. */
export interface NorthState<S extends NorthSession = NorthSession> {
  readonly north: S;
  readonly device: ManagedDevice;
}

/** Everything that a step needs beside the state and the input. */
export interface NorthEnvironment {
  readonly context: TranslationContext;
  /** The version that the device speaks. */
  readonly version: Dm1Version;
  /** True when the device speaks WBXML; absent: XML. */
  readonly isWbxml?: boolean;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** A Package#2 with more commands ends the session. */
  readonly maxCommands: number;
  /** The alerts that the backend has not taken yet, oldest first. */
  readonly outbox: readonly OutboxItem[];
  /** The number of such alerts that packages of the device's older sessions carry now; they are not in `outbox`. */
  readonly alertsUnderWay?: number;
  /** The alerts that the backend has refused alone and that are tried again; absent: none. */
  readonly held?: readonly OutboxItem[];
  /** True when the MO cache has an entry that may replace this read; absent: there is no cache. */
  readonly hasCacheEntry?: (request: CacheEntryRequest) => boolean;
}

/** The kind of server that a request goes to: the backend, a Data Repository, or one with pages for the user. */
export type RequestPurpose = 'package' | 'repository' | 'page';

/** The work that a step leaves to the bridge. */
export type NorthEffect =
  | { readonly type: 'deviceCommands'; readonly commands: readonly ServerCommand[] }
  /** There is more to do at once; it goes on with the input `resumed`, after other work of the process. */
  | { readonly type: 'paused' }
  /** Send it; the reply comes back as the input `replied` with the same id. */
  | {
      readonly type: 'request';
      readonly id: string;
      readonly purpose: RequestPurpose;
      readonly request: RepositoryRequest;
    }
  /** Read the entry that `hasCacheEntry` promised; it comes back as the input `cacheRead` with the same id. */
  | { readonly type: 'cacheReadRequested'; readonly id: string; readonly request: CacheEntryRequest }
  | { readonly type: 'cacheEntryMade'; readonly entry: CacheEntry }
  /** The changes that the commands for the device make, or may have made. */
  | { readonly type: 'treeChanged'; readonly changes: readonly TreeChange[] }
  /** The backend has taken the alerts of these outbox rows. */
  | { readonly type: 'delivered'; readonly seqs: readonly number[] }
  /** The backend has refused the alert alone; its refusal says what becomes of it. */
  | { readonly type: 'setAside'; readonly item: OutboxItem }
  /** An alert for a session of its own at `serverUri` (DM-2.0 §5.3.5). */
  | { readonly type: 'report'; readonly serverUri: ServerUri; readonly alert: Dm2Alert }
  /** The Data Repository of a subscription is to get this. */
  | ({ readonly type: 'changed' } & ChangedContent)
  | { readonly type: 'ownValues'; readonly locUris: readonly LocUri[] }
  /** The backend has taken the alert of a session of its own. */
  | { readonly type: 'reportDelivered' }
  | ({ readonly type: 'log' } & LogEntry);

export interface NorthStep<S extends NorthSession = NorthSession> {
  readonly state: NorthState<S>;
  readonly effects: readonly NorthEffect[];
}

/** The status of everything that needs a device that has left: the same in both protocols. */
export const UNAVAILABLE = STATUS.serviceUnavailable;

/** The outcome of a command for a device that has left. */
export function unavailable(id: string): CommandOutcome {
  return { id, status: UNAVAILABLE, itemStatuses: [], statusItems: [], results: [] };
}
