/**
 * A model device with ACLs: it answers `?prop=ACL`, `?list=TNDS+ACL` if it supports TNDS, and refuses commands by its ACLs.
 *
 * The rights are those of DM-TND §7.7.1, implemented a second time: a node's own ACL, else the whole ACL of the nearest node above.
 */
import type { CommandOutcome, ServerCommand, ServerCommandName } from '../../src/dm1/server-command.ts';
import { type DeviceNode, type DeviceOptions, type ModelDevice, modelDevice, nodeAt } from '../north/model/device.ts';

export interface AclDevice extends ModelDevice {
  /** By LocURI; a node without an entry inherits. */
  readonly acls: Map<string, string>;
}

export interface AclDeviceOptions extends DeviceOptions {
  /** True when `?list=TNDS+ACL` works, else the status that refuses it (406 for false), or `ignored`. */
  readonly tnds?: boolean | number | 'ignored';
  /** The nodes that the listing leaves out, although it has those below them. */
  readonly unlisted?: readonly string[];
  /** The ACLs in the listing: only those that are not empty (the default), all, or none. */
  readonly listedAcls?: 'own' | 'all' | 'none';
  /** The status of a successful listing; 200 when absent. */
  readonly listedWith?: number;
  /** The status that refuses `?prop=ACL` of any node. */
  readonly noAcl?: number;
  /** The status that refuses Get of `?prop=ACL` at a LocURI. */
  readonly hides?: Readonly<Record<string, number>>;
  /** The answer to a Replace of an ACL, when its server has the right to it. */
  readonly aclStatus?: number;
  /** True when every command needs its right, not only those for ACLs. */
  readonly enforces?: boolean;
  /** True when all servers may read all ACLs. */
  readonly open?: boolean;
  /** The server of the session. */
  readonly server?: string;
}

const FACTORY = 'Add=*&Get=*';

export function aclDevice(
  tree: DeviceNode,
  acls: Readonly<Record<string, string>>,
  options: AclDeviceOptions = {},
): AclDevice {
  const refuse: Record<string, Partial<Record<ServerCommandName, number>>> = { ...options.refuse };
  const device = modelDevice(tree, { ...options, refuse });
  const own = new Map(Object.entries(acls));
  const { server = 'legacy-dm' } = options;
  const may = (locUri: string, right: string): boolean => {
    if (options.open === true && right === 'Get') return true;
    const entry = aclInForce(own, locUri)
      .split('&')
      .find((each) => each.startsWith(`${right}=`));
    const holders = entry?.slice(right.length + 1).split('+') ?? [];
    return holders.includes('*') || holders.includes(server);
  };
  const answer = (command: ServerCommand, status: number, data?: string, type?: string): CommandOutcome => {
    const [item = {}] = command.items;
    device.log.push(`${command.name} ${item.target ?? ''}`);
    device.commands.push(command);
    const meta = type === undefined ? {} : { meta: { format: 'xml', type } };
    const results = data === undefined ? [] : [{ source: item.target ?? '', ...meta, data }];
    return { id: command.id, status, itemStatuses: [], statusItems: [], results };
  };
  const property = (command: ServerCommand, locUri: string): CommandOutcome => {
    const node = nodeAt(tree, locUri);
    if (options.noAcl !== undefined) return answer(command, options.noAcl);
    if (node === undefined) return answer(command, 404);
    const hidden = command.name === 'Get' ? options.hides?.[locUri] : undefined;
    if (hidden !== undefined) return answer(command, hidden);
    if (command.name === 'Get')
      return may(locUri, 'Get') ? answer(command, 200, own.get(locUri) ?? '') : answer(command, 425);
    const parent = locUri.slice(0, locUri.lastIndexOf('/'));
    const isAllowed = may(parent, 'Replace') || (node.children !== undefined && may(locUri, 'Replace'));
    if (!isAllowed) return answer(command, 425);
    if (options.aclStatus !== undefined) return answer(command, options.aclStatus);
    const value = command.items[0]?.data ?? '';
    if (value === '') own.delete(locUri);
    else own.set(locUri, value);
    return answer(command, 200);
  };
  const listing = (command: ServerCommand, locUri: string): CommandOutcome => {
    const { tnds = true } = options;
    const node = nodeAt(tree, locUri);
    if (tnds === 'ignored') return device.execute({ ...command, items: [{ target: locUri }] });
    if (tnds !== true) return answer(command, tnds === false ? 406 : tnds);
    if (node === undefined) return answer(command, 404);
    if (!may(locUri, 'Get')) return answer(command, 425);
    const nodes = nodeXml({ own, may, options }, locUri, node);
    const document = `<MgmtTree xmlns="syncml:dmddf1.2"><VerDTD>1.2</VerDTD>${nodes}</MgmtTree>`;
    return answer(command, options.listedWith ?? 200, document, 'application/vnd.syncml.dmtnds+xml');
  };
  const run = (command: ServerCommand): CommandOutcome => {
    if (command.members !== undefined) {
      const members = command.members.map(run);
      const status = members.find((member) => member.status >= 300)?.status;
      return { ...answer(command, status === undefined ? 200 : 507), members };
    }
    const [locUri = '', query] = (command.items[0]?.target ?? '').split('?');
    if (query === 'prop=ACL') return property(command, locUri);
    if (query === 'list=TNDS+ACL') return listing(command, locUri);
    if (options.enforces === true) {
      const isAllowed = command.name !== 'Add' || may(locUri.slice(0, locUri.lastIndexOf('/')), 'Add');
      if (!isAllowed) return answer(command, 425);
      forEachNode(tree, '.', (at) => {
        const denied = (['Get', 'Replace', 'Delete', 'Exec'] as const).filter((name) => !may(at, name));
        refuse[at] = Object.fromEntries(denied.map((name) => [name, 425]));
      });
    }
    return device.execute(command);
  };
  return { ...device, acls: own, execute: run };
}

