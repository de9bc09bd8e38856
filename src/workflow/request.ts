/** The requests of a workflow: everything that it cannot compute from its arguments. */
import type { ServerCommand } from '../dm1/server-command.ts';
import type { RepositoryRequest } from '../dm2/repository.ts';
import type { CachePolicy } from '../mapping/mapping.ts';
import type { LocUri } from '../mo/loc-uri.ts';
import type { Miid } from '../mo/miid.ts';
import type { Moid } from '../mo/moid.ts';
import type { TreeChange } from '../mo/tree-change.ts';
import type { Mutable } from '../mutable.ts';
import type { VirtualUri } from '../translate/virtual-objects.ts';
import type { CacheEntry } from './cache-entry.ts';
import type { WorkflowEffect } from './effect.ts';

/** A command for the device before the executor gives it an id. */
export type CommandDraft = Omit<ServerCommand, 'id' | 'members'> & {
  /** Atomic only. */
  readonly members?: readonly CommandDraft[];
};

/** The draft as a command; the members of an Atomic have ids below its own. */
export function withId({ members, ...draft }: CommandDraft, id: string): ServerCommand {
  const command: Mutable<ServerCommand> = { ...draft, id };
  if (members !== undefined) command.members = members.map((member, at) => withId(member, `${id}.${at}`));
  return command;
}

/** Commands for the device, in order. */
export interface DeviceRequest {
  readonly kind: 'device';
  readonly commands: readonly CommandDraft[];
  /** The changes that these commands make; empty when they only read. */
  readonly writes: readonly TreeChange[];
  /** Changes that the workflow may make after them. */
  readonly willWrite: readonly TreeChange[];
  /** Places that the workflow may read after them, depending on their outcome. */
  readonly mayRead: readonly TreeChange[];
}

/**
 * The cache entry of this key, if it may replace a read. There is none of values that an unanswered write could change:
 * the read itself decides if it has to wait. A request for the structure waits, because a search costs more.
 */
export interface CacheEntryRequest extends Pick<CacheEntry, 'key' | 'parts' | 'of'> {
  readonly kind: 'cacheEntry';
  readonly policy?: CachePolicy;
}

/** An exchange with the Data Repository. A GET may run before earlier device commands are answered; others wait. */
export interface HttpRequest {
  readonly kind: 'http';
  readonly http: RepositoryRequest;
}

export type WorkflowRequest =
  /** The session's knowledge of these sub-trees, and of the device that has to be read where a tree is unknown; waits for unanswered writes that could change them. */
  | { readonly kind: 'knownTrees'; readonly locUris: readonly LocUri[] }
  /** The leaves in this sub-tree that Package#1 has brought; waits for unanswered writes that could change them. */
  | { readonly kind: 'reportedLeaves'; readonly locUri: LocUri }
  /** A node of a virtual MO with its sub-tree; waits for unanswered writes that could change anything. */
  | { readonly kind: 'virtualTree'; readonly address: VirtualUri }
  | CacheEntryRequest
  /** The MO roots found in this session, if discovery was done; waits for unanswered writes that add or remove instances. */
  | { readonly kind: 'discovered' }
  /** The MIID of an instance; a new instance gets one, which is stored. */
  | { readonly kind: 'miid'; readonly moid: Moid; readonly root: LocUri }
  /** The MIIDs of instances, like `miid`. */
  | { readonly kind: 'miids'; readonly moid: Moid; readonly roots: readonly LocUri[] }
  /** Of these MIIDs of the MOID, those that an instance ever had. */
  | { readonly kind: 'knownInstances'; readonly moid: Moid; readonly miids: readonly Miid[] }
  | { readonly kind: 'facts' }
  /** The values of the parameters in ServerURIs. */
  | { readonly kind: 'serverUriValues' }
  /** The resources that backends have left for MOs which the device may not have. */
  | { readonly kind: 'defaults' }
  /** The changes that backends want to hear of; `isOrdered`: waits for unanswered commands that may change it. */
  | { readonly kind: 'subscriptions'; readonly isOrdered: boolean }
  /** The right to show pages to the user of the device: one command has it at a time. */
  | { readonly kind: 'claimInteraction' }
  | { readonly kind: 'correlator' }
  /** True when a later command of the package has changed the place already: reading it now gives a wrong value. */
  | { readonly kind: 'changedLater'; readonly locUri: LocUri }
  | { readonly kind: 'emit'; readonly effect: WorkflowEffect }
  | DeviceRequest
  | HttpRequest
  /** A part of a long work is done, and the process may do other work. It has no result, and no entry in a replay log. */
  | { readonly kind: 'turn' };
