/**
 * A store that forgets at the end of the process: for tests, and to measure what durability costs.
 *
 * Values are read-only plain data and are kept as they are; those of the MO cache are kept as JSON text.
 */
import type {
  CachedValue,
  DeviceChange,
  DeviceState,
  DeviceUpdate,
  DueNotification,
  DueNotificationPage,
  DuePage,
  IdlePage,
  IdleSession,
  ImportedFile,
  ListedAlert,
  LoadedDevice,
  LoadOptions,
  OutboxQuery,
  RefusedPage,
  Store,
  StoredNotifications,
} from '../bridge/ports.ts';
import { CLOSED_SESSION_RECOGNIZED_MS, type Report } from '../bridge/session.ts';
import { type DevId, deviceKey } from '../device/dev-id.ts';
import { alertState, type OutboxItem } from '../device/outbox-item.ts';
import { StoreError } from '../errors.ts';
import type { Mutable } from '../mutable.ts';
import type { Notification } from '../notification/notification.ts';
import { MemoryCache, writeRow } from './memory-cache.ts';

/** One device with its outbox rows, oldest first, and its notifications by `seq`. */
interface Kept {
  readonly state: DeviceState;
  readonly rows: readonly OutboxItem[];
  readonly notifications: readonly Notification[];
}

/** Same promises as the other adapters but for durability. */
export class MemoryStore implements Store {
  readonly #devices = new Map<string, Kept>();
  readonly #reports = new Map<string, Report>();
  readonly #imported = new Map<string, ImportedFile>();
  readonly #cache: MemoryCache;
  #closed = false;

  /** `cacheBytes`: bound of the MO cache over all devices. */
  constructor({ cacheBytes }: { readonly cacheBytes?: number | undefined } = {}) {
    this.#cache = new MemoryCache(cacheBytes);
  }

  /** The state of a known name is not copied: so it takes no more work than an unknown name. */
  async load(devId: DevId, { outbox, known }: LoadOptions = {}): Promise<LoadedDevice | undefined> {
    this.#checkOpen();
    const kept = this.#devices.get(deviceKey(devId));
    if (kept === undefined) return undefined;
    const { state, rows } = kept;
    const isKnown = known !== undefined && known.version === state.version;
    return { state: isKnown ? known : state, outbox: outbox === undefined ? [] : matchingRows(rows, outbox) };
  }

  async commit(devId: DevId, version: number, change: DeviceChange): Promise<number> {
    this.#checkOpen();
    const current = this.#devices.get(deviceKey(devId)) ?? newState(devId, version, change);
    if (current.state.version !== version) {
      throw new StoreError('ERR_STORE_STALE', 'the device was changed meanwhile', { place: { device: devId } });
    }
    // Everything that can be refused comes before the first write.
    const next = changedState(current, change);
    const cached = (change.cacheWritten ?? []).map(writeRow);
    this.#changeReports(change);
    this.#cache.apply(deviceKey(devId), change.cacheDropped ?? [], cached);
    this.#devices.set(deviceKey(devId), next);
    return next.state.version;
  }

  async upsert(devId: DevId, update: DeviceUpdate['update']): Promise<void> {
    await this.importDevices([{ devId, update }]);
  }

  async importDevices(updates: readonly DeviceUpdate[], file?: ImportedFile): Promise<void> {
    this.#checkOpen();
    const changed = new Map<string, Kept>();
    for (const { devId, update } of updates) {
      const key = deviceKey(devId);
      const current = changed.get(key) ?? this.#devices.get(key);
      const record = update(current?.state.record);
      if (record === current?.state.record) continue;
      const { state, ...rows } = current ?? { ...NO_ROWS, state: { version: 0, outbox: NO_ALERTS } };
      changed.set(key, { ...rows, state: { ...state, version: state.version + 1, record } });
    }
    for (const [key, kept] of changed) this.#devices.set(key, kept);
    if (file !== undefined) this.#imported.set(file.path, file);
  }

  async importedFile(path: string): Promise<ImportedFile | undefined> {
    this.#checkOpen();
    return this.#imported.get(path);
  }

  async readCache(devId: DevId, key: string, validator: string): Promise<CachedValue | undefined> {
    this.#checkOpen();
    return this.#cache.read(deviceKey(devId), key, validator);
  }

