/** Content of read nodes for the backend: a leaf in its own media type, `application/dmmo+json` or TNDS (DM-2.0 §7.2.1.4). */

import { concreteClientUri } from '../dm2/client-uri.ts';
import { toHeaderValue } from '../dm2/media-type.ts';
import { formatMoData } from '../dm2/mo-data.ts';
import { MEDIA_TYPES, type MoDataMember, type TypedContent } from '../dm2/package.ts';
import { truncate } from '../dm2/resolve.ts';
import { type LongWork, NodeCount } from '../long-work.ts';
import type { MoMapping } from '../mapping/mapping.ts';
import { isBase64 } from '../mo/base64.ts';
import { isBinaryFormat, type MoNode } from '../mo/node.ts';
import type { Mutable } from '../mutable.ts';
import type { TranslationContext } from '../translate/context.ts';
import { descriptionsAt, toMoData } from '../translate/mo-data.ts';
import type { Addressed } from '../tree/address.ts';
import type { Target } from '../tree/target.ts';
import { formatTndsInParts } from '../xml-data/tnds.ts';
import { isXmlTree } from '../xml-data/xml-tree.ts';

/** The value of a leaf in its own media type; undefined when the leaf has no value. */
export function leafContent({ node }: Target): TypedContent | undefined {
  if (node?.value === undefined || node.format === 'null') return undefined;
  if (isBinaryFormat(node.format) && !isBase64(node.value))
    return { contentType: PLAIN_TEXT, content: { text: node.value } };
  const contentType = node.type === undefined || node.type === '' ? PLAIN_TEXT : toHeaderValue(node.type);
  return { contentType, content: isBinaryFormat(node.format) ? { base64: node.value } : { text: node.value } };
}

const PLAIN_TEXT = 'text/plain';

/** The node in which values of a binary format that are no base64 are text: nothing guesses the bytes of them. */
function withTextAsText(node: MoNode): MoNode {
  if (node.children !== undefined) return { ...node, children: node.children.map(withTextAsText) };
  if (node.value === undefined || !isBinaryFormat(node.format) || isBase64(node.value)) return node;
  return { ...node, format: 'chr', type: PLAIN_TEXT };
}

/** One node with its sub-tree as a TNDS document (DM-2.0 §7.2.2); undefined when XML cannot hold a name or value. */
export function* tndsContent({ uri }: Addressed, target: Target): LongWork<TypedContent | undefined> {
  const node = withTextAsText(truncate(nodeOf(target), uri.level));
  if (!isXmlTree(node)) return undefined;
  return { contentType: MEDIA_TYPES.tnds, content: { text: yield* formatTndsInParts(node) } };
}

/** All targets as one array of `application/dmmo+json`, each with its concrete ClientURI. */
export function* moDataContent(
  context: TranslationContext,
  addressed: Addressed,
  targets: readonly Target[],
): LongWork<TypedContent> {
  const members = yield* moDataMembers(context, addressed, targets);
  return { contentType: MEDIA_TYPES.moData, content: { text: formatMoData(members) } };
}

/** The members of dmmo+json for the targets, in their order. */
export function* moDataMembers(
  context: TranslationContext,
  addressed: Addressed,
  targets: readonly Target[],
): LongWork<readonly MoDataMember[]> {
  const count = new NodeCount();
  const members: MoDataMember[] = [];
  for (const target of targets) {
    if (count.endsPart()) yield;
    members.push(yield* moDataMember(context, addressed, target));
  }
  return members;
}

function* moDataMember(context: TranslationContext, { uri }: Addressed, target: Target): LongWork<MoDataMember> {
  const { mapping, miid, path, cv } = target;
  const node = truncate(nodeOf(target), uri.level);
  const member: Mutable<MoDataMember> = {
    ClientURI: concreteClientUri(uri, miid, path),
    MOData: { [node.name]: yield* toMoData(node, descriptionsAt(mapping, path)) },
  };
  const ddf = ddfLinkOf(context, mapping);
  if (ddf !== undefined) member.DDF = ddf;
  if (cv !== undefined && path.length === 0) member.CV = cv;
  return member;
}

function nodeOf({ node, locUri }: Target): MoNode {
  if (node === undefined) throw new TypeError(`no data was read for ${locUri}`);
  return node;
}

/** The link to the DDF; an MO that no mapping describes has none (DM-2.0 §6.4). */
export function ddfLinkOf({ index, northPublicUrl }: TranslationContext, mapping: MoMapping): string | undefined {
  return index.byMoid(mapping.moid) === undefined ? undefined : index.ddfLink(mapping, northPublicUrl);
}
