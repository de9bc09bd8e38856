/**
 * The MO cache of one device: applies the rules of `cache/mo-cache.ts` to the device's record and to its cache rows.
 *
 * @see OMA-TS-DM_Protocol 2.0 §11; OMA-TS-DM_Protocol 1.3 §6.8
 */
import {
  applyReportedLeaves,
  beginSession,
  type CachedEntry,
  currentEntry,
  EMPTY_CACHE,
  endSession,
  invalidate,
  type MoCache,
  withEntry,
} from '../cache/mo-cache.ts';
import { DEV_INFO_ROOT, devInfoLocUri, kindOfLeaf, versionsIn } from '../device/dev-info.ts';
import { type LocUri, readLocUri } from '../mo/loc-uri.ts';
import type { TreeChange } from '../mo/tree-change.ts';
import { withReportedChanges } from '../north/reported-changes.ts';
import { instanceOfTnds } from '../tree/requested-mo.ts';
import type { CacheEntry, CurrentCacheEntry } from '../workflow/cache-entry.ts';
import type { CacheEntryRequest } from '../workflow/request.ts';
import type { DeviceCell } from './device-cell.ts';
import type { BridgeOptions } from './options.ts';
import type { CacheUse, RequestedMo } from './session.ts';

/** Package#1 is complete: from now on the cache entries that it confirms may answer reads. */
export function beginCacheSession(options: BridgeOptions, cell: DeviceCell): void {
  const { session } = cell;
  if (session === undefined) return;
  const { treeStateReported, requestedMos = [], ...rest } = session;
  cell.session = rest;
  begin(cell, session.id, treeStateReported === true);
  for (const requested of requestedMos) addRequestedMo(options, cell, requested);
}

/** The device has left its session, so its next Alert 1227 or 1228 does not speak of the time since the last entry. */
export function breakCacheChain(cell: DeviceCell): void {
  begin(cell, '', false);
}

/**
 * Ends the session and logs the use of its cache. Only when it ends in order does the Alert 1227 or 1228 of the next session
 * count.
 */
export function endCacheSession({ journal }: BridgeOptions, cell: DeviceCell, isInOrder: boolean): void {
  const { record, session } = cell;
  if (record.cache !== undefined && isInOrder) replaceCache(cell, endSession(record.cache), []);
  if (session?.cacheUse === undefined) return;
  journal.log('cache.used', { device: record.devId, session: session.id, ...session.cacheUse });
}

/** Commands change these nodes, or may change them. */
export function invalidateCache(cell: DeviceCell, changes: readonly TreeChange[]): void {
  const { cache } = cell.record;
  if (cache === undefined || changes.length === 0) return;
  const step = invalidate(cache, changes);
  replaceCache(cell, step.cache, step.dropped);
}

/** The device says that these nodes have changed: its session forgets them, too. */
export function invalidateNodes(cell: DeviceCell, locUris: readonly LocUri[]): void {
  if (locUris.length === 0) return;
  const changes = locUris.map((locUri): TreeChange => ({ locUri, change: 'instance' }));
  invalidateCache(cell, changes);
  const { session } = cell;
  if (session !== undefined) cell.session = { ...session, north: withReportedChanges(session.north, changes) };
}

/** Package#1 has told new values of these leaves of DevInfo, as the device wrote their addresses. */
export function overlayDevInfo(cell: DeviceCell, texts: readonly string[]): void {
  const { record, session } = cell;
  if (record.cache === undefined || session === undefined) return;
  const isLasting = texts.every((text) => kindOfLeaf(text) === 'language');
  const leaves = texts.flatMap((text) => devInfoLocUri(text) ?? []);
  const reported = { top: DEV_INFO_ROOT, leaves, session: isLasting ? undefined : session.id };
  const step = applyReportedLeaves(record.cache, reported);
  replaceCache(cell, step.cache, step.dropped);
}

export function invalidateDevInfo(cell: DeviceCell): void {
  invalidateNodes(cell, [DEV_INFO_ROOT]);
}

