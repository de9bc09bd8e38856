/**
 * Where the MO cache meets a device: what its Package#1 says of the tree, what changes it, what is worth keeping.
 *
 * The rules are those of `cache/mo-cache.ts`; here they are applied to the device's record and its rows.
 *
 * @see OMA-TS-DM_Protocol 2.0 §11; OMA-TS-DM_Protocol 1.3 §6.8
 */
import {
  beginSession,
  type CachedCopy,
  currentCopy,
  EMPTY_CACHE,
  endSession,
  fill,
  type MoCache,
  touch,
} from '../cache/mo-cache.ts';
import { DEV_INFO_ROOT, versionsIn } from '../device/dev-info.ts';
import type { PlainItem } from '../dm1/plain-item.ts';
import type { DeviceAlert } from '../dm1/session-model.ts';
import { isDevInfo, readLocUri } from '../mo/loc-uri.ts';
import type { TreeChange } from '../mo/tree-change.ts';
import { withReportedChanges } from '../north/reported-changes.ts';
import { ALERT } from '../syncml/alert-codes.ts';
import { instanceOfTnds } from '../tree/requested-mo.ts';
import type { CacheEntry, CurrentCacheEntry } from '../workflow/cache-entry.ts';
import type { CacheEntryRequest } from '../workflow/request.ts';
import type { DeviceCell } from './device-cell.ts';
import type { BridgeOptions } from './options.ts';
import type { CacheUse, RequestedMo } from './session.ts';

/** Package#1 is complete: from now on copies may answer, those that it confirms. */
export function openCache(options: BridgeOptions, cell: DeviceCell): void {
  const { session } = cell;
  if (session === undefined) return;
  const { treeStateReported, requestedMos = [], ...rest } = session;
  cell.session = rest;
  begin(cell, session.id, treeStateReported === true);
  for (const requested of requestedMos) keepRequested(options, cell, requested);
}

/** The device has left what its word of 1227 or 1228 counts from. */
export function breakCache(cell: DeviceCell): void {
  begin(cell, '', false);
}

/** An Alert that says something of the tree: 1227, 1228, 1229, or an event of one of its nodes (DM-1.3 §6.3, §6.8). */
export function noteTreeAlert(options: BridgeOptions, cell: DeviceCell, { code, items }: DeviceAlert): void {
  switch (code) {
    case ALERT.treeUnchanged:
      tell(cell);
      return;
    case ALERT.treeChanged: {
      const isUnderstood = items.length > 0 && items.every(isNaming);
      if (isUnderstood) tell(cell);
      noteChanges(cell, isUnderstood ? items.flatMap(namedPlaces) : ['.']);
      return;
    }
    case ALERT.requestedMo:
      for (const { source, data } of items) {
        if (source !== undefined && data !== undefined) takeRequested(options, cell, { locUri: source, tnds: data });
      }
      return;
    default:
      noteChanges(
        cell,
        items.flatMap(({ source }) => placesIn([source])),
      );
  }
}

/** The session ends; what the copies did for it is told. Only when it ends in order does the next word of the device count. */
export function closeCache({ journal }: BridgeOptions, cell: DeviceCell, isInOrder: boolean): void {
  const { record, session } = cell;
  if (record.cache !== undefined && isInOrder) keep(cell, endSession(record.cache), []);
  if (session?.cacheUse === undefined) return;
  journal.log('cache.used', { device: record.devId, session: session.id, ...session.cacheUse });
}

/** DevInfo tells something else than it did. */
export function noteOtherDevInfo(cell: DeviceCell): void {
  noteChanges(cell, [DEV_INFO_ROOT]);
}

/** Commands change nodes, or may. */
export function touchCache(cell: DeviceCell, changes: readonly TreeChange[]): void {
  const { cache } = cell.record;
  if (cache === undefined || changes.length === 0) return;
  const step = touch(cache, changes);
  keep(cell, step.cache, step.dropped);
}

/** The device says that nodes have changed: what its session knows of them is forgotten, too. */
function noteChanges(cell: DeviceCell, locUris: readonly string[]): void {
  if (locUris.length === 0) return;
  const changes = locUris.map((locUri): TreeChange => ({ locUri, change: 'instance' }));
  touchCache(cell, changes);
  const { session } = cell;
  if (session !== undefined) cell.session = { ...session, north: withReportedChanges(session.north, changes) };
}

