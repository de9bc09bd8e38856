/**
 * ACL of DM 1.x ↔ access rights (AR) of the Delegation Access Control MO: which bits the commands of an ACL amount to,
 * and the smallest edit of an ACL that makes it amount to others.
 *
 * AR is a view: what it cannot say, such as Replace without Delete, stays in the ACL while other bits change.
 *
 * @see OMA-TS-DM_Protocol 2.0 §10, §12.3, §13.2; OMA-TS-DM_TND §7.7.1
 */
import { ACL_COMMANDS, type Acl, type AclCommand, grants, type Holders, type ServerIdentifier } from '../dm1/acl.ts';

/** DM-2.0 §12.3, AR. */
export const RIGHT = { read: 1, write: 2, execute: 4, delegate: 8 } as const;

/** A DM Server, or all of them. */
export type Authority = ServerIdentifier | '*';

/** What decides on the rights to one node. */
export interface GuardedNode {
  readonly kind: 'interior' | 'leaf';
  /** In force on the node, its own or inherited. */
  readonly acl: Acl;
  /** In force on its parent; absent for the root of the tree. */
  readonly parentAcl?: Acl;
}

/** All four bits for one authority; what everybody may do, a server may as well. */
export function accessRightsOf({ kind, acl, parentAcl }: GuardedNode, authority: Authority): number {
  const may = (command: AclCommand) => grants(acl, command, authority);
  const mayDelegate =
    (kind === 'interior' && may('Replace')) || (parentAcl !== undefined && grants(parentAcl, 'Replace', authority));
  return (
    (may('Get') ? RIGHT.read : 0) |
    (writeCommands(kind).every(may) ? RIGHT.write : 0) |
    (may('Exec') ? RIGHT.execute : 0) |
    (mayDelegate ? RIGHT.delegate : 0)
  );
}

/** Everybody that the ACLs name, `*` first. */
export function authoritiesOf({ acl, parentAcl }: GuardedNode): readonly Authority[] {
  const holders = [...acl.values(), parentAcl?.get('Replace')].filter((each) => each !== undefined);
  const servers = new Set(holders.flatMap((each) => (each === '*' ? [] : [...each])));
  return [...(holders.includes('*') ? ['*' as const] : []), ...[...servers].sort()];
}

/** The commands of the ACL that an authority holds and that its bits do not tell. */
export function unsaidCommands(node: GuardedNode, authority: Authority): readonly AclCommand[] {
  const rights = accessRightsOf(node, authority);
  const said = new Set<AclCommand>([
    ...((rights & RIGHT.read) === 0 ? [] : (['Get'] as const)),
    ...((rights & RIGHT.write) === 0 ? [] : writeCommands(node.kind)),
    ...((rights & RIGHT.execute) === 0 ? [] : (['Exec'] as const)),
    ...(node.kind === 'interior' && (rights & RIGHT.delegate) !== 0 ? (['Replace'] as const) : []),
  ]);
  return ACL_COMMANDS.filter((command) => grants(node.acl, command, authority) && !said.has(command));
}

/**
 * The node's own ACL with the bits of one authority as wanted, all else as it was; undefined when no ACL of this node
 * can say that: Write without Delegate on an interior node, Delegate of a leaf (its parent's affair), a right taken from
 * one server that all have, or Delegate taken away that the parent's ACL gives.
 */
export function withAccessRights(node: GuardedNode, authority: Authority, wanted: number): Acl | undefined {
  const now = accessRightsOf(node, authority);
  if (now === wanted) return node.acl;
  const changed = now ^ wanted;
  const commands = new Map<AclCommand, boolean>();
  if (changed & RIGHT.read) commands.set('Get', (wanted & RIGHT.read) !== 0);
  if (changed & RIGHT.execute) commands.set('Exec', (wanted & RIGHT.execute) !== 0);
  if (changed & RIGHT.write) {
    for (const command of writeCommands(node.kind)) commands.set(command, (wanted & RIGHT.write) !== 0);
  }
  if (node.kind === 'interior' && changed & (RIGHT.write | RIGHT.delegate)) {
    commands.set('Replace', (wanted & (RIGHT.write | RIGHT.delegate)) !== 0);
  }
  const edited = [...commands].reduce<Acl>((acl, [command, held]) => edit(acl, command, authority, held), node.acl);
  return accessRightsOf({ ...node, acl: edited }, authority) === wanted ? edited : undefined;
}

/** The node's own ACL without what the bits tell of one authority; what they do not tell stays. */
export function withoutSaidRights(node: GuardedNode, authority: Authority): Acl {
  const unsaid = unsaidCommands(node, authority);
  return ACL_COMMANDS.filter((command) => !unsaid.includes(command)).reduce<Acl>(
    (acl, command) => edit(acl, command, authority, false),
    node.acl,
  );
}

const WRITE_COMMANDS = ['Add', 'Delete', 'Replace'] as const;

/** A leaf has no children, so that Add says nothing there (DM-2.0 §13.2). */
function writeCommands(kind: 'interior' | 'leaf'): readonly AclCommand[] {
  return kind === 'interior' ? WRITE_COMMANDS : ['Delete', 'Replace'];
}

function edit(acl: Acl, command: AclCommand, authority: Authority, held: boolean): Acl {
  const holders = editHolders(acl.get(command), authority, held);
  const others = [...acl].filter(([name]) => name !== command);
  return new Map(holders === undefined ? others : [...others, [command, holders] as const]);
}

function editHolders(holders: Holders | undefined, authority: Authority, held: boolean): Holders | undefined {
  if (authority === '*') return held ? '*' : holders === '*' ? undefined : holders;
  if (holders === '*') return holders;
  const others = [...(holders ?? [])].filter((server) => server !== authority);
  const servers = held ? [...others, authority] : others;
  return servers.length === 0 ? undefined : new Set(servers);
}
