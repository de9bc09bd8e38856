/** The forms in which read nodes can be sent to a Data Repository (DM-2.0 §5.3.2, §5.5). */
import { hasWildcard } from '../dm2/client-uri.ts';
import { DRAFT_TYPES } from '../dm2/draft/answer.ts';
import { type Tnds20Member, tnds20Document, toTnds20Children, toTnds20Value } from '../dm2/draft/tnds20.ts';
import { negotiate } from '../dm2/media-type.ts';
import { formatMoData } from '../dm2/mo-data.ts';
import { MEDIA_TYPES, type MoDataMember, type TypedContent } from '../dm2/package.ts';
import { truncate } from '../dm2/resolve.ts';
import type { TranslationContext } from '../translate/context.ts';
import type { Addressed } from '../tree/address.ts';
import type { Target } from '../tree/target.ts';
import { inParts, type Workflow } from '../workflow/workflow.ts';
import { leafContent, moDataMembers, tndsContent } from './read-content.ts';
import { isLeafTarget } from './targets.ts';

/** The nodes of one ClientURI, with their data. */
export interface Part {
  readonly addressed: Addressed;
  readonly targets: readonly Target[];
}

/** The possible formats, best first: a single leaf in its own media type, all nodes as dmmo+json, one node as TNDS. */
export function* formatsOf(context: TranslationContext, parts: readonly Part[]): Workflow<readonly TypedContent[]> {
  if (context.account.dialect === 'dm20-draft') return [draftContent(parts)];
  const members: MoDataMember[] = [];
  for (const { addressed, targets } of parts) {
    for (const member of yield* inParts(moDataMembers(context, addressed, targets))) members.push(member);
  }
  const document: TypedContent = { contentType: MEDIA_TYPES.moData, content: { text: formatMoData(members) } };
  const [part] = parts;
  const [target, ...others] = part?.targets ?? [];
  if (parts.length !== 1 || part === undefined || target === undefined || others.length > 0) return [document];
  const tnds = yield* inParts(tndsContent(part.addressed, target));
  const formats = tnds === undefined ? [document] : [document, tnds];
  const isSingleLeaf = isLeafTarget(target) && !hasWildcard(part.addressed.uri);
  const leaf = isSingleLeaf ? leafContent(target) : undefined;
  return leaf === undefined ? formats : [leaf, ...formats];
}

/** Without OMADM-Accept a single leaf is sent in its own media type (DM-2.0 Appendix I.1). */
export function choose(accept: string, offers: readonly TypedContent[], isDefault: boolean): TypedContent | undefined {
  if (isDefault) return offers[0];
  const chosen = negotiate(
    accept,
    offers.map(({ contentType }) => contentType),
  );
  return offers.find(({ contentType }) => contentType === chosen);
}

/** All nodes as one TNDS20 document. A leaf is the only node of a member for the node above it. */
function draftContent(parts: readonly Part[]): TypedContent {
  const members = parts.flatMap(({ addressed, targets }) =>
    targets.flatMap((target) => draftMember(addressed, target)),
  );
  return { contentType: DRAFT_TYPES.first, content: { text: JSON.stringify(tnds20Document(members)) } };
}

function draftMember({ uri }: Addressed, { miid, path, node }: Target): readonly Tnds20Member[] {
  if (node === undefined) return [];
  const moid = uri.writtenMoid;
  const instance = uri.instance.kind === 'only' ? '' : miid;
  if (node.children === undefined && path.length > 0) {
    return [{ moid, path: draftPath(instance, path.slice(0, -1)), content: { [node.name]: toTnds20Value(node) } }];
  }
  const { children = [] } = truncate(node, uri.level);
  return [{ moid, path: draftPath(instance, path), content: toTnds20Children(children) }];
}

function draftPath(instance: string, path: readonly string[]): string {
  return `/${[instance, ...path].map(encodeURIComponent).join('/')}`;
}
