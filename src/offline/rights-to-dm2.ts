/**
 * ACL properties that a legacy server reads and writes → entries of the DAC MO, without a device.
 *
 * The ACLs above the node are not known, so its own ACL counts alone. Warnings name the rights that AR cannot express.
 *
 * @see OMA-TS-DM_Protocol 2.0 §10, §12.3, §13.2; OMA-TS-DM_TND §7.7.1
 */
import { type Acl, parseAcl } from '../dm1/acl.ts';
import type { PlainItem } from '../dm1/plain-item.ts';
import { formatClientUri } from '../dm2/client-uri.ts';
import { formatMoData } from '../dm2/mo-data.ts';
import { MEDIA_TYPES, type WireCommand } from '../dm2/package.ts';
import { DecodeError } from '../errors.ts';
import { finish } from '../long-work.ts';
import { describeNode, type MoMapping } from '../mapping/mapping.ts';
import type { NodePath } from '../mo/node-path.ts';
import { defaultEntryName } from '../rights/dac-names.ts';
import { type Permission, rightsTree } from '../rights/dac-tree.ts';
import { accessRightsOf, authoritiesOf, inexpressibleCommands, type NodeAcls } from '../translate/access-rights.ts';
import { toMoData } from '../translate/mo-data.ts';
import { RIGHTS_MOID } from '../translate/virtual-objects.ts';
import { type ExpectedNode, expectedNodeOf } from './expected-nodes.ts';
import type { Dm2Translator, Translator, Warn } from './translation.ts';

/** The target of a command for ACLs: one node, or all nodes of a listing. */
interface AclTarget {
  readonly locUri: string;
  readonly isListing: boolean;
}

/** Reads the Target of a command; undefined for one that is not for ACLs. */
export function aclTarget(text: string): AclTarget | undefined {
  const [locUri = '', query = ''] = text.split('?');
  if (/^prop=ACL$/iu.test(query)) return { locUri, isListing: false };
  return /^list=TNDS\+ACL$/iu.test(query) ? { locUri, isListing: true } : undefined;
}

/** Get of an ACL, or of all ACLs of an MO → GET in the DAC MO. */
export function toRightsGet(text: string, translator: Translator): readonly WireCommand[] {
  const target = aclTarget(text);
  const node = target === undefined ? undefined : nodeAt(target.locUri, translator);
  if (target === undefined || node === undefined) return [];
  if (!target.isListing) return [['GET', entryUri(node)]];
  if (node.path.length > 0) translator.warn('LOSS', 'GET reads the rights to the whole MO instance', text);
  return [['GET', rightsUri([node.mapping.moid, node.miid])]];
}

/** Replace of an ACL → HGET of the node's entry in the DAC MO. */
export function toRightsHget(
  { target: text = '', data = '' }: PlainItem,
  translator: Dm2Translator,
): readonly WireCommand[] {
  const target = aclTarget(text);
  const acl = readAcl(data, text, translator.warn);
  const node = target === undefined || acl === undefined ? undefined : nodeAt(target.locUri, translator);
  if (node === undefined || acl === undefined) return [];
  const { mapping, miid, path } = node;
  const permissions = permissionsOf({ kind: kindOf(mapping, path), acl }, text, translator.warn);
  const entries = rightsTree({ moid: mapping.moid, miid }, [{ path, permissions }], {}).children ?? [];
  return entries.map((entry) => {
    const ClientURI = entryUri(node);
    const member = { ClientURI, MOData: { [entry.name]: finish(toMoData(entry, () => undefined)) } };
    const url = translator.addResource(MEDIA_TYPES.moData, { text: formatMoData([member]) });
    return ['HGET', url, ClientURI];
  });
}

/** The access rights of an ACL. Warns of commands that AR cannot express; `at` is the Target, if there is one. */
export function permissionsOf(node: NodeAcls, at: string | undefined, warn: Warn): readonly Permission[] {
  return authoritiesOf(node).map((authority) => {
    const inexpressible = inexpressibleCommands(node, authority);
    if (inexpressible.length > 0) {
      warn(
        'LOSS',
        `no access right expresses ${inexpressible.join(', ')} alone, held by ${authority}`,
        at ?? authority,
      );
    }
    const maid = authority === '*' ? '*' : `serverid:${authority}`;
    return { maid, rights: accessRightsOf(node, authority) };
  });
}

/** The kind of the node in the mapping; a node that the mapping does not describe counts as interior. */
export function kindOf(mapping: MoMapping, path: NodePath): NodeAcls['kind'] {
  const format = describeNode(mapping, path)?.format;
  return format === undefined || format === 'node' ? 'interior' : 'leaf';
}

function readAcl(text: string, at: string, warn: Warn): Acl | undefined {
  try {
    return parseAcl(text.trim());
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    warn('INVALID', error.message, at);
    return undefined;
  }
}

function nodeAt(locUri: string, { index, warn }: Translator): ExpectedNode | undefined {
  const node = expectedNodeOf(index, locUri);
  if (node === undefined) {
    warn('NO_MAPPING', 'the DAC MO has rights to MO instances only, and no mapping expects one here', locUri);
  }
  return node;
}

function entryUri({ mapping, miid, path }: ExpectedNode): string {
  return rightsUri([mapping.moid, miid, defaultEntryName(path)]);
}

function rightsUri(path: NodePath): string {
  return formatClientUri({ moid: RIGHTS_MOID, miid: '', path });
}
