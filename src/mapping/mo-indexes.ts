/**
 * The MO indexes of `mappings/mo-indexes.yaml`: the numbers of the OMNA registry by which a notification of DM 1.3 names
 * Management Objects (docs/mappings.md, MO indexes).
 *
 * @see OMA-TS-DM_Notification 1.3 §6.5.2, §6.5.4
 */
import type { SchemaProblem } from '../json-schema.ts';
import { moidKey } from '../mo/moid.ts';

export interface MoIndexFile {
  /** The index by MOID. */
  readonly indexes: Readonly<Record<string, number>>;
}

/** The indexes by `moidKey`. */
export type MoIndexes = ReadonlyMap<string, number>;

/** Finds MOIDs that are there twice, in two spellings. */
export function findIndexFaults({ indexes }: MoIndexFile): readonly SchemaProblem[] {
  const known = new Set<string>();
  return Object.keys(indexes).flatMap((moid) => {
    const key = moidKey(moid);
    if (!known.has(key)) {
      known.add(key);
      return [];
    }
    return { pointer: `/indexes/${pointerStep(moid)}`, message: 'the MOID has an index already' };
  });
}

/** The indexes of all files, later ones before earlier ones. */
export function layIndexes(files: readonly MoIndexFile[]): MoIndexes {
  return new Map(
    files.flatMap(({ indexes }) => Object.entries(indexes).map(([moid, index]) => [moidKey(moid), index] as const)),
  );
}

/** The index of an MO that is named by its MOID or by the index itself; undefined when the MOID has none. */
export function indexOfMo(indexes: MoIndexes, name: string | number): number | undefined {
  return typeof name === 'number' ? name : indexes.get(moidKey(name));
}

/** A reference token of a JSON Pointer (RFC 6901 §3). */
function pointerStep(text: string): string {
  return text.replaceAll('~', '~0').replaceAll('/', '~1');
}
