/** The entries of a record whose keys have a type of their own, which `Object.entries` forgets. */
export function entriesOf<K extends string, V>(record: Readonly<Record<K, V>>): readonly (readonly [K, V])[] {
  return Object.entries(record) as [K, V][];
}
