/** Rows that a cell has changed and not stored yet, such as those of the MO cache. Immutable: a change gives another map. */

/** By key; undefined: the row is to be removed. */
export type ChangedRows<K, V> = ReadonlyMap<K, V | undefined>;

export function withWritten<K, V>(rows: ChangedRows<K, V>, written: readonly (readonly [K, V])[]): ChangedRows<K, V> {
  return new Map([...rows, ...written]);
}

export function withRemoved<K, V>(rows: ChangedRows<K, V>, keys: readonly K[]): ChangedRows<K, V> {
  return new Map([...rows, ...keys.map((key) => [key, undefined] as const)]);
}

/** The rows that are to be written. */
export function writtenRows<K, V>(rows: ChangedRows<K, V>): readonly V[] {
  return [...rows.values()].filter((row) => row !== undefined);
}

/** The keys of the rows that are to be removed. */
export function removedKeys<K, V>(rows: ChangedRows<K, V>): readonly K[] {
  return [...rows].flatMap(([key, row]) => (row === undefined ? [key] : []));
}

/** The rows that are not stored yet; a row that was changed meanwhile is one of them. */
export function withoutStored<K, V>(rows: ChangedRows<K, V>, stored: ChangedRows<K, V>): ChangedRows<K, V> {
  if (rows === stored) return new Map();
  return new Map([...rows].filter(([key, row]) => !stored.has(key) || stored.get(key) !== row));
}
