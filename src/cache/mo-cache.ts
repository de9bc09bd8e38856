/**
 * The rules of the MO cache, which decide whether data that a device once reported may replace a read.
 *
 * This is bookkeeping only; the data itself is in rows of the store. Entries that were current at the same moment form a
 * chain. A session whose Package#1 reports that nothing has changed since the session before continues the chain; any other
 * session begins a new one. An entry of an older chain is unconfirmed, and no later report of the device can confirm it.
 *
 * ADR 21 gives the reasons.
 *
 * @see OMA-TS-DM_Protocol 2.0 §11; OMA-TS-DM_Protocol 1.3 §6.8
 */
import type { CachePolicy } from '../mapping/mapping.ts';
import { ancestorsOf, commonAncestor, type LocUri, overlaps } from '../mo/loc-uri.ts';
import type { TreeChange } from '../mo/tree-change.ts';

/** The bookkeeping of one entry. */
export interface CachedEntry {
  /** The tops of the sub-trees that it is built from. */
  readonly parts: readonly LocUri[];
  /** `values`: of the nodes; `structure`: only of the existence of nodes, so that a new value changes nothing. */
  readonly of: 'values' | 'structure';
  /** Cache validator of the MO instance (DM-2.0 §11.1), or another name of this content. */
  readonly validator: string;
  /** Milliseconds since 1970: when the device reported it. */
  readonly at: number;
  readonly chain: number;
  /** The versions in DevInfo at that time. */
  readonly version: string;
  /** True when the mapping declares all volatile nodes, so that 1227 and 1228 report every other change. */
  readonly confirmable: boolean;
  /** The session whose Package#1 has told other values of its leaves: they are known in this session only. */
  readonly overlaidIn?: string;
  /** Of a structure: the tops of sub-trees that may have changed since, at most 32; everything else is as it was. */
  readonly outdated?: readonly LocUri[];
}

/** The bookkeeping of one device. Its member names are those of stored records. */
export interface MoCache {
  /** By the key of the entry. */
  readonly copies: Readonly<Record<string, CachedEntry>>;
  readonly chain: number;
  /** The session that has begun and has not ended in order yet. */
  readonly session?: string;
  /** True after an Exec of this session, which may go on changing nodes. */
  readonly isRestless: boolean;
}

/** The cache after a transition, and the keys whose rows have become useless. */
export interface CacheStep {
  readonly cache: MoCache;
  readonly dropped: readonly string[];
}

export const EMPTY_CACHE: MoCache = { copies: {}, chain: 0, isRestless: false };

/**
 * The cache after a complete, authenticated Package#1. `treeStateReported`: it had DM_TREE_UNCHANGED (1227), or
 * DM_TREE_CHANGED (1228) of which every Item was understood and invalidated what it names (DM-1.3 §6.8).
 */
export function beginSession(cache: MoCache, session: string, treeStateReported: boolean): CacheStep {
  const continuesChain = treeStateReported && cache.session === undefined;
  const chain = continuesChain ? cache.chain : cache.chain + 1;
  const isUseless = ({ confirmable, overlaidIn = session }: CachedEntry) => !confirmable || overlaidIn !== session;
  return withoutEntries({ ...cache, chain, session, isRestless: false }, isUseless);
}

/** The cache after a session that ended in order: the next report of the device covers the time since then. */
export function endSession({ session: _, ...cache }: MoCache): MoCache {
  return cache;
}

/**
 * The cache without the entries of values that hold a changed node. An entry of the structure stays, with the changed nodes as
 * outdated, unless they are the whole tree. An Exec may change anything for an unknown time.
 */
export function invalidate(cache: MoCache, changes: readonly TreeChange[]): CacheStep {
  if (changes.length === 0) return { cache, dropped: [] };
  if (changes.some(({ change }) => change === 'exec')) {
    const step = withoutEntries(cache, () => true);
    return { ...step, cache: { ...step.cache, isRestless: true } };
  }
  return withEach(cache, (entry) => entryAfter(entry, changes));
}

/** Values of leaves below `top` that a session's Package#1 has told. */
export interface ReportedLeaves {
  readonly top: LocUri;
  readonly leaves: readonly LocUri[];
  /** The session when later ones may not hear the values again; undefined when each Package#1 tells them. */
  readonly session: string | undefined;
}

/**
 * The cache after a Package#1 has told new values of leaves. An entry that holds all of `top` stays, because the leaves are put
 * over it when it is read.
 */
