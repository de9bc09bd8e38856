/**
 * The embedded store: one SQLite file, nothing to install.
 *
 * Calls into SQLite are synchronous and short. The wait for the disk is the slow part; group commit shares it. A commit
 * on an old version is refused before it writes, so it never disturbs its neighbours in the group.
 */
import type { DatabaseSync } from 'node:sqlite';
import type { CachedValue, DeviceChange, DeviceState, LoadedDevice, OutboxQuery, Store } from '../bridge/ports.ts';
import type { DmSession, ExecReport } from '../bridge/session.ts';
import { type DevId, deviceKey, parseDevId } from '../device/dev-id.ts';
import type { DeviceRecord } from '../device/record.ts';
import { DmError, StoreError } from '../errors.ts';
import type { Mutable } from '../mutable.ts';
import { CacheRows, DEFAULT_CACHE_BYTES, type RowOwner } from './cache-rows.ts';
import { GroupCommit } from './group-commit.ts';
import { LargeTexts, type PackedSession } from './large-texts.ts';
import { OutboxRows } from './outbox-rows.ts';
import { openBox } from './proved-key.ts';
import type { SecretBox } from './secret-box.ts';
import { decodeAnswer, decodeRecord, encodeAnswer, encodeRecord, numberOf, type Row, textOf } from './sqlite-rows.ts';
import { openDatabase } from './sqlite-schema.ts';
import { prepareStatements, type Statements } from './sqlite-statements.ts';

export interface SqliteOptions {
  /** Absolute path, or `:memory:`. */
  readonly file: string;
  /** Text of the configuration; absent: a key file beside the store. */
  readonly key?: string | undefined;
  /** Bound of the MO cache over all devices. */
  readonly cacheBytes?: number | undefined;
}

/** @throws StoreError ERR_STORE_FAILED when the file, its schema or the key does not fit */
export function openSqliteStore(options: SqliteOptions): Store {
  const db = openDatabase(options.file);
  try {
    const sql = prepareStatements(db);
    const box = openBox(sql, options.file, options.key);
    const cache = new CacheRows(sql, box, options.cacheBytes ?? DEFAULT_CACHE_BYTES);
    return new SqliteStore(db, sql, box, cache);
  } catch (error) {
    db.close();
    throw error;
  }
}

class SqliteStore implements Store {
  readonly #db: DatabaseSync;
  readonly #sql: Statements;
  readonly #box: SecretBox;
  readonly #cache: CacheRows;
  readonly #outbox: OutboxRows;
  readonly #group: GroupCommit;
  readonly #large = new LargeTexts();

  constructor(db: DatabaseSync, sql: Statements, box: SecretBox, cache: CacheRows) {
    this.#db = db;
    this.#sql = sql;
    this.#box = box;
    this.#cache = cache;
    this.#outbox = new OutboxRows(sql);
    this.#group = new GroupCommit(db);
  }

