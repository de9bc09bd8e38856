/**
 * Lookups over all mappings: by the MOID a backend uses, by the Type a device uses, and the description of one node.
 *
 * @see OMA-TS-DM_Protocol 2.0 §6.1.1.1
 */
import { MappingError } from '../errors.ts';
import { AS_IT_IS, describeNode, execAlertType, isSearched, type MoMapping, type NodeDescription } from './mapping.ts';
import { moidKey, moidName, versionFreeKey } from './moid.ts';

export class MoIndex {
  readonly #mappings: readonly MoMapping[];
  /** By MOID. */
  readonly #ddfFiles: ReadonlyMap<string, string>;
  readonly #byKey = new Map<string, MoMapping>();
  readonly #byType = new Map<string, MoMapping>();
  readonly #byVersionFree = new Map<string, MoMapping>();
  /** Of the MOs that a device is searched for; those that end in `/*` without it. */
  readonly #places = { instances: new Set<string>(), parents: new Set<string>() };

  /** @throws MappingError ERR_MAPPING_INVALID when two mappings claim one MOID */
  constructor(mappings: readonly MoMapping[]) {
    this.#mappings = mappings;
    const clash = findClashes(mappings)[0];
    if (clash !== undefined) throw new MappingError('ERR_MAPPING_INVALID', clash.message);
    this.#ddfFiles = new Map(mappings.map(({ moid }) => [moid, ddfFile(moid)]));
    for (const root of mappings.filter(isSearched).flatMap(({ roots }) => roots)) {
      if (root.endsWith('/*')) this.#places.parents.add(root.slice(0, -2));
      else this.#places.instances.add(root);
    }
    for (const mapping of mappings) {
      for (const moid of [mapping.moid, ...mapping.aliases]) this.#byKey.set(moidKey(moid), mapping);
      for (const type of mapping.dm1Moids) {
        this.#byType.set(moidKey(type), mapping);
        const key = versionFreeKey(type);
        if (!this.#byVersionFree.has(key)) this.#byVersionFree.set(key, mapping);
      }
    }
  }

  /** All mappings, in the order in which they were loaded. */
  all(): readonly MoMapping[] {
    return this.#mappings;
  }

  /** The mapping that a backend means; with or without `urn:`, percent-encoded or not, aliases included. */
  byMoid(moid: string): MoMapping | undefined {
    return this.#byKey.get(moidKey(moid));
  }

  /** The mapping that a device means by a Type property: exactly, else whatever the version. */
  byDm1Type(type: string): MoMapping | undefined {
    return this.#byType.get(moidKey(type)) ?? this.#byVersionFree.get(versionFreeKey(type));
  }

  /** True where some mapping expects an MO that not every device has. */
  isExpectedAt(locUri: string): boolean {
    const { instances, parents } = this.#places;
    return instances.has(locUri) || parents.has(locUri.slice(0, locUri.lastIndexOf('/')));
  }

  /** The MOID under which everything is kept: the mapping's, or the trimmed text when no mapping knows it. */
  canonicalMoid(moid: string): string {
    return this.byMoid(moid)?.moid ?? moid.trim();
  }

  /**
   * The longest MOID with a `/` behind it with which `text` begins, as written there; MOIDs may hold `/` themselves
   * (reversed domains). `known` adds MOIDs that no mapping has, such as those found on a device.
   */
  longestMoid(text: string, known: Iterable<string> = []): string | undefined {
    const more = new Set([...known].map(moidKey));
    for (let end = text.lastIndexOf('/'); end > 0; end = text.lastIndexOf('/', end - 1)) {
      const prefix = text.slice(0, end);
      const key = moidKey(prefix);
      if (this.#byKey.has(key) || more.has(key)) return prefix;
    }
    return undefined;
  }

  /** The description of the node at `path` below the MO root; the root itself for the empty path. */
  describe(mapping: MoMapping, path: readonly string[]): NodeDescription | undefined {
    return describeNode(mapping, path);
  }

  /** The AlertType that completes an EXEC of that node, if the mapping knows one (DM-2.0 §5.4.1). */
  execAlertType(mapping: MoMapping, path: readonly string[]): string | undefined {
    return execAlertType(mapping, path);
  }

  /** A mapping for an MO that none describes but whose root carries its MOID as Type. */
  fallbackMapping(moid: string): MoMapping {
    const name = moidName(moid);
    return {
      ...AS_IT_IS,
      moid: moid.trim(),
      name,
      dm1Moids: [moid.trim()],
      find: 'type',
      roots: [],
      description: { name, format: 'node', access: ['Get'], occurrence: 'ZeroOrMore', scope: 'dynamic', children: [] },
      minimumAccess: true,
    };
  }

  /** Where the bridge serves the DDF of an MO (DM-2.0 §5.2.2, MOS). */
  ddfLink(mapping: MoMapping, northPublicUrl: string): string {
    const file = this.#ddfFiles.get(mapping.moid) ?? ddfFile(mapping.moid);
    const base = northPublicUrl.endsWith('/') ? northPublicUrl.replace(/\/+$/, '') : northPublicUrl;
    return `${base}/ddf/${file}`;
  }
}

function ddfFile(moid: string): string {
  return `${encodeURIComponent(moid).replaceAll('%3A', ':')}.ddf`;
}

/** MOIDs that more than one mapping claims, for either side. */
export function findClashes(mappings: readonly MoMapping[]): readonly { mapping: MoMapping; message: string }[] {
  const north = new Map<string, MoMapping>();
  const south = new Map<string, MoMapping>();
  const claim = (claims: Map<string, MoMapping>, moid: string, mapping: MoMapping, side: string) => {
    const other = claims.get(moidKey(moid));
    claims.set(moidKey(moid), other ?? mapping);
    return other === undefined || other === mapping
      ? []
      : [{ mapping, message: `${moid} means ${other.moid} already (${side})` }];
  };
  return mappings.flatMap((mapping) => [
    ...[mapping.moid, ...mapping.aliases].flatMap((moid) => claim(north, moid, mapping, 'moid or aliases')),
    ...mapping.dm1Moids.flatMap((moid) => claim(south, moid, mapping, 'dm1Moids')),
  ]);
}
