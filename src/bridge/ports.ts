/**
 * What the bridge needs of the world. Adapters live in `store/` and `http/`; tests pass their own.
 */

import type { OutboxItem } from '../device/device-knowledge.ts';
import type { DeviceRecord } from '../device/record.ts';
import type { Content } from '../dm2/package.ts';
import type { MoNode } from '../mo/node.ts';
import type { Discovered } from '../workflow/device-tree.ts';
import type { DmSession, ExecReport, StoredAnswer } from './session.ts';

/** Milliseconds since 1970. */
export interface Clock {
  now(): number;
  /** Resolves after `ms`; the returned `cancel` releases the timer. */
  after(ms: number): { readonly done: Promise<void>; cancel(): void };
}

export interface Random {
  bytes(count: number): Uint8Array;
}

/** All that is kept of one device, read in one go. */
export interface DeviceState {
  /** Counts up with every commit; a commit names the version that it builds on. */
  readonly version: number;
  readonly record: DeviceRecord;
  readonly session?: DmSession;
  readonly answer?: StoredAnswer;
  /** Oldest first. */
  readonly outbox: readonly OutboxItem[];
}

/** The tree of an MO instance as DM 2.0 sees it, or which MO roots the device has. */
export type CachedValue = MoNode | Discovered;

/** One row of the MO cache of a device. */
export interface CacheRow {
  /** Unique in the device; a later row of the same key takes its place. */
  readonly key: string;
  /** Tells this content of the row from every other one. */
  readonly validator: string;
  readonly value: CachedValue;
}

/** What one step changes; absent: unchanged, null: removed. Applied as a whole or not at all. */
export interface DeviceChange {
  readonly record?: DeviceRecord;
  readonly session?: DmSession | null;
  readonly answer?: StoredAnswer | null;
  /** New outbox rows; `seq` is chosen by the caller, unique and rising per device. */
  readonly outboxAdded?: readonly OutboxItem[];
  readonly outboxRemoved?: readonly number[];
  readonly reportsAdded?: readonly ExecReport[];
  readonly reportsRemoved?: readonly string[];
  readonly cacheWritten?: readonly CacheRow[];
  /** Keys; dropped before `cacheWritten` is applied. */
  readonly cacheDropped?: readonly string[];
}

export interface Store {
  /** Compares without case. */
  load(devId: string): Promise<DeviceState | undefined>;
  /**
   * Durable when it resolves.
   * @throws StoreError ERR_STORE when the version is no longer current or the medium fails
   */
  commit(devId: string, version: number, change: DeviceChange): Promise<number>;
  /** Inserts a device, or replaces its record by what `update` makes of it. Used by the import. */
  upsert(devId: string, update: (current: DeviceRecord | undefined) => DeviceRecord): Promise<void>;
  /**
   * The value of a cache row when it still has this validator; undefined when it is gone, for the cache is bounded by bytes
   * and the oldest rows of all devices go first (design: MO cache).
   */
  readCache(devId: string, key: string, validator: string): Promise<CachedValue | undefined>;
  /** DevIDs of open sessions without a message since `before` (milliseconds since 1970); at most `limit`. */
  idleSessions(before: number, limit: number): Promise<readonly string[]>;
  /** Reports that are due, oldest first; at most `limit`. */
  dueReports(now: number, limit: number): Promise<readonly ExecReport[]>;
  /** Cheap proof that the store works, for /readyz. */
  check(): Promise<void>;
  close(): Promise<void>;
}

/** An HTTP request to the backend or to a Data Repository. */
export interface OutgoingRequest {
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Content;
  /** Whose credentials and TLS settings apply, and how long it may take. */
  readonly account: string;
  /** Packages go to the account or where CONT said; `repository` addresses are held against the allow-list. */
  readonly purpose: 'package' | 'repository';
}

export type IncomingReply =
  | { readonly status: number; readonly headers: Readonly<Record<string, string>>; readonly body: Content }
  /** No usable answer: refused by the allow-list, connection, time-out, size. */
  | { readonly failure: 'forbidden' | 'unreachable' | 'timeout' | 'tooLarge'; readonly reason: string };

export interface Backend {
  /** Never throws for what the other side does. Digest or Basic retries after 401 happen inside. */
  send(request: OutgoingRequest): Promise<IncomingReply>;
}
