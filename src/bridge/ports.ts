/**
 * The ports: clock, randomness, store and backend as the bridge needs them. Adapters live in `store/`, `http/` and `cli/`;
 * tests pass their own.
 */

import type { DevId } from '../device/dev-id.ts';
import type { AlertState, OutboxItem } from '../device/outbox-item.ts';
import type { DeviceRecord } from '../device/record.ts';
import type { Content } from '../dm2/package.ts';
import type { RepositoryReply } from '../dm2/repository.ts';
import type { MoNode } from '../mo/node.ts';
import type { RequestPurpose } from '../north/north-state.ts';
import type { Notification } from '../notification/notification.ts';
import type { NotificationFormat } from '../notification/notification-message.ts';
import type { SendingOutcome } from '../notification/sending.ts';
import type { Discovered } from '../workflow/device-tree.ts';
import type { DmSession, Report, StoredAnswer } from './session.ts';

/** Times are milliseconds; those of `now` count from 1970. */
export interface Clock {
  now(): number;
  /** Milliseconds of a clock that only goes forward, whatever happens to the system's; its start has no meaning. */
  monotonic(): number;
  /** Resolves after `ms`; the returned `cancel` releases the timer. */
  after(ms: number): { readonly done: Promise<void>; cancel(): void };
  /** Resolves after the process has done the other work that waits: a long calculation calls it now and then. */
  nextTurn(): Promise<void>;
}

export interface Random {
  bytes(count: number): Uint8Array;
}

/** The stored state of one device. */
export interface DeviceState {
  /** Counts up with every commit; a commit names the version that it builds on. */
  readonly version: number;
  readonly record: DeviceRecord;
  readonly session?: DmSession;
  readonly answer?: StoredAnswer;
  readonly outbox: OutboxSummary;
}

/** The number of a device's outbox rows in each state. */
export type OutboxSummary = Readonly<Record<AlertState, number>>;

/** The outbox rows that are to come with a device. */
export interface OutboxQuery {
  readonly state: AlertState;
  /** The lowest `seq`. */
  readonly from: number;
  readonly limit: number;
}

/** Names one alert among those of all devices. */
export interface AlertKey {
  readonly devId: DevId;
  readonly seq: number;
}

/** Refused alerts of all devices. */
export interface RefusedPage {
  /** The last row of the page before; absent: from the beginning. */
  readonly after?: AlertKey | undefined;
  readonly limit: number;
}

export interface ListedAlert {
  readonly devId: DevId;
  readonly item: OutboxItem;
}

export interface LoadOptions {
  readonly outbox?: OutboxQuery;
  /** A state that the caller has: it is the result itself when the store still has its version. */
  readonly known?: DeviceState;
}

