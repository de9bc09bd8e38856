/**
 * The places of a device's tree where a mapping expects an MO: a root by itself (`./DevInfo` in a mapping file), or every
 * child of a node (`./NAP/*`).
 */
import { childOf, descendantOf, type LocUri, namesBelow, namesOf, parentOf, parseLocUri, ROOT } from '../mo/loc-uri.ts';

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

/** The root at this place in whose instance the node lies; undefined when it lies elsewhere. */
export function rootAt({ locUri, kind }: MoPlace, node: LocUri): LocUri | undefined {
  const names = namesBelow(node, locUri);
  if (names === undefined || kind === 'root') return names && locUri;
  const [name] = names;
  return name === undefined ? undefined : childOf(locUri, name);
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
