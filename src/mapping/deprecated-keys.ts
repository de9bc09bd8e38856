/**
 * Old spellings of mapping files: they are read for one version more, and each one is reported.
 *
 * Everything behind this module knows the current spelling only. Knows no file system: keys are named by JSON Pointers.
 */

/** An old spelling that a file uses. */
export interface DeprecatedKey {
  /** JSON Pointer (RFC 6901) to the key, as the file spells it. */
  readonly pointer: string;
  /** The old spelling, such as `minima` or `find: made`. */
  readonly old: string;
  /** The current spelling; absent for a key that has no effect any more. */
  readonly replacement?: string;
}

/** A file in the current spelling, and the old spellings that it had. */
export interface CurrentFile {
  readonly value: unknown;
  readonly deprecated: readonly DeprecatedKey[];
}

/** Old key → current key, all at the top of a mapping file. */
const RENAMED_KEYS: ReadonlyMap<string, string> = new Map([
  ['elsewhere', 'relocated'],
  ['minima', 'minimumAccess'],
]);

/**
 * Rewrites the old spellings of a mapping file. A file that has a key in both spellings keeps the old one, which its
 * schema then refuses as unknown.
 */
export function toCurrentMappingFile(file: unknown): CurrentFile {
  if (!isRecord(file)) return { value: file, deprecated: [] };
  const deprecated: DeprecatedKey[] = [];
  const entries = Object.entries(file).map(([key, value]): [string, unknown] => {
    const replacement = RENAMED_KEYS.get(key);
    if (replacement !== undefined && !Object.hasOwn(file, replacement)) {
      deprecated.push({ pointer: `/${key}`, old: key, replacement });
      return [replacement, value];
    }
    if (key === 'find' && value === 'made') {
      deprecated.push({ pointer: '/find', old: 'find: made', replacement: 'find: virtual' });
      return [key, 'virtual'];
    }
    return [key, value];
  });
  return { value: Object.fromEntries(entries), deprecated };
}

/** Drops the table DM 2.0 → DM 1.x, which nothing uses. */
export function toCurrentStatusTable(file: unknown): CurrentFile {
  if (!isRecord(file) || !Object.hasOwn(file, 'toDm1')) return { value: file, deprecated: [] };
  const { toDm1: _, ...value } = file;
  return { value, deprecated: [{ pointer: '/toDm1', old: 'toDm1' }] };
}

/** Turns a pointer into the rewritten file into a pointer into the file as it is on disk. */
export function pointerOnDisk(pointer: string, deprecated: readonly DeprecatedKey[]): string {
  const [, first = '', ...rest] = pointer.split('/');
  const renamed = deprecated.find(({ replacement }) => replacement === first);
  return renamed === undefined ? pointer : [renamed.pointer, ...rest].join('/');
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
