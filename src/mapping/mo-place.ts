/**
 * The places of a device's tree where a mapping expects an MO: a root by itself (`./DevInfo` in a mapping file), or every
 * child of a node (`./NAP/*`).
 */
import { childOf, descendantOf, type LocUri, namesOf, parentOf, parseLocUri, ROOT } from '../mo/loc-uri.ts';

export interface MoPlace {
  readonly locUri: LocUri;
  /** `root`: an instance is rooted at `locUri`; `parent`: each of its children is the root of an instance. */
  readonly kind: 'root' | 'parent';
}

const ALL_CHILDREN = '/*';

/**
 * Reads a place as a mapping file writes it.
 * @throws DecodeError ERR_LOC_URI_SYNTAX
 */
export function parseMoPlace(text: string): MoPlace {
  if (!text.endsWith(ALL_CHILDREN)) return { locUri: parseLocUri(text), kind: 'root' };
  return { locUri: parseLocUri(text.slice(0, -ALL_CHILDREN.length)), kind: 'parent' };
}

/** The place as a mapping file writes it. */
export function formatMoPlace({ locUri, kind }: MoPlace): string {
  return kind === 'root' ? locUri : childOf(locUri, '*');
}

/** The places without those that are there twice. */
export function distinctPlaces(places: readonly MoPlace[]): readonly MoPlace[] {
  return [...new Map(places.map((place) => [formatMoPlace(place), place])).values()];
}

/** The node above the roots; undefined when the root of the tree is one. */
export function parentOfRoots({ locUri, kind }: MoPlace): LocUri | undefined {
  return kind === 'root' ? parentOf(locUri) : locUri;
}

/** True when an instance at `root` is at this place. */
export function isRootAt({ locUri, kind }: MoPlace, root: LocUri): boolean {
  return (kind === 'root' ? root : parentOf(root)) === locUri;
}

/** True when an instance at `root` is at one of the places. The cost does not depend on their number. */
export function hasRootAt(places: readonly MoPlace[], root: LocUri): boolean {
  let known = placeMaps.get(places);
  if (known === undefined) {
    known = new PlaceMap();
    for (const place of places) known.add(place, place);
    placeMaps.set(places, known);
  }
  return known.get(root) !== undefined;
}

/** The places of a mapping never change. */
const placeMaps = new WeakMap<readonly MoPlace[], PlaceMap<MoPlace>>();

/** Places with a value each, asked for that of a root; a question costs the same however many places there are. */
export class PlaceMap<T> {
  readonly #roots = new Map<LocUri, T>();
  /** By the node of which each child is a root. */
  readonly #parents = new Map<LocUri, T>();

  /** Adds a place; the first value for a place counts. */
  add({ locUri, kind }: MoPlace, value: T): void {
    const values = kind === 'root' ? this.#roots : this.#parents;
    if (!values.has(locUri)) values.set(locUri, value);
  }

  /** The value for an MO root at `root`: that of the very root, else that of all children of the node above it. */
  get(root: LocUri): T | undefined {
    const parent = parentOf(root);
    return this.#roots.get(root) ?? (parent === undefined ? undefined : this.#parents.get(parent));
  }

  /** True when roots at `place` are roots at one of the places. */
  covers({ locUri, kind }: MoPlace): boolean {
    return kind === 'root' ? this.get(locUri) !== undefined : this.#parents.has(locUri);
  }

  /** The innermost root at one of the places in whose sub-tree the node lies. */
  rootAbove(node: LocUri): { readonly root: LocUri; readonly value: T } | undefined {
    for (let root: LocUri | undefined = node; root !== undefined; root = parentOf(root)) {
      const value = this.get(root);
      if (value !== undefined) return { root, value };
    }
    return undefined;
  }
}

/**
 * The names under which devices have one tree for the device and one for each user: `./Device` and `./User`. The device's tree
 * may be at the root as well, so that `./Vendor` and `./Device/Vendor` are two names of one node.
 */
const DEVICE = 'Device';
const USER = 'User';
const VENDOR = 'Vendor';

/** The same place under the other name of the device's tree; undefined when it has one name only. */
export function aliasOf({ locUri, kind }: MoPlace): MoPlace | undefined {
  const [scope, ...below] = namesOf(locUri);
  if (scope === DEVICE && below.length > 0) return { locUri: descendantOf(ROOT, below), kind };
  return scope === VENDOR ? { locUri: descendantOf(ROOT, [DEVICE, VENDOR, ...below]), kind } : undefined;
}

/** The place in the tree of the user for one of the device, and the other way round; none for a place outside of both. */
export function inOtherScope({ locUri, kind }: MoPlace): readonly MoPlace[] {
  const names = namesOf(locUri);
  const [scope, ...below] = names;
  if (scope === VENDOR) return [{ locUri: descendantOf(ROOT, [USER, ...names]), kind }];
  if (below.length === 0) return [];
  if (scope === DEVICE) return [{ locUri: descendantOf(ROOT, [USER, ...below]), kind }];
  if (scope !== USER) return [];
  const onDevice: MoPlace = { locUri: descendantOf(ROOT, [DEVICE, ...below]), kind };
  return [onDevice, { locUri: descendantOf(ROOT, below), kind }];
}

/** True for the top of a tree that the list of the root's children may leave out. */
export function isScope(locUri: LocUri): boolean {
  const names = namesOf(locUri);
  return names.length === 1 && [DEVICE, USER, VENDOR].includes(names[0] ?? '');
}
