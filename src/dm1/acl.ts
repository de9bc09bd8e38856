/**
 * The ACL property of a DM 1.3 node: which DM Server may run which command.
 *
 * On the wire it is one string, such as `Add=srv-a+srv-b&Get=*`. The grammar is regular, so
 * splitting is enough. This module does not depend on DM 2.0: `translate/access-rights.ts` translates ACLs.
 *
 * @see OMA-TS-DM_TND §7.7.1 "ACL"
 */
import { DecodeError } from '../errors.ts';

/** The commands an ACL can grant. Copy has no entry of its own (§7.7.1.5). */
export const ACL_COMMANDS = ['Add', 'Delete', 'Exec', 'Get', 'Replace'] as const;
export type AclCommand = (typeof ACL_COMMANDS)[number];

/** A DM Server as the device names it. */
export type ServerIdentifier = string & { readonly __brand: 'ServerIdentifier' };

/** The holders of one right: every DM Server, or exactly these. */
export type Holders = '*' | ReadonlySet<ServerIdentifier>;

/** No entry: no DM Server holds that right. No entries at all: the node inherits its parent's ACL. */
export type Acl = ReadonlyMap<AclCommand, Holders>;

/**
 * Reads an ACL value; the empty string is the grammar's "no value".
 * @throws DecodeError ERR_ACL_SYNTAX
 */
export function parseAcl(text: string): Acl {
  const acl = new Map<AclCommand, Holders>();
  if (text === '') return acl;
  for (const entry of text.split('&')) {
    const [command, identifiers, ...rest] = entry.split('=');
    if (!isAclCommand(command) || identifiers === undefined || rest.length > 0) {
      throw new DecodeError('ERR_ACL_SYNTAX', `not an ACL entry: "${entry}"`);
    }
    // The grammar lets a command appear twice; rights only add up, so unite them.
    acl.set(command, unite(acl.get(command), parseHolders(identifiers)));
  }
  return acl;
}

/** Writes the canonical form: fixed order throughout, so equal ACLs are equal strings. */
export function formatAcl(acl: Acl): string {
  return ACL_COMMANDS.flatMap((command) => {
    const holders = acl.get(command);
    if (holders === undefined) return [];
    return `${command}=${holders === '*' ? '*' : [...holders].sort().join('+')}`;
  }).join('&');
}

/**
 * Reads the name of one DM Server.
 * @throws DecodeError ERR_ACL_SYNTAX
 */
export function parseServerIdentifier(text: string): ServerIdentifier {
  if (!isServerIdentifier(text)) throw new DecodeError('ERR_ACL_SYNTAX', `not a server identifier: "${text}"`);
  return text;
}

/** The ACL that applies to a node: the last of `acls`, from the root's to its own, that has a value (§7.7.1.2). */
export function effectiveAcl(acls: readonly Acl[]): Acl {
  return acls.findLast((acl) => acl.size > 0) ?? DEFAULT_ROOT_ACL;
}

/** True when the ACL that applies to a node allows a server to run the command there. */
export function grants(acl: Acl, command: AclCommand, server: ServerIdentifier | '*'): boolean {
  const holders = acl.get(command);
  return holders === '*' || (server !== '*' && holders?.has(server) === true);
}

/** The ACL of a root that has no value (§7.7.1.2). */
const DEFAULT_ROOT_ACL: Acl = new Map([
  ['Add', '*'],
  ['Get', '*'],
]);

function parseHolders(text: string): Holders {
  const identifiers = text.split('+');
  // A wildcard overrides every identifier beside it (§7.7.1.5).
  const servers = identifiers.filter((id) => id !== '*').map(parseServerIdentifier);
  return servers.length < identifiers.length ? '*' : new Set(servers);
}

function unite(held: Holders | undefined, more: Holders): Holders {
  if (held === undefined) return more;
  return held === '*' || more === '*' ? '*' : held.union(more);
}

function isAclCommand(text: string | undefined): text is AclCommand {
  return ACL_COMMANDS.some((command) => command === text);
}

function isServerIdentifier(text: string): text is ServerIdentifier {
  return /^[^=&*+\s]+$/u.test(text);
}
