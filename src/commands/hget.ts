/**
 * HGET: stores data from the Data Repository in the device's tree (DM-2.0 §5.3.1).
 *
 * The data is one of: the value of the leaf at the command's ClientURI; MO data or TNDS for the node at the command's ClientURI;
 * MO data or TNDS with ClientURIs or MOIDs of its own. A MOID alone makes a new instance, whose ClientURI is returned.
 */

import { DRAFT_TYPES } from '../dm2/draft/answer.ts';
import { parseTnds20 } from '../dm2/draft/tnds20.ts';
import { parseMoData } from '../dm2/mo-data.ts';
import { MEDIA_TYPES, type MoDataMember } from '../dm2/package.ts';
import { DM2_STATUS } from '../dm2/status-codes.ts';
import { MappingError } from '../errors.ts';
import { TNDS_WBXML_TYPE } from '../syncml/embedded-document.ts';
import type { TranslationContext } from '../translate/context.ts';
import { type Addressed, address } from '../tree/address.ts';
import { moDataPart } from '../tree/writing/content-part.ts';
import { tndsPart, tndsParts } from '../tree/writing/tnds-parts.ts';
import type { CommandResult } from '../workflow/command-result.ts';
import { requestHttp, type Workflow } from '../workflow/workflow.ts';
import { acceptServerUri } from './accept-server-uri.ts';
import { type Resource, textContentOf, toResource } from './resource.ts';
import { storeContent } from './store-content.ts';
import { deliverMoData, deliverTnds, isInbox } from './store-inbox.ts';
import { storeLeaf } from './store-leaf.ts';

const ACCEPT = `${MEDIA_TYPES.moData}, ${MEDIA_TYPES.tnds};q=0.9, ${TNDS_WBXML_TYPE};q=0.9, text/plain;q=0.9, */*;q=0.8`;

export function* hget(
  context: TranslationContext,
  serverUri: string,
  clientUri: string | undefined,
): Workflow<CommandResult> {
  const addressed = clientUri === undefined ? undefined : yield* address(context, clientUri);
  if (addressed !== undefined && 'status' in addressed) return addressed;
  const accepted = acceptServerUri(context, serverUri);
  if ('refusal' in accepted) return { status: DM2_STATUS.serverUriError, reason: accepted.refusal };
  const resource = toResource(
    yield* requestHttp({ method: 'GET', url: accepted.uri, headers: { accept: acceptOf(context) } }),
  );
  if ('reason' in resource) {
    return { status: resource.isTooLarge ? DM2_STATUS.deviceFull : DM2_STATUS.serverUriError, reason: resource.reason };
  }
  return yield* store(context, addressed, resource);
}

/** A repository of the early draft has TNDS20. */
function acceptOf({ account }: TranslationContext): string {
  return account.dialect === 'dm20-draft' ? DRAFT_TYPES.first : ACCEPT;
}

function* store(
  context: TranslationContext,
  addressed: Addressed | undefined,
  resource: Resource,
): Workflow<CommandResult> {
  const type = resource.mediaType?.essence;
  const isForInbox = addressed !== undefined && isInbox(addressed);
  if (type === MEDIA_TYPES.moData) {
    if (isForInbox) return yield* deliverMoData(context, resource.content);
    return yield* storeContent(context, addressed, parseMoData(resource.content).map(moDataPart));
  }
  if (type === DRAFT_TYPES.first && context.account.dialect === 'dm20-draft') {
    const members = parseTnds20(textContentOf(resource));
    return yield* storeContent(context, addressed, members.map(withLeafOf(addressed)).map(moDataPart));
  }
  if (type === MEDIA_TYPES.tnds || type === TNDS_WBXML_TYPE) {
    const content = type === TNDS_WBXML_TYPE ? resource.content : textContentOf(resource);
    if (isForInbox) return yield* deliverTnds(context, content);
    const parts = addressed === undefined ? yield* tndsParts(context, content) : [tndsPart(content)];
    return yield* storeContent(context, addressed, parts);
  }
  // Only MO data and TNDS have addresses of their own.
  if (addressed === undefined) throw new MappingError('ERR_MO_DATA_SHAPE', 'a single value without a ClientURI');
  return yield* storeLeaf(context, addressed, resource);
}

/** For a leaf, TNDS20 has an object with the leaf alone, as for the node above it. */
function withLeafOf(addressed: Addressed | undefined): (member: MoDataMember) => MoDataMember {
  const last = addressed?.uri.path.at(-1);
  return (member) => {
    const [content] = Object.values(member.MOData);
    const entries = typeof content === 'object' && content !== null ? Object.entries(content) : [];
    const [[name, value] = ['', undefined], ...others] = entries;
    const isLeaf = last?.kind === 'name' && last.name === name && others.length === 0 && typeof value === 'string';
    return isLeaf ? { ...member, MOData: { [name]: value } } : member;
  };
}
