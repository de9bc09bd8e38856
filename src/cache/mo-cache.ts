/**
 * When a copy of what a device once told may stand for a read: the MO cache rules, as a value with its transitions.
 *
 * Only the bookkeeping is here; the copies themselves are rows of the store. Copies that were current at the same moment
 * form a chain: a session whose Package#1 says that nothing has changed since the session before carries the chain on, any
 * other session begins a new one. A copy of an older chain is unconfirmed, which no later word of the device can mend.
 *
 * @see OMA-TS-DM_Protocol 2.0 §11; OMA-TS-DM_Protocol 1.3 §6.8; design: MO cache rules
 */
import type { CachePolicy } from '../mapping/mapping.ts';
import { type LocUri, overlaps } from '../mo/loc-uri.ts';
import type { TreeChange } from '../mo/tree-change.ts';

/** What is known of one copy. */
export interface CachedCopy {
  /** LocURIs that it is built from, with all that is below them. */
  readonly parts: readonly LocUri[];
  /** `values`: of the nodes; `structure`: only of which nodes there are, so that a new value changes nothing. */
  readonly of: 'values' | 'structure';
  /** Cache validator of the MO instance (DM-2.0 §11.1), or another name of this content. */
  readonly validator: string;
  /** Milliseconds since 1970: when the device told it. */
  readonly at: number;
  readonly chain: number;
  /** The versions that DevInfo told then. */
  readonly version: string;
  /** What changes all the time is declared for it, so that 1227 and 1228 speak of all the rest. */
  readonly confirmable: boolean;
}

export interface MoCache {
  readonly copies: Readonly<Record<string, CachedCopy>>;
  readonly chain: number;
  /** The session that has begun and did not end in order yet. */
  readonly session?: string;
  /** Something was executed in this session; what it started may go on changing nodes. */
  readonly isRestless: boolean;
}

/** The cache after a transition, and the keys whose rows are of no more use. */
export interface CacheStep {
  readonly cache: MoCache;
  readonly dropped: readonly string[];
}

export const EMPTY_CACHE: MoCache = { copies: {}, chain: 0, isRestless: false };

/**
 * The authenticated Package#1 is complete; `isTold`: it had DM_TREE_UNCHANGED (1227), or DM_TREE_CHANGED (1228) of which
 * every Item was understood, and what those name was touched (DM-1.3 §6.8).
 */
export function beginSession(cache: MoCache, session: string, isTold: boolean): CacheStep {
  const isCarriedOn = isTold && cache.session === undefined;
  const chain = isCarriedOn ? cache.chain : cache.chain + 1;
  return drop({ ...cache, chain, session, isRestless: false }, ({ confirmable }) => !confirmable);
}

/** The bridge ended the session in order, so that the next word of the device speaks of the time since. */
export function endSession({ session: _, ...cache }: MoCache): MoCache {
  return cache;
}

/** Nodes changed, or may have: copies that hold any of them are gone. What an Exec does, and for how long, nobody knows. */
export function touch(cache: MoCache, changes: readonly TreeChange[]): CacheStep {
  if (changes.length === 0) return { cache, dropped: [] };
  const isExec = changes.some(({ change }) => change === 'exec');
  const step = drop(cache, (copy) => isExec || changes.some((region) => concerns(region, copy)));
  return isExec ? { ...step, cache: { ...step.cache, isRestless: true } } : step;
}

/**
 * A copy that `session` has read; undefined when it is not worth keeping: the device has gone on to another session, or
 * something executed may still change it.
 */
export function fill(
  cache: MoCache,
  session: string,
  key: string,
  copy: Omit<CachedCopy, 'chain'>,
): MoCache | undefined {
  if (cache.isRestless || cache.session !== session) return undefined;
  return { ...cache, copies: { ...cache.copies, [key]: { ...copy, chain: cache.chain } } };
}

/** The copy, if it may stand for a read now; `version` as DevInfo tells now. */
export function currentCopy(
  cache: MoCache,
  key: string,
  { at, version, policy }: { readonly at: number; readonly version: string; readonly policy: CachePolicy | undefined },
): CachedCopy | undefined {
  const copy = Object.hasOwn(cache.copies, key) ? cache.copies[key] : undefined;
  if (copy === undefined) return undefined;
  const isConfirmed = cache.session !== undefined && copy.chain === cache.chain;
  return isConfirmed || isHeldBy(policy, copy, at, version) ? copy : undefined;
}

function isHeldBy(policy: CachePolicy | undefined, copy: CachedCopy, at: number, version: string): boolean {
  if (policy === undefined) return false;
  return policy.policy === 'static' ? copy.version === version : at - copy.at < policy.seconds * 1000;
}

function concerns({ locUri, change }: TreeChange, { parts, of }: CachedCopy): boolean {
  return (of === 'values' || change !== 'value') && parts.some((part) => overlaps(part, locUri));
}

function drop(cache: MoCache, isGone: (copy: CachedCopy) => boolean): CacheStep {
  const dropped = Object.entries(cache.copies).flatMap(([key, copy]) => (isGone(copy) ? [key] : []));
  if (dropped.length === 0) return { cache, dropped };
  const copies = Object.fromEntries(Object.entries(cache.copies).filter(([key]) => !dropped.includes(key)));
  return { cache: { ...cache, copies }, dropped };
}
