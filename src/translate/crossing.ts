/**
 * A northbound session together with the device that it is about, and what a step of it may want of the bridge.
 */
import type { CommandOutcome, Dm1Version, ServerCommand } from '../dm1/session-model.ts';
import type { Dm2Alert } from '../dm2/package.ts';
import type { CrossingContext } from './context.ts';
import type { DeviceKnowledge } from './device-knowledge.ts';
import type { NorthSession } from './north-session.ts';
import type { Ask, FreshCopy, RepositoryRequest } from './procedure.ts';
import type { Region } from './regions.ts';

export interface Crossing {
  readonly north: NorthSession;
  readonly device: DeviceKnowledge;
}

/** What a step needs from outside. */
export interface CrossingEnvironment {
  readonly context: CrossingContext;
  /** The version that the device speaks. */
  readonly version: Dm1Version;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Whether the MO cache has a copy that may stand for this read; absent: it has none at all. */
  readonly hasCopy?: (ask: CopyAsk) => boolean;
}

export type CopyAsk = Extract<Ask, { readonly kind: 'copy' }>;

/** What the crossing asks of the bridge. */
export type CrossingEffect =
  | { readonly type: 'deviceCommands'; readonly commands: readonly ServerCommand[] }
  | {
      readonly type: 'request';
      readonly id: string;
      readonly purpose: 'package' | 'repository';
      readonly request: RepositoryRequest;
    }
  /** A copy that `hasCopy` promised is wanted. */
  | { readonly type: 'copyWanted'; readonly id: string; readonly ask: CopyAsk }
  | { readonly type: 'copyMade'; readonly copy: FreshCopy }
  /** What the commands change that are handed to the device. */
  | { readonly type: 'treeChanged'; readonly changes: readonly Region[] }
  /** The backend has taken the alerts of these outbox rows. */
  | { readonly type: 'delivered'; readonly seqs: readonly number[] }
  /** An alert for a session of its own at `serverUri` (DM-2.0 §5.3.5). */
  | { readonly type: 'report'; readonly serverUri: string; readonly alert: Dm2Alert }
  /** The alert of a session of its own was taken. */
  | { readonly type: 'reportDelivered' }
  | { readonly type: 'log'; readonly event: string; readonly facts: Readonly<Record<string, unknown>> };

export interface CrossingStep {
  readonly crossing: Crossing;
  readonly effects: readonly CrossingEffect[];
}

/** The status of everything that needs a device which is gone: the same in both protocols. */
export const UNAVAILABLE = 503;

/** The outcome of a command for a device that is gone. */
export function unavailable(id: string): CommandOutcome {
  return { id, status: UNAVAILABLE, itemStatuses: [], statusItems: [], results: [] };
}