  load(devId: DevId, ask?: { readonly outbox: OutboxQuery }): Promise<LoadedDevice | undefined> {
    return this.#read(() => {
      const row = this.#sql.load.get(deviceKey(devId));
      if (row === undefined) return undefined;
      const state: Mutable<DeviceState> = {
        version: numberOf(row, 'version'),
        record: decodeRecord(row, this.#box),
        outbox: this.#outbox.summary(row),
      };
      const session = this.#decodeSession(row);
      const answer = decodeAnswer(row, devId, this.#box);
      if (session !== undefined) state.session = session;
      if (answer !== undefined) state.answer = answer;
      return { state, outbox: ask === undefined ? [] : this.#outbox.read(numberOf(row, 'id'), ask.outbox) };
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

  upsert(devId: DevId, update: (current: DeviceRecord | undefined) => DeviceRecord): Promise<void> {
    return this.#write(() => {
      const row = this.#sql.findRecord.get(deviceKey(devId));
      const current = row === undefined ? undefined : decodeRecord(row, this.#box);
      const next = update(current);
      if (row === undefined) {
        this.#insert(devId, next, 1);
      } else if (next !== current) {
        const { record, secrets } = encodeRecord(next, this.#box);
        this.#sql.setRecord.run(next.devId, record, secrets, numberOf(row, 'id'));
        this.#sql.setVersion.run(numberOf(row, 'id'));
      }
    });
  }

  async readCache(devId: DevId, key: string, validator: string): Promise<CachedValue | undefined> {
    const row = await this.#read(() => this.#cache.read(devId, key, validator));
    // A damaged row is none; if it cannot be removed now, the next read meets it again.
    if (row !== undefined && row.value === undefined) {
      await this.#write(() => this.#cache.remove(row.age)).catch(() => undefined);
    }
    return row?.value;
  }

  idleSessions(before: number, limit: number, now = Number.MAX_SAFE_INTEGER): Promise<readonly DevId[]> {
    return this.#read(() => this.#sql.idle.all(before, now, limit).map((row) => parseDevId(textOf(row, 'dev_id'))));
  }

  dueReports(now: number, limit: number): Promise<readonly ExecReport[]> {
    return this.#read(() =>
      this.#sql.dueReports.all(now, limit).map((row): ExecReport => JSON.parse(textOf(row, 'body'))),
    );
  }

  /** Writes, since a full disk can still be read. */
  check(): Promise<void> {
    return this.#write(() => {
      this.#sql.setMeta.run('checked', 1);
    });
  }

  async close(): Promise<void> {
    if (!this.#db.isOpen) return;
    this.#group.close();
    this.#db.close();
  }

  /** A device that is not registered is inserted by a commit on version 0 that brings its record. */
  #insertNew(devId: DevId, version: number, { record }: DeviceChange): Row {
    if (version !== 0 || record === undefined) {
      throw new StoreError('ERR_STORE_STALE', 'there is no such device', { place: { device: devId } });
    }
    return this.#insert(devId, record, 0);
  }

  #insert(devId: DevId, next: DeviceRecord, version: number): Row {
    const { record, secrets } = encodeRecord(next, this.#box);
    const id = Number(this.#sql.insertDevice.run(deviceKey(devId), next.devId, record, secrets).lastInsertRowid);
    this.#sql.insertProgress.run(id, version);
    return { id, version, large: 0, guarded: secrets === null ? 0 : 1 };
  }

  #apply(row: Row, devId: DevId, version: number, change: DeviceChange): void {
    const id = numberOf(row, 'id');
    let guarded = numberOf(row, 'guarded') === 1;
    if (change.record !== undefined) {
      const { record, secrets } = encodeRecord(change.record, this.#box);
      this.#sql.setRecord.run(change.record.devId, record, secrets, id);
      guarded = secrets !== null;
    }
    const packed = change.session ? this.#large.pack(change.session) : undefined;
    if (change.session !== undefined) this.#applyLarge(id, numberOf(row, 'large'), packed);
    const owner = { id, devId, guarded };
    this.#applyProgress(owner, version, change, packed);
    this.#cache.apply(owner, change);
    this.#outbox.apply(id, change);
    for (const report of change.reportsRemoved ?? []) this.#sql.removeReport.run(report);
    for (const report of change.reportsAdded ?? []) {
      this.#sql.addReport.run(report.id, report.dueAt, JSON.stringify(report));
    }
  }

  #applyProgress(
    { id, devId, guarded }: RowOwner,
    version: number,
    { session, answer }: DeviceChange,
    packed: PackedSession | undefined,
  ): void {
    const answerColumn = answer ? encodeAnswer(answer, devId, guarded, this.#box) : null;
    const sessionColumn = packed?.json ?? null;
    const openSince = openSinceMessage(session);
    if (session === undefined && answer === undefined) this.#sql.setVersion.run(id);
    else if (session === undefined) this.#sql.setAnswer.run(version, answerColumn, id);
    else if (answer === undefined) this.#sql.setSession.run(version, sessionColumn, openSince, id);
    else this.#sql.setBoth.run(version, sessionColumn, openSince, answerColumn, id);
  }

  /** Writes the texts that the session refers to, and removes the others. */
  #applyLarge(id: number, before: number, packed: PackedSession | undefined): void {
    const texts = packed?.texts ?? new Map<string, string>();
    if (before === 0 && texts.size === 0) return;
    const present = new Set(this.#sql.largeNames.all(id).map((row) => textOf(row, 'name')));
    for (const name of present) {
      if (texts.has(name)) continue;
      this.#sql.removeLarge.run(id, name);
      this.#large.drop(name);
    }
    for (const [name, text] of texts) if (!present.has(name)) this.#sql.addLarge.run(id, name, text);
    this.#sql.setLarge.run(texts.size, id);
  }

  #decodeSession(row: Row): DmSession | undefined {
    if (typeof row.session !== 'string') return undefined;
    const id = numberOf(row, 'id');
    return this.#large.unpack(row.session, (name) => textOf(this.#sql.largeText.get(id, name) ?? {}, 'text'));
  }

  async #read<T>(query: () => T): Promise<T> {
    try {
      return query();
    } catch (error) {
      throw toStoreError(error);
    }
  }

  async #write<T>(work: () => T): Promise<T> {
    try {
      return await this.#group.submit(work);
    } catch (error) {
      throw toStoreError(error);
    }
  }
}

/** Null for a session that ended: it can no longer become idle. */
function openSinceMessage(session: DmSession | null | undefined): number | null {
  return session && session.closedAt === undefined ? session.lastMessageAt : null;
}

function toStoreError(error: unknown): unknown {
  const isSqlite = error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_');
  if (error instanceof DmError || !isSqlite) return error;
  return new StoreError('ERR_STORE_FAILED', `the store failed: ${error.message}`, { cause: error });
}
