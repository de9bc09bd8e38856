/**
 * Reads the devices file and imports it into the store: the whole file, or nothing when a row is wrong.
 *
 * The file is read twice, once to check it and once to store its rows, so that a million rows need little memory. Each batch of
 * rows is one transaction. The last one notes the file as imported, so that an import that was interrupted starts again.
 */
import { type FileHandle, open } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { ImportedFile, Store } from '../../bridge/ports.ts';
import { applyRow, type DeviceRow, type DevicesFileRules, DevicesReader } from '../../device/device-import.ts';
import { ConfigError } from '../../errors.ts';

/** Rows in one transaction: few milliseconds, because other processes wait for it, and the event loop of this one, too. */
const ROWS_PER_BATCH = 200;
const BYTES_PER_READ = 64 * 1024;
const PROGRESS_INTERVAL_MS = 5_000;
const DEFAULT_DELIVERIES: readonly string[] = ['wap', 'http'];

export interface ImportProgress {
  readonly file: string;
  /** The file is read once to check it, then once to store its rows. */
  readonly step: 'checking' | 'storing';
  readonly rows: number;
}

export interface ImportOptions extends DevicesFileRules {
  /** Is called every 5 s while the import runs. */
  readonly onProgress: (progress: ImportProgress) => void;
}

/** The number of rows of an import; undefined: the file is the one that was imported last. */
export type ImportResult = { readonly rows: number } | undefined;

/**
 * Checks the devices file.
 * @param onRow is called with each row that has no problem
 * @throws ConfigError ERR_CONFIG_INVALID with file and line of every problem
 */
export async function checkDevicesFile(
  file: string,
  rules: DevicesFileRules,
  onRow: (row: DeviceRow) => void,
): Promise<void> {
  await using handle = await openFile(file);
  await readRows(handle, file, new DevicesReader(rules), (rows) => rows.forEach(onRow));
}

/**
 * Inserts or updates the device of every row. Changed credentials replace the stored ones; a nonce is used only when none is
 * stored.
 * @throws ConfigError ERR_CONFIG_INVALID with file and line of every problem; then nothing was changed
 */
export async function importDevicesFile(store: Store, file: string, options: ImportOptions): Promise<{ rows: number }> {
  const reporter = new Reporter(file, options.onProgress);
  try {
    await using handle = await openFile(file);
    const before = await stateOf(handle, file, options);
    await readRows(handle, file, new DevicesReader(options), (rows) => reporter.add(rows.length));
    reporter.startStoring();
    const waiting: DeviceRow[] = [];
    const rows = await readRows(handle, file, new DevicesReader(options, true), async (found) => {
      waiting.push(...found);
      while (waiting.length > ROWS_PER_BATCH) {
        const batch = waiting.splice(0, ROWS_PER_BATCH);
        await store.importDevices(toUpdates(batch));
        reporter.add(batch.length);
      }
    });
    const after = await stateOf(handle, file, options);
    if (!isSame(before, after)) throw invalid([`${file}:1: the file changed while it was imported`]);
    await store.importDevices(toUpdates(waiting), after);
    return { rows };
  } finally {
    reporter.end();
  }
}

/** Imports the devices file unless it is, by path, size and time, the one that was imported last. */
export async function importChangedFile(store: Store, file: string, options: ImportOptions): Promise<ImportResult> {
  if (await isImported(store, file, options)) return undefined;
  return importDevicesFile(store, file, options);
}

/** True when the file is, by path, size and time, the one that was imported last. */
async function isImported(store: Store, file: string, rules: DevicesFileRules): Promise<boolean> {
  await using handle = await openFile(file);
  const state = await stateOf(handle, file, rules);
  const imported = await store.importedFile(state.path);
  return imported !== undefined && isSame(imported, state);
}

function isSame(one: ImportedFile, other: ImportedFile): boolean {
  return one.size === other.size && one.modified === other.modified && one.rules === other.rules;
}

async function stateOf(
  handle: FileHandle,
  file: string,
  { encodeDevIds, deliveries }: DevicesFileRules,
): Promise<ImportedFile> {
  const { size, mtimeNs } = await handle.stat({ bigint: true });
  const rules = [encodeDevIds ? 'encodeDevIds' : '', ownDeliveries(deliveries)].join(' ').trim();
  return { path: resolve(file), size: Number(size), modified: String(mtimeNs), rules };
}

/** The names of the ways of delivery when they are not the default ones, which the versions before had, too. */
function ownDeliveries(deliveries: readonly string[] = DEFAULT_DELIVERIES): string {
  const names = deliveries.join(',');
  return names === DEFAULT_DELIVERIES.join(',') ? '' : `deliveries:${names}`;
}

function toUpdates(rows: readonly DeviceRow[]): Parameters<Store['importDevices']>[0] {
  return rows.map((row) => ({ devId: row.devId, update: (current) => applyRow(current, row) }));
}

/** Reads the whole file from its beginning; returns the number of rows. */
async function readRows(
  handle: FileHandle,
  file: string,
  reader: DevicesReader,
  onRows: (rows: readonly DeviceRow[]) => void | Promise<void>,
): Promise<number> {
  const buffer = new Uint8Array(BYTES_PER_READ);
  let position = 0;
  let count = 0;
  for (let isEnd = false; !isEnd; ) {
    const { bytesRead } = await readAt(handle, file, buffer, position);
    position += bytesRead;
    isEnd = bytesRead === 0;
    const rows = isEnd ? reader.end() : reader.read(buffer.subarray(0, bytesRead));
    count += rows.length;
    await onRows(rows);
  }
  const { problems } = reader;
  if (problems.length > 0) throw invalid(problems.map(({ line, message }) => `${file}:${line}: ${message}`));
  return count;
}

async function openFile(file: string): Promise<FileHandle> {
  try {
    return await open(file);
  } catch (error) {
    throw unreadable(file, error);
  }
}

async function readAt(handle: FileHandle, file: string, buffer: Uint8Array, position: number) {
  try {
    return await handle.read(buffer, 0, buffer.length, position);
  } catch (error) {
    throw unreadable(file, error);
  }
}

function unreadable(file: string, error: unknown): ConfigError {
  const reason = error instanceof Error && 'code' in error ? error.code : 'unknown reason';
  return invalid([`${file}:1: cannot be read (${reason})`]);
}

function invalid(problems: readonly string[]): ConfigError {
  return new ConfigError('ERR_CONFIG_INVALID', problems.join('\n'), { problems });
}

/** Counts rows, and reports the count at intervals. */
class Reporter {
  readonly #timer: NodeJS.Timeout;
  #step: ImportProgress['step'] = 'checking';
  #rows = 0;

  constructor(file: string, onProgress: ImportOptions['onProgress']) {
    const report = () => onProgress({ file, step: this.#step, rows: this.#rows });
    this.#timer = setInterval(report, PROGRESS_INTERVAL_MS);
  }

  add(rows: number): void {
    this.#rows += rows;
  }

  startStoring(): void {
    this.#step = 'storing';
    this.#rows = 0;
  }

  end(): void {
    clearInterval(this.#timer);
  }
}
