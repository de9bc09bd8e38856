/**
 * The tables of the SQLite file, the steps that lead to them, and the guard that keeps an older bridge from writing a newer file.
 *
 * The table `progress` changes with every message, the table `device` seldom: a message rewrites only the former. The
 * tables are plain rowid tables, which SQLite writes twice as fast as WITHOUT ROWID ones.
 */
import { accessSync, closeSync, constants, existsSync, mkdirSync, openSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { StoreError } from '../errors.ts';
import { prepareStatements } from './sqlite-statements.ts';
import { damagedStore, toOpenError } from './store-failure.ts';
import { storeUser } from './store-lock.ts';

export const IN_MEMORY = ':memory:';

/** `dmbr`: tells our files from other SQLite files. */
const APPLICATION_ID = 0x646d6272;
const BUSY_TIMEOUT_MS = 5000;

/** One entry per schema version: the statements that lead to it from the version before. */
const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE meta (name TEXT PRIMARY KEY NOT NULL, value ANY) STRICT;
  CREATE TABLE device (
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    dev_id TEXT NOT NULL,
    record TEXT NOT NULL,
    secrets BLOB
  ) STRICT;
  CREATE TABLE progress (
    device INTEGER PRIMARY KEY REFERENCES device (id),
    version INTEGER NOT NULL,
    open_since_message INTEGER,
    session TEXT,
    answer ANY
  ) STRICT;
  CREATE INDEX progress_idle ON progress (open_since_message) WHERE open_since_message IS NOT NULL;
  CREATE TABLE outbox (
    device INTEGER NOT NULL REFERENCES device (id),
    seq INTEGER NOT NULL,
    item TEXT NOT NULL,
    UNIQUE (device, seq)
  ) STRICT;
  CREATE TABLE report (id TEXT NOT NULL UNIQUE, due_at INTEGER NOT NULL, body TEXT NOT NULL) STRICT;
  CREATE INDEX report_due ON report (due_at);
  `,
  `
  ALTER TABLE progress ADD COLUMN large INTEGER NOT NULL DEFAULT 0;
  CREATE TABLE large_text (
    device INTEGER NOT NULL REFERENCES device (id),
    name TEXT NOT NULL,
    text TEXT NOT NULL,
    UNIQUE (device, name)
  ) STRICT;
  `,
  // The value is the last column: the columns before it are read without the pages that it fills.
  `
  CREATE TABLE mo_cache (
    age INTEGER PRIMARY KEY AUTOINCREMENT,
    device INTEGER NOT NULL REFERENCES device (id),
    key TEXT NOT NULL,
    validator TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    value ANY NOT NULL,
    UNIQUE (device, key)
  ) STRICT;
  INSERT INTO meta (name, value) VALUES ('cacheBytes', 0);
  CREATE TRIGGER mo_cache_added AFTER INSERT ON mo_cache BEGIN
    UPDATE meta SET value = value + NEW.bytes WHERE name = 'cacheBytes';
  END;
  CREATE TRIGGER mo_cache_removed AFTER DELETE ON mo_cache BEGIN
    UPDATE meta SET value = value - OLD.bytes WHERE name = 'cacheBytes';
  END;
  `,
  // The numbers of rows in each state spare a message the count of an outbox of thousands.
  `
  ALTER TABLE outbox ADD COLUMN state TEXT NOT NULL DEFAULT 'kept';
  ALTER TABLE progress ADD COLUMN kept INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE progress ADD COLUMN held INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE progress ADD COLUMN refused INTEGER NOT NULL DEFAULT 0;
  UPDATE progress SET kept = (SELECT count(*) FROM outbox o WHERE o.device = progress.device);
  `,
  // Refused alerts are few among those that wait.
  `CREATE INDEX outbox_refused ON outbox (device, seq) WHERE state = 'refused';`,
  // Sessions that have ended, and answers that no longer count, are found by their time and leave the file.
  `
  ALTER TABLE progress ADD COLUMN expires_at INTEGER;
  CREATE INDEX progress_expired ON progress (expires_at) WHERE expires_at IS NOT NULL;
  UPDATE progress SET expires_at = CAST(unixepoch('subsec') * 1000 AS INTEGER) + 60000
    WHERE open_since_message IS NULL AND (session IS NOT NULL OR answer IS NOT NULL);
  `,
  // The device of a message that cannot be read is found by the token of its open session.
  `
  ALTER TABLE progress ADD COLUMN token TEXT;
  CREATE INDEX progress_token ON progress (token) WHERE token IS NOT NULL;
  UPDATE progress SET token = json_extract(session, '$.token') WHERE open_since_message IS NOT NULL;
  `,
  // The record of a device at rest, in place of its text in `record`, which is empty then.
  'ALTER TABLE device ADD COLUMN packed BLOB;',
  // A notification without a time has nothing to be done any more, and only tells duplicates.
  `
  CREATE TABLE notification (
    device INTEGER NOT NULL REFERENCES device (id),
    seq INTEGER NOT NULL,
    due_at INTEGER,
    body TEXT NOT NULL,
    UNIQUE (device, seq)
  ) STRICT;
  CREATE INDEX notification_due ON notification (due_at) WHERE due_at IS NOT NULL;
  `,
  // The number of subscriptions in the record, which cannot be counted in packed records.
  `
  ALTER TABLE device ADD COLUMN subscriptions INTEGER NOT NULL DEFAULT 0;
  CREATE INDEX device_subscribed ON device (subscriptions) WHERE subscriptions > 0;
  `,
];
/** From this schema version on, free pages leave the file. */
const SHRINKING_VERSION = 6;

/** Up to this size the whole file is checked for damage when it is opened: about half a second. */
const CHECKED_BYTES = 64 * 1024 * 1024;
const LEAST_PAGE_BYTES = 512;

/**
 * Opens the file, makes it and its folder when absent, brings its schema up to date.
 * @throws StoreError ERR_STORE_UNUSABLE when it is no store, damaged, or one of a newer dmbridge; ERR_STORE_IN_USE when its
 *   schema is older and another process serves it
 */
export function openDatabase(file: string): DatabaseSync {
  let db: DatabaseSync | undefined;
  try {
    if (file !== IN_MEMORY) prepareFile(file);
    db = new DatabaseSync(file, { timeout: BUSY_TIMEOUT_MS });
    refuseForeign(db, file);
    if (file !== IN_MEMORY) refuseStump(file);
    configure(db, file);
    const isSmall = file !== IN_MEMORY && statSync(file).size <= CHECKED_BYTES;
    if (isSmall) refuseDamagedPages(db, file);
    migrate(db, file);
    if (isSmall) refuseDamagedRows(db, file);
    return db;
  } catch (error) {
    db?.close();
    throw toOpenError(error, file);
  }
}

/**
 * Opens an existing store to read it, whatever process serves it, and checks all of it.
 * @throws StoreError ERR_STORE_UNUSABLE when it is no store, damaged, or one of a newer dmbridge
 */
export function openDatabaseToRead(file: string): DatabaseSync {
  let db: DatabaseSync | undefined;
  try {
    // SQLite would say less about a file that is not there.
    accessSync(file, constants.R_OK);
    db = new DatabaseSync(file, { timeout: BUSY_TIMEOUT_MS, readOnly: true });
    refuseForeign(db, file);
    if (schemaVersion(db) === 0) throw damagedStore(file);
    refuseDamagedPages(db, file);
    if (schemaVersion(db) === MIGRATIONS.length) {
      // They fail when a table or a column has another name.
      prepareStatements(db);
      refuseDamagedRows(db, file);
    }
    return db;
  } catch (error) {
    db?.close();
    throw toOpenError(error, file);
  }
}

/**
 * The file holds digests of passwords, so only its owner may read it. SQLite gives its side files the same mode. A file that is
 * there is not opened here: closing it would release the locks that another connection of this process has on it.
 */
function prepareFile(file: string): void {
  mkdirSync(dirname(file), { recursive: true });
  if (!existsSync(file)) closeSync(openSync(file, 'a', 0o600));
}

function configure(db: DatabaseSync, file: string): void {
  // A new file takes this setting before anything else is written, an older one when it is written anew.
  db.exec('PRAGMA auto_vacuum = INCREMENTAL');
  const mode = db.prepare('PRAGMA journal_mode = WAL').get()?.journal_mode;
  if (mode !== 'wal' && file !== IN_MEMORY) {
    throw new StoreError('ERR_STORE_UNUSABLE', `the file system of ${file} does not allow a write-ahead log`, {
      place: { file },
    });
  }
  db.exec('PRAGMA synchronous = FULL; PRAGMA foreign_keys = OFF; PRAGMA trusted_schema = OFF');
}

/** Runs before anything is written, so that a foreign file stays as it is. */
function refuseForeign(db: DatabaseSync, file: string): void {
  const isOurs = pragma(db, 'application_id') === APPLICATION_ID;
  const isEmpty = db.prepare('SELECT 1 FROM sqlite_schema').get() === undefined;
  if (!isOurs && !isEmpty)
    throw new StoreError('ERR_STORE_UNUSABLE', `${file} is not a dmbridge store`, { place: { file } });
  const version = schemaVersion(db);
  if (version <= MIGRATIONS.length) return;
  const message = `the store ${file} was written by a newer dmbridge (schema ${version}, known up to ${MIGRATIONS.length})`;
  throw new StoreError('ERR_STORE_UNUSABLE', message, { place: { file } });
}

/** SQLite takes a file that is shorter than any page for an empty one. An empty file may be new. */
function refuseStump(file: string): void {
  const { size } = statSync(file);
  if (size > 0 && size < LEAST_PAGE_BYTES) throw damagedStore(file);
}

/** A damaged page would show only when a device needs it. */
function refuseDamagedPages(db: DatabaseSync, file: string): void {
  const [fault] = Object.values(db.prepare('PRAGMA quick_check(1)').get() ?? {});
  if (fault !== 'ok') throw damagedStore(file);
}

/** SQLite does not notice when a value has changed; most such changes show in JSON. */
const DAMAGED_ROW = [
  'device WHERE packed IS NULL AND NOT json_valid(record)',
  'progress WHERE NOT json_valid(session)',
  "progress WHERE typeof(answer) = 'text' AND NOT json_valid(answer)",
  'outbox WHERE NOT json_valid(item)',
  'report WHERE NOT json_valid(body)',
]
  .map((rows) => `SELECT 1 FROM ${rows}`)
  .join(' UNION ALL ');

function refuseDamagedRows(db: DatabaseSync, file: string): void {
  if (db.prepare(DAMAGED_ROW).get() !== undefined) throw damagedStore(file);
}

/**
 * Takes all steps in one transaction, so that a bridge that starts at the same time does not take them again. The steps would
 * surprise an older bridge that serves the store, so they wait for its end.
 */
function migrate(db: DatabaseSync, file: string): void {
  const before = schemaVersion(db);
  if (before === MIGRATIONS.length) return;
  const user = before === 0 || file === IN_MEMORY ? undefined : storeUser(file);
  if (user !== undefined && user !== `process ${process.pid}`) {
    const message = `the store ${file} has an older schema and is in use by ${user}: stop that first`;
    throw new StoreError('ERR_STORE_IN_USE', message, { place: { file } });
  }
  if (before > 0 && before < SHRINKING_VERSION) db.exec('VACUUM');
  db.exec('BEGIN IMMEDIATE');
  for (const step of MIGRATIONS.slice(schemaVersion(db))) db.exec(step);
  db.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${MIGRATIONS.length}; COMMIT`);
}

/** The number of schema steps that the file has taken. */
export function schemaVersion(db: DatabaseSync): number {
  return pragma(db, 'user_version');
}

function pragma(db: DatabaseSync, name: 'user_version' | 'application_id'): number {
  return Number(db.prepare(`PRAGMA ${name}`).get()?.[name]);
}