  async idleSessions({
    before,
    now = Number.MAX_SAFE_INTEGER,
    after,
    limit,
  }: IdlePage): Promise<readonly IdleSession[]> {
    this.#checkOpen();
    const isListed = (at: number): boolean => at < before || at > now;
    return [...this.#devices.values()]
      .flatMap(({ state: { record, session } }) =>
        session !== undefined && session.closedAt === undefined && isListed(session.lastMessageAt)
          ? [{ devId: record.devId, lastMessageAt: session.lastMessageAt }]
          : [],
      )
      .sort(bySilence)
      .filter((idle) => after === undefined || bySilence(idle, after) > 0)
      .slice(0, limit);
  }

  async listRefused({ after, limit }: RefusedPage): Promise<readonly ListedAlert[]> {
    this.#checkOpen();
    const keys = [...this.#devices.keys()];
    const first = after === undefined ? 0 : keys.indexOf(deviceKey(after.devId));
    if (first === -1) return [];
    const listed = keys.slice(first).flatMap((key, at): readonly ListedAlert[] => {
      const kept = this.#devices.get(key);
      if (kept === undefined) return [];
      const from = after !== undefined && at === 0 ? after.seq + 1 : 0;
      const { devId } = kept.state.record;
      return matchingRows(kept.rows, { state: 'refused', from, limit }).map((item) => ({ devId, item }));
    });
    return listed.slice(0, limit);
  }

  async countDevices(): Promise<number> {
    this.#checkOpen();
    return this.#devices.size;
  }

  async deviceOfToken(token: string): Promise<DevId | undefined> {
    this.#checkOpen();
    for (const { state } of this.#devices.values()) {
      const { record, session } = state;
      if (session?.token === token && session.closedAt === undefined) return record.devId;
    }
    return undefined;
  }

  async removeExpired(now: number, limit: number, ahead = Number.POSITIVE_INFINITY): Promise<number> {
    this.#checkOpen();
    const isExpired = (at: number): boolean => at < now || (at > ahead && at < Number.POSITIVE_INFINITY);
    const expired = [...this.#devices].filter(([, { state }]) => isExpired(expiryOf(state)));
    expired.sort(([, one], [, other]) => expiryOf(one.state) - expiryOf(other.state));
    const removed = expired.slice(0, limit);
    for (const [key, { state, ...rows }] of removed) {
      const { session: _session, answer: _answer, ...atRest } = state;
      this.#devices.set(key, { ...rows, state: atRest });
    }
    return removed.length;
  }

  async dueReports({ now, ahead = Number.POSITIVE_INFINITY, after, limit }: DuePage): Promise<readonly Report[]> {
    this.#checkOpen();
    return [...this.#reports.values()]
      .filter((report) => report.dueAt <= now || report.dueAt > ahead)
      .filter((report) => after === undefined || byDueTime(report, after) > 0)
      .sort(byDueTime)
      .slice(0, limit);
  }

  async notifications(devId: DevId): Promise<StoredNotifications | undefined> {
    this.#checkOpen();
    const kept = this.#devices.get(deviceKey(devId));
    return kept && { version: kept.state.version, notifications: kept.notifications };
  }

  async countPendingNotifications(): Promise<number> {
    this.#checkOpen();
    const all = [...this.#devices.values()].flatMap(({ notifications }) => notifications);
    return all.filter(({ dueAt }) => dueAt !== undefined).length;
  }

  async countSubscriptions(): Promise<number> {
    this.#checkOpen();
    return [...this.#devices.values()].reduce((sum, { state }) => sum + (state.record.subscriptions?.length ?? 0), 0);
  }

  async dueNotifications({ now, after, limit }: DueNotificationPage): Promise<readonly DueNotification[]> {
    this.#checkOpen();
    return [...this.#devices.values()]
      .flatMap(
        ({
          state: {
            record: { devId },
          },
          notifications,
        }) =>
          notifications.flatMap(({ seq, dueAt }) => (dueAt !== undefined && dueAt <= now ? { devId, seq, dueAt } : [])),
      )
      .sort(bySendingTime)
      .filter((due) => after === undefined || bySendingTime(due, after) > 0)
      .slice(0, limit);
  }

  async check(): Promise<void> {
    this.#checkOpen();
  }

  async close(): Promise<void> {
    this.#closed = true;
  }

  #changeReports({ reportsAdded = [], reportsRemoved = [] }: DeviceChange): void {
    const doubled = reportsAdded.find(({ id }) => this.#reports.has(id) && !reportsRemoved.includes(id));
    if (doubled !== undefined) throw new StoreError('ERR_STORE_FAILED', `report ${doubled.id} is there already`);
    for (const id of reportsRemoved) this.#reports.delete(id);
    for (const report of reportsAdded) this.#reports.set(report.id, report);
  }

  #checkOpen(): void {
    if (this.#closed) throw new StoreError('ERR_STORE_FAILED', 'the store is closed');
  }
}

const NO_ALERTS = { kept: 0, held: 0, refused: 0 };
const NO_ROWS = { rows: [], notifications: [] } as const;

/** The time from which neither session nor answer counts any more. */
function expiryOf({ session, answer }: DeviceState): number {
  const { closedAt = Number.POSITIVE_INFINITY } = session ?? {};
  if (session !== undefined) return closedAt + CLOSED_SESSION_RECOGNIZED_MS;
  return answer?.expiresAt ?? Number.POSITIVE_INFINITY;
}

function bySilence(one: IdleSession, other: IdleSession): number {
  return one.lastMessageAt - other.lastMessageAt || byText(deviceKey(one.devId), deviceKey(other.devId));
}

function byDueTime(one: Pick<Report, 'id' | 'dueAt'>, other: Pick<Report, 'id' | 'dueAt'>): number {
  return one.dueAt - other.dueAt || byText(one.id, other.id);
}

function bySendingTime(one: DueNotification, other: DueNotification): number {
  return one.dueAt - other.dueAt || byText(deviceKey(one.devId), deviceKey(other.devId)) || one.seq - other.seq;
}

function byText(one: string, other: string): number {
  return Buffer.compare(Buffer.from(one), Buffer.from(other));
}

function matchingRows(rows: readonly OutboxItem[], { state, from, limit }: OutboxQuery): readonly OutboxItem[] {
  return rows.filter((item) => item.seq >= from && alertState(item) === state).slice(0, limit);
}

function newState(devId: DevId, version: number, { record }: DeviceChange): Kept {
  if (version === 0 && record !== undefined) return { ...NO_ROWS, state: { version, record, outbox: NO_ALERTS } };
  throw new StoreError('ERR_STORE_STALE', 'there is no such device', { place: { device: devId } });
}

function changedState(current: Kept, change: DeviceChange): Kept {
  const { version, record, session: before, answer: answerBefore } = current.state;
  const session = change.session === undefined ? before : (change.session ?? undefined);
  const answer = change.answer === undefined ? answerBefore : (change.answer ?? undefined);
  const { outbox, rows } = changedOutbox(current, change);
  const state: Mutable<DeviceState> = { version: version + 1, record: change.record ?? record, outbox };
  if (session !== undefined) state.session = session;
  if (answer !== undefined) state.answer = answer;
  return { state, rows, notifications: changedNotifications(current, change) };
}

function changedNotifications({ notifications }: Kept, change: DeviceChange): readonly Notification[] {
  const { notificationsWritten = [], notificationsRemoved = [] } = change;
  if (notificationsWritten.length === 0 && notificationsRemoved.length === 0) return notifications;
  const replaced = new Set([...notificationsRemoved, ...notificationsWritten.map(({ seq }) => seq)]);
  const kept = notifications.filter(({ seq }) => !replaced.has(seq));
  return [...kept, ...notificationsWritten].sort((one, other) => one.seq - other.seq);
}

function changedOutbox(
  { state: { outbox }, rows }: Kept,
  change: DeviceChange,
): Pick<DeviceState, 'outbox'> & Pick<Kept, 'rows'> {
  const { outboxAdded = [], outboxRemoved = [] } = change;
  if (outboxAdded.length === 0 && outboxRemoved.length === 0) return { outbox, rows };
  const removed = new Set(outboxRemoved);
  const next = [...rows.filter(({ seq }) => !removed.has(seq)), ...outboxAdded].sort((a, b) => a.seq - b.seq);
  const doubled = next.find(({ seq }, index) => seq === next[index + 1]?.seq);
  if (doubled !== undefined) throw new StoreError('ERR_STORE_FAILED', `outbox item ${doubled.seq} is there already`);
  const summary = { kept: 0, held: 0, refused: 0 };
  for (const item of next) summary[alertState(item)] += 1;
  return { outbox: summary, rows: next };
}