/** Keeps what `sessionName` has read, because no copy answered. */
export function keepFresh(options: BridgeOptions, cell: DeviceCell, sessionName: string, copy: CacheEntry): void {
  count(cell, { misses: 1 });
  writeCacheRow(options, cell, sessionName, copy);
}

function writeCacheRow(options: BridgeOptions, cell: DeviceCell, sessionName: string, copy: CacheEntry): void {
  const { key, validator, value, parts, of, confirmable } = copy;
  const facts = {
    parts,
    of,
    validator,
    confirmable,
    at: options.clock.now(),
    version: versionsIn(cell.record.devInfo),
  };
  const cache = fill(cell.record.cache ?? EMPTY_CACHE, sessionName, key, facts);
  if (cache === undefined) return;
  keep(cell, cache, []);
  cell.writeCacheRow({ key, validator, value });
}

/** Whether a copy may stand for this read. */
export function hasCacheEntry(cell: DeviceCell, ask: CacheEntryRequest, at: number): boolean {
  return copyFor(cell, ask, at) !== undefined;
}

/** The copy itself; undefined when it is gone from the store, or was touched since it was promised. */
export async function readCacheRow(
  cell: DeviceCell,
  ask: CacheEntryRequest,
  at: number,
): Promise<CurrentCacheEntry | undefined> {
  const copy = copyFor(cell, ask, at);
  if (copy === undefined) return undefined;
  const value = await cell.readCacheRow(ask.key, copy.validator);
  if (value === undefined || copyFor(cell, ask, at)?.validator !== copy.validator) return undefined;
  count(cell, { hits: 1, bytesSaved: Buffer.byteLength(JSON.stringify(value)), roundTripsSaved: 1 });
  return { validator: copy.validator, value };
}

function copyFor({ record }: DeviceCell, { key, policy }: CacheEntryRequest, at: number): CachedCopy | undefined {
  if (record.cache?.copies[key] === undefined) return undefined;
  return currentCopy(record.cache, key, { at, policy, version: versionsIn(record.devInfo) });
}

/** That of a Package#1 waits until that is complete. */
function takeRequested(options: BridgeOptions, cell: DeviceCell, requested: RequestedMo): void {
  const { session } = cell;
  if (session?.north.phase !== 'waiting') keepRequested(options, cell, requested);
  else cell.session = { ...session, requestedMos: [...(session.requestedMos ?? []), requested] };
}

/** An MO that the bridge cannot place is read when somebody wants it. */
function keepRequested(options: BridgeOptions, cell: DeviceCell, { locUri, tnds }: RequestedMo): void {
  const place = { device: cell.record.devId, session: cell.session?.id ?? '' };
  const copy = instanceOfTnds(options.index, locUri, tnds);
  if (copy === undefined) options.journal.log('cache.requested_mo_ignored', { ...place, locUri });
  else writeCacheRow(options, cell, place.session, copy);
}

/** Only the word of a Package#1 counts. */
function tell(cell: DeviceCell): void {
  if (cell.session?.north.phase === 'waiting') cell.session = { ...cell.session, treeStateReported: true };
}

/** Data holds the URI of the MO (DM-1.3 §6.8); where there is none, some put it where other Alerts have theirs. */
function isNaming({ data = '', source, target }: PlainItem): boolean {
  return placesIn(data.trim() === '' ? [source, target] : [data]).length > 0;
}

/** Whatever else it names may have changed as well. */
function namedPlaces({ data, source, target }: PlainItem): readonly string[] {
  return placesIn([data, source, target]);
}

/** Devices write `Devinfo`, too (DM-1.3 §6.3). */
function placesIn(texts: readonly (string | undefined)[]): readonly string[] {
  return texts.flatMap((text = '') => (isDevInfo(text) ? DEV_INFO_ROOT : (readLocUri(text) ?? [])));
}

function begin(cell: DeviceCell, session: string, isTold: boolean): void {
  const step = beginSession(cell.record.cache ?? EMPTY_CACHE, session, isTold);
  keep(cell, step.cache, step.dropped);
}

function keep(cell: DeviceCell, cache: MoCache, dropped: readonly string[]): void {
  if (cache !== cell.record.cache) cell.record = { ...cell.record, cache };
  cell.dropCacheRows(dropped);
}

const UNUSED: CacheUse = { hits: 0, misses: 0, bytesSaved: 0, roundTripsSaved: 0 };

function count(cell: DeviceCell, more: Partial<CacheUse>): void {
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
