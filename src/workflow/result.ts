/** The results of a workflow's requests: one of the same kind for each request. */
import type { DefaultEntries } from '../device/default-entry.ts';
import type { DeviceFacts } from '../device/facts.ts';
import type { Subscriptions } from '../device/subscription.ts';
import type { CommandOutcome } from '../dm1/server-command.ts';
import type { Dm1Version } from '../dm1/session-model.ts';
import type { RepositoryReply } from '../dm2/repository.ts';
import type { LocUri } from '../mo/loc-uri.ts';
import type { Miid } from '../mo/miid.ts';
import type { Moid } from '../mo/moid.ts';
import type { MoNode } from '../mo/node.ts';
import type { ServerUriValues } from '../translate/server-uri.ts';
import type { CurrentCacheEntry } from './cache-entry.ts';
import type { Discovered, KnownTree, MoInstance, PlacedTree } from './device-tree.ts';

export type WorkflowResult =
  | {
      readonly kind: 'knownTrees';
      /** In the order of the requested LocURIs. */
      readonly trees: readonly KnownTree[];
      readonly facts: DeviceFacts;
      readonly version: Dm1Version;
    }
  | { readonly kind: 'reportedLeaves'; readonly leaves: readonly PlacedTree[] }
  | { readonly kind: 'virtualTree'; readonly tree?: MoNode }
  | { readonly kind: 'cacheEntry'; readonly entry?: CurrentCacheEntry }
  | { readonly kind: 'discovered'; readonly discovered?: Discovered }
  | { readonly kind: 'miid'; readonly miid: Miid }
  /** In the order of the requested roots. */
  | { readonly kind: 'miids'; readonly miids: readonly Miid[] }
  | { readonly kind: 'knownInstances'; readonly instances: readonly MoInstance<LocUri>[] }
  | {
      readonly kind: 'facts';
      readonly facts: DeviceFacts;
      readonly version: Dm1Version;
      /** The device speaks WBXML; absent: XML. */
      readonly isWbxml?: true;
      /** The device has left the session: nothing can be read or written any more. */
      readonly isDeviceGone?: true;
      /** MOIDs of instances that the device has, or once had. */
      readonly moids: readonly Moid[];
      readonly rightsNames?: Readonly<Record<string, string>>;
    }
  | { readonly kind: 'serverUriValues'; readonly values: ServerUriValues }
  /** `session` names the DM 2.0 session. */
  | { readonly kind: 'defaults'; readonly entries: DefaultEntries; readonly session: string }
  /** `session` names the DM 2.0 session. */
  | { readonly kind: 'subscriptions'; readonly subscriptions: Subscriptions; readonly session: string }
  | { readonly kind: 'claimInteraction'; readonly isClaimed: boolean }
  | { readonly kind: 'correlator'; readonly correlator: string }
  | { readonly kind: 'changedLater'; readonly isChanged: boolean }
  | { readonly kind: 'emit' }
  | { readonly kind: 'device'; readonly outcomes: readonly CommandOutcome[] }
  | { readonly kind: 'http'; readonly reply: RepositoryReply }
  | { readonly kind: 'turn' };

export type ResultOf<K extends WorkflowResult['kind']> = Extract<WorkflowResult, { readonly kind: K }>;

/** The result as one of `kind`; throws a TypeError for another kind, which is a fault of the executor. */
export function expectResult<K extends WorkflowResult['kind']>(result: WorkflowResult, kind: K): ResultOf<K> {
  if (isOfKind(result, kind)) return result;
  throw new TypeError(`the request has the kind ${kind}, the result ${result.kind}`);
}

function isOfKind<K extends WorkflowResult['kind']>(result: WorkflowResult, kind: K): result is ResultOf<K> {
  return result.kind === kind;
}
