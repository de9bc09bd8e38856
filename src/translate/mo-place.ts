/**
 * Where a node of an MO instance lies on the device, and back: renames, nodes that live elsewhere, hidden nodes.
 *
 * One rule decides both directions: a 1.x node has a 2.0 path exactly when that path leads back to it.
 *
 * @see OMA-TS-DM_Protocol 2.0 §6.1, §12.1
 */
import { isHidden, type MoMapping } from '../mapping/mapping.ts';
import { inverted, matchesPrefix, rewrite, samePath } from '../mapping/path-pattern.ts';
import { below, locNames } from './loc-path.ts';

/** The names of the LocURI at which the node at `path` lies. */
export function placeOf(mapping: MoMapping, rootNames: readonly string[], path: readonly string[]): readonly string[] {
  const elsewhere = mapping.elsewhere.find((node) => matchesPrefix(node.path, path));
  if (elsewhere !== undefined) return [...locNames(elsewhere.locUri), ...path.slice(elsewhere.path.length)];
  return [...rootNames, ...rewrite(mapping.renames, path)];
}

/**
 * The 2.0 path of a place on the device, if this instance has one for it. `anchor`: how many names of the place the
 * mapping accounts for; of several instances that have a path the one with the longest anchor is meant.
 */
export function pathOfPlace(
  mapping: MoMapping,
  root: string,
  locUri: string,
): { readonly path: readonly string[]; readonly anchor: number } | undefined {
  const [place, rootNames] = [locNames(locUri), locNames(root)];
  const inside = below(rootNames, place);
  const candidates = [
    ...mapping.elsewhere.flatMap((node) => {
      const anchor = locNames(node.locUri);
      const rest = below(anchor, place);
      return rest === undefined ? [] : [{ path: [...node.path, ...rest], anchor: anchor.length }];
    }),
    ...(inside === undefined ? [] : [{ path: rewrite(inverted(mapping.renames), inside), anchor: rootNames.length }]),
  ];
  return candidates.find(({ path }) => !isHidden(mapping, path) && samePath(placeOf(mapping, rootNames, path), place));
}
