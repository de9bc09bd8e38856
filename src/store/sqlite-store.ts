/**
 * The embedded store: one SQLite file, nothing to install.
 *
 * Calls into SQLite are synchronous and short. The wait for the disk is the slow part; group commit shares it. A commit
 * on an old version is refused before it writes, so it never disturbs its neighbours in the group.
 */
import type { DatabaseSync } from 'node:sqlite';
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
import type { Report } from '../bridge/session.ts';
import { type DevId, deviceKey } from '../device/dev-id.ts';
import { StoreError } from '../errors.ts';
import type { Journal } from '../log-events.ts';
import type { Mutable } from '../mutable.ts';
import { CacheRows, DEFAULT_CACHE_BYTES } from './cache-rows.ts';
import { DeviceRows } from './device-rows.ts';
import { GroupCommit } from './group-commit.ts';
import { openBox } from './proved-key.ts';
import type { SecretBox } from './secret-box.ts';
import { decodeAnswer, decodeRecord, numberOf, type Row } from './sqlite-rows.ts';
import { openDatabase } from './sqlite-schema.ts';
import { prepareStatements, type Statements } from './sqlite-statements.ts';
import { openTables, type Tables } from './sqlite-tables.ts';
import { isMediumFailure, toOpenError, toStoreError } from './store-failure.ts';
import { WriteOutcome } from './write-outcome.ts';

export interface SqliteOptions {
  /** Absolute path, or `:memory:`. */
  readonly file: string;
  /** Text of the configuration; absent: a key file beside the store. */
  readonly key?: string | undefined;
  /** Bound of the MO cache over all devices. */
  readonly cacheBytes?: number | undefined;
  /** Absent: nothing is logged. */
  readonly journal?: Journal | undefined;
}

/** Free pages that one removal gives back to the file system, so that it takes few milliseconds. */
const MAX_FREED_PAGES = 500;
/** Free pages that may stay in the file when nothing was removed: later sessions take them. */
const MAX_FREE_PAGES = 500;

/** @throws StoreError ERR_STORE_UNUSABLE when the file, its schema or the key does not fit */
export function openSqliteStore(options: SqliteOptions): Store {
  const db = openDatabase(options.file);
  try {
    const sql = prepareStatements(db);
    const box = openBox(sql, options.file, options.key, options.journal);
    const cache = new CacheRows(sql, box, options.cacheBytes ?? DEFAULT_CACHE_BYTES);
    return new SqliteStore({ file: options.file, db, sql, box, cache, journal: options.journal });
  } catch (error) {
    db.close();
    throw toOpenError(error, options.file);
  }
}

interface SqliteParts {
  readonly file: string;
  readonly db: DatabaseSync;
  readonly sql: Statements;
  readonly box: SecretBox;
  readonly cache: CacheRows;
  readonly journal: Journal | undefined;
}

class SqliteStore implements Store {
  readonly #file: string;
  readonly #db: DatabaseSync;
  readonly #sql: Statements;
  readonly #box: SecretBox;
  readonly #cache: CacheRows;
  readonly #devices: DeviceRows;
  readonly #tables: Tables;
  readonly #group: GroupCommit;
  readonly #outcome: WriteOutcome;
  /** The device that was loaded last. */
  #standIn: DevId | undefined;

  constructor({ file, db, sql, box, cache, journal }: SqliteParts) {
    this.#file = file;
    this.#db = db;
    this.#sql = sql;
    this.#box = box;
    this.#cache = cache;
    this.#devices = new DeviceRows(sql, box);
    this.#tables = openTables(sql, box);
    this.#group = new GroupCommit(db);
    this.#outcome = new WriteOutcome(() => this.#write(() => this.#sql.setMeta.run('checked', 1)), journal);
  }

  load(devId: DevId, { outbox, known }: LoadOptions = {}): Promise<LoadedDevice | undefined> {
    return this.#read(() => {
      const current = known === undefined ? undefined : this.#currentState(devId, known);
      if (current !== undefined) return { state: current.state, outbox: this.#readOutbox(current.id, outbox) };
      const row = this.#sql.load.get(deviceKey(devId));
      if (row === undefined) {
        this.#decodeStandIn();
        return undefined;
      }
      this.#standIn = devId;
      return { state: this.#decodeState(row, devId), outbox: this.#readOutbox(numberOf(row, 'id'), outbox) };
    });
  }

