/**
 * A model device with ACLs: it answers `?prop=ACL`, `?list=TNDS+ACL` if it supports TNDS, and refuses commands by its ACLs.
 *
 * The rights are those of DM-TND §7.7.1, implemented a second time: a node's own ACL, else the whole ACL of the nearest node above.
 */
import type { CommandOutcome, ServerCommand } from '../../src/dm1/server-command.ts';
import { type DeviceNode, type DeviceOptions, type ModelDevice, modelDevice, nodeAt } from '../north/model/device.ts';

export interface AclDevice extends ModelDevice {
  /** By LocURI; a node without an entry inherits. */
  readonly acls: Map<string, string>;
}

export interface AclDeviceOptions extends DeviceOptions {
  /** True when `?list=TNDS+ACL` works, else the status that refuses it (406 for false), or `ignored`. */
  readonly tnds?: boolean | number | 'ignored';
  /** The status that refuses `?prop=ACL` of any node. */
  readonly noAcl?: number;
  /** The answer to a Replace of an ACL, when its server has the right to it. */
  readonly aclStatus?: number;
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
  const device = modelDevice(tree, options);
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
    const document = `<MgmtTree xmlns="syncml:dmddf1.2"><VerDTD>1.2</VerDTD>${nodeXml(own, may, locUri, node)}</MgmtTree>`;
    return answer(command, 200, document, 'application/vnd.syncml.dmtnds+xml');
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
    return device.execute(command);
  };
  return { ...device, acls: own, execute: run };
}

function aclInForce(own: ReadonlyMap<string, string>, locUri: string): string {
  const acl = own.get(locUri);
  if (acl !== undefined && acl !== '') return acl;
  if (locUri === '.') return FACTORY;
  const parent = locUri.slice(0, locUri.lastIndexOf('/'));
  return aclInForce(own, parent === '' ? '.' : parent);
}

/** The node with the requested property ACL; Type is always present. */
function nodeXml(
  own: ReadonlyMap<string, string>,
  may: (locUri: string, right: string) => boolean,
  locUri: string,
  node: DeviceNode,
): string {
  if (!may(locUri, 'Get')) return '';
  const acl = own.get(locUri);
  const aclXml = acl === undefined ? '' : `<ACL>${acl.replaceAll('&', '&amp;')}</ACL>`;
  const type = node.children === undefined ? '<MIME>text/plain</MIME>' : `<DDFName>${node.type ?? ''}</DDFName>`;
  const below = Object.entries(node.children ?? {}).map(([name, child]) =>
    nodeXml(own, may, `${locUri}/${name}`, child),
  );
  const name = locUri.slice(locUri.lastIndexOf('/') + 1);
  return `<Node><NodeName>${name}</NodeName><RTProperties>${aclXml}<Type>${type}</Type></RTProperties>${below.join('')}</Node>`;
}
