/**
 * The unit of work of one device: the working copy of its stored state while a message or a background task is under way.
 * All of it is immutable values that are replaced as a whole; `commit` writes the differences from the store in one
 * transaction. Commits of one cell never overlap.
 */

import type { OutboxItem } from '../device/outbox-item.ts';
import type { DeviceRecord } from '../device/record.ts';
import { StoreError } from '../errors.ts';
import type { Mutable } from '../mutable.ts';
import type { NorthSession } from '../north/north-session.ts';
import type { NorthState } from '../north/north-state.ts';
import type { Notification } from '../notification/notification.ts';
import { type ChangedRows, withoutStored, withRemoved, withWritten } from './changed-rows.ts';
import { type CommittedState, deviceChange, type NotificationRows, readState, withChanged } from './device-change.ts';
import { afterCommit, type LoadedState, type Outbox, storedOutbox, withLoaded, withoutAlerts } from './outbox.ts';
import type { CachedValue, CacheRow, DeviceState, LoadedDevice, OutboxQuery, Store } from './ports.ts';
import { AlertRecognition } from './repeated-alerts.ts';
import type { DmSession, Report, StoredAnswer } from './session.ts';
import { type Deliveries, NO_DELIVERIES, withoutStoredDeliveries } from './unstored-deliveries.ts';

/** The most outbox rows that one call to the store reads. */
const OUTBOX_PAGE = 1_000;

export class DeviceCell {
  record: DeviceRecord;
  session: DmSession | undefined;
  answer: StoredAnswer | undefined;
  outbox: Outbox;
  /** The alerts of the message under way; they are stored in the record with its answer. */
  alerts = new AlertRecognition([]);
  /** DM 2.0 sessions whose device went on to another session; they end in memory. */
  readonly #detached = new Map<string, NorthSession>();
  readonly #store: Store;
  /** The state as stored. */
  #committed: CommittedState;
  #reportsAdded: readonly Report[] = [];
  #reportsRemoved: readonly string[] = [];
  #unstoredDeliveries = NO_DELIVERIES;
  /** Notifications that are not stored as they are here, by `seq`; undefined: to be removed. */
  #notifications: ChangedRows<number, Notification> = new Map();
  /** Rows of the MO cache that are not stored yet; undefined: to be dropped. */
  #cacheRows: ChangedRows<string, CacheRow> = new Map();
  #tail: Promise<void> = Promise.resolve();
  /** Bytes of the messages and packages of its session that this process has read: a bound of the memory that it takes. */
  messageBytes = 0;
  #isDiscarded = false;

  constructor(store: Store, { state }: Pick<LoadedDevice, 'state'>) {
    const { committed, session, answer } = readState(state);
    this.#store = store;
    this.#committed = committed;
    this.record = state.record;
    this.session = session;
    this.answer = answer;
    this.outbox = storedOutbox(state.outbox);
  }

  /** The DM 2.0 session with this id and its device. */
  northState(id: string): NorthState | undefined {
    const north = this.session?.north.id === id ? this.session.north : this.#detached.get(id);
    return north === undefined ? undefined : { north, device: this.record };
  }

