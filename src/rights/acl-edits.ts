/**
 * Plans the ACLs that must change so that an instance has the wanted entries in the DAC MO instead of its present ones, each
 * by the smallest edit: rights that the entries do not mention stay, above all those that access rights cannot express.
 *
 * @see OMA-TS-DM_Protocol 2.0 §10, §12.3, §13.2; ADR 20
 */
import { type Acl, formatAcl } from '../dm1/acl.ts';
import { DM2_STATUS } from '../dm2/status-codes.ts';
import { type LocUri, parentOf } from '../mo/loc-uri.ts';
import {
  type Authority,
  accessRightsOf,
  authoritiesOf,
  type NodeAcls,
  withAccessRights,
  withoutExpressedRights,
} from '../translate/access-rights.ts';
import type { TranslationContext } from '../translate/context.ts';
import type { Failure } from '../workflow/command-result.ts';
import type { Permission, RightsEntry } from './dac-tree.ts';
import { type AclEdit, inOrderOfRights } from './edit-order.ts';
import type { InstanceNodeAcls } from './instance-acls.ts';
import { authorityOf, isGrantable, maidOf, ownAuthority, parseMaid } from './maid.ts';
import { entriesOf, type InstanceRights, permissionsOf } from './read-rights.ts';

const EMPTY: Acl = new Map();

/** The result for entries that no edit of ACLs can bring about, or that this server may not bring about. */
function forbidden(reason: string): Failure {
  return { status: DM2_STATUS.forbidden, reason };
}

const INEXPRESSIBLE = 'no ACL expresses these rights';

/** The edits in the order in which they are sent. */
export function planAclEdits(
  context: TranslationContext,
  instance: InstanceRights,
  wanted: readonly RightsEntry[],
): readonly AclEdit[] | Failure {
  const { nodes } = instance;
  const keys = new Set(nodes.map(keyOf));
  if (!wanted.every((entry) => keys.has(keyOf(entry)))) return { status: DM2_STATUS.notFound };
  const presentByPath = new Map(entriesOf(context, instance).map((entry) => [keyOf(entry), entry]));
  const wantedByPath = new Map(wanted.map((entry) => [keyOf(entry), entry]));
  const inForce = new Map<LocUri, Acl>();
  const edits: AclEdit[] = [];
  // From the top down, because a lower node may inherit a change.
  for (const current of nodes) {
    const node = withInherited(current, inForce);
    const key = keyOf(node);
    const change = { present: presentByPath.get(key), wanted: wantedByPath.get(key) };
    const acl = wantedAcl(context, instance, node, change);
    if (acl !== undefined && 'status' in acl) return acl;
    // An ACL that is inherited from an unknown one is not known, either.
    if (node.isUnknown !== true)
      inForce.set(node.locUri, acl?.size === 0 ? (node.parentAcl ?? EMPTY) : (acl ?? node.acl));
    if (acl !== undefined) edits.push({ locUri: node.locUri, before: node.own ?? EMPTY, after: acl });
  }
  return inOrderOfRights(nodes, edits, ownAuthority(context));
}

/** A different text for each path. */
function keyOf({ path }: Pick<RightsEntry, 'path'>): string {
  return JSON.stringify(path);
}

/** The node with the ACLs that are in force on it and on its parent after the edits above it. */
function withInherited(node: InstanceNodeAcls, inForce: ReadonlyMap<LocUri, Acl>): InstanceNodeAcls {
  const parent = parentOf(node.locUri);
  const parentAcl = parent === undefined ? undefined : inForce.get(parent);
  if (parentAcl === undefined) return node;
  const hasOwn = node.own !== undefined && node.own.size > 0;
  return hasOwn ? { ...node, parentAcl } : { ...node, parentAcl, acl: parentAcl };
}

interface EntryChange {
  readonly present: RightsEntry | undefined;
  readonly wanted: RightsEntry | undefined;
}

