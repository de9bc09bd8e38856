/**
 * Finds mappings: by the MOID that a backend uses, and by the Type that a device uses.
 *
 * @see OMA-TS-DM_Protocol 2.0 §6.1.1.1
 */
import { MappingError } from '../errors.ts';
import { type LocUri, parentOf } from '../mo/loc-uri.ts';
import { type Moid, moidKey, moidName, versionFreeKey } from '../mo/moid.ts';
import { isSearched, type MoMapping, UNCHANGED } from './mapping.ts';
import { aliasOf, distinctPlaces, type MoPlace, PlaceMap } from './mo-place.ts';

/** The root of an MO at a place where its mapping expects it. */
export interface ExpectedRoot {
  readonly mapping: MoMapping;
  readonly root: LocUri;
}

/** All mappings, with indexes over their MOIDs, Types and usual LocURIs. */
export class MoIndex {
  readonly #mappings: readonly MoMapping[];
  /** File name of the DDF by MOID. */
  readonly #ddfFiles: ReadonlyMap<string, string>;
  /** By `moidKey` of `moid` and `aliases`. */
  readonly #byKey = new Map<string, MoMapping>();
  /** By `moidKey` of `dm1Moids`. */
  readonly #byType = new Map<string, MoMapping>();
  /** By `versionFreeKey` of `dm1Moids`. */
  readonly #byVersionFree = new Map<string, MoMapping>();
  readonly #places: ReadonlyMap<Moid, readonly MoPlace[]>;
  /** Places of the MOs that a device is searched for. */
  readonly #searched = new ExpectedPlaces();
  /** Places of all MOs. */
  readonly #described = new ExpectedPlaces();
  /** The fixed roots of MOs that have the node in DM 2.0, by the LocURI of the node on the device. */
  readonly #relocated = new Map<LocUri, ExpectedRoot[]>();
  /** The mapping of each place. */
  readonly #expected = new PlaceMap<MoMapping>();

  /** @throws MappingError ERR_MAPPING_INVALID when two mappings claim one MOID */
  constructor(mappings: readonly MoMapping[]) {
    this.#mappings = mappings;
    const clash = findClashes(mappings)[0];
    if (clash !== undefined) throw new MappingError('ERR_MAPPING_INVALID', clash.message);
    this.#ddfFiles = new Map(mappings.map(({ moid }) => [moid, ddfFile(moid)]));
    this.#places = placesByMoid(mappings);
    for (const mapping of mappings) {
      for (const place of this.placesOf(mapping)) {
        this.#expected.add(place, mapping);
        this.#described.add(place);
        if (isSearched(mapping)) this.#searched.add(place);
      }
      this.#addRelocated(mapping);
      for (const moid of [mapping.moid, ...mapping.aliases]) this.#byKey.set(moidKey(moid), mapping);
      for (const type of mapping.dm1Moids) {
        this.#byType.set(moidKey(type), mapping);
        const key = versionFreeKey(type);
        if (!this.#byVersionFree.has(key)) this.#byVersionFree.set(key, mapping);
      }
    }
  }

  #addRelocated(mapping: MoMapping): void {
    const root = mapping.find === 'fixed' ? mapping.places[0]?.locUri : undefined;
    if (root === undefined) return;
    for (const { locUri } of mapping.relocated) {
      const roots = this.#relocated.get(locUri) ?? [];
      this.#relocated.set(locUri, [...roots, { mapping, root }]);
    }
  }

  /** All mappings, in the order in which they were loaded. */
  all(): readonly MoMapping[] {
    return this.#mappings;
  }

  /** The mapping of a MOID that a backend writes: with or without `urn:`, percent-encoded or not, aliases included. */
  byMoid(moid: Moid): MoMapping | undefined {
    return this.#byKey.get(moidKey(moid));
  }

  /** The mapping of a Type property: the one with the exact value, else one with any version of it. */
  byDm1Type(type: string): MoMapping | undefined {
    return this.#byType.get(moidKey(type)) ?? this.#byVersionFree.get(versionFreeKey(type));
  }

  /** The places of a mapping, those under the other name of the device's tree too, unless another mapping names these. */
  placesOf({ moid, places }: MoMapping): readonly MoPlace[] {
    return this.#places.get(moid) ?? places;
  }

  /** True for a place where a mapping expects an MO that not every device has. */
  isExpectedAt(locUri: LocUri): boolean {
    return this.#searched.countAt(locUri) > 0;
  }

  /** The MO root in whose sub-tree the node lies, when the device has its MOs where the mappings expect them. */
  expectedRoot(locUri: LocUri): ExpectedRoot | undefined {
    const found = this.#expected.rootAbove(locUri);
    return found === undefined ? undefined : { mapping: found.value, root: found.root };
  }