export function applyReportedLeaves(cache: MoCache, { top, leaves, session }: ReportedLeaves): CacheStep {
  const changes = leaves.map((locUri): TreeChange => ({ locUri, change: 'value' }));
  return withEach(cache, (entry) => {
    if (!entry.parts.includes(top)) return entryAfter(entry, changes);
    return session === undefined ? entry : { ...entry, overlaidIn: session };
  });
}

/** The cache with each entry changed; undefined drops the entry. */
function withEach(cache: MoCache, change: (entry: CachedEntry) => CachedEntry | undefined): CacheStep {
  const entries = Object.entries(cache.copies).map(([key, entry]) => [key, change(entry)] as const);
  if (entries.every(([key, entry]) => entry === cache.copies[key])) return { cache, dropped: [] };
  const copies = Object.fromEntries(entries.flatMap(([key, entry]) => (entry === undefined ? [] : [[key, entry]])));
  return {
    cache: { ...cache, copies },
    dropped: entries.flatMap(([key, entry]) => (entry === undefined ? [key] : [])),
  };
}

/** The entry after the changes; undefined when it is of no more use. */
function entryAfter(entry: CachedEntry, changes: readonly TreeChange[]): CachedEntry | undefined {
  const affecting = changes.filter((change) => affects(change, entry));
  if (affecting.length === 0) return entry;
  if (entry.of === 'values') return undefined;
  const tops = topsOf([...(entry.outdated ?? []), ...affecting.map(({ locUri }) => locUri)]);
  const above = tops.length > MAX_OUTDATED ? commonAncestor(tops) : undefined;
  const outdated = above === undefined ? tops : [above];
  return outdated.some((locUri) => entry.parts.includes(locUri)) ? undefined : { ...entry, outdated };
}

/** The addresses that are not below another one of them. */
function topsOf(locUris: readonly LocUri[]): readonly LocUri[] {
  const tops = new Set<LocUri>();
  for (const locUri of locUris.toSorted((one, other) => one.length - other.length)) {
    if (!ancestorsOf(locUri).some((above) => tops.has(above))) tops.add(locUri);
  }
  return [...tops];
}

/** Most outdated sub-trees of an entry: each costs a command. */
const MAX_OUTDATED = 32;

/**
 * The cache with an entry that `session` has read. Undefined when the entry is useless: the device is in another session
 * by now, or an Exec may still change it.
 */
export function withEntry(
  cache: MoCache,
  session: string,
  key: string,
  entry: Omit<CachedEntry, 'chain'>,
): MoCache | undefined {
  if (cache.isRestless || cache.session !== session) return undefined;
  return { ...cache, copies: { ...cache.copies, [key]: { ...entry, chain: cache.chain } } };
}

/** The conditions of a read. */
export interface CacheRead {
  /** Milliseconds since 1970: now. */
  readonly at: number;
  /** The versions in DevInfo now. */
  readonly version: string;
  readonly policy: CachePolicy | undefined;
}

/** The entry when it may replace a read now. */
export function currentEntry(cache: MoCache, key: string, read: CacheRead): CachedEntry | undefined {
  const entry = Object.hasOwn(cache.copies, key) ? cache.copies[key] : undefined;
  if (entry === undefined) return undefined;
  const isConfirmed = cache.session !== undefined && entry.chain === cache.chain;
  return isConfirmed || isCurrentByPolicy(entry, read) ? entry : undefined;
}

function isCurrentByPolicy(entry: CachedEntry, { at, version, policy }: CacheRead): boolean {
  if (policy === undefined) return false;
  return policy.policy === 'static' ? entry.version === version : at - entry.at < policy.seconds * 1000;
}

function affects({ locUri, change }: TreeChange, { parts, of }: CachedEntry): boolean {
  return (of === 'values' || change !== 'value') && parts.some((part) => overlaps(part, locUri));
}

function withoutEntries(cache: MoCache, isDropped: (entry: CachedEntry) => boolean): CacheStep {
  const dropped = Object.entries(cache.copies).flatMap(([key, entry]) => (isDropped(entry) ? [key] : []));
  if (dropped.length === 0) return { cache, dropped };
  const copies = Object.fromEntries(Object.entries(cache.copies).filter(([key]) => !dropped.includes(key)));
  return { cache: { ...cache, copies }, dropped };
}
