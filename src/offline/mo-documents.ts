/**
 * TNDS ↔ `application/dmmo+json` without a device: the sub-trees of a TNDS document as MO data, and back.
 *
 * @see OMA-TS-DM_Protocol 2.0 §7.2.1.4; OMA-TS-DM_TNDS
 */

import { type ClientUri, formatClientUri, parseClientUri } from '../dm2/client-uri.ts';
import type { MoDataMember } from '../dm2/package.ts';
import { describeNode, type MoMapping } from '../mapping/mapping.ts';
import type { MoIndex } from '../mapping/mo-index.ts';
import { childOf, descendantOf, type LocUri, nameOf, namesBelow, namesOf, ROOT } from '../mo/loc-uri.ts';
import { type Miid, parseMiid } from '../mo/miid.ts';
import { readMoid } from '../mo/moid.ts';
import type { MoNode } from '../mo/node.ts';
import { fromMoData, toMoData } from '../translate/mo-data.ts';
import { composeView } from '../translate/uri.ts';
import type { InstancePath } from '../tree/target.ts';
import { planWrites, type Write } from '../tree/write-plan.ts';
import { formatTnds, type TndsDocument } from '../xml-data/tnds.ts';
import { type ExpectedTarget, expectedPlaceOf, expectedTargetOf } from './places.ts';
import { rightsAddress } from './rights-to-dm1.ts';
import type { Warn } from './translation.ts';

/** The MO data of every MO in a document; one without names is filed by its MOID, as a new instance. */
export function toMoDataMembers(
  { locUri, root, named }: TndsDocument,
  index: MoIndex,
  warn: Warn,
): readonly MoDataMember[] {
  const objects = findObjects(root, locUri, index);
  if (objects.length > 0) {
    return objects.flatMap(({ mapping, locUri: top, node }) => {
      // Without a name of its own the object is called as its definition calls it.
      return named
        ? memberOf({ mapping, root: top, path: [] }, node, parseMiid(nameOf(top)))
        : memberOf({ mapping, root: childOf(ROOT, mapping.name), path: [] }, node, '');
    });
  }
  const place = expectedPlaceOf(index, locUri);
  if (place === undefined) {
    warn('NO_MAPPING', 'no node carries a MOID as Type, and no mapping expects an MO here', locUri);
    return [];
  }
  const names = namesOf(locUri);
  const top = descendantOf(ROOT, names.slice(0, names.length - place.path.length));
  return memberOf({ mapping: place.mapping, root: top, path: place.path }, root, place.miid);
}

/** The TNDS documents of MO data, each for the place where the mapping expects it. */
export function toTndsDocuments(members: readonly MoDataMember[], index: MoIndex, warn: Warn): readonly string[] {
  return members.flatMap(({ ClientURI, MOData }) => {
    if (rightsAddress(ClientURI, index) !== undefined) {
      warn(
        'NO_COUNTERPART',
        'access rights are ACLs on a device; HGET in a Package#2 becomes what sets them',
        ClientURI,
      );
      return [];
    }
    const [entry, ...others] = Object.entries(MOData);
    const uri = parseClientUri(ClientURI, index);
    const target = expectedTargetOf(index, uri) ?? placelessTargetOf(index, uri, entry?.[0] ?? '');
    if (target === undefined || !target.isWhole || entry === undefined || others.length > 0) {
      warn('NO_MAPPING', 'not the address of one node that a mapping knows', ClientURI);
      return [];
    }
    const [label, data] = entry;
    const { mapping, root, path } = target;
    const node = fromMoData(data, path.at(-1) ?? label, (inner) => describeNode(mapping, [...path, ...inner]));
    const type = path.length === 0 ? mapping.dm1Moids[0] : undefined;
    const writes = planWrites({ mapping, root, path }, undefined, node);
    const tree = treeOf(writes, target.locUri, node.name, warn);
    return tree === undefined ? [] : [formatTnds(type === undefined ? tree : { ...tree, type })];
  });
}

/** A whole MO of which nobody knows where it stands: its document names it by its MOID. */
function placelessTargetOf(
  index: MoIndex,
  { moid, instance, path }: ClientUri,
  label: string,
): ExpectedTarget | undefined {
  const mapping = index.byMoid(moid) ?? index.fallbackMapping(moid);
  if (mapping.places.length > 0 || mapping.find === 'virtual' || path.length > 0 || instance.kind === 'x')
    return undefined;
  const root = childOf(ROOT, instance.kind === 'miid' ? instance.miid : label);
  return { mapping, root, path: [], locUri: root, isWhole: true };
}

interface FoundObject {
  readonly mapping: MoMapping;
  readonly locUri: LocUri;
  readonly node: MoNode;
}

/** The outermost nodes whose Type is a MOID. */
function findObjects(node: MoNode, locUri: LocUri, index: MoIndex): readonly FoundObject[] {
  if (node.format !== 'node') return [];
  const type = readMoid(node.type ?? '');
  if (type !== undefined) return [{ mapping: index.byDm1Type(type) ?? index.fallbackMapping(type), locUri, node }];
  return (node.children ?? []).flatMap((child) => findObjects(child, childOf(locUri, child.name), index));
}

function memberOf(
  { mapping, root, path }: InstancePath<LocUri>,
  node: MoNode,
  miid: Miid | '',
): readonly MoDataMember[] {
  const locUri = descendantOf(root, path);
  const view = composeView(mapping, root, path, [{ part: { locUri }, node }]);
  if (view === undefined) return [];
  const value = toMoData(view, (inner) => describeNode(mapping, [...path, ...inner]));
  return [{ ClientURI: formatClientUri({ moid: mapping.moid, miid, path }), MOData: { [view.name]: value } }];
}

/** What the writes add below one node; nodes that the device keeps elsewhere are told, not written. */
function treeOf(writes: readonly Write[], top: LocUri, label: string, warn: Warn): MoNode | undefined {
  const name = top === ROOT ? label : nameOf(top);
  let tree: MoNode | undefined;
  for (const { locUri, node } of writes) {
    const names = namesBelow(locUri, top);
    if (node === undefined) continue;
    if (names === undefined) warn('LOSS', 'a device keeps this node outside the MO', locUri);
    else tree = insert(tree ?? { name, format: 'node', children: [] }, names, node, name);
  }
  return tree;
}

function insert(tree: MoNode, names: readonly string[], node: MoNode, own: string): MoNode {
  const [name, ...rest] = names;
  if (name === undefined)
    return { ...node, name: own, ...(node.format === 'node' && { children: tree.children ?? [] }) };
  const children = tree.children ?? [];
  const child = children.find((each) => each.name === name);
  const grown = insert(child ?? { name, format: 'node', children: [] }, rest, node, name);
  return { ...tree, children: [...children.filter((each) => each !== child), grown] };
}
