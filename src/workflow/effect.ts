/** Effects: what a workflow emits for the session, the device's record or the bridge, beyond the result of its command. */

import type { DefaultEntry } from '../device/default-entry.ts';
import type { DeviceFacts } from '../device/facts.ts';
import type { Subscription } from '../device/subscription.ts';
import type { ClientUriText } from '../dm2/client-uri.ts';
import type { TypedContent } from '../dm2/package.ts';
import type { ServerUri } from '../dm2/server-uri.ts';
import type { PageRequest } from '../interaction/browsing.ts';
import type { InteractionStep, LastPage } from '../interaction/interaction.ts';
import type { LogEntry } from '../log-events.ts';
import type { LocUri } from '../mo/loc-uri.ts';
import type { Moid } from '../mo/moid.ts';
import type { CacheEntry } from './cache-entry.ts';
import type { Discovered, FoundRoot, PlacedTree } from './device-tree.ts';

/** The names that the backend gave in the rights of one instance; `instance` is the beginning of their keys. */
export interface InstanceNames {
  readonly instance: string;
  readonly names: Readonly<Record<string, string>>;
}

/** The content of a subscription after a change. */
export interface ChangedContent {
  /** Names the subscription of the account. */
  readonly clientUri: string;
  readonly serverUri: ServerUri;
  readonly validator: string;
  /** The forms of the content, the preferred one first. */
  readonly forms: readonly TypedContent[];
}

export type WorkflowEffect =
  | { readonly type: 'fact'; readonly facts: DeviceFacts }
  | { readonly type: 'trees'; readonly trees: readonly PlacedTree[] }
  | { readonly type: 'discovered'; readonly discovered: Discovered }
  | { readonly type: 'cacheEntry'; readonly entry: CacheEntry }
  | { readonly type: 'rootsAdded'; readonly roots: readonly FoundRoot[] }
  /** A sub-tree was deleted, with all MO instances in it. */
  | { readonly type: 'rootsGone'; readonly locUri: LocUri }
  /** Nodes that have a value although they have children, or Format null. */
  | { readonly type: 'ownValues'; readonly locUris: readonly LocUri[] }
  | { readonly type: 'accountValue'; readonly path: string; readonly value: string }
  /** The names that the backend gave in the rights of instances; they replace all that these instances had. */
  | { readonly type: 'rightsNames'; readonly given: readonly InstanceNames[] }
  | {
      readonly type: 'pendingExec';
      readonly correlator: string;
      readonly clientUri: ClientUriText;
      readonly locUri: LocUri;
      readonly serverUri?: ServerUri;
    }
  /** The alert for an Exec that the device executed at once although the backend wants the report at a ServerURI. */
  | {
      readonly type: 'report';
      readonly serverUri: ServerUri;
      readonly clientUri: ClientUriText;
      readonly alertType: string;
      readonly data: number;
    }
  /** The entry of an MO for DEFAULT; it replaces the one before. */
  | { readonly type: 'default'; readonly moid: Moid; readonly entry: DefaultEntry }
  /** The subscription replaces that of the same text. */
  | { readonly type: 'subscription'; readonly subscription: Omit<Subscription, 'checkedAt'> }
  | { readonly type: 'subscriptionEnded'; readonly clientUri: string }
  /** The nodes of a subscription have changed: the Data Repository is to get this. */
  | ({ readonly type: 'changed' } & ChangedContent)
  /** The user interaction of a claim begins with this step, or ends. */
  | {
      readonly type: 'interaction';
      readonly step: InteractionStep;
      readonly cookies?: PageRequest['cookies'];
      readonly lastPage?: LastPage | undefined;
    }
  | ({ readonly type: 'log' } & LogEntry);
