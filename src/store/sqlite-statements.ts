/** Every statement of the SQLite store, prepared once. */
import type { DatabaseSync, StatementSync } from 'node:sqlite';

/** In `openBefore` and `openAfter`, a plus sign keeps SQLite from seeking by the row before and reading all open sessions. */
const SQL = {
  load: `SELECT d.id, d.record, d.packed, d.secrets, p.version, p.session, p.answer, p.kept, p.held, p.refused
    FROM device d JOIN progress p ON p.device = d.id WHERE d.key = ?`,
  loadOutbox: 'SELECT item FROM outbox WHERE device = ? AND state = ? AND seq >= ? ORDER BY seq LIMIT ?',
  listRefused: `SELECT d.dev_id, o.item FROM outbox o JOIN device d ON d.id = o.device
    WHERE o.state = 'refused' ORDER BY o.device, o.seq LIMIT ?`,
  listRefusedAfter: `SELECT d.dev_id, o.item FROM outbox o JOIN device d ON d.id = o.device
    WHERE o.state = 'refused' AND (o.device, o.seq) > ((SELECT id FROM device WHERE key = ?), ?)
    ORDER BY o.device, o.seq LIMIT ?`,
  find: `SELECT d.id, p.version, p.large, p.token, d.secrets IS NOT NULL AS guarded
    FROM device d JOIN progress p ON p.device = d.id WHERE d.key = ?`,
  anyRecord: 'SELECT record, packed, secrets FROM device LIMIT 1',
  findRecord: 'SELECT id, record, packed, secrets FROM device WHERE key = ?',
  unpackedRecord: `SELECT key, dev_id, record, secrets, subscriptions FROM device
    WHERE id = ? AND packed IS NULL AND length(record) <= ?`,
  countDevices: 'SELECT count(*) AS count FROM device',
  insertDevice: 'INSERT INTO device (key, dev_id, record, secrets, subscriptions) VALUES (?, ?, ?, ?, ?)',
  insertProgress: 'INSERT INTO progress (device, version) VALUES (?, ?)',
  setRecord: 'UPDATE device SET dev_id = ?, record = ?, packed = NULL, secrets = ?, subscriptions = ? WHERE id = ?',
  removeDevice: 'DELETE FROM device WHERE id = ?',
  addPacked: `INSERT INTO device (id, key, dev_id, record, packed, secrets, subscriptions)
    VALUES (?, ?, ?, '', ?, ?, ?)`,
  countSubscriptions: 'SELECT coalesce(sum(subscriptions), 0) AS count FROM device WHERE subscriptions > 0',
  deviceOfToken: 'SELECT d.dev_id FROM progress p JOIN device d ON d.id = p.device WHERE p.token = ?',
  setToken: 'UPDATE progress SET token = ? WHERE device = ?',
  setVersion: 'UPDATE progress SET version = version + 1 WHERE device = ?',
  setSession: `UPDATE progress SET version = ?, session = ?, open_since_message = ?, expires_at = ? WHERE device = ?`,
  setAnswer: 'UPDATE progress SET version = ?, answer = ?, expires_at = coalesce(?, expires_at) WHERE device = ?',
  setBoth: `UPDATE progress SET version = ?, session = ?, open_since_message = ?, expires_at = ?, answer = ?
    WHERE device = ?`,
  setLarge: 'UPDATE progress SET large = ? WHERE device = ?',
  largeNames: 'SELECT name FROM large_text WHERE device = ?',
  largeText: 'SELECT text FROM large_text WHERE device = ? AND name = ?',
  addLarge: 'INSERT INTO large_text (device, name, text) VALUES (?, ?, ?)',
  removeLarge: 'DELETE FROM large_text WHERE device = ? AND name = ?',
  addOutbox: 'INSERT INTO outbox (device, seq, item, state) VALUES (?, ?, ?, ?)',
  removeOutbox: 'DELETE FROM outbox WHERE device = ? AND seq = ? RETURNING state',
  countOutbox: 'UPDATE progress SET kept = kept + ?, held = held + ?, refused = refused + ? WHERE device = ?',
  expired: `SELECT device, version, large, kept, held, refused FROM progress WHERE expires_at < ?
    ORDER BY expires_at LIMIT ?`,
  expiredAhead: `SELECT device, version, large, kept, held, refused FROM progress WHERE expires_at > ?
    ORDER BY expires_at LIMIT ?`,
  removeProgress: 'DELETE FROM progress WHERE device = ?',
  addProgress: 'INSERT INTO progress (device, version, kept, held, refused) VALUES (?, ?, ?, ?, ?)',
  addReport: 'INSERT INTO report (id, due_at, body) VALUES (?, ?, ?)',
  removeReport: 'DELETE FROM report WHERE id = ?',
  findCached: `SELECT c.age FROM device d JOIN mo_cache c ON c.device = d.id
    WHERE d.key = ? AND c.key = ? AND c.validator = ?`,
  cachedValue: 'SELECT value FROM mo_cache WHERE age = ?',
  addCached: 'INSERT INTO mo_cache (device, key, validator, bytes, value) VALUES (?, ?, ?, ?, ?)',
  dropCached: 'DELETE FROM mo_cache WHERE device = ? AND key = ?',
  removeCached: 'DELETE FROM mo_cache WHERE age = ?',
  evictCached: 'DELETE FROM mo_cache WHERE age = (SELECT min(age) FROM mo_cache) RETURNING bytes',
  openBefore: `SELECT d.dev_id, p.open_since_message AS at FROM progress p JOIN device d ON d.id = p.device
    WHERE p.open_since_message >= ? AND (+p.open_since_message, d.key) > (?, ?) AND p.open_since_message < ?
    ORDER BY p.open_since_message, d.key LIMIT ?`,
  openAfter: `SELECT d.dev_id, p.open_since_message AS at FROM progress p JOIN device d ON d.id = p.device
    WHERE p.open_since_message > ? AND (+p.open_since_message, d.key) > (?, ?)
    ORDER BY p.open_since_message, d.key LIMIT ?`,
  dueReports: `SELECT body FROM report WHERE due_at >= ? AND (due_at, id) > (?, ?) AND due_at <= ?
    ORDER BY due_at, id LIMIT ?`,
  dueAhead: `SELECT body FROM report WHERE due_at > ? AND (due_at, id) > (?, ?) ORDER BY due_at, id LIMIT ?`,
  freePages: 'PRAGMA freelist_count',
  notifications: 'SELECT body FROM notification WHERE device = ? ORDER BY seq',
  writeNotification: `INSERT INTO notification (device, seq, due_at, body) VALUES (?, ?, ?, ?)
    ON CONFLICT (device, seq) DO UPDATE SET due_at = excluded.due_at, body = excluded.body`,
  removeNotification: 'DELETE FROM notification WHERE device = ? AND seq = ?',
  countPendingNotifications: 'SELECT count(*) AS count FROM notification WHERE due_at IS NOT NULL',
  dueNotifications: `SELECT d.dev_id, n.seq, n.due_at FROM notification n JOIN device d ON d.id = n.device
    WHERE n.due_at IS NOT NULL AND n.due_at >= ? AND n.due_at <= ? AND (n.due_at, d.key, n.seq) > (?, ?, ?)
    ORDER BY n.due_at, d.key, n.seq LIMIT ?`,
  getMeta: 'SELECT value FROM meta WHERE name = ?',
  setMeta: 'INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
} as const;