  /**
   * The alerts in this state that a package of this DM 2.0 session may carry: those that no package of another one carries
   * now. They have to be loaded.
   */
  deliverableAlerts(state: LoadedState, id: string): readonly OutboxItem[] {
    const alerts = this.outbox.loaded[state] ?? [];
    if (alerts.length === 0) return alerts;
    const underWay = new Set<number>();
    for (const north of [...this.#detached.values(), this.session?.north]) {
      if (north?.phase !== 'posting' || north.id === id) continue;
      for (const seq of north.post.alerts) underWay.add(seq);
    }
    return underWay.size === 0 ? alerts : alerts.filter(({ seq }) => !underWay.has(seq));
  }

  /** Brings the alerts in this state into memory, where they stay as long as the cell. */
  async loadAlerts(state: LoadedState): Promise<void> {
    if (this.outbox.loaded[state] !== undefined) return;
    await this.#afterCommits(async () => {
      const stored = await this.#readAlerts(state);
      if (this.outbox.loaded[state] === undefined) this.outbox = withLoaded(this.outbox, state, stored);
    });
  }

  /** The stored refused alerts from this `seq` on, oldest first. */
  async refusedAlerts(from: number, limit: number): Promise<readonly OutboxItem[]> {
    const stored = await this.#afterCommits(() => this.#loadPage({ state: 'refused', from, limit }));
    return stored.filter(({ seq }) => !this.outbox.removed.includes(seq));
  }

  /** Replaces the DM 2.0 session by the result of its step; new facts of the device go into its record. */
  applyNorthState({ north, device }: NorthState): void {
    if (device !== this.record) this.record = { ...this.record, ...device };
    if (this.session?.north.id === north.id) this.session = { ...this.session, north };
    else if (north.phase === 'ended') this.#detached.delete(north.id);
    else this.#detached.set(north.id, north);
  }

  /** Lets the DM 2.0 session go on without the device. */
  detach(north: NorthSession): void {
    this.#detached.set(north.id, north);
  }

  /** It takes the place of the one with its id. */
  addReport(report: Report): void {
    this.removeReport(report.id);
    this.#reportsAdded = [...this.#reportsAdded, report];
  }

  removeReport(id: string): void {
    this.#reportsAdded = this.#reportsAdded.filter((report) => report.id !== id);
    this.#reportsRemoved = [...this.#reportsRemoved, id];
  }

  /** A backend has taken these alerts, which are loaded. */
  alertsDelivered(seqs: readonly number[]): void {
    const { alerts, reports } = this.#unstoredDeliveries;
    this.#unstoredDeliveries = { alerts: [...alerts, ...seqs], reports };
    this.outbox = withoutAlerts(this.outbox, seqs);
  }

  reportDelivered(id: string): void {
    const { alerts, reports } = this.#unstoredDeliveries;
    this.#unstoredDeliveries = { alerts, reports: [...reports, id] };
    this.removeReport(id);
  }

  /** The deliveries that the store still has to be told of. */
  get unstoredDeliveries(): Deliveries {
    return this.#unstoredDeliveries;
  }

  /** Removes what backends have taken from the state as it was loaded. */
  async applyDeliveries({ alerts, reports }: Deliveries): Promise<void> {
    if (alerts.length > 0) {
      await this.loadAlerts('kept');
      await this.loadAlerts('held');
      this.alertsDelivered(alerts);
    }
    for (const id of reports) this.reportDelivered(id);
  }

  /**
   * The notifications of the device.
   * @throws StoreError when another process has changed the device meanwhile
   */
  async notifications(): Promise<readonly Notification[]> {
    return await this.#afterCommits(() => this.#readNotifications());
  }

  /**
   * Stores a change that is decided from the notifications as they are at that moment, and nothing else: it needs no turn, and a
   * message that is handled meanwhile keeps its changes for its own commit. Durable when it resolves.
   * @throws StoreError when the store fails, another process has changed the device meanwhile, or the device is not stored yet
   */
  async storeNotifications<T extends NotificationRows>(decide: (known: readonly Notification[]) => T): Promise<T> {
    return await this.#afterCommits(async () => {
      const known = await this.#readNotifications();
      const own = this.#notifications;
      const decided = decide(known);
      const { written, removed } = decided;
      if (written.length + removed.length === 0) return decided;
      if (this.#committed.version === 0) throw this.#stale();
      const change = { notificationsWritten: written, notificationsRemoved: removed };
      const version = await this.#store.commit(this.record.devId, this.#committed.version, change);
      this.#committed = { ...this.#committed, version };
      const seqs = [...written.map(({ seq }) => seq), ...removed];
      // A row that was changed meanwhile is newer than the stored one.
      this.#notifications = withoutStored(this.#notifications, new Map(seqs.map((seq) => [seq, own.get(seq)])));
      return decided;
    });
  }

  /** The next commit stores them. */
  writeNotifications(notifications: readonly Notification[]): void {
    const rows = notifications.map((each) => [each.seq, each] as const);
    this.#notifications = withWritten(this.#notifications, rows);
  }

  writeCacheRow(row: CacheRow): void {
    this.#cacheRows = withWritten(this.#cacheRows, [[row.key, row]]);
  }

  dropCacheRows(keys: readonly string[]): void {
    if (keys.length === 0) return;
    this.#cacheRows = withRemoved(this.#cacheRows, keys);
  }

  /** The value of a cache entry; undefined when the store has dropped it. */
  async readCacheRow(key: string, validator: string): Promise<CachedValue | undefined> {
    if (this.#cacheRows.has(key)) return this.#cacheRows.get(key)?.value;
    return await this.#store.readCache(this.record.devId, key, validator);
  }

  /**
   * Durable when it resolves.
   * @throws StoreError when the store fails, or another process has changed the device meanwhile
   */
  commit(): Promise<void> {
    return this.#isStored() ? this.#tail : this.#afterCommits(() => this.#write());
  }

  /** The message was turned away: nothing of what it changed is stored any more. */
  discard(): void {
    this.#isDiscarded = true;
  }

  /** The state as it was last committed, without the alerts. */
  stored(): DeviceState {
    const { version, record, session, answer } = this.#committed;
    const state: Mutable<DeviceState> = { version, record, outbox: this.outbox.numbers };
    if (session !== undefined) state.session = session;
    if (answer !== undefined) state.answer = answer;
    return state;
  }

  /** True when it may stay in memory: all of it is stored, and its session waits for the device. It lets go of the alerts. */
  rest(): boolean {
    const isOpen = this.session !== undefined && this.session.closedAt === undefined;
    if (this.#isDiscarded || !isOpen || this.#detached.size > 0 || !this.#isStored()) return false;
    this.outbox = storedOutbox(this.outbox.numbers);
    return true;
  }

  #isStored(): boolean {
    const { record, session, answer } = this.#committed;
    if (this.record !== record || this.session !== session || this.answer !== answer) return false;
    const { added, removed } = this.outbox;
    if (added.length + removed.length + this.#reportsAdded.length + this.#reportsRemoved.length > 0) return false;
    return this.#notifications.size === 0 && this.#cacheRows.size === 0;
  }

  #afterCommits<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#tail.then(work);
    this.#tail = result.then(
      () => undefined,
      () => undefined,
    );
    return result;
  }

  async #readNotifications(): Promise<readonly Notification[]> {
    const stored = await this.#store.notifications(this.record.devId);
    // A device that is not stored yet has none.
    if (stored === undefined && this.#committed.version === 0) return [];
    if (stored?.version !== this.#committed.version) throw this.#stale();
    return withChanged(stored.notifications, this.#notifications);
  }

  async #readAlerts(state: LoadedState): Promise<readonly OutboxItem[]> {
    const items: OutboxItem[] = [];
    for (let from = 0; ; from = (items.at(-1)?.seq ?? 0) + 1) {
      const page = await this.#loadPage({ state, from, limit: OUTBOX_PAGE });
      items.push(...page);
      if (page.length < OUTBOX_PAGE) return items;
    }
  }

  async #loadPage(outbox: OutboxQuery): Promise<readonly OutboxItem[]> {
    const { devId } = this.record;
    const loaded = await this.#store.load(devId, { outbox });
    if (loaded?.state.version === this.#committed.version) return loaded.outbox;
    throw this.#stale();
  }

  #stale(): StoreError {
    const place = { device: this.record.devId };
    return new StoreError('ERR_STORE_STALE', 'the device was changed meanwhile', { place });
  }

  async #write(): Promise<void> {
    if (this.#isDiscarded) return;
    const { record, session, answer, outbox } = this;
    const [reportsAdded, reportsRemoved] = [this.#reportsAdded, this.#reportsRemoved];
    const [notifications, cacheRows] = [this.#notifications, this.#cacheRows];
    const rows = { outbox, reportsAdded, reportsRemoved, notifications, cacheRows };
    const change = deviceChange(this.#committed, { record, session, answer, ...rows });
    if (Object.keys(change).length === 0) return;
    const version = await this.#store.commit(record.devId, this.#committed.version, change);
    this.#committed = { version, record, session, answer };
    this.outbox = afterCommit(this.outbox, outbox);
    this.#reportsAdded = this.#reportsAdded.filter((report) => !reportsAdded.includes(report));
    this.#reportsRemoved = this.#reportsRemoved.filter((id) => !reportsRemoved.includes(id));
    const deliveries = { alerts: outbox.removed, reports: reportsRemoved };
    this.#unstoredDeliveries = withoutStoredDeliveries(this.#unstoredDeliveries, deliveries);
    if (notifications.size > 0) this.#notifications = withoutStored(this.#notifications, notifications);
    if (cacheRows.size > 0) this.#cacheRows = withoutStored(this.#cacheRows, cacheRows);
  }
}

/** The session of a cell that is known to have one. */
export function sessionIn({ session, record }: DeviceCell): DmSession {
  if (session === undefined) throw new TypeError(`${record.devId} has no session`);
  return session;
}
