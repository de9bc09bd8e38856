/**
 * Workflows: how a DM 2.0 command is carried out, as a value that survives a restart.
 *
 * A workflow is a generator. It yields a request for everything that it cannot know (the device's tree, the repository,
 * earlier discoveries) and is resumed with the result. It is deterministic: the executor keeps the results in a replay
 * log and, after a restart, runs the workflow again with them. Nothing that an earlier command has changed is resolved a
 * second time, because the resolution is in the log. docs/ARCHITECTURE.md lists the rules that a workflow has to keep.
 */

import type { Subscription } from '../device/subscription.ts';
import type { CommandOutcome } from '../dm1/server-command.ts';
import type { RepositoryReply, RepositoryRequest } from '../dm2/repository.ts';
import type { LongWork } from '../long-work.ts';
import type { CachePolicy } from '../mapping/mapping.ts';
import type { LocUri } from '../mo/loc-uri.ts';
import type { Miid } from '../mo/miid.ts';
import type { Moid } from '../mo/moid.ts';
import type { MoNode } from '../mo/node.ts';
import type { TreeChange } from '../mo/tree-change.ts';
import type { Mutable } from '../mutable.ts';
import type { ServerUriValues } from '../translate/server-uri.ts';
import type { VirtualUri } from '../translate/virtual-objects.ts';
import type { CacheEntry, CurrentCacheEntry } from './cache-entry.ts';
import type { Discovered, MoInstance, PlacedTree } from './device-tree.ts';
import type { InstanceNames, WorkflowEffect } from './effect.ts';
import type { CacheEntryRequest, CommandDraft, WorkflowRequest } from './request.ts';
import { expectResult, type ResultOf, type WorkflowResult } from './result.ts';
import { callSession, resultAtOnce } from './session-calls.ts';

export type Workflow<T> = Generator<WorkflowRequest, T, WorkflowResult>;

/** The session's knowledge of the sub-trees at `locUris`. */
export function* requestKnownTrees(locUris: readonly LocUri[]): Workflow<ResultOf<'knownTrees'>> {
  const wanted = { kind: 'knownTrees', locUris } as const;
  return expectResult(resultAtOnce(wanted) ?? (yield wanted), 'knownTrees');
}

/** The leaves in the sub-tree that Package#1 has brought. */
export function* requestReportedLeaves(locUri: LocUri): Workflow<readonly PlacedTree[]> {
  const wanted = { kind: 'reportedLeaves', locUri } as const;
  return expectResult(resultAtOnce(wanted) ?? (yield wanted), 'reportedLeaves').leaves;
}

/** The node of a virtual MO with its sub-tree; undefined when there is none. */
export function* requestVirtualTree(address: VirtualUri): Workflow<MoNode | undefined> {
  const wanted = { kind: 'virtualTree', address } as const;
  return expectResult(resultAtOnce(wanted) ?? (yield wanted), 'virtualTree').tree;
}

export function* requestCacheEntry(
  wanted: Pick<CacheEntry, 'key' | 'parts' | 'of'>,
  policy?: CachePolicy,
): Workflow<CurrentCacheEntry | undefined> {
  const wish: Mutable<CacheEntryRequest> = { kind: 'cacheEntry', ...wanted };
  if (policy !== undefined) wish.policy = policy;
  return expectResult(yield wish, 'cacheEntry').entry;
}

const DISCOVERED = { kind: 'discovered' } as const;

export function* requestDiscovered(): Workflow<Discovered | undefined> {
  return expectResult(resultAtOnce(DISCOVERED) ?? (yield DISCOVERED), 'discovered').discovered;
}

export function requestMiid(moid: Moid, root: LocUri): Miid {
  return expectResult(callSession({ kind: 'miid', moid, root }), 'miid').miid;
}

/** The MIIDs of all these instances, in their order. */
export function requestMiids(moid: Moid, roots: readonly LocUri[]): readonly Miid[] {
  return expectResult(callSession({ kind: 'miids', moid, roots }), 'miids').miids;
}

/** The instances that have, or once had, one of these MIIDs. */
export function requestKnownInstances(moid: Moid, miids: readonly Miid[]): readonly MoInstance<LocUri>[] {
  return expectResult(callSession({ kind: 'knownInstances', moid, miids }), 'knownInstances').instances;
}

