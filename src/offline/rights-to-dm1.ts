/**
 * Commands for the DAC MO → Get and Replace of the ACL property, without a device.
 *
 * A session edits the ACLs that it finds; here nothing is known of them, so that each is made anew, and a warning says so.
 *
 * @see OMA-TS-DM_Protocol 2.0 §10, §12.3, §13.2; OMA-TS-DM_TND §7.7.1
 */
import { formatAcl, parseServerIdentifier } from '../dm1/acl.ts';
import type { PlainItem } from '../dm1/plain-item.ts';
import { type ClientUri, formatClientUri, parseClientUri } from '../dm2/client-uri.ts';
import { describeNode, type MoMapping } from '../mapping/mapping.ts';
import type { MoIndex } from '../mapping/mo-index.ts';
import type { LocUri } from '../mo/loc-uri.ts';
import { parseMiid } from '../mo/miid.ts';
import { parseMoid } from '../mo/moid.ts';
import type { MoNode } from '../mo/node.ts';
import { parseMaid } from '../rights/authority.ts';
import { type NamedEntry, parseRightsTree } from '../rights/layout.ts';
import type { RightsInstance } from '../rights/names.ts';
import { type Authority, type GuardedNode, withAccessRights } from '../translate/access-rights.ts';
import { fromMoData } from '../translate/mo-data.ts';
import { locUriOf } from '../translate/node-address.ts';
import { isRightsMo } from '../translate/virtual-objects.ts';
import { namesOf } from '../tree/address.ts';
import { expectedTargetOf } from './places.ts';
import { kindOf } from './rights-to-dm2.ts';
import type { Warn } from './translation.ts';

/** The address when it is one in the DAC MO. */
export function rightsAddress(clientUri: string, index: MoIndex): ClientUri | undefined {
  const uri = parseClientUri(clientUri, index);
  const mapping = index.byMoid(uri.moid);
  return mapping !== undefined && isRightsMo(mapping) ? uri : undefined;
}

/** GET in the DAC MO → what a device is asked for. */
export function toAclTargets({ text, path }: ClientUri, index: MoIndex, warn: Warn): readonly string[] {
  const [moid, miid, entry] = path.map((segment) => (segment.kind === 'name' ? segment.name : undefined));
  if (moid === undefined || miid === undefined) {
    warn('INCOMPLETE', 'which MO instances there are shows on a device', text);
    return [];
  }
  const root = rootOf(toInstance(moid, miid), text, index, warn);
  if (root === undefined) return [];
  if (entry !== undefined) return [`${locUriOf(root.mapping, root.locUri, pathOfEntry(entry))}?prop=ACL`];
  return [`${root.locUri}?list=TNDS+ACL`];
}

/**
 * MO data for the DAC MO → the ACLs, each as what is written to its node.
 * @throws MappingError ERR_MO_DATA_SHAPE when it is no part of a DAC MO
 */
export function toAclItems(
  uri: ClientUri,
  [label, data]: readonly [string, unknown],
  index: MoIndex,
  warn: Warn,
): readonly PlainItem[] {
  const path = namesOf(uri.path);
  if (path === undefined || path.length > ENTRY_DEPTH) {
    warn('INCOMPLETE', 'an ACL follows from all of its entry, which a device shows', uri.text);
    return [];
  }
  const mapping = index.byMoid(uri.moid);
  const node = fromMoData(data, path.at(-1) ?? label, (inner) =>
    mapping === undefined ? undefined : describeNode(mapping, [...path, ...inner]),
  );
  return instancesIn(node, path).flatMap(({ instance, tree }) => {
    const root = rootOf(instance, uri.text, index, warn);
    return root === undefined ? [] : parseRightsTree(tree).map((entry) => aclItem(entry, root, warn));
  });
}

/** `<MOID>/<MIID>/<x>`. */
const ENTRY_DEPTH = 3;

interface InstanceRoot {
  readonly mapping: MoMapping;
  readonly locUri: LocUri;
}

function rootOf({ moid, miid }: RightsInstance, at: string, index: MoIndex, warn: Warn): InstanceRoot | undefined {
  const target = expectedTargetOf(index, parseClientUri(formatClientUri({ moid, miid, path: [] }), index));
  if (target === undefined) warn('NO_MAPPING', `no mapping has that MOID and a usual place: ${moid}`, at);
  return target;
}

/** The instance that two names of the DAC MO mean. */
function toInstance(moid: string, miid: string): RightsInstance {
  return { moid: parseMoid(moid), miid: parseMiid(miid) };
}

function aclItem({ path, permissions }: NamedEntry, { mapping, locUri }: InstanceRoot, warn: Warn): PlainItem {
  const target = `${locUriOf(mapping, locUri, path)}?prop=ACL`;
  let node: GuardedNode = { kind: kindOf(mapping, path), acl: new Map() };
  for (const { maid, rights } of permissions) {
    const authority = authorityOf(maid);
    const acl = authority === undefined ? undefined : withAccessRights(node, authority, rights);
    if (acl === undefined) warn('NO_COUNTERPART', `no ACL of this node alone says AR ${rights} for ${maid}`, target);
    else node = { ...node, acl };
  }
  warn('LOSS', 'this replaces the whole ACL; a session leaves alone what access rights cannot say', target);
  return { target, data: formatAcl(node.acl) };
}

function authorityOf(text: string): Authority | undefined {
  const maid = parseMaid(text);
  if (maid.kind === 'server') return parseServerIdentifier(maid.serverId);
  return maid.kind === 'everybody' ? '*' : undefined;
}

/** The instances that a document speaks of; what stands above its top node is in the address. */
function instancesIn(
  node: MoNode,
  path: readonly string[],
): readonly { readonly instance: RightsInstance; readonly tree: MoNode }[] {
  const above = path.slice(0, -1).toReversed();
  const inRoot = above.reduce<MoNode>((inner, name) => ({ name, format: 'node', children: [inner] }), node);
  const moids = path.length === 0 ? (node.children ?? []) : [inRoot];
  return moids.flatMap(({ name: moid, children = [] }) =>
    children.map((tree) => ({ instance: toInstance(moid, tree.name), tree })),
  );
}

/** The node whose entry is called so, as `defaultEntryName` calls it. */
function pathOfEntry(name: string): readonly string[] {
  return name === '1' ? [] : name.split('.').map(decoded);
}

function decoded(name: string): string {
  return name.replaceAll(/%([0-9A-F]{2})/gu, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
}