export type Statements = { readonly [Name in keyof typeof SQL]: StatementSync };

export function prepareStatements(db: DatabaseSync): Statements {
  const prepare = (name: keyof typeof SQL) => db.prepare(SQL[name]);
  return {
    load: prepare('load'),
    loadOutbox: prepare('loadOutbox'),
    listRefused: prepare('listRefused'),
    listRefusedAfter: prepare('listRefusedAfter'),
    find: prepare('find'),
    anyRecord: prepare('anyRecord'),
    findRecord: prepare('findRecord'),
    unpackedRecord: prepare('unpackedRecord'),
    countDevices: prepare('countDevices'),
    insertDevice: prepare('insertDevice'),
    insertProgress: prepare('insertProgress'),
    setRecord: prepare('setRecord'),
    removeDevice: prepare('removeDevice'),
    addPacked: prepare('addPacked'),
    countSubscriptions: prepare('countSubscriptions'),
    deviceOfToken: prepare('deviceOfToken'),
    setToken: prepare('setToken'),
    setVersion: prepare('setVersion'),
    setSession: prepare('setSession'),
    setAnswer: prepare('setAnswer'),
    setBoth: prepare('setBoth'),
    setLarge: prepare('setLarge'),
    largeNames: prepare('largeNames'),
    largeText: prepare('largeText'),
    addLarge: prepare('addLarge'),
    removeLarge: prepare('removeLarge'),
    addOutbox: prepare('addOutbox'),
    removeOutbox: prepare('removeOutbox'),
    countOutbox: prepare('countOutbox'),
    expired: prepare('expired'),
    expiredAhead: prepare('expiredAhead'),
    removeProgress: prepare('removeProgress'),
    addProgress: prepare('addProgress'),
    addReport: prepare('addReport'),
    removeReport: prepare('removeReport'),
    findCached: prepare('findCached'),
    cachedValue: prepare('cachedValue'),
    addCached: prepare('addCached'),
    dropCached: prepare('dropCached'),
    removeCached: prepare('removeCached'),
    evictCached: prepare('evictCached'),
    openBefore: prepare('openBefore'),
    openAfter: prepare('openAfter'),
    dueReports: prepare('dueReports'),
    dueAhead: prepare('dueAhead'),
    freePages: prepare('freePages'),
    notifications: prepare('notifications'),
    writeNotification: prepare('writeNotification'),
    removeNotification: prepare('removeNotification'),
    countPendingNotifications: prepare('countPendingNotifications'),
    dueNotifications: prepare('dueNotifications'),
    getMeta: prepare('getMeta'),
    setMeta: prepare('setMeta'),
  };
}