/** Adds an entry that the session had to read from the device. */
export function addCacheEntry(options: BridgeOptions, cell: DeviceCell, session: string, entry: CacheEntry): void {
  countUse(cell, { misses: 1 });
  writeEntry(options, cell, session, entry);
}

/** Adds an MO that the device sent unasked (Alert 1229), unless no mapping knows its place. */
export function addRequestedMo(options: BridgeOptions, cell: DeviceCell, { locUri, tnds }: RequestedMo): void {
  const session = cell.session?.id ?? '';
  const root = readLocUri(locUri);
  const entry = root === undefined ? undefined : instanceOfTnds(options.index, root, tnds);
  if (entry !== undefined) writeEntry(options, cell, session, entry);
  else options.journal.log('cache.requested_mo_ignored', { device: cell.record.devId, session, locUri });
}

/** True when a cache entry may answer this read. */
export function hasCacheEntry(cell: DeviceCell, request: CacheEntryRequest, at: number): boolean {
  return entryFor(cell, request, at) !== undefined;
}

/** The entry itself; undefined when the store has dropped it, or it was invalidated since `hasCacheEntry`. */
export async function readCacheEntry(
  cell: DeviceCell,
  request: CacheEntryRequest,
  at: number,
): Promise<CurrentCacheEntry | undefined> {
  const validator = entryFor(cell, request, at)?.validator;
  if (validator === undefined) return undefined;
  const value = await cell.readCacheRow(request.key, validator);
  if (value === undefined || entryFor(cell, request, at)?.validator !== validator) return undefined;
  countUse(cell, { hits: 1, bytesSaved: Buffer.byteLength(JSON.stringify(value)), roundTripsSaved: 1 });
  const outdated = entryFor(cell, request, at)?.outdated;
  return outdated === undefined ? { validator, value } : { validator, value, outdated };
}

function entryFor({ record }: DeviceCell, { key, policy }: CacheEntryRequest, at: number): CachedEntry | undefined {
  // Computing the versions costs time, and most keys have no entry.
  if (record.cache?.copies[key] === undefined) return undefined;
  return currentEntry(record.cache, key, { at, policy, version: versionsIn(record.devInfo) });
}

function writeEntry(options: BridgeOptions, cell: DeviceCell, session: string, entry: CacheEntry): void {
  const { key, validator, value, parts, of, confirmable } = entry;
  const version = versionsIn(cell.record.devInfo);
  const copy = { parts, of, validator, confirmable, at: options.clock.now(), version };
  const cache = withEntry(cell.record.cache ?? EMPTY_CACHE, session, key, copy);
  if (cache === undefined) return;
  replaceCache(cell, cache, []);
  cell.writeCacheRow({ key, validator, value });
}

function begin(cell: DeviceCell, session: string, isReported: boolean): void {
  const step = beginSession(cell.record.cache ?? EMPTY_CACHE, session, isReported);
  replaceCache(cell, step.cache, step.dropped);
}

function replaceCache(cell: DeviceCell, cache: MoCache, dropped: readonly string[]): void {
  if (cache !== cell.record.cache) cell.record = { ...cell.record, cache };
  cell.dropCacheRows(dropped);
}

const UNUSED: CacheUse = { hits: 0, misses: 0, bytesSaved: 0, roundTripsSaved: 0 };

function countUse(cell: DeviceCell, more: Partial<CacheUse>): void {
  const { session } = cell;
  if (session === undefined) return;
  const { cacheUse: use = UNUSED } = session;
  const { hits = 0, misses = 0, bytesSaved = 0, roundTripsSaved = 0 } = more;
  cell.session = {
    ...session,
    cacheUse: {
      hits: use.hits + hits,
      misses: use.misses + misses,
      bytesSaved: use.bytesSaved + bytesSaved,
      roundTripsSaved: use.roundTripsSaved + roundTripsSaved,
    },
  };
}
