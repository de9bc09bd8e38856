/**
 * The places of a device's tree where a mapping expects an MO: a root by itself (`./DevInfo` in a mapping file), or every
 * child of a node (`./NAP/*`).
 */
import { childOf, type LocUri, namesBelow, parentOf, parseLocUri } from '../mo/loc-uri.ts';

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