function forEachNode(node: DeviceNode, locUri: string, visit: (locUri: string) => void): void {
  visit(locUri);
  for (const [name, child] of Object.entries(node.children ?? {})) forEachNode(child, `${locUri}/${name}`, visit);
}

function aclInForce(own: ReadonlyMap<string, string>, locUri: string): string {
  const acl = own.get(locUri);
  if (acl !== undefined && acl !== '') return acl;
  if (locUri === '.') return FACTORY;
  const parent = locUri.slice(0, locUri.lastIndexOf('/'));
  return aclInForce(own, parent === '' ? '.' : parent);
}

interface Shown {
  readonly own: ReadonlyMap<string, string>;
  readonly may: (locUri: string, right: string) => boolean;
  readonly options: AclDeviceOptions;
}

/**
 * The node with the requested property ACL; Type is always present. The nodes below one that is left out are flat, with a Path.
 */
function nodeXml(shown: Shown, locUri: string, node: DeviceNode, isFlat = false): string {
  const { own, may, options } = shown;
  if (!may(locUri, 'Get')) return '';
  const isUnlisted = options.unlisted?.includes(locUri) === true;
  const below = Object.entries(node.children ?? {})
    .map(([name, child]) => nodeXml(shown, `${locUri}/${name}`, child, isUnlisted))
    .join('');
  if (isUnlisted) return below;
  const { listedAcls = 'own' } = options;
  const acl = listedAcls === 'none' ? undefined : (own.get(locUri) ?? (listedAcls === 'all' ? '' : undefined));
  const aclXml = acl === undefined ? '' : `<ACL>${acl.replaceAll('&', '&amp;')}</ACL>`;
  const type = node.children === undefined ? '<MIME>text/plain</MIME>' : `<DDFName>${node.type ?? ''}</DDFName>`;
  const at = locUri.lastIndexOf('/');
  const path = isFlat ? `<Path>${locUri.slice(0, at)}</Path>` : '';
  const name = `<NodeName>${locUri.slice(at + 1)}</NodeName>${path}`;
  return `<Node>${name}<RTProperties>${aclXml}<Type>${type}</Type></RTProperties>${below}</Node>`;
}
