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

/** A node's place: a LocURI as the root or the mapping has it, and the names below that. */
interface Place {
  readonly base: string;
  readonly names: readonly string[];
}

/** The LocURI of the node at `path`; the root's own spelling is kept, for devices are told what they wrote. */
export function placeOf(mapping: MoMapping, root: string, path: readonly string[]): string {
  const { base, names } = findPlace(mapping, root, path);
  return [base, ...names].join('/');
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
  const place = locNames(locUri);
  if (place === undefined) return undefined;
  const inside = restBelow(root, place);
  const candidates = [
    ...mapping.elsewhere.flatMap((node) => {
      const rest = restBelow(node.locUri, place);
      return rest === undefined ? [] : [{ path: [...node.path, ...rest], anchor: place.length - rest.length }];
    }),
    ...(inside === undefined
      ? []
      : [{ path: rewrite(inverted(mapping.renames), inside), anchor: place.length - inside.length }]),
  ];
  return candidates.find(({ path }) => {
    const back = locNames(placeOf(mapping, root, path));
    return !isHidden(mapping, path) && back !== undefined && samePath(back, place);
  });
}

function findPlace(mapping: MoMapping, root: string, path: readonly string[]): Place {
  const elsewhere = mapping.elsewhere.find((node) => matchesPrefix(node.path, path));
  return elsewhere === undefined
    ? { base: root, names: rewrite(mapping.renames, path) }
    : { base: elsewhere.locUri, names: path.slice(elsewhere.path.length) };
}

function restBelow(base: string, place: readonly string[]): readonly string[] | undefined {
  const names = locNames(base);
  return names === undefined ? undefined : below(names, place);
}
