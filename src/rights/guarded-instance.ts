/**
 * The ACLs of one MO instance as they decide on its nodes: what each node has of its own, and what is in force on it and
 * on its parent.
 *
 * Inheritance follows the tree of the device, so that a node which DM 2.0 shows in this MO and the device keeps elsewhere
 * inherits from there. Paths are those of DM 2.0.
 *
 * @see OMA-TS-DM_TND §7.7.1; OMA-TS-DM_Protocol 2.0 §12.3, §13.2
 */
import { ACL_COMMANDS, type Acl, effectiveAcl, grants } from '../dm1/acl.ts';
import { describeNode, type MoMapping } from '../mapping/mapping.ts';
import { ancestorsOf, childOf, type LocUri, namesOf, parentOf } from '../mo/loc-uri.ts';
import { isInterior, type MoNode } from '../mo/node.ts';
import type { NodePath } from '../mo/node-path.ts';
import type { Mutable } from '../mutable.ts';
import { type Authority, accessRightsOf, authoritiesOf, type GuardedNode, RIGHT } from '../translate/access-rights.ts';
import { pathOf } from '../translate/node-address.ts';
import { treePartsOf } from '../translate/uri.ts';

/** A node of the instance with what decides on the rights to it. */
export interface GuardedPlace extends GuardedNode {
  readonly path: NodePath;
  readonly locUri: LocUri;
  /** Its own ACL, without entries when it inherits; absent: the device was not asked for it. */
  readonly own?: Acl;
}

/** What one place of the device answered: `hidden` is an ACL that this server may not read. */
export type OwnAcl = Acl | 'hidden';

/** What was read of an instance. */
export interface AclReading {
  readonly mapping: MoMapping;
  /** LocURI of its root. */
  readonly root: LocUri;
  /** Names and kinds of its nodes on the device. */
  readonly tree: MoNode;
  /** By LocURI; places that are missing were not asked for. */
  readonly own: ReadonlyMap<LocUri, OwnAcl>;
}

/** The nodes of the instance that DM 2.0 has a path for, its root first. */
export function guardedPlaces(reading: AclReading): readonly GuardedPlace[] {
  const { mapping, root, tree } = reading;
  const inside = placesIn(reading, root, tree);
  const outside = treePartsOf(mapping, root, [])
    .filter(({ locUri }) => locUri !== root && isKnown(reading.own.get(locUri)))
    .flatMap(({ locUri, expect }): readonly GuardedPlace[] => {
      const node: MoNode = expect === 'leaf' ? { name: '', format: 'chr' } : { name: '', format: 'node', children: [] };
      return placesIn(reading, locUri, node);
    });
  return [...inside, ...outside];
}

/** The nodes that have an entry in the DAC MO: the root, what has an ACL of its own, and what inherits from elsewhere and so has other rights. */
export function placesWithEntry(places: readonly GuardedPlace[]): readonly GuardedPlace[] {
  const byPath = new Map(places.map((place) => [place.path.join('/'), place]));
  return places.filter((place) => {
    const parent = byPath.get(place.path.slice(0, -1).join('/'));
    return parent === undefined || place.path.length === 0 || (place.own?.size ?? 0) > 0 || !inherits(place, parent);
  });
}

/** Whether a server may do anything at all with the instance. */
export function mayTouch(places: readonly GuardedPlace[], server: Authority): boolean {
  return places.some(
    (place) =>
      ACL_COMMANDS.some((command) => grants(place.acl, command, server)) ||
      (accessRightsOf(place, server) & RIGHT.delegate) !== 0,
  );
}

function isKnown(acl: OwnAcl | undefined): acl is Acl {
  return acl !== undefined && acl !== 'hidden';
}

/** The ACL in force at the end of a way; behind one that is hidden nobody knows more than that this server has nothing. */
function inForce(way: readonly OwnAcl[]): Acl {
  const last = way.findLastIndex((acl) => acl === 'hidden' || acl.size > 0);
  const acl = way[last];
  return acl === 'hidden' ? new Map() : effectiveAcl(acl === undefined ? [] : [acl]);
}

/** The node at `locUri` with those below it, as far as they have a 2.0 path. */
function placesIn(reading: AclReading, locUri: LocUri, node: MoNode): readonly GuardedPlace[] {
  const { mapping, root, own } = reading;
  const path = pathOf(mapping, namesOf(root), namesOf(locUri))?.path;
  const below = (node.children ?? []).flatMap((child) => placesIn(reading, childOf(locUri, child.name), child));
  if (path === undefined) return below;
  const above = ancestorsOf(locUri).map((ancestor) => own.get(ancestor) ?? NONE);
  const acl = own.get(locUri);
  const place: Mutable<GuardedPlace> = {
    path,
    locUri,
    kind: kindOf(mapping, path, node),
    acl: inForce([...above, acl ?? NONE]),
  };
  if (above.length > 0) place.parentAcl = inForce(above);
  if (isKnown(acl)) place.own = acl;
  return [place, ...below];
}

const NONE: Acl = new Map();

/** A listing may leave Format out, and then a node without children and value looks like a leaf. */
function kindOf(mapping: MoMapping, path: readonly string[], node: MoNode): 'interior' | 'leaf' {
  const isBare = node.format === 'chr' && node.value === undefined;
  return isInterior(node) || (isBare && describeNode(mapping, path)?.format === 'node') ? 'interior' : 'leaf';
}

/** True when the node has the rights that its parent in DM 2.0 hands down. */
function inherits(place: GuardedPlace, parent: GuardedPlace): boolean {
  if (parentOf(place.locUri) === parent.locUri) return true;
  const shown: GuardedNode = { kind: place.kind, acl: parent.acl, parentAcl: parent.acl };
  const names = new Set([...authoritiesOf(place), ...authoritiesOf(shown)]);
  return [...names].every((authority) => accessRightsOf(place, authority) === accessRightsOf(shown, authority));
}
