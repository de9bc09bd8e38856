/**
 * Instances of a device that nobody has searched yet: where the mappings expect an MO, a LocURI tells which it is.
 */
import type { MoIndex } from '../mapping/mo-index.ts';
import { below, locNames, locUriOfNames } from '../mo/loc-uri.ts';
import { assignMiid, clientUriOf, type Miids } from './uri.ts';

/** The MO root in which a place lies when the device has its MOs where the mappings expect them. */
export function expectedRootOf(
  index: MoIndex,
  locUri: string,
): { readonly moid: string; readonly root: string } | undefined {
  const names = locNames(locUri);
  if (names === undefined) return undefined;
  const candidates = index.all().flatMap(({ moid, roots }) =>
    roots.flatMap((pattern) => {
      const perChild = pattern.endsWith('/*');
      const place = locNames(perChild ? pattern.slice(0, -2) : pattern) ?? [];
      const rest = below(place, names);
      if (rest === undefined || (perChild && rest.length === 0)) return [];
      return [{ moid, root: perChild ? names.slice(0, place.length + 1) : place }];
    }),
  );
  const longest = candidates.sort((one, other) => other.root.length - one.root.length)[0];
  return longest === undefined ? undefined : { moid: longest.moid, root: locUriOfNames(longest.root) };
}

/** The table with an instance for each place that none covers yet but that lies where a mapping expects one. */
export function withExpectedInstances(index: MoIndex, miids: Miids, locUris: readonly string[]): Miids {
  return locUris.reduce((table, locUri) => {
    if (clientUriOf(index, table, locUri) !== undefined) return table;
    const expected = expectedRootOf(index, locUri);
    return expected === undefined ? table : assignMiid(table, expected.moid, expected.root).miids;
  }, miids);
}
