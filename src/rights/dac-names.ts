/**
 * Names of the unnamed nodes of the DAC MO: `<MOID>/<MIID>/<x>` and `<MOID>/<MIID>/<x>/Permissions/<x>`.
 *
 * A default name follows from the subject of the node, so that it is the same in every reading. A name that the backend gave
 * with HGET is stored and takes precedence. As in figure 17, `1` is the entry of the MO root and the permission of all.
 *
 * @see OMA-TS-DM_Protocol 2.0 §12.3
 */
import { formatClientUri } from '../dm2/client-uri.ts';
import type { Miid } from '../mo/miid.ts';
import type { Moid } from '../mo/moid.ts';
import type { NodePath } from '../mo/node-path.ts';
import { fingerprintOfText } from '../workflow/fingerprint.ts';

/** Names that a backend gave, by the keys below. */
export type RightsNames = Readonly<Record<string, string>>;

/** The instance that an entry is about. */
export interface RightsInstance {
  readonly moid: Moid;
  readonly miid: Miid;
}

/** The beginning of all keys of an instance. */
export function instanceKey({ moid, miid }: RightsInstance): string {
  return formatClientUri({ moid, miid, path: [] });
}

/** Names by the instances that their keys are of. The cost of one instance does not grow with the names of others. */
export class NamesByInstance {
  readonly #sorted: readonly (readonly [string, string])[];

  constructor(names: RightsNames) {
    this.#sorted = Object.entries(names).sort(([one], [other]) => (one < other ? -1 : 1));
  }

  /** The names of the instance with this `instanceKey`. */
  of(key: string): RightsNames {
    const names: [string, string][] = [];
    for (let at = this.#firstFrom(key); this.#sorted[at]?.[0].startsWith(key) === true; at += 1) {
      const [own = '', name = ''] = this.#sorted[at] ?? [];
      names.push([own, name]);
    }
    return Object.fromEntries(names);
  }

  /** The position of the first name whose key is not less. */
  #firstFrom(key: string): number {
    let [from, to] = [0, this.#sorted.length];
    while (from < to) {
      const middle = (from + to) >> 1;
      if ((this.#sorted[middle]?.[0] ?? '') < key) from = middle + 1;
      else to = middle;
    }
    return from;
  }
}

/** The key of the entry for the node at `path`. */
export function entryKey({ moid, miid }: RightsInstance, path: NodePath): string {
  return formatClientUri({ moid, miid, path });
}

/** The key of one authority's permission for the node at `path`. The space is in no ClientURI, so all keys differ. */
export function permissionKey(instance: RightsInstance, path: NodePath, maid: string): string {
  return `${entryKey(instance, path)} ${maid}`;
}

/** Characters of the longest name that a document may give a node: each device's record holds such names. */
export const MAX_NAME_LENGTH = 255;

/** Characters that are kept of a longer default name. */
const KEPT_OF_LONG = 220;

/** The name of an entry to which the backend gave none. */
export function defaultEntryName(path: NodePath): string {
  return path.length === 0 ? FIRST : shortened(unlikeFirst(path.map(escaped).join('.')));
}

/** A name that a document may give back: the beginning of a long one, and its fingerprint. */
function shortened(name: string): string {
  if (name.length <= MAX_NAME_LENGTH) return name;
  // No half of a surrogate pair is left.
  const start = name.slice(0, KEPT_OF_LONG).replace(/[\uD800-\uDBFF]$/, '');
  return `${start}~${fingerprintOfText(name)}`;
}

/** The name of a permission to which the backend gave none. */
export function defaultPermissionName(maid: string): string {
  if (maid === '*') return FIRST;
  const identifier = maid.slice(maid.indexOf(':') + 1);
  // No node has the name `.` or `..`.
  if (/^\.{1,2}$/.test(identifier)) return escaped(identifier);
  return shortened(unlikeFirst(identifier.replaceAll(/[/?%]/gu, encodeURIComponent)));
}

/** A different name for each node: its stored one, else its default name, made unique. */
export function namesFor(
  nodes: readonly { readonly key: string; readonly name: string }[],
  stored: RightsNames,
): readonly string[] {
  const given = nodes.map(({ key }) => (Object.hasOwn(stored, key) ? stored[key] : undefined));
  const taken = new Set(given);
  return nodes.map(({ name }, at) => {
    const known = given[at];
    if (known !== undefined) return known;
    let free = name;
    for (let count = 2; taken.has(free); count += 1) free = shortened(`${name}-${count}`);
    taken.add(free);
    return free;
  });
}

const FIRST = '1';

/** Escapes the separator, so that two paths never have the same name. */
function escaped(name: string): string {
  return name.replaceAll(/[.%/?]/gu, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
}

function unlikeFirst(name: string): string {
  return name === FIRST ? '%31' : name;
}