  /** That root, and the roots that every device has and whose MOs have the node in DM 2.0 although it lies outside of them. */
  expectedRoots(locUri: LocUri): readonly ExpectedRoot[] {
    const roots: ExpectedRoot[] = [];
    const inside = this.expectedRoot(locUri);
    if (inside !== undefined) roots.push(inside);
    for (let at: LocUri | undefined = locUri; at !== undefined; at = parentOf(at)) {
      roots.push(...(this.#relocated.get(at) ?? []));
    }
    return roots;
  }

  /** True for a place where several mappings expect an MO, so that only its Type shows which one is there. */
  isAmbiguousAt(locUri: LocUri): boolean {
    return this.#searched.countAt(locUri) > 1;
  }

  /** True for a child of a node of which each child is the root of an MO that not every device has. */
  isChildPlace(locUri: LocUri): boolean {
    const parent = parentOf(locUri);
    return parent !== undefined && this.#searched.hasParent(parent);
  }

  /** True for the root of an MO that every device has there. */
  isFixedAt(locUri: LocUri): boolean {
    return this.#described.countAt(locUri) > this.#searched.countAt(locUri);
  }

  /** True when a mapping says what the node is: the root of an MO, or the node above such roots. */
  isDescribed(locUri: LocUri): boolean {
    return this.#described.countAt(locUri) > 0 || this.#described.hasParent(locUri);
  }

  /** The MOID under which data is stored: that of the mapping, or the given one when no mapping has it. */
  canonicalMoid(moid: Moid): Moid {
    return this.byMoid(moid)?.moid ?? moid;
  }

  /**
   * The longest MOID at the beginning of `text` that is followed by `/`, as written there; a MOID may contain `/` itself
   * (reversed domains). `known` adds MOIDs that no mapping has, such as those found on a device.
   */
  longestMoid(text: string, known?: Iterable<Moid>): string | undefined {
    const more = known === undefined ? NO_KEYS : new Set([...known].map(moidKey));
    for (let end = text.lastIndexOf('/'); end > 0; end = text.lastIndexOf('/', end - 1)) {
      const prefix = text.slice(0, end);
      const key = moidKey(prefix);
      if (this.#byKey.has(key) || more.has(key)) return prefix;
    }
    return undefined;
  }

  /** The mapping of an MO that no file describes: its instances are the nodes that have the MOID as Type. */
  fallbackMapping(moid: Moid): MoMapping {
    const name = moidName(moid);
    return {
      ...UNCHANGED,
      moid,
      name,
      dm1Moids: [moid],
      find: 'type',
      places: [],
      description: { name, format: 'node', access: ['Get'], occurrence: 'ZeroOrMore', scope: 'dynamic', children: [] },
      minimumAccess: true,
    };
  }

  /** The URL at which the bridge serves the DDF of an MO (DM-2.0 §5.2.2, MOS). */
  ddfLink(mapping: MoMapping, northPublicUrl: string): string {
    const file = this.#ddfFiles.get(mapping.moid) ?? ddfFile(mapping.moid);
    const base = northPublicUrl.endsWith('/') ? northPublicUrl.replace(/\/+$/, '') : northPublicUrl;
    return `${base}/ddf/${file}`;
  }
}

const NO_KEYS: ReadonlySet<string> = new Set();

/** The places where mappings expect MOs, with the number of mappings of each. */
class ExpectedPlaces {
  readonly #roots = new Map<LocUri, number>();
  readonly #parents = new Map<LocUri, number>();

  add({ locUri, kind }: MoPlace): void {
    const counts = kind === 'root' ? this.#roots : this.#parents;
    counts.set(locUri, (counts.get(locUri) ?? 0) + 1);
  }

  /** The number of mappings that expect the root of an instance there. */
  countAt(locUri: LocUri): number {
    const parent = parentOf(locUri);
    return (this.#roots.get(locUri) ?? 0) + (parent === undefined ? 0 : (this.#parents.get(parent) ?? 0));
  }

  /** True when each child of the node is the root of an instance. */
  hasParent(locUri: LocUri): boolean {
    return this.#parents.has(locUri);
  }
}

function placesByMoid(mappings: readonly MoMapping[]): ReadonlyMap<Moid, readonly MoPlace[]> {
  const named = new Set(mappings.flatMap(({ places }) => places).map(({ locUri }) => locUri));
  const aliasesOf = (places: readonly MoPlace[]) =>
    places.flatMap((place) => aliasOf(place) ?? []).filter(({ locUri }) => !named.has(locUri));
  return new Map(
    mappings.map((mapping) => {
      const { moid, places } = mapping;
      return [moid, isSearched(mapping) ? distinctPlaces([...places, ...aliasesOf(places)]) : places];
    }),
  );
}

function ddfFile(moid: string): string {
  return `${encodeURIComponent(moid).replaceAll('%3A', ':')}.ddf`;
}

/** Finds MOIDs that more than one mapping claims, on either side. */
export function findClashes(mappings: readonly MoMapping[]): readonly MoidClash[] {
  const clashes: MoidClash[] = [];
  const north = new Map<string, MoMapping>();
  const south = new Map<string, MoMapping>();
  const claim = (owners: Map<string, MoMapping>, moid: string, mapping: MoMapping, keys: string) => {
    const owner = owners.get(moidKey(moid)) ?? mapping;
    owners.set(moidKey(moid), owner);
    if (owner !== mapping) clashes.push({ mapping, message: `${moid} means ${owner.moid} already (${keys})` });
  };
  for (const mapping of mappings) {
    for (const moid of [mapping.moid, ...mapping.aliases]) claim(north, moid, mapping, 'moid or aliases');
    for (const moid of mapping.dm1Moids) claim(south, moid, mapping, 'dm1Moids');
  }
  return clashes;
}

/** A MOID that an earlier mapping has already. */
interface MoidClash {
  readonly mapping: MoMapping;
  readonly message: string;
}