  commit(devId: DevId, version: number, change: DeviceChange): Promise<number> {
    return this.#write(() => {
      const row = this.#sql.find.get(deviceKey(devId)) ?? this.#insertNew(devId, version, change);
      if (numberOf(row, 'version') !== version) {
        throw new StoreError('ERR_STORE_STALE', 'the device was changed meanwhile', { place: { device: devId } });
      }
      this.#apply(row, devId, version + 1, change);
      return version + 1;
    });
  }

  upsert(devId: DevId, update: DeviceUpdate['update']): Promise<void> {
    return this.#write(() => this.#devices.upsert({ devId, update }));
  }

  importDevices(updates: readonly DeviceUpdate[], file?: ImportedFile): Promise<void> {
    return this.#write(() => {
      for (const each of updates) this.#devices.upsert(each);
      if (file !== undefined) this.#tables.importedFiles.write(file);
    });
  }

  importedFile(path: string): Promise<ImportedFile | undefined> {
    return this.#read(() => this.#tables.importedFiles.read(path));
  }

  async readCache(devId: DevId, key: string, validator: string): Promise<CachedValue | undefined> {
    const row = await this.#read(() => this.#cache.read(devId, key, validator));
    // A damaged row is none; if it cannot be removed now, the next read meets it again.
    if (row !== undefined && row.value === undefined) {
      await this.#write(() => this.#cache.remove(row.age)).catch(() => undefined);
    }
    return row?.value;
  }

  countDevices(): Promise<number> {
    return this.#read(() => numberOf(this.#sql.countDevices.get() ?? {}, 'count'));
  }

  deviceOfToken(token: string): Promise<DevId | undefined> {
    return this.#read(() => this.#tables.progress.deviceOfToken(token));
  }

  removeExpired(now: number, limit: number, ahead?: number): Promise<number> {
    return this.#write(() => {
      const expired = this.#tables.progress.removeExpired(now, limit, ahead);
      for (const id of expired) this.#devices.pack(id);
      const isDue = expired.length > 0 || Number(this.#sql.freePages.get()?.freelist_count) > MAX_FREE_PAGES;
      if (isDue) this.#db.exec(`PRAGMA incremental_vacuum(${MAX_FREED_PAGES})`);
      return expired.length;
    });
  }

  idleSessions(page: IdlePage): Promise<readonly IdleSession[]> {
    return this.#read(() => this.#tables.progress.idleSessions(page));
  }

  listRefused(page: RefusedPage): Promise<readonly ListedAlert[]> {
    return this.#read(() => this.#tables.outbox.listRefused(page));
  }

  dueReports(page: DuePage): Promise<readonly Report[]> {
    return this.#read(() => this.#tables.reports.due(page));
  }

  notifications(devId: DevId): Promise<StoredNotifications | undefined> {
    return this.#read(() => {
      const row = this.#sql.find.get(deviceKey(devId));
      if (row === undefined) return undefined;
      return { version: numberOf(row, 'version'), notifications: this.#tables.notifications.read(numberOf(row, 'id')) };
    });
  }

  countPendingNotifications(): Promise<number> {
    return this.#read(() => this.#tables.notifications.countPending());
  }

  countSubscriptions(): Promise<number> {
    return this.#read(() => this.#devices.countSubscriptions());
  }

  dueNotifications(page: DueNotificationPage): Promise<readonly DueNotification[]> {
    return this.#read(() => this.#tables.notifications.due(page));
  }

  async check(): Promise<void> {
    if (!this.#db.isOpen) throw new StoreError('ERR_STORE_FAILED', 'the store is closed');
    this.#outcome.check();
  }

  async close(): Promise<void> {
    if (!this.#db.isOpen) return;
    this.#group.close();
    this.#outcome.stop();
    this.#db.close();
  }

  /** A device that is not registered is inserted by a commit on version 0 that brings its record. */
  #insertNew(devId: DevId, version: number, { record }: DeviceChange): Row {
    if (version !== 0 || record === undefined) {
      throw new StoreError('ERR_STORE_STALE', 'there is no such device', { place: { device: devId } });
    }
    return this.#devices.insert(devId, record, 0);
  }

  #apply(row: Row, devId: DevId, version: number, change: DeviceChange): void {
    const id = numberOf(row, 'id');
    let guarded = numberOf(row, 'guarded') === 1;
    if (change.record !== undefined) guarded = this.#devices.write(id, change.record);
    const owner = { id, devId, guarded };
    const token = typeof row.token === 'string' ? row.token : undefined;
    this.#tables.progress.apply({ owner, large: numberOf(row, 'large'), token }, version, change);
    this.#cache.apply(owner, change);
    this.#tables.outbox.apply(id, change);
    this.#tables.notifications.apply(id, change);
    this.#tables.reports.apply(change);
  }

  /** The known state with the row id of its device, when the store has the same version. */
  #currentState(devId: DevId, state: DeviceState): { readonly state: DeviceState; readonly id: number } | undefined {
    const row = this.#sql.find.get(deviceKey(devId));
    if (row === undefined || numberOf(row, 'version') !== state.version) return undefined;
    return { state, id: numberOf(row, 'id') };
  }

  #readOutbox(id: number, query: OutboxQuery | undefined): LoadedDevice['outbox'] {
    return query === undefined ? [] : this.#tables.outbox.read(id, query);
  }

  #decodeState(row: Row, devId: DevId): DeviceState {
    const state: Mutable<DeviceState> = {
      version: numberOf(row, 'version'),
      record: decodeRecord(row, this.#box),
      outbox: this.#tables.outbox.summary(row),
    };
    const session = this.#tables.progress.decodeSession(row);
    const answer = decodeAnswer(row, devId, this.#box);
    if (session !== undefined) state.session = session;
    if (answer !== undefined) state.answer = answer;
    return state;
  }

  /** As much work as for a known name, with its session, so that the time does not tell which names are known. */
  #decodeStandIn(): void {
    const devId = this.#standIn;
    const row = devId === undefined ? undefined : this.#sql.load.get(deviceKey(devId));
    if (devId !== undefined && row !== undefined) this.#decodeState(row, devId);
    const any = row === undefined ? this.#sql.anyRecord.get() : undefined;
    if (any !== undefined) decodeRecord(any, this.#box);
  }

  async #read<T>(query: () => T): Promise<T> {
    try {
      return query();
    } catch (error) {
      throw toStoreError(error, this.#file);
    }
  }

  /** A refusal by the work itself says nothing about the medium. */
  async #write<T>(work: () => T): Promise<T> {
    try {
      const result = await this.#group.submit(work);
      this.#outcome.succeeded();
      return result;
    } catch (error) {
      const failure = toStoreError(error, this.#file);
      if (failure instanceof StoreError && isMediumFailure(error)) this.#outcome.failed(failure);
      throw failure;
    }
  }
}
