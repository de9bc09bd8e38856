/**
 * ACL of DM 1.x ↔ access rights (AR) of the Delegation Access Control MO: the bits that follow from the commands of an
 * ACL, and the smallest edit of an ACL from which other bits follow.
 *
 * AR is a view. Rights that it cannot express, such as Replace without Delete, stay in the ACL while other bits change
 * (ADR 20).
 *
 * @see OMA-TS-DM_Protocol 2.0 §10, §12.3, §13.2; OMA-TS-DM_TND §7.7.1
 */
import { ACL_COMMANDS, type Acl, type AclCommand, grants, type Holders, type ServerIdentifier } from '../dm1/acl.ts';

/** The bits of AR (DM-2.0 §12.3). */
export const RIGHT = { read: 1, write: 2, execute: 4, delegate: 8 } as const;

/** A DM Server, or all of them. */
export type Authority = ServerIdentifier | '*';

/** A node with the ACLs that decide on the rights to it. */
export interface NodeAcls {
  readonly kind: 'interior' | 'leaf';
  /** In force on the node: its own ACL, or the inherited one. */
  readonly acl: Acl;
  /** In force on its parent; absent for the root of the tree, and when it could not be read. */
  readonly parentAcl?: Acl;
}

/** The bits of an authority; a DM Server also has the rights that all of them have. */
export function accessRightsOf({ kind, acl, parentAcl }: NodeAcls, authority: Authority): number {
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

/** The authorities that the ACLs name, `*` first. */
export function authoritiesOf({ acl, parentAcl }: NodeAcls): readonly Authority[] {
  const holders = [...acl.values(), parentAcl?.get('Replace')].filter((each) => each !== undefined);
  const servers = new Set(holders.flatMap((each) => (each === '*' ? [] : [...each])));
  const named: Authority[] = [...servers].sort();
  if (holders.includes('*')) named.unshift('*');
  return named;
}

/** The commands of the ACL that an authority holds and that its bits do not express. */
export function inexpressibleCommands(node: NodeAcls, authority: Authority): readonly AclCommand[] {
  const rights = accessRightsOf(node, authority);
  const expressed = new Set<AclCommand>((rights & RIGHT.write) === 0 ? [] : writeCommands(node.kind));
  if ((rights & RIGHT.read) !== 0) expressed.add('Get');
  if ((rights & RIGHT.execute) !== 0) expressed.add('Exec');
  if (node.kind === 'interior' && (rights & RIGHT.delegate) !== 0) expressed.add('Replace');
  return ACL_COMMANDS.filter((command) => grants(node.acl, command, authority) && !expressed.has(command));
}

/**
 * The node's own ACL with the wanted bits of one authority and nothing else changed. Undefined when no ACL of this node
 * expresses them: Write without Delegate on an interior node, Delegate on a leaf (which its parent's ACL decides), a right
 * taken from one server that all servers have, or Delegate taken away that the parent's ACL gives.
 */
export function withAccessRights(node: NodeAcls, authority: Authority, wanted: number): Acl | undefined {
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

/** The node's own ACL without the rights of one authority that its bits express; the others stay. */
export function withoutExpressedRights(node: NodeAcls, authority: Authority): Acl {
  const inexpressible = inexpressibleCommands(node, authority);
  return ACL_COMMANDS.filter((command) => !inexpressible.includes(command)).reduce<Acl>(
    (acl, command) => edit(acl, command, authority, false),
    node.acl,
  );
}

const WRITE_COMMANDS = ['Add', 'Delete', 'Replace'] as const;

/** A leaf has no children, so Add has no meaning there (DM-2.0 §13.2). */
function writeCommands(kind: 'interior' | 'leaf'): readonly AclCommand[] {
  return kind === 'interior' ? WRITE_COMMANDS : ['Delete', 'Replace'];
}

function edit(acl: Acl, command: AclCommand, authority: Authority, held: boolean): Acl {
  const holders = editHolders(acl.get(command), authority, held);
  const others = [...acl].filter(([name]) => name !== command);
  return new Map(holders === undefined ? others : [...others, [command, holders] as const]);
}

function editHolders(holders: Holders | undefined, authority: Authority, held: boolean): Holders | undefined {
  if (authority === '*') {
    if (held) return '*';
    return holders === '*' ? undefined : holders;
  }
  if (holders === '*') return holders;
  const others = [...(holders ?? [])].filter((server) => server !== authority);
  const servers = held ? [...others, authority] : others;
  return servers.length === 0 ? undefined : new Set(servers);
}
