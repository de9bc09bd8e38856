/** Files of earlier versions of the schema open with all that is in them. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parseDevId } from '../../src/device/dev-id.ts';
import { openDatabase } from '../../src/store/sqlite-schema.ts';
import { openSqliteStore } from '../../src/store/sqlite-store.ts';
import { cacheRow, deviceRecord, dmSession, execReport, loadAll, outboxItem, storedAnswer } from './values.ts';

/** Schema version 2, as it was released: not to be changed. */
const VERSION_2 = `
  CREATE TABLE meta (name TEXT PRIMARY KEY NOT NULL, value ANY) STRICT;
  CREATE TABLE device (
    id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, dev_id TEXT NOT NULL, record TEXT NOT NULL, secrets BLOB
  ) STRICT;
  CREATE TABLE progress (
    device INTEGER PRIMARY KEY REFERENCES device (id), version INTEGER NOT NULL, open_since_message INTEGER, session TEXT,
    answer ANY, large INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  CREATE INDEX progress_idle ON progress (open_since_message) WHERE open_since_message IS NOT NULL;
  CREATE TABLE outbox (
    device INTEGER NOT NULL REFERENCES device (id), seq INTEGER NOT NULL, item TEXT NOT NULL, UNIQUE (device, seq)
  ) STRICT;
  CREATE TABLE report (id TEXT NOT NULL UNIQUE, due_at INTEGER NOT NULL, body TEXT NOT NULL) STRICT;
  CREATE INDEX report_due ON report (due_at);
  CREATE TABLE large_text (
    device INTEGER NOT NULL REFERENCES device (id), name TEXT NOT NULL, text TEXT NOT NULL, UNIQUE (device, name)
  ) STRICT;
  PRAGMA application_id = ${0x646d6272};
  PRAGMA user_version = 2;
`;

let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'dmbridge-migration-'));
  file = join(folder, 'data', 'bridge.db');
  mkdirSync(dirname(file));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('a file of schema version 2 keeps its data and gets the MO cache', async () => {
  const old = new DatabaseSync(file);
  old.exec(VERSION_2);
  const insert = (sql: string, ...values: readonly (string | number)[]) => old.prepare(sql).run(...values);
  const session = JSON.stringify({ ...dmSession('IMEI:1'), mediaType: '\u0000large:name' });
  insert('INSERT INTO device VALUES (7, ?, ?, ?, NULL)', 'imei:1', 'IMEI:1', JSON.stringify(deviceRecord('IMEI:1')));
  insert('INSERT INTO progress VALUES (7, 41, 5, ?, ?, 1)', session, JSON.stringify(storedAnswer()));
  insert('INSERT INTO large_text VALUES (7, ?, ?)', 'name', 'a large text');
  insert('INSERT INTO outbox VALUES (7, 3, ?)', JSON.stringify(outboxItem(3)));
  insert('INSERT INTO report VALUES (?, 1, ?)', 'r', JSON.stringify(execReport('r', 1)));
  old.close();

  const store = openSqliteStore({ file });
  expect(await loadAll(store, parseDevId('IMEI:1'))).toStrictEqual({
    version: 41,
    record: deviceRecord('IMEI:1'),
    session: dmSession('IMEI:1', { mediaType: 'a large text' }),
    answer: storedAnswer(),
    outbox: [outboxItem(3)],
  });
  expect(await store.dueReports({ now: 1, limit: 9 })).toStrictEqual([execReport('r', 1)]);
  const row = cacheRow('tree', 'v1');
  expect(await store.readCache(parseDevId('IMEI:1'), row.key, row.validator)).toBeUndefined();
  await store.commit(parseDevId('IMEI:1'), 41, { cacheWritten: [row] });
  await store.close();

  const again = openSqliteStore({ file });
  expect(await again.readCache(parseDevId('IMEI:1'), row.key, row.validator)).toStrictEqual(row.value);
  await again.close();
});

test('an older file ends with the very schema of a new one', () => {
  const old = new DatabaseSync(file);
  old.exec(VERSION_2);
  old.close();
  const schemaOf = (path: string) => {
    const db = openDatabase(path);
    const rows = db.prepare("SELECT name, tbl_name FROM sqlite_schema WHERE type <> 'table' ORDER BY 1, 2").all();
    const columns = db
      .prepare(
        'SELECT m.name AS t, c.name, c.type, c."notnull" FROM sqlite_schema m, pragma_table_xinfo(m.name) c WHERE m.type = \'table\' ORDER BY m.name, c.cid',
      )
      .all();
    const version = db.prepare('PRAGMA user_version').get();
    const vacuum = db.prepare('PRAGMA auto_vacuum').get();
    db.close();
    expect(vacuum).toEqual({ auto_vacuum: 2 });
    return { rows, columns, version };
  };
  expect(schemaOf(file)).toEqual(schemaOf(join(folder, 'new.db')));
});