/** The new own ACL of the node; undefined when it does not change. */
function wantedAcl(
  context: TranslationContext,
  instance: InstanceRights,
  node: InstanceNodeAcls,
  { present, wanted }: EntryChange,
): Acl | Failure | undefined {
  if (wanted === undefined) return aclWithoutEntry(context, node);
  if (present !== undefined && isSameEntry(present, wanted)) return undefined;
  if (node.own === undefined || node.isUnknown === true) return unknownAcl(node);
  const acl = editedAcl(context, instance, node, wanted.permissions);
  if ('status' in acl) return acl;
  const isUnchanged = formatAcl(acl) === formatAcl(node.acl);
  if (isUnchanged && (present !== undefined || node.own.size > 0)) return undefined;
  // The empty ACL inherits, so no ACL takes all rights from all servers.
  return acl.size === 0 ? forbidden(INEXPRESSIBLE) : acl;
}

/** The entry of the root is always there, as permanent nodes are. Another node inherits again. */
function aclWithoutEntry(context: TranslationContext, node: InstanceNodeAcls): Acl | Failure | undefined {
  const stays = node.path.length === 0 || node.own === undefined || node.own.size === 0;
  const left = stays ? node.acl : withoutUnlisted(context, node, []).acl;
  if (formatAcl(left) === formatAcl(node.acl)) return undefined;
  // It would inherit rights that are not known.
  return left.size === 0 && node.parentAcl === undefined ? unknownAcl(node) : left;
}

function unknownAcl({ locUri }: InstanceNodeAcls): Failure {
  return forbidden(`the ACL in force on ${locUri} could not be read`);
}

function editedAcl(
  context: TranslationContext,
  { mapping }: InstanceRights,
  node: InstanceNodeAcls,
  permissions: readonly Permission[],
): Acl | Failure {
  const present = permissionsOf(context, node);
  const listed: ListedRights[] = [];
  for (const { maid: text, rights } of permissions) {
    const maid = parseMaid(text);
    const authority = authorityOf(context, maid);
    if (authority === undefined) return forbidden(`no ACL can name ${text}`);
    const before = present.find((permission) => permission.maid === text)?.rights;
    // DM-2.0 §12.3 forbids only to give rights to a server without a fitting account; taking rights from it is allowed.
    const isRaise = (rights & ~(before ?? 0)) !== 0;
    if (isRaise && !isGrantable(context, maid, mapping)) return forbidden(`${text} has no account with this MOID`);
    listed.push({ authority, rights, isChange: rights !== before });
  }
  const authorities = listed.map(({ authority }) => authority);
  const start = withoutUnlisted(context, node, authorities);
  // The rights of all servers first: what all have cannot be taken from one.
  listed.sort((one, other) => Number(other.authority === '*') - Number(one.authority === '*'));
  let acl: Acl | undefined = start.acl;
  for (const each of listed) {
    if (acl !== undefined) acl = withListed({ ...start, acl }, each);
  }
  return acl ?? forbidden(INEXPRESSIBLE);
}

interface ListedRights {
  readonly authority: Authority;
  readonly rights: number;
  readonly isChange: boolean;
}

/** Rights that are only repeated stay beside those that all servers are given. */
function withListed(node: NodeAcls, { authority, rights, isChange }: ListedRights): Acl | undefined {
  return withAccessRights(node, authority, isChange ? rights : rights | accessRightsOf(node, '*'));
}

/** The node without the rights that entries express of authorities that are not listed; those without a MAID keep theirs. */
function withoutUnlisted(
  context: TranslationContext,
  node: InstanceNodeAcls,
  listed: readonly Authority[],
): InstanceNodeAcls {
  let left = node;
  for (const authority of authoritiesOf(node)) {
    const isUnlisted = maidOf(context, authority) !== undefined && !listed.includes(authority);
    if (isUnlisted) left = { ...left, acl: withoutExpressedRights(left, authority) };
  }
  return left;
}

/** True when the entries give the same authorities the same rights. */
export function isSameEntry(one: RightsEntry, other: RightsEntry): boolean {
  const texts = ({ permissions }: RightsEntry) => permissions.map(({ maid, rights }) => `${maid} ${rights}`).sort();
  return texts(one).join('\n') === texts(other).join('\n');
}
