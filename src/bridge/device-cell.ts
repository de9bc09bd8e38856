/**
 * The working copy of what is kept of one device while a message or a background task is under way.
 *
 * Everything in it is an immutable value that is replaced as a whole; `commit` writes what differs from the store, in
 * one transaction. Commits of one cell never overlap.
 */

import type { OutboxItem } from '../device/outbox-item.ts';
import type { DeviceRecord } from '../device/record.ts';
import type { NorthSession } from '../north/north-session.ts';
import type { NorthState } from '../north/north-state.ts';
import type { CachedValue, CacheRow, DeviceChange, DeviceState, Store } from './ports.ts';
import { type DmSession, type ExecReport, SESSION_FORMAT, type StoredAnswer } from './session.ts';

export class DeviceCell {
  record: DeviceRecord;
  session: DmSession | undefined;
  answer: StoredAnswer | undefined;
  outbox: readonly OutboxItem[];
  /** Northbound sessions whose device went on to another session; they end in memory. */
  readonly #detached = new Map<string, NorthSession>();
  readonly #store: Store;
  #committed: Pick<DeviceState, 'version' | 'record' | 'session' | 'answer' | 'outbox'>;
  #reportsAdded: readonly ExecReport[] = [];
  #reportsRemoved: readonly string[] = [];
  /** Rows of the MO cache that are not stored yet; undefined: to be dropped. */
  #cacheRows: ReadonlyMap<string, CacheRow | undefined> = new Map();
  #tail: Promise<void> = Promise.resolve();

  constructor(store: Store, state: DeviceState) {
    this.#store = store;
    this.#committed = state;
    this.record = state.record;
    // A session of another format is not resumed, and its last answer not repeated; the next commit removes both.
    const isReadable = state.session === undefined || state.session.format === SESSION_FORMAT;
    this.session = isReadable ? state.session : undefined;
    this.answer = isReadable ? state.answer : undefined;
    this.outbox = state.outbox;
  }

  /** The northbound session with this id and its device. */
  crossing(id: string): NorthState | undefined {
    const north = this.session?.north.id === id ? this.session.north : this.#detached.get(id);
    return north === undefined ? undefined : { north, device: this.record };
  }

  /** What a package of that northbound session may carry: the alerts that are not on their way in one of another. */
  outboxFor(id: string): readonly OutboxItem[] {
    const others = [...this.#detached.values(), ...(this.session === undefined ? [] : [this.session.north])];
    const underWay = new Set(
      others.flatMap((north) => (north.id === id ? [] : north.phase === 'posting' ? north.post.alerts : [])),
    );
    return underWay.size === 0 ? this.outbox : this.outbox.filter(({ seq }) => !underWay.has(seq));
  }

  /** Takes a step's outcome; what was learnt of the device goes into its record. */
  applyNorthState({ north, device }: NorthState): void {
    if (device !== this.record) this.record = { ...this.record, ...device };
    if (this.session?.north.id === north.id) this.session = { ...this.session, north };
    else if (north.phase === 'ended') this.#detached.delete(north.id);
    else this.#detached.set(north.id, north);
  }

  /** Lets the northbound session go on without the device. */
  detach(north: NorthSession): void {
    this.#detached.set(north.id, north);
  }

  addReport(report: ExecReport): void {
    this.#reportsAdded = [...this.#reportsAdded, report];
  }

  removeReport(id: string): void {
    this.#reportsRemoved = [...this.#reportsRemoved, id];
  }

  writeCacheRow(row: CacheRow): void {
    this.#cacheRows = new Map(this.#cacheRows).set(row.key, row);
  }

  dropCacheRows(keys: readonly string[]): void {
    if (keys.length === 0) return;
    this.#cacheRows = new Map([...this.#cacheRows, ...keys.map((key) => [key, undefined] as const)]);
  }

  /** The value of a copy; undefined when the store has let it go. */
  async readCacheRow(key: string, validator: string): Promise<CachedValue | undefined> {
    if (this.#cacheRows.has(key)) return this.#cacheRows.get(key)?.value;
    return await this.#store.readCache(this.record.devId, key, validator);
  }

  /**
   * Durable when it resolves.
   * @throws StoreError when the store cannot keep it, or somebody else changed the device meanwhile
   */
  commit(): Promise<void> {
    const result = this.#tail.then(() => this.#write());
    this.#tail = result.catch(() => undefined);
    return result;
  }

  async #write(): Promise<void> {
    const { record, session, answer, outbox } = this;
    const [reportsAdded, reportsRemoved, cacheRows] = [this.#reportsAdded, this.#reportsRemoved, this.#cacheRows];
    const before = this.#committed;
    const outboxAdded = missingFrom(before.outbox, outbox);
    const outboxRemoved = missingFrom(outbox, before.outbox).map(({ seq }) => seq);
    const change: DeviceChange = {
      ...(record === before.record ? {} : { record }),
      ...(session === before.session ? {} : { session: session ?? null }),
      ...(answer === before.answer ? {} : { answer: answer ?? null }),
      ...(outboxAdded.length === 0 ? {} : { outboxAdded }),
      ...(outboxRemoved.length === 0 ? {} : { outboxRemoved }),
      ...(reportsAdded.length === 0 ? {} : { reportsAdded }),
      ...(reportsRemoved.length === 0 ? {} : { reportsRemoved }),
      ...cacheChange(cacheRows),
    };
    if (Object.keys(change).length === 0) return;
    const version = await this.#store.commit(record.devId, before.version, change);
    this.#committed = {
      version,
      record,
      outbox,
      ...(session === undefined ? {} : { session }),
      ...(answer === undefined ? {} : { answer }),
    };
    this.#reportsAdded = this.#reportsAdded.filter((report) => !reportsAdded.includes(report));
    this.#reportsRemoved = this.#reportsRemoved.filter((id) => !reportsRemoved.includes(id));
    if (cacheRows.size > 0) {
      const left = [...this.#cacheRows].filter(([key, row]) => !cacheRows.has(key) || cacheRows.get(key) !== row);
      this.#cacheRows = new Map(left);
    }
  }
}

function cacheChange(rows: ReadonlyMap<string, CacheRow | undefined>): DeviceChange {
  if (rows.size === 0) return {};
  const cacheWritten = [...rows.values()].filter((row) => row !== undefined);
  const cacheDropped = [...rows].flatMap(([key, row]) => (row === undefined ? [key] : []));
  return {
    ...(cacheDropped.length === 0 ? {} : { cacheDropped }),
    ...(cacheWritten.length === 0 ? {} : { cacheWritten }),
  };
}

/** The rows of `these` that `others` does not have. */
function missingFrom(others: readonly OutboxItem[], these: readonly OutboxItem[]): readonly OutboxItem[] {
  if (these === others || these.length === 0) return [];
  const known = new Set(others.map(({ seq }) => seq));
  return these.filter(({ seq }) => !known.has(seq));
}
