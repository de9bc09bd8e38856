/**
 * The ACL property of a node in a script → its entry in the DAC MO, without a device.
 *
 * Nothing is known of the ACLs above the node, so that its own counts as if it stood alone; a warning tells what access
 * rights leave unsaid.
 *
 * @see OMA-TS-DM_Protocol 2.0 §10, §12.3, §13.2; OMA-TS-DM_TND §7.7.1
 */
import { type Acl, parseAcl } from '../dm1/acl.ts';
import type { PlainItem } from '../dm1/plain-item.ts';
import { formatClientUri } from '../dm2/client-uri.ts';
import { formatMoData } from '../dm2/mo-data.ts';
import { MEDIA_TYPES, type WireCommand } from '../dm2/package.ts';
import { DecodeError } from '../errors.ts';
import { describeNode, type MoMapping } from '../mapping/mapping.ts';
import type { MoIndex } from '../mapping/mo-index.ts';
import { type Permission, rightsTree } from '../rights/layout.ts';
import { defaultEntryName } from '../rights/names.ts';
import { accessRightsOf, authoritiesOf, type GuardedNode, unsaidCommands } from '../translate/access-rights.ts';
import { toMoData } from '../translate/mo-data.ts';
import { RIGHTS_MOID } from '../translate/virtual-objects.ts';
import { type ExpectedPlace, expectedPlaceOf } from './places.ts';
import type { PlaceResource, Warn } from './translation.ts';

/** The node whose ACL is meant, or the top of those whose ACLs are listed; undefined for a LocURI that means none. */
export function aclTarget(text: string): { readonly locUri: string; readonly isListing: boolean } | undefined {
  const [locUri = '', query = ''] = text.split('?');
  if (/^prop=ACL$/iu.test(query)) return { locUri, isListing: false };
  return /^list=TNDS\+ACL$/iu.test(query) ? { locUri, isListing: true } : undefined;
}

/** Get of an ACL, or of all in an MO → GET in the DAC MO. */
export function toRightsGet(text: string, index: MoIndex, warn: Warn): readonly WireCommand[] {
  const asked = aclTarget(text);
  const place = asked === undefined ? undefined : placeFor(asked.locUri, index, warn);
  if (asked === undefined || place === undefined) return [];
  if (!asked.isListing) return [['GET', entryUri(place)]];
  if (place.path.length > 0) warn('LOSS', 'GET brings the rights to the whole MO instance', text);
  return [['GET', rightsUri([place.mapping.moid, place.miid])]];
}

/** Replace of an ACL → HGET of the node's entry in the DAC MO. */
export function toRightsHget(
  { target = '', data = '' }: PlainItem,
  index: MoIndex,
  store: PlaceResource,
  warn: Warn,
): readonly WireCommand[] {
  const asked = aclTarget(target);
  const acl = aclOf(data, target, warn);
  const place = asked === undefined || acl === undefined ? undefined : placeFor(asked.locUri, index, warn);
  if (place === undefined || acl === undefined) return [];
  const { mapping, miid, path } = place;
  const permissions = permissionsOf({ kind: kindOf(mapping, path), acl }, target, warn);
  const entries = rightsTree({ moid: mapping.moid, miid }, [{ path, permissions }], {}).children ?? [];
  return entries.map((entry) => {
    const ClientURI = entryUri(place);
    const member = { ClientURI, MOData: { [entry.name]: toMoData(entry, () => undefined) } };
    return ['HGET', store(MEDIA_TYPES.moData, { text: formatMoData([member]) }), ClientURI];
  });
}

/** The access rights of an ACL; what they do not tell is warned of, at the node, or where that has no name at the holder. */
export function permissionsOf(node: GuardedNode, at: string | undefined, warn: Warn): readonly Permission[] {
  return authoritiesOf(node).map((authority) => {
    const unsaid = unsaidCommands(node, authority);
    if (unsaid.length > 0) {
      warn('LOSS', `no access right says ${unsaid.join(', ')} alone, held by ${authority}`, at ?? authority);
    }
    const maid = authority === '*' ? '*' : `serverid:${authority}`;
    return { maid, rights: accessRightsOf(node, authority) };
  });
}

/** Leaves as the mapping has them; a node that it does not describe is taken to be interior. */
export function kindOf(mapping: MoMapping, path: readonly string[]): GuardedNode['kind'] {
  const format = describeNode(mapping, path)?.format;
  return format === undefined || format === 'node' ? 'interior' : 'leaf';
}

function aclOf(text: string, at: string, warn: Warn): Acl | undefined {
  try {
    return parseAcl(text.trim());
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    warn('INVALID', error.message, at);
    return undefined;
  }
}

function placeFor(locUri: string, index: MoIndex, warn: Warn): ExpectedPlace | undefined {
  const place = expectedPlaceOf(index, locUri);
  if (place === undefined)
    warn('NO_MAPPING', 'the DAC MO is about MO instances, and no mapping expects one here', locUri);
  return place;
}

function entryUri({ mapping, miid, path }: ExpectedPlace): string {
  return rightsUri([mapping.moid, miid, defaultEntryName(path)]);
}

function rightsUri(path: readonly string[]): string {
  return formatClientUri({ moid: RIGHTS_MOID, miid: '', path });
}
