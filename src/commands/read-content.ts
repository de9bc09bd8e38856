/** How data that was read goes north: as a leaf in its own media type, or as `application/dmmo+json` (DM-2.0 §7.2.1.4). */

import { concreteClientUri } from '../dm2/client-uri.ts';
import { toHeaderValue } from '../dm2/media-type.ts';
import { formatMoData } from '../dm2/mo-data.ts';
import { type Content, MEDIA_TYPES, type MoDataMember } from '../dm2/package.ts';
import { truncate } from '../dm2/resolve.ts';
import { describeNode, type MoMapping } from '../mapping/mapping.ts';
import type { MoNode } from '../mo/node.ts';
import type { TranslationContext } from '../translate/context.ts';
import { toMoData } from '../translate/mo-data.ts';
import type { Addressed } from '../tree/address.ts';
import type { Target } from '../tree/target.ts';
import { formatTnds } from '../xml-data/tnds.ts';

export interface TypedContent {
  readonly contentType: string;
  readonly content: Content;
}

/** The value of a leaf as its own media type has it; undefined where it has no value. */
export function leafContent({ node }: Target): TypedContent | undefined {
  if (node?.value === undefined || node.format === 'null') return undefined;
  const contentType = node.type === undefined || node.type === '' ? 'text/plain' : toHeaderValue(node.type);
  const isBinary = node.format === 'b64' || node.format === 'bin';
  return { contentType, content: isBinary ? { base64: node.value } : { text: node.value } };
}

/** One node with what is below it as a TNDS document (DM-2.0 §7.2.2). */
export function tndsContent({ uri }: Addressed, target: Target): TypedContent {
  return { contentType: MEDIA_TYPES.tnds, content: { text: formatTnds(truncate(nodeOf(target), uri.level)) } };
}

/** All targets as one array, each with its concrete ClientURI. */
export function moDataContent(
  context: TranslationContext,
  addressed: Addressed,
  targets: readonly Target[],
): TypedContent {
  return {
    contentType: MEDIA_TYPES.moData,
    content: { text: formatMoData(targets.map((target) => moDataMember(context, addressed, target))) },
  };
}

export function moDataMember(context: TranslationContext, { uri, mapping }: Addressed, target: Target): MoDataMember {
  const { miid, path, cv } = target;
  const cut = truncate(nodeOf(target), uri.level);
  return {
    ...ddfOf(context, mapping),
    ClientURI: concreteClientUri(uri, miid, path),
    ...(cv === undefined || path.length > 0 ? {} : { CV: cv }),
    MOData: { [cut.name]: toMoData(cut, (below) => describeNode(mapping, [...path, ...below])) },
  };
}

function nodeOf({ node, locUri }: Target): MoNode {
  if (node === undefined) throw new TypeError(`no data was read for ${locUri}`);
  return node;
}

/** The link to the DDF, where there is one: an MO that no mapping describes has none (DM-2.0 §6.4). */
export function ddfOf({ index, northPublicUrl }: TranslationContext, mapping: MoMapping): { readonly DDF?: string } {
  return index.byMoid(mapping.moid) === undefined ? {} : { DDF: index.ddfLink(mapping, northPublicUrl) };
}
