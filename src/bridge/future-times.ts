/**
 * Times in a device's record that are later than they can be: the system's clock was set back since. They count as now, or what
 * rests on them would last until the clock is there again.
 *
 * The times of sessions and their answers are measured by the monotonic clock, see `stored-times.ts`.
 */
import type { MoCache } from '../cache/mo-cache.ts';
import { PENDING_EXEC_MS, type PendingExec } from '../device/managed-device.ts';
import type { DeviceRecord } from '../device/record.ts';
import type { Mutable } from '../mutable.ts';

/** The record with no such time; the very same object when there is none. `now`: milliseconds since 1970. */
export function withoutFutureTimes(record: DeviceRecord, now: number): DeviceRecord {
  const { facts, cache, pendingExecs } = record;
  const isAhead = ({ at }: { readonly at: number }): boolean => at > now;
  const isExecAhead = ({ expiresAt }: PendingExec): boolean => expiresAt > now + PENDING_EXEC_MS;
  const areStrikesAhead = facts.strikes?.some(isAhead) === true;
  const isCacheAhead = cache !== undefined && Object.values(cache.copies).some(isAhead);
  const areExecsAhead = pendingExecs.some(isExecAhead);
  if (!areStrikesAhead && !isCacheAhead && !areExecsAhead) return record;
  const next: Mutable<DeviceRecord> = { ...record };
  if (areStrikesAhead) next.facts = { ...facts, strikes: facts.strikes?.map((strike) => atMost(strike, now)) ?? [] };
  if (isCacheAhead) next.cache = cacheUpTo(cache, now);
  if (areExecsAhead) {
    next.pendingExecs = pendingExecs.map((exec) =>
      isExecAhead(exec) ? { ...exec, expiresAt: now + PENDING_EXEC_MS } : exec,
    );
  }
  return next;
}

function cacheUpTo(cache: MoCache, now: number): MoCache {
  const copies = Object.entries(cache.copies).map(([key, entry]) => [key, atMost(entry, now)] as const);
  return { ...cache, copies: Object.fromEntries(copies) };
}

function atMost<T extends { readonly at: number }>(value: T, now: number): T {
  return value.at > now ? { ...value, at: now } : value;
}
