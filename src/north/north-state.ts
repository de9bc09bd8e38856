/**
 * A northbound session together with the device that it is about, and what a step of it may want of the bridge.
 */

import type { ManagedDevice } from '../device/managed-device.ts';
import type { CommandOutcome, ServerCommand } from '../dm1/server-command.ts';
import type { Dm1Version } from '../dm1/session-model.ts';
import type { Dm2Alert } from '../dm2/package.ts';
import type { LogEntry } from '../log-events.ts';
import type { TreeChange } from '../mo/tree-change.ts';
import type { TranslationContext } from '../translate/context.ts';
import type { CacheEntry } from '../workflow/cache-entry.ts';
import type { RepositoryRequest } from '../workflow/repository.ts';
import type { WorkflowRequest } from '../workflow/request.ts';
import type { NorthSession } from './north-session.ts';

export interface NorthState {
  readonly north: NorthSession;
  readonly device: ManagedDevice;
}

/** What a step needs from outside. */
export interface NorthEnvironment {
  readonly context: TranslationContext;
  /** The version that the device speaks. */
  readonly version: Dm1Version;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Whether the MO cache has a copy that may stand for this read; absent: it has none at all. */
  readonly hasCacheEntry?: (request: CacheRequest) => boolean;
}

export type CacheRequest = Extract<WorkflowRequest, { readonly kind: 'cacheEntry' }>;

/** What the state asks of the bridge. */
export type NorthEffect =
  | { readonly type: 'deviceCommands'; readonly commands: readonly ServerCommand[] }
  | {
      readonly type: 'request';
      readonly id: string;
      readonly purpose: 'package' | 'repository';
      readonly request: RepositoryRequest;
    }
  /** A copy that `hasCacheEntry` promised is wanted. */
  | { readonly type: 'cacheReadRequested'; readonly id: string; readonly request: CacheRequest }
  | { readonly type: 'cacheEntryMade'; readonly entry: CacheEntry }
  /** What the commands change that are handed to the device. */
  | { readonly type: 'treeChanged'; readonly changes: readonly TreeChange[] }
  /** The backend has taken the alerts of these outbox rows. */
  | { readonly type: 'delivered'; readonly seqs: readonly number[] }
  /** An alert for a session of its own at `serverUri` (DM-2.0 §5.3.5). */
  | { readonly type: 'report'; readonly serverUri: string; readonly alert: Dm2Alert }
  /** The alert of a session of its own was taken. */
  | { readonly type: 'reportDelivered' }
  | ({ readonly type: 'log' } & LogEntry);

export interface NorthStep {
  readonly state: NorthState;
  readonly effects: readonly NorthEffect[];
}

/** The status of everything that needs a device which is gone: the same in both protocols. */
export const UNAVAILABLE = 503;

/** The outcome of a command for a device that is gone. */
export function unavailable(id: string): CommandOutcome {
  return { id, status: UNAVAILABLE, itemStatuses: [], statusItems: [], results: [] };
}
