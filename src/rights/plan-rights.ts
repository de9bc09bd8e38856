/**
 * From the entries that an instance has in the DAC MO and those that it shall have to the ACLs that must change, each by
 * the smallest edit: what nobody speaks of stays, above all what access rights cannot say.
 *
 * @see OMA-TS-DM_Protocol 2.0 §10, §12.3, §13.2; design: ACL ↔ DAC MO
 */
import { type Acl, formatAcl } from '../dm1/acl.ts';
import { type LocUri, parentOf } from '../mo/loc-uri.ts';
import { isSamePath } from '../mo/node-path.ts';
import {
  type Authority,
  accessRightsOf,
  authoritiesOf,
  type GuardedNode,
  withAccessRights,
  withoutSaidRights,
} from '../translate/access-rights.ts';
import type { TranslationContext } from '../translate/context.ts';
import { authorityOf, maidOf, mayBeGiven, parseMaid } from './authority.ts';
import type { GuardedPlace } from './guarded-instance.ts';
import type { Permission, RightsEntry } from './layout.ts';
import { entriesOf, type InstanceRights, permissionsOf } from './read-rights.ts';

/** An ACL that changes. Without entries the node inherits. */
export interface AclEdit {
  readonly locUri: LocUri;
  readonly before: Acl;
  readonly after: Acl;
}

/** A document that the bridge or DM 1.x cannot follow: its DM 2.0 status. */
interface Refused {
  readonly status: 403 | 404;
}

/** The edits in the order to send them: what is below goes first, while the rights above still hold. */
export function planAclEdits(
  context: TranslationContext,
  instance: InstanceRights,
  wanted: readonly RightsEntry[],
): readonly AclEdit[] | Refused {
  const { places } = instance;
  const isKnown = ({ path }: RightsEntry) => places.some((place) => isSamePath(place.path, path));
  if (!wanted.every(isKnown)) return { status: 404 };
  const present = entriesOf(context, instance);
  const inForce = new Map<LocUri, Acl>();
  const edits: AclEdit[] = [];
  // From the top down, for what is below a change may inherit it.
  for (const place of places) {
    const node = { ...place, ...inheritedNow(place, inForce) };
    const entryOf = (entries: readonly RightsEntry[]) => entries.find(({ path }) => isSamePath(path, place.path));
    const acl = wantedAcl(context, instance, node, { present: entryOf(present), wanted: entryOf(wanted) });
    if (acl !== undefined && 'status' in acl) return acl;
    inForce.set(place.locUri, acl === undefined || acl.size === 0 ? node.acl : acl);
    if (acl !== undefined) edits.push({ locUri: place.locUri, before: place.own ?? NONE, after: acl });
  }
  return edits.toReversed();
}

const NONE: Acl = new Map();

/** What is in force on the node and on its parent once the edits above are done. */
function inheritedNow(place: GuardedPlace, inForce: ReadonlyMap<LocUri, Acl>): Partial<GuardedNode> {
  const parent = parentOf(place.locUri);
  const parentAcl = parent === undefined ? undefined : inForce.get(parent);
  if (parentAcl === undefined) return {};
  return (place.own?.size ?? 0) > 0 ? { parentAcl } : { parentAcl, acl: parentAcl };
}

interface EntryChange {
  readonly present: RightsEntry | undefined;
  readonly wanted: RightsEntry | undefined;
}

/** The own ACL that the node shall have; undefined when it keeps what it has. */
function wantedAcl(
  context: TranslationContext,
  instance: InstanceRights,
  place: GuardedPlace,
  { present, wanted }: EntryChange,
): Acl | Refused | undefined {
  if (wanted === undefined) {
    // Every instance has an entry for its root: that stays, as permanent nodes do.
    const isKept = place.path.length === 0 || place.own === undefined || place.own.size === 0;
    const left = isKept ? place.acl : withoutUnlisted(context, place, []).acl;
    return formatAcl(left) === formatAcl(place.acl) ? undefined : left;
  }
  if (present !== undefined && isSameEntry(present, wanted)) return undefined;
  if (place.own === undefined) return { status: 403 };
  const acl = editedAcl(context, instance, place, wanted.permissions);
  if (acl === undefined) return { status: 403 };
  const isUnchanged = formatAcl(acl) === formatAcl(place.acl);
  if (isUnchanged && (present !== undefined || place.own.size > 0)) return undefined;
  // No ACL says that nobody may do anything: the empty one inherits.
  return acl.size === 0 ? { status: 403 } : acl;
}

function editedAcl(
  context: TranslationContext,
  { mapping }: InstanceRights,
  place: GuardedPlace,
  permissions: readonly Permission[],
): Acl | undefined {
  const said = permissionsOf(context, place);
  const listed: Listed[] = [];
  for (const { maid: text, rights } of permissions) {
    const maid = parseMaid(text);
    const authority = authorityOf(context, maid);
    if (authority === undefined) return undefined;
    const isChange = !said.some((each) => each.maid === text && each.rights === rights);
    if (isChange && !mayBeGiven(context, maid, mapping)) return undefined;
    listed.push({ authority, rights, isChange });
  }
  const start = withoutUnlisted(
    context,
    place,
    listed.map(({ authority }) => authority),
  );
  // Everybody first: what everybody has is not taken from one.
  const inOrder = listed.toSorted((one, other) => Number(other.authority === '*') - Number(one.authority === '*'));
  return inOrder.reduce<Acl | undefined>(
    (acl, each) => (acl === undefined ? undefined : withListed({ ...start, acl }, each)),
    start.acl,
  );
}

interface Listed {
  readonly authority: Authority;
  readonly rights: number;
  readonly isChange: boolean;
}

/** Rights that are only said again stay beside what everybody is given. */
function withListed(node: GuardedNode, { authority, rights, isChange }: Listed): Acl | undefined {
  return withAccessRights(node, authority, isChange ? rights : rights | accessRightsOf(node, '*'));
}

/** The node without what 2.0 says of authorities that are not listed; those that have no MAID keep what they have. */
function withoutUnlisted(context: TranslationContext, place: GuardedPlace, listed: readonly Authority[]): GuardedPlace {
  let node = place;
  for (const authority of authoritiesOf(place)) {
    const isUnlisted = maidOf(context, authority) !== undefined && !listed.includes(authority);
    if (isUnlisted) node = { ...node, acl: withoutSaidRights(node, authority) };
  }
  return node;
}

function isSameEntry(one: RightsEntry, other: RightsEntry): boolean {
  const texts = ({ permissions }: RightsEntry) => permissions.map(({ maid, rights }) => `${maid} ${rights}`).sort();
  return texts(one).join('\n') === texts(other).join('\n');
}
