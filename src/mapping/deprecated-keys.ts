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
  /** The current spelling. */
  readonly replacement: string;
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
  if (typeof file !== 'object' || file === null || Array.isArray(file)) return { value: file, deprecated: [] };
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

/** Turns a pointer into the rewritten file into a pointer into the file as it is on disk. */
export function pointerOnDisk(pointer: string, deprecated: readonly DeprecatedKey[]): string {
  const renamed = deprecated.find(({ replacement }) => pointer.split('/')[1] === replacement);
  return renamed === undefined ? pointer : renamed.pointer + pointer.slice(renamed.replacement.length + 1);
}