/** A device with as much of its outbox as was asked for, oldest first. */
export interface LoadedDevice {
  readonly state: DeviceState;
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

/** An open session as the store lists it. Times are milliseconds since 1970. */
export interface IdleSession {
  readonly devId: DevId;
  readonly lastMessageAt: number;
}

/** A part of the open sessions without a recent message. */
export interface IdlePage {
  readonly before: number;
  /** Absent: no last message is in the future. */
  readonly now?: number | undefined;
  /** The last entry of the page before; absent: from the beginning. It need not be there any more. */
  readonly after?: IdleSession | undefined;
  readonly limit: number;
}

/** A part of the reports that are due at `now`, milliseconds since 1970. */
export interface DuePage {
  readonly now: number;
  /** A report that is due after this time is due, too: the clock was set back. Absent: none is. */
  readonly ahead?: number | undefined;
  /** The last entry of the page before; absent: from the beginning. It need not be there any more. */
  readonly after?: Pick<Report, 'id' | 'dueAt'> | undefined;
  readonly limit: number;
}

/** A notification that is to be sent, or that expires. */
export interface DueNotification {
  readonly devId: DevId;
  readonly seq: number;
  /** Milliseconds since 1970. */
  readonly dueAt: number;
}

/** A part of the notifications that are due at `now`, milliseconds since 1970. */
export interface DueNotificationPage {
  readonly now: number;
  /** The last entry of the page before; absent: from the beginning. It need not be there any more. */
  readonly after?: DueNotification | undefined;
  readonly limit: number;
}

/** The notifications of a device with the version of its state. */
export interface StoredNotifications {
  readonly version: number;
  /** By `seq`. */
  readonly notifications: readonly Notification[];
}

/** A change of one device's state; absent: unchanged, null: removed. Applied as a whole or not at all. */
export interface DeviceChange {
  readonly record?: DeviceRecord;
  readonly session?: DmSession | null;
  readonly answer?: StoredAnswer | null;
  /** New outbox rows; `seq` is chosen by the caller, unique and rising per device. */
  readonly outboxAdded?: readonly OutboxItem[];
  /** Removed before `outboxAdded` is applied, so that both together replace a row. */
  readonly outboxRemoved?: readonly number[];
  readonly reportsAdded?: readonly Report[];
  readonly reportsRemoved?: readonly string[];
  /** Each takes the place of the one with its `seq`. */
  readonly notificationsWritten?: readonly Notification[];
  /** The `seq` of each. */
  readonly notificationsRemoved?: readonly number[];
  readonly cacheWritten?: readonly CacheRow[];
  /** Keys; dropped before `cacheWritten` is applied. */
  readonly cacheDropped?: readonly string[];
}

/** A devices file as it was when its rows were imported: a file that is the same in all of this has the same rows. */
export interface ImportedFile {
  /** Absolute. */
  readonly path: string;
  readonly size: number;
  /** Nanoseconds since 1970, in decimal digits. */
  readonly modified: string;
  /** The rules by which its rows were read. */
  readonly rules: string;
}

/** A change of one device. The argument of `update` is its record, or undefined when it is not registered. */
export interface DeviceUpdate {
  readonly devId: DevId;
  readonly update: (current: DeviceRecord | undefined) => DeviceRecord;
}

/**
 * Keeps devices, sessions, answers, alerts, reports, notifications and the MO cache. Each adapter passes the contract suite
 * (`test/store/contract.ts`), which checks these duties:
 *
 * - A value is loaded exactly as it was committed. A commit, an upsert or a removal is visible to every later call.
 * - A `commit` is applied as a whole or not at all, whatever happens to other commits of the same moment, and it is durable
 *   when it resolves. Absent members of the change stay as they are; `null` removes.
 * - Each commit counts the device's version up by one. A commit that names another version than the current one fails with
 *   `ERR_STORE_STALE` and changes nothing; of several commits on one version one succeeds.
 * - A commit on version 0 that brings a record inserts a device that is not there. Any other commit for an unknown device is
 *   stale.
 * - DevIds are compared without case, and kept as they were registered.
 * - Outbox rows come oldest first by `seq`, as many as were asked for and none otherwise, and only `outboxRemoved` takes them
 *   away. A `seq` that is there already is refused.
 * - Cache rows are bounded by bytes over all devices; the oldest rows go first, and no row takes more than a quarter.
 * - What cannot be done otherwise fails with `ERR_STORE_FAILED`: medium, contradiction, closed store. After a failure the
 *   next call works again as soon as the medium does.
 * - After `close` every call fails; a second `close` does nothing.
 */
export interface Store {
  /** The stored state of one device, and the outbox rows that are asked for; undefined for an unknown device. */
  load(devId: DevId, ask?: LoadOptions): Promise<LoadedDevice | undefined>;
  /**
   * Applies the change to the version that it builds on, and resolves to the new version once it is durable.
   * @throws StoreError ERR_STORE_STALE, ERR_STORE_FAILED
   */
  commit(devId: DevId, version: number, change: DeviceChange): Promise<number>;
  /**
   * Inserts a device, or replaces its record by what `update` returns, whatever the version; the version counts up unless
   * `update` returns its argument. What `update` throws changes nothing and is passed on.
   */
  upsert(devId: DevId, update: (current: DeviceRecord | undefined) => DeviceRecord): Promise<void>;
  /**
   * Like `upsert` for many devices, all of them in one transaction. With `file`, the same transaction notes that the file was
   * imported.
   */
  importDevices(updates: readonly DeviceUpdate[], file?: ImportedFile): Promise<void>;
  /** The file at this path as it was last imported; undefined when it never was. */
  importedFile(path: string): Promise<ImportedFile | undefined>;
  /** The number of devices in the store. */
  countDevices(): Promise<number>;
  /** The value of a cache row when it still has this validator; undefined when the row is gone or damaged. */
  readCache(devId: DevId, key: string, validator: string): Promise<CachedValue | undefined>;
  /**
   * Open sessions without a message since `before`, oldest first. Sessions whose last message is after `now` belong to them, too:
   * the clock was set back.
   */
  idleSessions(page: IdlePage): Promise<readonly IdleSession[]>;
  /**
   * Refused alerts of all devices, device by device, those of one device oldest first. The order of the devices does not change. After
   * an alert that is no longer there come those that follow its place.
   */
  listRefused(page: RefusedPage): Promise<readonly ListedAlert[]>;
  /** The device whose open session has this token. */
  deviceOfToken(token: string): Promise<DevId | undefined>;
  /**
   * Removes sessions that ended, and answers that no longer count at `now`, of at most `limit` devices; returns the number of
   * devices. Those that would count beyond `ahead` go, too: the clock was set back. It changes no version, because no message could
   * see a difference.
   */
  removeExpired(now: number, limit: number, ahead?: number): Promise<number>;
  /** Reports that are due, oldest first. */
  dueReports(page: DuePage): Promise<readonly Report[]>;
  /** The notifications of a device; undefined for an unknown device. */
  notifications(devId: DevId): Promise<StoredNotifications | undefined>;
  /** The number of notifications that await a session. */
  countPendingNotifications(): Promise<number>;
  /** The number of subscriptions of all devices. */
  countSubscriptions(): Promise<number>;
  /** Notifications that are due, oldest first. */
  dueNotifications(page: DueNotificationPage): Promise<readonly DueNotification[]>;
  /**
   * Resolves when the last write succeeded, and rejects with its failure otherwise; used by /readyz. Writes nothing: after a
   * failure the store itself tries to write until it succeeds.
   */
  check(): Promise<void>;
  close(): Promise<void>;
}

/** An HTTP request to the backend or to a Data Repository. */
export interface OutgoingRequest {
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Content;
  /** The account whose credentials, TLS settings and time limit apply. */
  readonly account: string;
  /** Packages go to the account or to the address of a CONT; `repository` addresses are checked against the allow-list. */
  readonly purpose: RequestPurpose;
}

/** The reply to a package or to a request to a Data Repository; content codings are undone. */
export type IncomingReply = RepositoryReply;

export interface Backend {
  /** Never throws for a failure of the other side. Retries with Digest or Basic after 401 happen inside. */
  /** An aborted signal destroys the connection of the request; its reply is of no more use. */
  send(request: OutgoingRequest, signal: AbortSignal): Promise<IncomingReply>;
}

/** A notification on its way to a device. */
export interface Push {
  /** Host and port, URL, or telephone number: what its way of delivery needs. */
  readonly target: string;
  readonly format: NotificationFormat;
  readonly message: Uint8Array;
  /** As the device writes it. */
  readonly sessionId: string;
  /** The same for each request of one sending. */
  readonly pushId: string;
  /** Milliseconds since 1970. */
  readonly deliverBefore: number;
}

export interface Delivery {
  /** Sends by the way of this name. Never throws for a failure of the other side. */
  send(way: string, push: Push): Promise<SendingOutcome>;
}
