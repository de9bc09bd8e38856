/**
 * Commands for the DAC MO → Get and Replace of the ACL property, without a device.
 *
 * The present ACLs are not known, so each command writes a whole ACL, with a warning; a session edits the ACLs that it reads.
 *
 * @see OMA-TS-DM_Protocol 2.0 §10, §12.3, §13.2; OMA-TS-DM_TND §7.7.1
 */
import { formatAcl, parseServerIdentifier } from '../dm1/acl.ts';
import type { PlainItem } from '../dm1/plain-item.ts';
import { type ClientUri, formatClientUri, parseClientUri } from '../dm2/client-uri.ts';
import { finish } from '../long-work.ts';
import type { MoMapping } from '../mapping/mapping.ts';
import type { MoIndex } from '../mapping/mo-index.ts';
import type { LocUri } from '../mo/loc-uri.ts';
import { parseMiid } from '../mo/miid.ts';
import { parseMoid } from '../mo/moid.ts';
import type { MoNode } from '../mo/node.ts';
import type { NodePath } from '../mo/node-path.ts';
import type { RightsInstance } from '../rights/dac-names.ts';
import { type NamedEntry, parseRightsTree } from '../rights/dac-tree.ts';
import { parseMaid } from '../rights/maid.ts';
import { type Authority, type NodeAcls, withAccessRights } from '../translate/access-rights.ts';
import { descriptionsAt, fromMoData } from '../translate/mo-data.ts';
import { locUriOf } from '../translate/node-address.ts';
import { isRightsMo } from '../translate/virtual-objects.ts';
import { realNamesOf } from '../tree/address.ts';
import { expectedTargetOf } from './expected-nodes.ts';
import { kindOf } from './rights-to-dm2.ts';
import type { Translator, Warn } from './translation.ts';

/** The parsed ClientURI of a node in the DAC MO; undefined for any other. */
export function rightsAddress(clientUri: string, index: MoIndex): ClientUri | undefined {
  const uri = parseClientUri(clientUri, index);
  const mapping = index.byMoid(uri.moid);
  return mapping !== undefined && isRightsMo(mapping) ? uri : undefined;
}

/** GET in the DAC MO → the Targets of Get. */
export function toAclTargets({ text, path }: ClientUri, translator: Translator): readonly string[] {
  const [moid, miid, entry] = path.map((segment) => (segment.kind === 'name' ? segment.name : undefined));
  if (moid === undefined || miid === undefined) {
    translator.warn('INCOMPLETE', 'only a device shows which MO instances it has', text);
    return [];
  }
  const root = rootOf(toInstance(moid, miid), text, translator);
  if (root === undefined) return [];
  if (entry !== undefined) return [`${locUriOf(root.mapping, root.locUri, pathOfEntry(entry))}?prop=ACL`];
  return [`${root.locUri}?list=TNDS+ACL`];
}

/**
 * MO data for the DAC MO → the ACLs, each as the Item of a Replace.
 * @throws MappingError ERR_MO_DATA_SHAPE for data that is not a part of a DAC MO
 */
export function toAclItems(
  uri: ClientUri,
  [label, data]: readonly [string, unknown],
  translator: Translator,
): readonly PlainItem[] {
  const { index, warn } = translator;
  const path = realNamesOf(uri.path);
  if (path === undefined || path.length > ENTRY_DEPTH) {
    warn('INCOMPLETE', 'an ACL depends on the whole entry, which only a device shows', uri.text);
    return [];
  }
  const mapping = index.byMoid(uri.moid);
  const describe = mapping === undefined ? () => undefined : descriptionsAt(mapping, path);
  const node = finish(fromMoData(data, path.at(-1) ?? label, describe));
  return instancesIn(node, path).flatMap(({ instance, tree }) => {
    const root = rootOf(instance, uri.text, translator);
    return root === undefined ? [] : parseRightsTree(tree).map((entry) => aclItem(entry, root, warn));
  });
}

/** `<MOID>/<MIID>/<x>`. */
const ENTRY_DEPTH = 3;

interface InstanceRoot {
  readonly mapping: MoMapping;
  readonly locUri: LocUri;
}

function rootOf({ moid, miid }: RightsInstance, at: string, { index, warn }: Translator): InstanceRoot | undefined {
  const target = expectedTargetOf(index, parseClientUri(formatClientUri({ moid, miid, path: [] }), index));
  if (target === undefined) warn('NO_MAPPING', `no mapping has that MOID and a place: ${moid}`, at);
  return target;
}

function toInstance(moid: string, miid: string): RightsInstance {
  return { moid: parseMoid(moid), miid: parseMiid(miid) };
}

function aclItem({ path, permissions }: NamedEntry, { mapping, locUri }: InstanceRoot, warn: Warn): PlainItem {
  const target = `${locUriOf(mapping, locUri, path)}?prop=ACL`;
  let node: NodeAcls = { kind: kindOf(mapping, path), acl: new Map() };
  for (const { maid, rights } of permissions) {
    const authority = authorityOf(maid);
    const acl = authority === undefined ? undefined : withAccessRights(node, authority, rights);
    if (acl === undefined) {
      warn('NO_COUNTERPART', `no ACL of this node alone expresses AR ${rights} for ${maid}`, target);
    } else {
      node = { ...node, acl };
    }
  }
  warn('LOSS', 'this replaces the whole ACL; a session does not change rights that AR cannot express', target);
  return { target, data: formatAcl(node.acl) };
}

function authorityOf(text: string): Authority | undefined {
  const maid = parseMaid(text);
  if (maid.kind === 'server') return parseServerIdentifier(maid.serverId);
  return maid.kind === 'all' ? '*' : undefined;
}

/** The instances in a document; the names above its root are those of the address. */
function instancesIn(
  node: MoNode,
  path: NodePath,
): readonly { readonly instance: RightsInstance; readonly tree: MoNode }[] {
  const above = path.slice(0, -1).toReversed();
  const inRoot = above.reduce<MoNode>((inner, name) => ({ name, format: 'node', children: [inner] }), node);
  const moids = path.length === 0 ? (node.children ?? []) : [inRoot];
  return moids.flatMap(({ name: moid, children = [] }) =>
    children.map((tree) => ({ instance: toInstance(moid, tree.name), tree })),
  );
}

/** The path of the node whose entry has this default name. */
function pathOfEntry(name: string): NodePath {
  return name === '1' ? [] : name.split('.').map(decoded);
}

function decoded(name: string): string {
  return name.replaceAll(/%([0-9A-F]{2})/gu, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
}
