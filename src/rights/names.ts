/**
 * Names of the unnamed nodes of the DAC MO: `<MOID>/<MIID>/<x>` and `<MOID>/<MIID>/<x>/Permissions/<x>`.
 *
 * A name follows from what the node is about, so that it is the same in every reading; a name that the backend gave with
 * HGET is remembered and wins. As in figure 17 `1` is the entry of the MO root, and the permissions of everybody.
 *
 * @see OMA-TS-DM_Protocol 2.0 §12.3
 */
import { formatClientUri } from '../dm2/client-uri.ts';
import type { Miid } from '../mo/miid.ts';
import type { Moid } from '../mo/moid.ts';

/** Names that a backend gave, by what they name. */
export type RightsNames = Readonly<Record<string, string>>;

/** The instance that an entry speaks of. */
export interface RightsInstance {
  readonly moid: Moid;
  readonly miid: Miid;
}

/** Under what the names of an instance are remembered: all their keys begin so. */
export function instanceKey({ moid, miid }: RightsInstance): string {
  return formatClientUri({ moid, miid, path: [] });
}

/** Key of the entry for the node at `path`. */
export function entryKey({ moid, miid }: RightsInstance, path: readonly string[]): string {
  return formatClientUri({ moid, miid, path });
}

/** Key of what one authority may do there; no address holds a space. */
export function permissionKey(instance: RightsInstance, path: readonly string[], maid: string): string {
  return `${entryKey(instance, path)} ${maid}`;
}

/** What the entry for a node is called unless somebody called it otherwise. */
export function defaultEntryName(path: readonly string[]): string {
  return path.length === 0 ? FIRST : unlikeFirst(path.map(escaped).join('.'));
}

/** What the permissions of a MAID are called unless somebody called them otherwise. */
export function defaultPermissionName(maid: string): string {
  return maid === '*'
    ? FIRST
    : unlikeFirst(maid.slice(maid.indexOf(':') + 1).replaceAll(/[/?%]/gu, encodeURIComponent));
}

/** A name for each node, all different: those that are remembered first. */
export function namesFor(
  nodes: readonly { readonly key: string; readonly name: string }[],
  remembered: RightsNames,
): readonly string[] {
  const given = nodes.map(({ key }) => (Object.hasOwn(remembered, key) ? remembered[key] : undefined));
  const taken = new Set(given);
  return nodes.map(({ name }, at) => {
    const known = given[at];
    if (known !== undefined) return known;
    let free = name;
    for (let count = 2; taken.has(free); count += 1) free = `${name}-${count}`;
    taken.add(free);
    return free;
  });
}

const FIRST = '1';

/** So that no two paths have one name. */
function escaped(name: string): string {
  return name.replaceAll(/[.%/?]/gu, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
}

function unlikeFirst(name: string): string {
  return name === FIRST ? '%31' : name;
}
