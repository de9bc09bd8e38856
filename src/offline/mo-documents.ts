/**
 * TNDS ↔ `application/dmmo+json` without a device: the sub-trees of a TNDS document as MO data, and back.
 *
 * @see OMA-TS-DM_Protocol 2.0 §7.2.1.4; OMA-TS-DM_TND
 */

import { type ClientUri, formatClientUri, parseClientUri } from '../dm2/client-uri.ts';
import type { MoDataMember } from '../dm2/package.ts';
import { finish } from '../long-work.ts';
import type { MoMapping } from '../mapping/mapping.ts';
import type { MoIndex } from '../mapping/mo-index.ts';
import { mappingAt } from '../mapping/placed-definition.ts';
import { childOf, descendantOf, type LocUri, nameOf, namesBelow, namesOf, ROOT } from '../mo/loc-uri.ts';
import { type Miid, parseMiid } from '../mo/miid.ts';
import { readMoid } from '../mo/moid.ts';
import { isInterior, type MoNode } from '../mo/node.ts';
import type { NodePath } from '../mo/node-path.ts';
import { composeView } from '../translate/compose-view.ts';
import { descriptionsAt, fromMoData, toMoData } from '../translate/mo-data.ts';
import type { InstancePath } from '../tree/target.ts';
import { planWrites, type Write } from '../tree/write-plan.ts';
import { formatTnds, type TndsDocument } from '../xml-data/tnds.ts';
import { isXmlTree } from '../xml-data/xml-tree.ts';
import { type ExpectedTarget, expectedNodeOf, expectedTargetOf } from './expected-nodes.ts';
import { rightsAddress } from './rights-to-dm1.ts';
import type { Translator, Warn } from './translation.ts';

/** The MO data of every MO in a document. In a document without names, each is a new instance of its MOID. */
export function toMoDataMembers(
  { locUri, root, named }: TndsDocument,
  { index, warn }: Translator,
): readonly MoDataMember[] {
  const typed = findTypedInstances(root, locUri, index);
  if (typed.length > 0) {
    return typed.flatMap(({ mapping, locUri: top, node }) => {
      // A root without a name gets the name of its definition.
      return named
        ? memberOf({ mapping, root: top, path: [] }, node, parseMiid(nameOf(top)))
        : memberOf({ mapping, root: childOf(ROOT, mapping.name), path: [] }, node, '');
    });
  }
  const expected = expectedNodeOf(index, locUri);
  if (expected === undefined) {
    warn('NO_MAPPING', 'no node has a MOID as its Type, and no mapping expects an MO here', locUri);
    return [];
  }
  const { mapping, miid, path } = expected;
  const names = namesOf(locUri);
  const top = descendantOf(ROOT, names.slice(0, names.length - path.length));
  return memberOf({ mapping, root: top, path }, root, miid);
}

/** The TNDS documents of MO data, each for the LocURI where the mapping expects the node. */
export function toTndsDocuments(members: readonly MoDataMember[], translator: Translator): readonly string[] {
  return members.flatMap((member) => toTndsDocument(member, translator) ?? []);
}

function toTndsDocument({ ClientURI, MOData }: MoDataMember, { index, warn }: Translator): string | undefined {
  if (rightsAddress(ClientURI, index) !== undefined) {
    const message =
      'access rights are ACLs on a device; an HGET in a Package#2 is translated to the commands that set them';
    warn('NO_COUNTERPART', message, ClientURI);
    return undefined;
  }
  const [entry, ...others] = Object.entries(MOData);
  const uri = parseClientUri(ClientURI, index);
  const target = expectedTargetOf(index, uri) ?? targetWithoutPlace(index, uri, entry?.[0] ?? '');
  if (target === undefined || !target.isExact || entry === undefined || others.length > 0) {
    warn('NO_MAPPING', 'not the address of one node of an MO with a mapping', ClientURI);
    return undefined;
  }
  const [label, data] = entry;
  const { mapping, root, path } = target;
  const node = finish(fromMoData(data, path.at(-1) ?? label, descriptionsAt(mapping, path)));
  const type = path.length === 0 ? mapping.dm1Moids[0] : undefined;
  const writes = finish(planWrites({ mapping, root, path }, undefined, node));
  const tree = treeOf(writes, target.locUri, node.name, warn);
  if (tree === undefined) return undefined;
  if (!isXmlTree(tree)) {
    warn('INVALID', 'a name or value that XML cannot hold', target.locUri);
    return undefined;
  }
  return formatTnds(type === undefined ? tree : { ...tree, type });
}

/** The root of an MO whose mapping has no place: its document names it by its MOID alone. */
function targetWithoutPlace(
  index: MoIndex,
  { moid, instance, path }: ClientUri,
  label: string,
): ExpectedTarget | undefined {
  const mapping = index.byMoid(moid) ?? index.fallbackMapping(moid);
  const hasPlace = mapping.places.length > 0 || mapping.find === 'virtual';
  if (hasPlace || path.length > 0 || instance.kind === 'x') return undefined;
  const root = childOf(ROOT, instance.kind === 'miid' ? instance.miid : label);
  return { mapping, root, path: [], locUri: root, isExact: true };
}

/** An MO instance in a document. */
interface DocumentInstance {
  readonly mapping: MoMapping;
  readonly locUri: LocUri;
  readonly node: MoNode;
}

/** The instances whose Type is a MOID, without those inside another one. */
function findTypedInstances(node: MoNode, locUri: LocUri, index: MoIndex): readonly DocumentInstance[] {
  if (!isInterior(node)) return [];
  const type = readMoid(node.type ?? '');
  if (type !== undefined) return [{ mapping: index.byDm1Type(type) ?? index.fallbackMapping(type), locUri, node }];
  return (node.children ?? []).flatMap((child) => findTypedInstances(child, childOf(locUri, child.name), index));
}

function memberOf(
  { mapping, root, path }: InstancePath<LocUri>,
  node: MoNode,
  miid: Miid | '',
): readonly MoDataMember[] {
  const locUri = descendantOf(root, path);
  const view = finish(composeView(mapping, root, path, [{ part: { locUri }, node }]));
  if (view === undefined) return [];
  const value = finish(toMoData(view, descriptionsAt(mappingAt(mapping, root), path)));
  return [{ ClientURI: formatClientUri({ moid: mapping.moid, miid, path }), MOData: { [view.name]: value } }];
}

/** The tree that the writes add at `top`; relocated nodes are left out with a warning. */
function treeOf(writes: readonly Write[], top: LocUri, label: string, warn: Warn): MoNode | undefined {
  const name = top === ROOT ? label : nameOf(top);
  let tree: MoNode | undefined;
  for (const { locUri, node } of writes) {
    const names = namesBelow(locUri, top);
    if (node === undefined) continue;
    if (names === undefined) warn('LOSS', 'a device has this node outside the MO', locUri);
    else
      tree = withNode(tree ?? { name, format: 'node', children: [] }, names, { ...node, name: names.at(-1) ?? name });
  }
  return tree;
}

/** The tree with the node at `names`; the node keeps the children that the tree has there. */
function withNode(tree: MoNode, names: NodePath, node: MoNode): MoNode {
  const [name, ...rest] = names;
  const children = tree.children ?? [];
  if (name === undefined) return isInterior(node) ? { ...node, children } : node;
  const child = children.find((each) => each.name === name);
  const changed = withNode(child ?? { name, format: 'node', children: [] }, rest, node);
  return { ...tree, children: [...children.filter((each) => each !== child), changed] };
}