export function requestFacts(): ResultOf<'facts'> {
  return expectResult(callSession({ kind: 'facts' }), 'facts');
}

/** The values of the parameters in ServerURIs: as the device had told them when the command asked first. */
export function requestServerUriValues(): ServerUriValues {
  return expectResult(callSession({ kind: 'serverUriValues' }), 'serverUriValues').values;
}

export function requestDefaults(): ResultOf<'defaults'> {
  return expectResult(callSession({ kind: 'defaults' }), 'defaults');
}

export function requestSubscriptions(): ResultOf<'subscriptions'> {
  return expectResult(callSession({ kind: 'subscriptions', isOrdered: false }), 'subscriptions');
}

/** The subscriptions after all earlier commands of the package. */
export function* requestSubscriptionsInOrder(): Workflow<ResultOf<'subscriptions'>> {
  const wanted = { kind: 'subscriptions', isOrdered: true } as const;
  return expectResult(resultAtOnce(wanted) ?? (yield wanted), 'subscriptions');
}

/** True when the command may show pages from now on; false while another one does. */
export function claimInteraction(): boolean {
  return expectResult(callSession({ kind: 'claimInteraction' }), 'claimInteraction').isClaimed;
}

export function requestCorrelator(): string {
  return expectResult(callSession({ kind: 'correlator' }), 'correlator').correlator;
}

/** True when a later command of the package has changed the node or its sub-tree already. */
export function isChangedLater(locUri: LocUri): boolean {
  return expectResult(callSession({ kind: 'changedLater', locUri }), 'changedLater').isChanged;
}

/** Reports an effect that no earlier command can change. */
export function emit(effect: Exclude<WorkflowEffect, { readonly type: 'rightsNames' | 'subscription' }>): void {
  expectResult(callSession({ kind: 'emit', effect }), 'emit');
}

/** Replaces the names in the rights of instances; waits for earlier commands that may still show them. */
export function* emitRightsNames(given: readonly InstanceNames[]): Workflow<void> {
  const wanted = { kind: 'emit', effect: { type: 'rightsNames', given } } as const;
  expectResult(resultAtOnce(wanted) ?? (yield wanted), 'emit');
}

/** Keeps a subscription; waits for earlier commands that may end it. */
export function* emitSubscription(subscription: Omit<Subscription, 'checkedAt'>): Workflow<void> {
  const wanted = { kind: 'emit', effect: { type: 'subscription', subscription } } as const;
  expectResult(resultAtOnce(wanted) ?? (yield wanted), 'emit');
}

/** Sends commands that only read; `mayRead` and `willWrite` name what the workflow may read or write after them. */
export function* readOnDevice(
  commands: readonly CommandDraft[],
  mayRead: readonly TreeChange[] = [],
  willWrite: readonly TreeChange[] = [],
): Workflow<readonly CommandOutcome[]> {
  return expectResult(yield { kind: 'device', commands, writes: [], willWrite, mayRead }, 'device').outcomes;
}

/** Sends commands that make the changes `writes`; `willWrite` names what the workflow may write after them (undo, retries). */
export function* writeOnDevice(
  commands: readonly CommandDraft[],
  writes: readonly TreeChange[],
  willWrite: readonly TreeChange[] = [],
): Workflow<readonly CommandOutcome[]> {
  return expectResult(yield { kind: 'device', commands, writes, willWrite, mayRead: [] }, 'device').outcomes;
}

/** Does long work in parts, with a turn of the process after each but the last. */
export function* inParts<T>(work: LongWork<T>): Workflow<T> {
  let step = work.next();
  while (step.done !== true) {
    yield TURN;
    step = work.next();
  }
  return step.value;
}

const TURN: WorkflowRequest = { kind: 'turn' };

/** Gives the process a turn in a loop over instances: after each of some. */
export function* turnAt(position: number): Workflow<void> {
  if (position % INSTANCES_OF_TURN === INSTANCES_OF_TURN - 1) yield TURN;
}

/** The rights to one instance take up to 100 µs. */
const INSTANCES_OF_TURN = 64;

export function* requestHttp(http: RepositoryRequest): Workflow<RepositoryReply> {
  return expectResult(yield { kind: 'http', http }, 'http').reply;
}
